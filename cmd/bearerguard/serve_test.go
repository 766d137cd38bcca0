package main

import (
	"io"
	"strings"
	"testing"
)

func TestServerThatEndsAtOnceEndsWell(t *testing.T) {
	for range 20 {
		var out strings.Builder
		code := run(t.Context(), []string{"serve", "--exit-with-stdin"}, streams{in: strings.NewReader(""), out: &out, err: io.Discard})
		if code != exitOK || strings.Count(out.String(), "\n") != 1 {
			t.Fatalf("got code %d and %q, want 0 and the ready line", code, out.String())
		}
	}
}

func TestReadyLineThatNobodyReadsIsAFailure(t *testing.T) {
	r, w := io.Pipe()
	_ = r.Close() // of a pipe: it never fails
	if code := run(t.Context(), []string{"serve"}, streams{in: strings.NewReader(""), out: w, err: io.Discard}); code != exitFailure {
		t.Errorf("got code %d, want %d", code, exitFailure)
	}
}
