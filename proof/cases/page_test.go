package cases_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/proof/cases"
)

var update = flag.Bool("update", false, "rewrite the table in docs/answers.md")

func TestThePageHasTheTableOfBindings(t *testing.T) {
	const name, begin, end = "docs/answers.md", "<!-- bindings -->\n", "<!-- end of bindings -->"
	path, table := filepath.Join("..", "..", name), cases.BindingTable()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	is, after, ends := strings.Cut(rest, end)
	switch {
	case !found || !ends:
		t.Errorf("%s lacks the comments that enclose the table", name)
	case *update:
		if err := os.WriteFile(path, []byte(before+begin+table+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	case is != table:
		t.Errorf("the table in %s differs from the tests: run go test ./proof/cases -run TestThePageHas -update", name)
	}
}
