package house_test

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mapped returns the folders in the map of CONTRIBUTING.md, as paths from the
// root. Each line of the map begins with one or more folders. If a line is
// indented, its folders are inside the last folder of the nearest line above
// that is not indented.
func mapped(t *testing.T) (paths []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(text), "```\nmiddleware/")
	block, _, found := strings.Cut("middleware/"+block, "```")
	if !found {
		t.Fatal("CONTRIBUTING.md has no map that begins with middleware/")
	}
	parent := ""
	for line := range strings.Lines(block) {
		inner := strings.HasPrefix(line, "  ")
		for _, word := range strings.Fields(line) {
			if !strings.HasSuffix(word, "/") {
				break
			}
			if inner {
				paths = append(paths, path.Join(parent, word))
				continue
			}
			parent = path.Clean(word)
			paths = append(paths, parent)
		}
	}
	return paths
}

func TestTheMapShowsEveryPackage(t *testing.T) {
	shown := mapped(t)
	for _, p := range packages(t) {
		if !slices.Contains(shown, p.ImportPath) {
			t.Errorf("CONTRIBUTING.md does not show %s", p.ImportPath)
		}
	}
	modules, err := filepath.Glob(filepath.Join("..", "*", "go.mod"))
	if err != nil || len(modules) < 3 {
		t.Fatalf("got the modules %q and %v, want the modules below proof", modules, err)
	}
	for _, module := range modules {
		if p := path.Join("proof", filepath.Base(filepath.Dir(module))); !slices.Contains(shown, p) {
			t.Errorf("CONTRIBUTING.md does not show %s", p)
		}
	}
	for _, p := range shown {
		if info, err := os.Stat(filepath.Join("..", "..", p)); err != nil || !info.IsDir() {
			t.Errorf("CONTRIBUTING.md shows %s, which does not exist", p)
		}
	}
}

func TestReadmeOfProofNamesEachFolder(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	folders, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if folder.IsDir() && !strings.Contains(string(text), "`"+folder.Name()) {
			t.Errorf("proof/README.md does not mention %s", folder.Name())
		}
	}
}

// Packages outside the folder proof must not import packages in proof. As an
// exception, their tests may import proof/cases, proof/forge and proof/program.
func TestNothingImportsProof(t *testing.T) {
	forTests := []string{"proof/cases", "proof/forge", "proof/program"}
	for _, p := range packages(t) {
		if strings.HasPrefix(p.ImportPath, "proof/") {
			continue
		}
		for _, dep := range p.Deps {
			if own, _ := strings.CutPrefix(dep, module+"/"); strings.HasPrefix(own, "proof/") {
				t.Errorf("%s links %s", p.ImportPath, own)
			}
		}
		for _, dep := range slices.Concat(p.TestImports, p.XTestImports) {
			if own, _ := strings.CutPrefix(dep, module+"/"); strings.HasPrefix(own, "proof/") && !slices.Contains(forTests, own) {
				t.Errorf("the tests of %s import %s", p.ImportPath, own)
			}
		}
	}
}
