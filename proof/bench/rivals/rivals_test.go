package rivals_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/bearerguard/bearerguard/proof/bench/rivals"
	"github.com/bearerguard/bearerguard/testserver"
)

var update = flag.Bool("update", false, "write docs/rivals.md anew")

// fetches is a cell. How many tokens of a stampede share a fetch is up to chance.
var fetches = regexp.MustCompile(`\| [0-9]+ fetches of the JWKS \|`)

func same(a, b string) bool {
	const some = "| some fetches of the JWKS |"
	return fetches.ReplaceAllString(a, some) == fetches.ReplaceAllString(b, some)
}

func TestThePageSaysWhatComesOut(t *testing.T) {
	got, cells, err := rivals.Measure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cells {
		if c.API == "Bearerguard" && c.Text != "ok" {
			t.Errorf("%s: Bearerguard: got %s, want ok", c.Row, c.Text)
		}
	}
	for defect := range testserver.Defects() {
		if !slices.ContainsFunc(cells, func(c rivals.Cell) bool { return c.Row == string(defect) }) {
			t.Errorf("%s: got no row, want one for every defect", defect)
		}
	}

	page := filepath.Join("..", "..", "..", "docs", "rivals.md")
	want, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case same(got, string(want)):
	case *update && !t.Failed():
		if err := os.WriteFile(page, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("docs/rivals.md is not what comes out; after a look at the difference, go test -count=1 ./rivals -update. Got:\n%s", got)
	}
}
