// Package house_test checks rules of the project that the compiler does not
// check. Examples are rules about imports between packages, the size of files,
// comments and documents.
package house_test

import (
	"bufio"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/bearerguard/bearerguard"

type pkg struct {
	ImportPath                string
	Dir                       string
	Name                      string
	GoFiles                   []string
	TestGoFiles, XTestGoFiles []string
	Deps                      []string // all packages that it links, including the standard library's
	Imports                   []string
	TestImports, XTestImports []string
}

// packages returns the packages of the root module.
func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps=false", "-json=ImportPath,Dir,Name,GoFiles,TestGoFiles,XTestGoFiles,Deps,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = filepath.Join("..", "..")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p pkg
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, module+"/")
		list = append(list, p)
	}
	if len(list) < 10 {
		t.Fatalf("got only %d packages, want all packages of the module", len(list))
	}
	return list
}

// layers lists the packages of the product. An entry contains the path of a
// package and the packages of this module that the package imports. These
// imports must have earlier entries. The lists of imports are kept short,
// because a fault in a package affects all packages that import it.
var layers = []layer{
	{"internal/catalogue", ""},
	{"internal/challenge", ""},
	{"internal/contain", ""},
	{"internal/fetch", ""},
	{"internal/rsaverify", ""},
	{"internal/strictjson", ""},
	{"internal/control", "internal/catalogue"},
	{"internal/jws", "internal/rsaverify internal/strictjson"},
	{"internal/metadata", "internal/fetch internal/strictjson"},
	{"internal/weburl", "internal/fetch"},

	{"scopes", ""},
	{"clientcert", "internal/contain internal/strictjson"},
	{"dpop", "internal/jws internal/strictjson internal/weburl"},
	{"jwks", "internal/contain internal/fetch internal/jws internal/metadata internal/strictjson"},
	{"introspect", "internal/contain internal/fetch internal/jws internal/metadata internal/strictjson jwks"},
	{"internal/shapes", ""},
	{"revoke", "internal/contain"},
	{"middleware", "clientcert dpop internal/contain internal/fetch internal/jws internal/strictjson internal/weburl introspect jwks revoke scopes"},
	{"issuers", "introspect middleware"},
	{"signals", "internal/contain internal/strictjson middleware revoke"},
	{"adapters/redisstore", "dpop internal/contain revoke"},
	{"adapters/httpauth", "middleware scopes"},
	{"adapters/echoauth", "middleware scopes"},
	{"adapters/echo5auth", "middleware scopes"},
	{"adapters/ginauth", "middleware scopes"},

	// The mock server uses the following packages, but the verifier does not. A
	// bug in these packages therefore does not affect the verifier.
	{"testserver/internal/bounded", ""},
	{"testserver/internal/guarded", ""},
	{"testserver/internal/listen", ""},
	{"testserver/internal/pages", ""},
	{"testserver/internal/persist", ""},
	{"testserver/internal/mtls", "internal/catalogue"},
	{"testserver/internal/push", ""},
	{"testserver/internal/token", "internal/catalogue testserver/internal/guarded testserver/internal/mtls"},
	{"testserver/internal/dpop", "internal/catalogue testserver/internal/token"},
	{"testserver/internal/likeness", "internal/catalogue internal/shapes testserver/internal/token"},
	{"testserver/internal/journal", "internal/catalogue testserver/internal/guarded"},
	{"testserver/internal/registry", "internal/catalogue testserver/internal/guarded testserver/internal/mtls testserver/internal/token"},
	{"testserver/internal/identity", "testserver/internal/token"},
	{"testserver/internal/settings", "internal/catalogue internal/shapes testserver/internal/mtls testserver/internal/registry"},
	{"testserver/internal/grants", "internal/catalogue testserver/internal/bounded testserver/internal/guarded testserver/internal/token"},
	{"testserver/internal/oauth", "internal/catalogue testserver/internal/dpop testserver/internal/grants testserver/internal/guarded testserver/internal/identity testserver/internal/journal testserver/internal/mtls testserver/internal/pages testserver/internal/persist testserver/internal/push testserver/internal/registry testserver/internal/token"},
	{"testserver/internal/apicheck", "internal/catalogue internal/challenge testserver/internal/journal testserver/internal/listen testserver/internal/registry testserver/internal/token"},
	{"testserver", "internal/catalogue internal/control internal/shapes testserver/internal/apicheck testserver/internal/journal testserver/internal/likeness testserver/internal/listen testserver/internal/mtls testserver/internal/oauth testserver/internal/push testserver/internal/registry testserver/internal/settings testserver/internal/token"},
	{"testserver/apitest", "testserver testserver/internal/apicheck"},
}

type layer struct{ path, imports string }

func TestImportsPointOneWay(t *testing.T) {
	imports := map[string][]string{}
	for _, p := range packages(t) {
		for _, dep := range p.Imports {
			if own, found := strings.CutPrefix(dep, module+"/"); found {
				imports[p.ImportPath] = append(imports[p.ImportPath], own)
			}
		}
	}
	var below []string
	for _, l := range layers {
		if got, want := strings.Join(imports[l.path], " "), l.imports; got != want {
			t.Errorf("%s imports %q, want %q", l.path, got, want)
		}
		for _, path := range strings.Fields(l.imports) {
			if !slices.Contains(below, path) {
				t.Errorf("%s imports %s, which is not listed before it", l.path, path)
			}
		}
		below = append(below, l.path)
	}
}

// isLayer reports whether a package is listed in layers.
func isLayer(path string) bool {
	return slices.ContainsFunc(layers, func(l layer) bool { return l.path == path })
}

func TestPackagesLinkNoTestLibraryOrOtherFramework(t *testing.T) {
	for _, p := range packages(t) {
		if !isLayer(p.ImportPath) {
			continue
		}
		for _, dep := range p.Deps {
			switch {
			case dep == "testing", dep == "github.com/stretchr/testify", dep == "go.uber.org/goleak":
				t.Errorf("%s links %s", p.ImportPath, dep)
			case strings.HasPrefix(dep, "github.com/go-jose/") && !strings.HasPrefix(p.ImportPath, "testserver"):
				t.Errorf("%s links %s, the mock server's JOSE code", p.ImportPath, dep)
			case strings.HasPrefix(p.ImportPath, "testserver") && (strings.HasPrefix(dep, "github.com/golang-jwt/") || strings.HasPrefix(dep, "github.com/MicahParks/")):
				t.Errorf("%s links %s, the verifier's JOSE code", p.ImportPath, dep)
			case strings.HasPrefix(dep, "github.com/labstack/echo/v4") && p.ImportPath != "adapters/echoauth",
				strings.HasPrefix(dep, "github.com/labstack/echo/v5") && p.ImportPath != "adapters/echo5auth",
				strings.HasPrefix(dep, "github.com/gin-gonic/gin") && p.ImportPath != "adapters/ginauth":
				t.Errorf("%s links the framework %s", p.ImportPath, dep)
			}
		}
	}
}

func TestNoPackageLinksTheMockServer(t *testing.T) {
	for _, p := range packages(t) {
		if !isLayer(p.ImportPath) || strings.HasPrefix(p.ImportPath, "testserver") {
			continue
		}
		t.Run("T23/"+strings.ReplaceAll(p.ImportPath, "/", "_"), func(t *testing.T) {
			for _, dep := range p.Deps {
				if strings.HasPrefix(dep, module+"/testserver") {
					t.Errorf("the package links %s", dep)
				}
			}
		})
	}
}

func TestNothingImportsExamplesOrCommands(t *testing.T) {
	for _, p := range packages(t) {
		for _, dep := range p.Imports {
			own, found := strings.CutPrefix(dep, module+"/")
			if strings.HasPrefix(own, p.ImportPath+"/internal/") {
				continue // commands may import their own internal packages
			}
			if found && (strings.HasPrefix(own, "examples/") || strings.HasPrefix(own, "cmd/")) {
				t.Errorf("%s imports %s", p.ImportPath, own)
			}
		}
	}
}

func TestAdaptersAreThin(t *testing.T) {
	for _, p := range packages(t) {
		if !strings.HasPrefix(p.ImportPath, "adapters/") || strings.Contains(p.ImportPath, "internal") || p.ImportPath == "adapters/redisstore" {
			continue // redisstore is longer, because it must handle failures; it decides nothing about tokens
		}
		for _, name := range p.GoFiles {
			if n := lines(t, filepath.Join(p.Dir, name)); name != "doc.go" && n >= 80 {
				t.Errorf("%s/%s has %d lines, want under 80: decisions belong in middleware", p.ImportPath, name, n)
			}
		}
	}
}

func TestFilesStayReadable(t *testing.T) {
	for _, p := range packages(t) {
		for _, name := range slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles) {
			if n := lines(t, filepath.Join(p.Dir, name)); n > 400 {
				t.Errorf("%s/%s has %d lines, want at most 400", p.ImportPath, name, n)
			}
		}
	}
}

func TestEveryPackageHasAPackageComment(t *testing.T) {
	for _, p := range packages(t) {
		documented := len(p.GoFiles) == 0 // a package with only tests needs no comment
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Fatal(err)
			}
			documented = documented || isDocumented(f)
		}
		if !documented {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

func isDocumented(f *ast.File) bool { return f.Doc != nil && len(f.Doc.Text()) > 40 }

func lines(t *testing.T, path string) int {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for s := bufio.NewScanner(f); s.Scan(); {
		n++
	}
	return n
}

// The changelog lists every name that was renamed or removed. The table in
// docs/upgrade.md must have a row for each entry of this list, and no other
// rows.
func TestUpgradeTableMatchesTheChangelog(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	_, changes, found := strings.Cut(read("CHANGELOG.md"), "### Changed names")
	changes, _, cut := strings.Cut(changes, "\nNew in ")
	changes = strings.ReplaceAll(changes, "\n  ", " ") // joins the lines of wrapped rows
	if !found || !cut {
		t.Fatal("CHANGELOG.md has no list of changed names")
	}
	var listed, tabled []string
	for line := range strings.Lines(changes) {
		if row, ok := strings.CutPrefix(line, "- "); ok {
			listed = append(listed, strings.Replace(strings.TrimSpace(row), " → ", " | ", 1))
		}
	}
	for line := range strings.Lines(read(filepath.Join("docs", "upgrade.md"))) {
		if row, ok := strings.CutPrefix(line, "| "); ok && row != "was | is |\n" {
			tabled = append(tabled, strings.TrimSuffix(strings.TrimSpace(row), " |"))
		}
	}
	slices.Sort(listed)
	slices.Sort(tabled)
	if len(listed) < 30 || !slices.Equal(listed, tabled) {
		t.Errorf("got %d rows in CHANGELOG.md and %d in docs/upgrade.md, want the same:\n%q\n%q", len(listed), len(tabled), listed, tabled)
	}
}
