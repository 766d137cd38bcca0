package cases_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/proof/cases"
)

var update = flag.Bool("update", false, "rewrite the tables in docs/answers.md")

func TestThePageHasTheTablesOfBindings(t *testing.T) {
	const name = "docs/answers.md"
	path := filepath.Join("..", "..", name)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for mark, table := range cases.BindingTables() {
		begin, end := "<!-- "+mark+" -->\n", "<!-- end of "+mark+" -->"
		before, rest, found := strings.Cut(page, begin)
		is, after, ends := strings.Cut(rest, end)
		switch {
		case !found || !ends:
			t.Errorf("%s lacks the comments that enclose the table %q", name, mark)
		case *update:
			page = before + begin + table + end + after
		case is != table:
			t.Errorf("the table %q in %s differs from the tests: run go test ./proof/cases -run TestThePageHas -update", mark, name)
		}
	}
	if *update {
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
