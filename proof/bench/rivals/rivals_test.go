package rivals_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/bearerguard/bearerguard/proof/bench"
	"github.com/bearerguard/bearerguard/proof/bench/performance"
	"github.com/bearerguard/bearerguard/proof/bench/rivals"
	"github.com/bearerguard/bearerguard/testserver"
)

var update = flag.Bool("update", false, "write docs/rivals.md and the comparison in README.md instead of checking them")

var root = filepath.Join("..", "..", "..")

// fetches matches a table cell that contains a number of fetches. The number
// varies: many tokens are sent at the same time, and chance decides how many of
// them share a fetch.
var fetches = regexp.MustCompile(`\| [0-9]+ fetches of the JWKS \|`)

func same(a, b string) bool {
	const some = "| some fetches of the JWKS |"
	return fetches.ReplaceAllString(a, some) == fetches.ReplaceAllString(b, some)
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// keep checks that a document has the wanted content. With -update, it writes
// this content to the document instead.
func keep(t *testing.T, path, want string) {
	t.Helper()
	switch {
	case same(read(t, path), want):
	case *update && !t.Failed():
		if err := os.WriteFile(filepath.Join(root, path), []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s does not show the results; run go test -count=1 ./rivals -update, and see the difference with git diff", path)
	}
}

func TestTheDocumentsSayWhatComesOut(t *testing.T) {
	found, err := rivals.Measure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range found.Rows {
		if row.Cells[0] != "ok" {
			t.Errorf("%s: Bearerguard: got %s, want ok", row.Name, row.Cells[0])
		}
	}
	for defect := range testserver.Defects() {
		if !slices.ContainsFunc(found.Rows, func(r rivals.Row) bool { return r.Name == string(defect) }) {
			t.Errorf("%s: got no row, want one for every defect", defect)
		}
	}
	page, err := found.Page()
	if err != nil {
		t.Fatal(err)
	}
	keep(t, "docs/rivals.md", page)

	figures, err := performance.Read(read(t, "docs/performance.md"))
	if err != nil {
		t.Fatal(err)
	}
	comparison, err := found.Comparison(figures)
	if err != nil {
		t.Fatal(err)
	}
	before, _, after, err := bench.Cut(read(t, "README.md"), rivals.Begin, rivals.End)
	if err != nil {
		t.Fatalf("README.md: %v", err)
	}
	keep(t, "README.md", before+"\n"+comparison+"\n"+after)
}
