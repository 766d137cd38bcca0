package main

import (
	"context"
	"strings"
	"testing"
)

func TestEveryAnswerIsTheExpectedOne(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out, false); err != nil {
		t.Fatalf("got %v\n%s", err, out.String())
	}
	for _, part := range []string{"good token", `error="insufficient_scope"`, "token is expired", "token is not active", "all 8 answers as expected"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("got\n%s\nwant %q in it", out.String(), part)
		}
	}
}

// cancelAtCurl ends the servers once the lines to try are printed.
type cancelAtCurl struct {
	strings.Builder
	cancel func()
}

func (c *cancelAtCurl) Write(p []byte) (int, error) {
	if strings.Contains(string(p), "Ctrl-C") {
		c.cancel()
	}
	return c.Builder.Write(p)
}

func TestServePrintsWhatToTry(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out := &cancelAtCurl{cancel: cancel}
	if err := run(ctx, out, true); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(out.String(), "curl -i"); got != 5 {
		t.Errorf("got %d curl lines, want 5:\n%s", got, out.String())
	}
}
