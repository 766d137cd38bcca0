package testserver_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver"
)

// The tables of docs/mock-server.md must match the catalogue. If a table
// differs, this test prints the expected table.
func TestDocumentedTablesMatchTheCatalogue(t *testing.T) {
	endpoints, algs := [][]string{{"name", "path", "methods", "needs one of", "available with"}}, [][]string{{"metadata of the client", "field of `Client.Algs`", "flag of `client add`", "what it signs", "default"}}
	for _, r := range catalogue.Routes {
		endpoints = append(endpoints, []string{
			"`" + string(r.Endpoint) + "`", "`" + r.Path + "`", strings.Join(r.Methods, ", "), strings.Join(catalogue.Names(r.Needs), ", "), r.Option,
		})
	}
	for _, f := range new(testserver.ClientAlgs).Fields() {
		algs = append(algs, []string{"`" + f.Member + "`", "`" + f.Field + "`", "`--" + f.Flag + "`", f.About, f.Default})
	}
	text, err := os.ReadFile(filepath.Join("..", "docs", "mock-server.md"))
	if err != nil {
		t.Fatal(err)
	}
	for name, rows := range map[string][][]string{"endpoints": endpoints, "client algorithms": algs} {
		_, rest, found := strings.Cut(string(text), "<!-- "+name+": from internal/catalogue -->\n")
		got, _, ended := strings.Cut(rest, "<!-- end -->")
		if !found || !ended {
			t.Fatalf("docs/mock-server.md has no table of %s", name)
		}
		var b strings.Builder
		for i, row := range rows {
			b.WriteString("| " + strings.Join(row, " | ") + " |\n")
			if i == 0 {
				b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
			}
		}
		if want := b.String(); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}
