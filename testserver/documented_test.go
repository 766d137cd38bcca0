package testserver_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// The table of docs/mock-server.md is the catalogue. When it differs, this test
// prints the one to put there.
func TestTheDocumentedEndpointsAreThoseOfTheCatalogue(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "mock-server.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "<!-- endpoints: from internal/catalogue -->\n")
	got, _, ended := strings.Cut(rest, "<!-- end -->")
	if !found || !ended {
		t.Fatal("docs/mock-server.md has no table of endpoints")
	}
	var b strings.Builder
	b.WriteString("| name | path | methods | needs one of | there with |\n|---|---|---|---|---|\n")
	for _, r := range catalogue.Routes {
		b.WriteString("| `" + string(r.Endpoint) + "` | `" + r.Path + "` | " + strings.Join(r.Methods, ", ") + " | " +
			strings.Join(catalogue.Names(r.Needs), ", ") + " | " + r.Option + " |\n")
	}
	if want := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
