package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheOutputMatchesTheReadme(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out, false); err != nil {
		t.Fatalf("got %v\n%s", err, out.String())
	}
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "<!-- quickstart -->\n```\n")
	if want, _, found := strings.Cut(rest, "```"); !found || out.String() != want {
		t.Errorf("got\n%s\nwant the output that README.md shows:\n%s", out.String(), want)
	}
}

// cancelAtCurl collects the output, and stops the servers when all curl lines
// are printed.
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

func TestServePrintsCurlLines(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out := &cancelAtCurl{cancel: cancel}
	if err := run(ctx, out, true); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(out.String(), "curl -i"); got != 5 {
		t.Errorf("got %d curl lines, want 5:\n%s", got, out.String())
	}
}
