package catalogue_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

func kinds() map[string][]string {
	return map[string][]string{
		"endpoints":              catalogue.Names(append(catalogue.Endpoints(), catalogue.Any)),
		"grants":                 catalogue.Names(catalogue.Grants),
		"authentication methods": catalogue.Names(catalogue.AuthMethods),
		"algorithms":             append(catalogue.Names(catalogue.Algs), string(catalogue.Ed25519)),
		"defects":                catalogue.Names(catalogue.AllDefects()),
	}
}

// constants returns the identifiers of the catalogue's constants, indexed by
// their values.
func constants(t *testing.T) map[string][]string {
	t.Helper()
	names := map[string][]string{}
	for _, file := range []string{"catalogue.go", "alg.go", "endpoint.go", "defect.go"} {
		source, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(source, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			if literal, ok := spec.Values[0].(*ast.BasicLit); ok {
				text, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				names[text] = append(names[text], spec.Names[0].Name)
			}
			return true
		})
	}
	return names
}

func TestEveryConstantIsInItsList(t *testing.T) {
	listed := slices.Concat(slices.Collect(maps.Values(kinds()))...)
	for text, names := range constants(t) {
		if !slices.Contains(listed, text) {
			t.Errorf("%s is %q, which is not in any list of the catalogue", names, text)
		}
	}
	for _, name := range listed {
		if len(constants(t)[name]) != 1 {
			t.Errorf("%q: got the constants %q, want one", name, constants(t)[name])
		}
	}
}

// A list of this package must not be copied, because copies would diverge. The
// test treats a literal as a copy if it contains more than two names of one
// kind, such as endpoints.
func TestNoListIsRepeatedOutsideTheCatalogue(t *testing.T) {
	root := filepath.Join("..", "..")
	texts := constants(t)
	files := 0
	for _, folder := range []string{"testserver", "cmd", filepath.Join("internal", "control")} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			if filepath.Base(filepath.Dir(path)) == "pages" { // package pages lists templates; some are named like an endpoint
				return nil
			}
			files++
			fset := token.NewFileSet()
			source, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(source, func(n ast.Node) bool {
				list, ok := n.(*ast.CompositeLit)
				if !ok {
					return true
				}
				for kind, names := range kinds() {
					if found := namesIn(list, names, texts); len(found) > 2 {
						t.Errorf("%s: a literal repeats the %s %q: range over the catalogue instead", fset.Position(list.Pos()), kind, found)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 100 {
		t.Errorf("got %d files, want all files of the server and the command", files)
	}
}

// namesIn returns the given names that are elements or keys of a literal.
func namesIn(list *ast.CompositeLit, names []string, constants map[string][]string) (found []string) {
	add := func(e ast.Expr) {
		var text string
		switch e := e.(type) {
		case *ast.BasicLit:
			text, _ = strconv.Unquote(e.Value)
		case *ast.SelectorExpr:
			text = textOf(e.Sel.Name, constants)
		case *ast.Ident:
			text = textOf(strings.TrimPrefix(e.Name, "Endpoint"), constants)
		}
		if slices.Contains(names, text) && !slices.Contains(found, text) {
			found = append(found, text)
		}
	}
	for _, element := range list.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			add(pair.Key)
			element = pair.Value
		}
		add(element)
	}
	return found
}

func textOf(name string, constants map[string][]string) string {
	for text, names := range constants {
		if slices.Contains(names, name) {
			return text
		}
	}
	return ""
}

func TestEndpointsWithoutTheirNeedsAreNotServed(t *testing.T) {
	for name, test := range map[string]struct {
		off, want []catalogue.Endpoint
	}{
		"nothing is off": {nil, nil},
		"without the token endpoint neither flow is served": {[]catalogue.Endpoint{catalogue.Token}, []catalogue.Endpoint{catalogue.Authorize, catalogue.Token, catalogue.DeviceAuthorization, catalogue.PAR, catalogue.Login, catalogue.Consent, catalogue.Device}},
		"the device flow keeps the pages":                   {[]catalogue.Endpoint{catalogue.Authorize}, []catalogue.Endpoint{catalogue.Authorize, catalogue.PAR}},
		"without both flows there are no pages":             {[]catalogue.Endpoint{catalogue.Authorize, catalogue.DeviceAuthorization}, []catalogue.Endpoint{catalogue.Authorize, catalogue.DeviceAuthorization, catalogue.PAR, catalogue.Login, catalogue.Consent, catalogue.Device}},
	} {
		served := catalogue.Served(func(r catalogue.Route) bool { return slices.Contains(test.off, r.Endpoint) })
		var missing []catalogue.Endpoint
		for _, ep := range catalogue.Endpoints() {
			if !served[ep] {
				missing = append(missing, ep)
			}
		}
		if !slices.Equal(missing, test.want) {
			t.Errorf("%s: got %q not served, want %q", name, missing, test.want)
		}
	}
}
