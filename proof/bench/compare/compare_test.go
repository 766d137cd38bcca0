package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/proof/bench/performance"
)

func TestMain(m *testing.M) {
	if generator() {
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// The run measures for almost no time, so the measured times mean nothing. The
// test checks the output. The run itself checks that every library accepts good
// tokens and refuses bad tokens.
func TestARunPrintsEveryTableAndWritesThePage(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(page, []byte("before\n"+performance.Begin+"\nold\n"+performance.End+"\n"+performance.BeginProofs+"\nold\n"+performance.EndProofs+"\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run(t.Context(), meter{1, time.Millisecond, 100, 1000}, "", page, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, c := range comparisons {
		if !strings.Contains(out.String(), c.name+"\n\n|") {
			t.Errorf("got no table %q", c.name)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(got)
	if !strings.HasPrefix(text, "before\n") || !strings.HasSuffix(text, "after\n") || strings.Contains(text, "old") || !strings.Contains(text, "a replay entry in memory") {
		t.Errorf("got %s, want only what is between the markers replaced", text)
	}
	table, err := performance.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(table.Rows), len(everyone()); got != want || !strings.Contains(table.Under, "1 rounds") {
		t.Errorf("got %d rows and %q, want %d and how they were measured", got, table.Under, want)
	}
}

func TestRewriteRefusesAFileWithoutMarkers(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(page, []byte("no markers"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := rewrite(page, performance.Begin, performance.End, "table"); err == nil {
		t.Error("got no error, want one that names the markers")
	}
	if got, _ := os.ReadFile(page); string(got) != "no markers" {
		t.Errorf("got %q, want the file as it was", got)
	}
}

func TestRatiosAreTakenRoundByRound(t *testing.T) {
	base, twice := times{1, 10, 100}, times{2, 20, 200}
	if got := twice.over(base); got != 2 {
		t.Errorf("got %v, want 2", got)
	}
	if got := twice.minus(base).median(); got != 10 {
		t.Errorf("got %v, want 10", got)
	}
	if got := (times{4, 1, 3, 2}).median(); got != 2.5 {
		t.Errorf("got %v, want 2.5", got)
	}
}

func TestMemoryCountsWhatACallAllocates(t *testing.T) {
	var keep []byte
	size, allocs := memory(func() { keep = make([]byte, 1024) })
	if allocs < 1 || allocs > 1.5 || size < 1024 || size > 1600 || len(keep) != 1024 {
		t.Errorf("got %v bytes and %v allocations, want 1024 and 1", size, allocs)
	}
}

func TestTheLoadGeneratorCountsGoodAnswersAlone(t *testing.T) {
	for status, good := range map[int]bool{http.StatusOK: true, http.StatusUnauthorized: false} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		srv := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/orders" || r.Header.Get("Authorization") == "" {
				t.Errorf("got %s %s, want a request with a token", r.Method, r.URL.Path)
			}
			w.WriteHeader(status)
		})}
		go func() { _ = srv.Serve(l) }()
		var out bytes.Buffer
		err = generate(t.Context(), l.Addr().String(), 50*time.Millisecond, strings.NewReader("a\nb"), &out)
		if (err == nil) != good {
			t.Errorf("%d: got error %v, want an error: %t", status, err, !good)
		}
		if counted := strings.TrimSpace(out.String()); good && (counted == "" || counted == "0") {
			t.Errorf("%d: got %q answers, want some", status, counted)
		}
		_ = srv.Close()
	}
}
