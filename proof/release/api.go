package main

import (
	"context"
	"errors"
	"fmt"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/exp/apidiff"
	"golang.org/x/mod/semver"
	"golang.org/x/tools/go/packages"
)

// checkAPI compares the API of the released modules with their API in the last
// release, and prints the changes.
func checkAPI(ctx context.Context, w io.Writer, r release, work string, modules []mod, last, changes string) error {
	if last == "" {
		fmt.Fprintln(w, "API: there is no release to compare with")
		return nil
	}
	before, err := clone(ctx, r.root, work, last)
	if err != nil {
		return err
	}
	after, err := clone(ctx, r.root, work, r.commit)
	if err != nil {
		return err
	}
	var faults []error
	for _, m := range modules {
		if _, err := os.Stat(filepath.Join(before, m.dir, "go.mod")); errors.Is(err, os.ErrNotExist) {
			fmt.Fprintf(w, "API: %s is new\n", m.path)
			continue
		}
		was, err := load(ctx, filepath.Join(before, m.dir), m.path)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s of %s: %w", m.path, last, err))
			continue
		}
		is, err := load(ctx, filepath.Join(after, m.dir), m.path)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", m.path, err))
			continue
		}
		report := apidiff.ModuleChanges(was, is)
		fmt.Fprintf(w, "API of %s since %s: %d changes\n%s", m.path, last, len(report.Changes), report)
		faults = append(faults, judge(report, last, r.version, changes))
	}
	return errors.Join(faults...)
}

// load type-checks the public packages of the module in the directory dir.
func load(ctx context.Context, dir, path string) (*apidiff.Module, error) {
	cfg := &packages.Config{
		Context: ctx,
		Dir:     dir,
		Env:     append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0"),
		Mode:    packages.NeedName | packages.NeedTypes,
		// The binaries are built with the same flag, so the build cache can be
		// shared between all clones.
		BuildFlags: []string{"-trimpath"},
	}
	all, err := packages.Load(cfg, "./...")
	if err != nil {
		return nil, err
	}
	var public []*types.Package
	for _, p := range all {
		below := strings.TrimPrefix(p.PkgPath, path) + "/"
		if p.Name == "main" || strings.Contains(below, "/internal/") || !isReleased(strings.TrimPrefix(below, "/")) {
			continue
		}
		for _, e := range p.Errors {
			return nil, e
		}
		public = append(public, p.Types)
	}
	return &apidiff.Module{Path: path, Packages: public}, nil
}

// identifier matches an identifier in a text. A message of apidiff begins with
// a name that consists of identifiers, for example "./jwks.(*Set).Len: removed"
// or "./jwks.Options, method set: …".
var identifier = regexp.MustCompile(`[\pL_][\pL_\pN]*`)

// judge checks the incompatible changes since the last release. Before v1, such
// changes require a new minor version. From v1 on, they require a new major
// version. The changes argument is the section of the version in CHANGELOG.md.
// This section must contain the last identifier of each incompatibly changed
// name.
func judge(report apidiff.Report, last, version, changes string) error {
	level, part := "minor", semver.MajorMinor
	if semver.Major(last) != "v0" {
		level, part = "major", semver.Major
	}
	named := map[string]bool{}
	for _, word := range identifier.FindAllString(changes, -1) {
		named[word] = true
	}
	var faults []error
	for _, c := range report.Changes {
		if c.Compatible {
			continue
		}
		if part(version) == part(last) {
			faults = append(faults, fmt.Errorf("%s is incompatible with %s and needs a new %s version: %s", version, last, level, c.Message))
		}
		subject, _, _ := strings.Cut(c.Message, ": ")
		subject, _, _ = strings.Cut(subject, ",")
		words := identifier.FindAllString(subject, -1)
		if name := words[len(words)-1]; !named[name] {
			faults = append(faults, fmt.Errorf("CHANGELOG.md does not name %s below %s: %s", name, version, c.Message))
		}
	}
	return errors.Join(faults...)
}
