package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// mod is a module that is released.
type mod struct {
	dir, path string // dir is relative to the root, with slashes; "." is the root module
	file      *modfile.File
}

// tag returns the name of the git tag of a version.
func (m mod) tag(version string) string { return path.Join(m.dir, version) }

// moduleFiles returns the go.mod files of the repository, beginning with the
// file in the root.
func moduleFiles(ctx context.Context, root string) ([]string, error) {
	out, err := git(ctx, root, "ls-files", "--", ":(glob)**/go.mod")
	if err != nil {
		return nil, err
	}
	files := strings.Fields(out)
	slices.SortFunc(files, func(a, b string) int { return strings.Compare(path.Dir(a), path.Dir(b)) })
	return files, nil
}

// isReleased reports whether the files at a path below the root are part of a
// released module.
func isReleased(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return first != "proof" && first != "examples" && !strings.Contains("/"+path, "/testdata/")
}

// readModules returns the released modules, beginning with the root module.
func readModules(ctx context.Context, root string) (list []mod, err error) {
	files, err := moduleFiles(ctx, root)
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		if !isReleased(name) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, name)) //nolint:gosec // a file of the released tree
		if err != nil {
			return nil, err
		}
		file, err := modfile.Parse(name, text, nil)
		if err != nil {
			return nil, err
		}
		list = append(list, mod{dir: path.Dir(name), path: file.Module.Mod.Path, file: file})
	}
	if len(list) == 0 || list[0].dir != "." {
		return nil, errors.New("the root directory has no go.mod")
	}
	return list, nil
}

// writeModules writes the go.mod files of the nested modules for the release.
func writeModules(r release, modules []mod) error {
	var faults []error
	for _, m := range modules {
		faults = append(faults, publish(m, modules, r.version))
		if m.dir == "." {
			continue
		}
		text, err := m.file.Format()
		if err != nil {
			return err
		}
		file := filepath.Join(r.out, filepath.FromSlash(m.dir), "go.mod")
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			return err
		}
	}
	return errors.Join(faults...)
}

// publish changes the go.mod of a module for the release. The module then
// requires the released version of the project's other modules. If the module
// is nested, publish removes the replace directives for these modules. Any
// other replace directive is a fault: go ignores it if the module is imported,
// and go install refuses it.
func publish(m mod, modules []mod, version string) error {
	own := func(path string) bool {
		return slices.ContainsFunc(modules, func(o mod) bool { return o.path == path })
	}
	var faults []error
	prefix, _, _ := module.SplitPathVersion(modules[0].path)
	if name, _, _ := module.SplitPathVersion(m.path); name != path.Join(prefix, m.dir) {
		faults = append(faults, fmt.Errorf("%s/go.mod: the module path %s does not match this directory, so nobody can import it", m.dir, m.path))
	}
	for _, r := range slices.Clone(m.file.Replace) {
		if m.dir == "." || !own(r.Old.Path) {
			faults = append(faults, fmt.Errorf("%s/go.mod: the replace directive for %s has no effect for users: remove it", m.dir, r.Old.Path))
			continue
		}
		if err := m.file.DropReplace(r.Old.Path, r.Old.Version); err != nil {
			return err
		}
	}
	for _, r := range m.file.Require {
		if own(r.Mod.Path) {
			if err := m.file.AddRequire(r.Mod.Path, version); err != nil {
				return err
			}
		}
	}
	m.file.Cleanup()
	return errors.Join(faults...)
}

// commands returns the git commands that release the commit. The released
// go.mod of a nested module differs from the go.mod in the tree. Each nested
// module is therefore tagged on a separate commit that is not on a branch. The
// root module is pushed first, so that go mod tidy can add the checksum of its
// new version to the go.sum of the nested modules.
func commands(r release, modules []mod) string {
	var b strings.Builder
	fmt.Fprintf(&b, "git tag --annotate --message 'Release %[1]s' %[1]s %[2]s\ngit push origin %[1]s\n", r.version, r.commit)
	if len(modules) == 1 {
		return b.String()
	}
	fmt.Fprintf(&b, "git switch --detach %s\n", r.version)
	for _, m := range modules[1:] {
		fmt.Fprintf(&b, "cp '%s' %s/go.mod\n", filepath.Join(r.out, filepath.FromSlash(m.dir), "go.mod"), m.dir)
		fmt.Fprintf(&b, "(cd %s && go mod tidy)\n", m.dir)
		fmt.Fprintf(&b, "git commit --all --message '%s: require %s'\n", m.dir, r.version)
		fmt.Fprintf(&b, "git tag --annotate --message 'Release %[1]s' %[1]s\ngit push origin %[1]s\n", m.tag(r.version))
	}
	b.WriteString("git switch -\n")
	return b.String()
}
