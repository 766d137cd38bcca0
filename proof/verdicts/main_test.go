package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

func corpus(t *testing.T, n int, seed uint64) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, n, seed); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func verdicts(t *testing.T, corpus []byte, cache string) string {
	t.Helper()
	var b strings.Builder
	if err := read(bytes.NewReader(corpus), &b, sizes[cache]); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestASeedDeterminesTheCorpus(t *testing.T) {
	one := corpus(t, 400, 7)
	if !bytes.Equal(one, corpus(t, 400, 7)) {
		t.Error("got different corpora for one seed, want the same")
	}
	if bytes.Equal(one, corpus(t, 400, 8)) {
		t.Error("got the same corpus for two seeds, want different ones")
	}
}

func TestTheCacheDoesNotChangeAVerdict(t *testing.T) {
	requests := corpus(t, 600, 1)
	want := verdicts(t, requests, "off")
	if n := strings.Count(want, "\n"); n != 600 {
		t.Fatalf("got %d verdicts, want 600", n)
	}
	for _, cache := range []string{"on", "small", "off"} {
		if got := verdicts(t, requests, cache); got != want {
			t.Errorf("got different verdicts with the cache %s and without", cache)
		}
	}
}

func TestACorpusCoversEveryReason(t *testing.T) {
	const n = 6000
	seen := make(map[string]int)
	for line := range strings.Lines(verdicts(t, corpus(t, n, 1), "on")) {
		seen[strings.Split(line, "\t")[3]]++
	}
	if seen["accepted"]*100 < n*15 {
		t.Errorf("got %d of %d accepted, want at least 15 %%", seen["accepted"], n)
	}
	// The list does not contain the reason "internal". In this corpus, only a
	// panic could be an internal fault, and a panic is not reported to Observe.
	for _, reason := range strings.Fields("no_token malformed_request two_tokens too_long opaque malformed type issuer expired not_yet_valid audience claims algorithm signature inactive revoked confirmation requirement unavailable canceled unobserved") {
		if seen[reason] == 0 {
			t.Errorf("got no request refused as %s", reason)
		}
	}
}

func TestFieldsKeepEveryByte(t *testing.T) {
	var all []byte
	for i := range 256 {
		all = append(all, byte(i))
	}
	if got := toBytes(fromBytes(string(all))); got != string(all) {
		t.Errorf("got %q", got)
	}
}

func TestArguments(t *testing.T) {
	path := filepath.Join(t.TempDir(), "corpus")
	var out strings.Builder
	if err := run([]string{"-write", path, "-n", "20"}, &out); err != nil || out.Len() != 0 {
		t.Fatalf("got %v and %q, want nothing", err, out.String())
	}
	if err := run([]string{"-read", path, "-cache", "small"}, &out); err != nil || strings.Count(out.String(), "\n") != 20 {
		t.Errorf("got %v and %q, want 20 lines", err, out.String())
	}
	for _, args := range [][]string{{}, {"-write", path, "-read", path}, {"-read", path, "-cache", "full"}, {"-read", path, "more"}} {
		if err := run(args, &out); err == nil {
			t.Errorf("%q: got no error", args)
		}
	}
}
