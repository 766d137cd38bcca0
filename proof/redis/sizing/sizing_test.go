package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestARunWritesThePage(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(page, []byte("before\n"+begin+"\nold\n"+end+"\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), 500, page); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	got := string(text)
	if !strings.HasPrefix(got, "before\n"+begin+"\n") || !strings.HasSuffix(got, end+"\nafter\n") || strings.Contains(got, "old") {
		t.Errorf("got %q, want the tables between the markers, and the rest as before", got)
	}
	for _, want := range []string{"| revocation | ", "| CPU time | the sum | ", "introspection | opaque tokens / MaxTTL | 6 700 calls/s |"} {
		if !strings.Contains(got, want) {
			t.Errorf("got %q, want %q in it", got, want)
		}
	}
}

func TestAPageWithoutMarkersStaysAsItIs(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(page, []byte("no markers"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := rewrite(page, "tables"); err == nil {
		t.Error("got no error, want one about the missing markers")
	}
	if got, _ := os.ReadFile(page); string(got) != "no markers" {
		t.Errorf("got %q, want no change", got)
	}
}

// TestCalculate tests the formulas with values that are easy to calculate.
func TestCalculate(t *testing.T) {
	m := measured{listBytes: 100, entryBytes: 10, tokenBytes: 1000, checkMicros: 20, cachedMicros: 2, proofMicros: 52, redisEntry: 200,
		redisAnswer: 500, redisRevocation: 200, entryMicros: 10, getMicros: 5, setMicros: 5, feedMicros: 10, feedBytes: 100, revocationBytes: 200}
	want := []string{
		"5 000 /s",   // 100 000 / 20
		"0.15 cores", // 5 000 × (20 + 0.2 × 50) µs
		"0.06 cores", // 5 000 × (2 + 0.2 × 50) µs
		"800 MB",     // 800 000 × 1 000 B
		"1.2 MB",     // 1 000 × 120 × 10 B
		"3.6 MB",     // 10 × 3 600 × 100 B
		"14 MB",      // 136 000 × 100 B
		"20 000 /s, 0.2 cores",
		"20 000 /s, 0.1 cores",
		"6 700 /s, 0.033 cores",
		"100 /s, 0.001 cores",
		"0.33 cores",
		"1",
		"480 MB",         // 20 000 × 120 × 200 B
		"100 MB",         // 200 000 × 500 B
		"27 MB",          // 136 000 × 200 B
		"50 kB/s",        // 20 × (5 × 100 + 10 × 200) B
		"400 MB",         // 20 × 100 000 × 200 B
		"6 700 calls/s",  // 200 000 / 30 s
		"20 000 calls/s", // 100 000 × 0.2; the other limit, 20 × 6 700, is higher
	}
	for i, got := range m.calculate(large) {
		if got.result != want[i] {
			t.Errorf("%s: got %s, want %s", got.what, got.result, want[i])
		}
	}
}
