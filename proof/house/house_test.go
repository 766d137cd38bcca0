// Package house_test keeps the rules of the house that no compiler keeps:
// which package may import which, how thin an adapter is, and that every
// package says what it is.
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
	Deps                      []string // all packages it links, the standard library included
	Imports                   []string
	TestImports, XTestImports []string
}

// packages lists the root module's packages.
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
		t.Fatalf("got %d packages, want the whole module", len(list))
	}
	return list
}

// layers lists, for each package that decides, which packages of the module it
// may link. Whoever adds to a line adds a way for a fault to travel.
var layers = map[string][]string{
	"internal/contain":    nil,
	"internal/strictjson": nil,
	"internal/fetch":      nil,
	"internal/rsaverify":  nil,
	"internal/jws":        {"internal/rsaverify", "internal/strictjson"},
	"internal/metadata":   {"internal/strictjson", "internal/fetch"},
	"scopes":              nil,
	"jwks":                {"internal/contain", "internal/strictjson", "internal/fetch", "internal/jws", "internal/rsaverify", "internal/metadata"},
	"introspect":          {"internal/contain", "internal/strictjson", "internal/fetch", "internal/jws", "internal/rsaverify", "internal/metadata", "jwks"},
	"middleware":          {"internal/contain", "internal/strictjson", "internal/fetch", "internal/jws", "internal/rsaverify", "internal/metadata", "jwks", "introspect", "scopes"},
	"adapters/httpauth":   {"internal/contain", "internal/strictjson", "internal/fetch", "internal/jws", "internal/rsaverify", "internal/metadata", "jwks", "introspect", "scopes", "middleware"},
	"adapters/echoauth":   {"internal/contain", "internal/strictjson", "internal/fetch", "internal/jws", "internal/rsaverify", "internal/metadata", "jwks", "introspect", "scopes", "middleware"},
	"adapters/echo5auth":  {"internal/contain", "internal/strictjson", "internal/fetch", "internal/jws", "internal/rsaverify", "internal/metadata", "jwks", "introspect", "scopes", "middleware"},
	"adapters/ginauth":    {"internal/contain", "internal/strictjson", "internal/fetch", "internal/jws", "internal/rsaverify", "internal/metadata", "jwks", "introspect", "scopes", "middleware"},
	// Not the verifier's: one bug must not hide in both.
	"testserver":                   {"internal/catalogue", "internal/control", "testserver/internal/apicheck", "testserver/internal/as", "testserver/internal/listen", "testserver/internal/pages", "testserver/internal/persist", "testserver/internal/settings"},
	"testserver/apitest":           {"internal/catalogue", "internal/control", "testserver", "testserver/internal/apicheck", "testserver/internal/as", "testserver/internal/listen", "testserver/internal/pages", "testserver/internal/persist", "testserver/internal/settings"},
	"testserver/internal/apicheck": {"internal/catalogue", "testserver/internal/as", "testserver/internal/listen", "testserver/internal/pages", "testserver/internal/persist"},
	"testserver/internal/as":       {"internal/catalogue", "testserver/internal/pages", "testserver/internal/persist"},
	"testserver/internal/listen":   nil,
	"testserver/internal/pages":    nil,
	"internal/control":             nil,
	"internal/catalogue":           nil,
}

func TestImportsPointOneWay(t *testing.T) {
	seen := make(map[string]bool)
	for _, p := range packages(t) {
		allowed, ok := layers[p.ImportPath]
		if !ok {
			continue
		}
		seen[p.ImportPath] = true
		for _, dep := range p.Deps {
			if own, found := strings.CutPrefix(dep, module+"/"); found && !slices.Contains(allowed, own) {
				t.Errorf("%s links %s", p.ImportPath, own)
			}
		}
	}
	for path := range layers {
		if !seen[path] {
			t.Errorf("the rule for %s is about no package", path)
		}
	}
}

func TestNothingOfTheProductLinksWhatIsForTestsOrOneFramework(t *testing.T) {
	for _, p := range packages(t) {
		if _, ok := layers[p.ImportPath]; !ok {
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

func TestNothingOfTheProductLinksTheMockServer(t *testing.T) {
	for _, p := range packages(t) {
		if _, ok := layers[p.ImportPath]; !ok || strings.HasPrefix(p.ImportPath, "testserver") {
			continue
		}
		t.Run("T23/"+strings.ReplaceAll(p.ImportPath, "/", "_"), func(t *testing.T) {
			for _, dep := range p.Deps {
				if strings.HasPrefix(dep, module+"/testserver") {
					t.Errorf("it links %s", dep)
				}
			}
		})
	}
}

func TestNothingImportsExamplesOrCommands(t *testing.T) {
	for _, p := range packages(t) {
		for _, dep := range p.Imports {
			own, found := strings.CutPrefix(dep, module+"/")
			if found && (strings.HasPrefix(own, "examples/") || strings.HasPrefix(own, "cmd/")) {
				t.Errorf("%s imports %s", p.ImportPath, own)
			}
		}
	}
}

func TestAdaptersAreThin(t *testing.T) {
	for _, p := range packages(t) {
		if !strings.HasPrefix(p.ImportPath, "adapters/") || strings.Contains(p.ImportPath, "internal") {
			continue
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

func TestEveryPackageHasAManual(t *testing.T) {
	for _, p := range packages(t) {
		documented := len(p.GoFiles) == 0 // tests alone
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Fatal(err)
			}
			documented = documented || says(f)
		}
		if !documented {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

func says(f *ast.File) bool { return f.Doc != nil && len(f.Doc.Text()) > 40 }

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
