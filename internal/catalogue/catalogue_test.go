package catalogue_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// Each constant that the server has for a name is in the catalogue, and each name
// has a constant.
func TestTheConstantsOfTheServerAreInTheCatalogue(t *testing.T) {
	for kind, want := range map[string][]string{
		"Endpoint": catalogue.EndpointNames(), "Grant": catalogue.Grants, "AuthMethod": catalogue.AuthMethods, "Alg": catalogue.Algorithms,
	} {
		folder := filepath.Join("..", "..", "testserver", "internal", "as")
		if kind == "Alg" {
			folder = filepath.Join("..", "..", "testserver")
		}
		got := constants(t, folder, kind)
		got = slices.DeleteFunc(got, func(name string) bool { return kind == "Endpoint" && name == "debug" }) // which no configuration names
		want = slices.Sorted(slices.Values(want))
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", kind, got, want)
		}
	}
}

// constants returns the values of the constants of a type.
func constants(t *testing.T, folder, kind string) (values []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d files and %v", len(files), err)
	}
	for _, file := range files {
		source, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(source, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			name, ok := spec.Type.(*ast.Ident)
			if !ok || name.Name != kind || len(spec.Values) != 1 {
				return true
			}
			if literal, ok := spec.Values[0].(*ast.BasicLit); ok {
				value, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				values = append(values, value)
			}
			return true
		})
	}
	return values
}
