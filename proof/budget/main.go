// Command budget prints the size of the project: the number of tracked files,
// the bytes of the README, and the number of exported names of each package
// that users import.
package main

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const module = "github.com/bearerguard/bearerguard"

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "budget:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	files, err := exec.CommandContext(ctx, "git", "ls-files").Output()
	if err != nil {
		return fmt.Errorf("git ls-files: %w", err)
	}
	readme, err := os.Stat("README.md")
	if err != nil {
		return err
	}
	fmt.Printf("budget: %d tracked files, %d bytes of README.md", strings.Count(string(files), "\n"), readme.Size())
	packages, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.ImportPath}} {{.Dir}}", "./...").Output()
	if err != nil {
		return fmt.Errorf("go list: %w", err)
	}
	fmt.Print(", exported names:")
	for line := range strings.Lines(string(packages)) {
		path, dir, _ := strings.Cut(strings.TrimSpace(line), " ")
		path = strings.TrimPrefix(path, module+"/")
		if first, _, _ := strings.Cut(path, "/"); first == "proof" || first == "cmd" || first == "examples" || strings.Contains("/"+path+"/", "/internal/") {
			continue
		}
		n, err := exported(dir)
		if err != nil {
			return err
		}
		fmt.Printf(" %s %d", path, n)
	}
	fmt.Println()
	return nil
}

// exported counts the exported constants, variables, functions, types and
// methods of the package in dir.
func exported(dir string) (n int, err error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return 0, err
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return 0, err
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiver(d.Recv.List[0].Type))) {
					n++
				}
			case *ast.GenDecl:
				n += names(d)
			}
		}
	}
	return n, nil
}

func names(d *ast.GenDecl) (n int) {
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() {
				n++
			}
		case *ast.ValueSpec:
			for _, name := range s.Names {
				if name.IsExported() {
					n++
				}
			}
		}
	}
	return n
}

func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
