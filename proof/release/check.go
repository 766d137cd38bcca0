package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// readTags returns the version tags of the root module that are reachable from
// HEAD, sorted from the oldest to the newest version.
func readTags(ctx context.Context, root string) ([]string, error) {
	out, err := git(ctx, root, "tag", "--merged", "HEAD", "--list", "v*")
	if err != nil {
		return nil, err
	}
	tags := slices.DeleteFunc(strings.Fields(out), func(tag string) bool { return !semver.IsValid(tag) })
	slices.SortFunc(tags, semver.Compare)
	return tags, nil
}

// lastRelease returns the newest version that is not a pre-release, or "".
func lastRelease(tags []string) string {
	for _, tag := range slices.Backward(tags) {
		if semver.Prerelease(tag) == "" {
			return tag
		}
	}
	return ""
}

func checkVersion(modules []mod, version string, tags []string) error {
	for _, m := range modules {
		if err := module.Check(m.path, version); err != nil {
			return err
		}
	}
	if semver.Canonical(version) != version {
		return fmt.Errorf("version %s must be written as %s", version, semver.Canonical(version))
	}
	if len(tags) > 0 && semver.Compare(version, tags[len(tags)-1]) <= 0 {
		return fmt.Errorf("version %s is not newer than the last tag, %s", version, tags[len(tags)-1])
	}
	return nil
}

func checkTree(ctx context.Context, root string) error {
	changed, err := git(ctx, root, "status", "--porcelain")
	if err != nil {
		return err
	}
	if changed != "" {
		return fmt.Errorf("the tree is not clean; commit or remove:\n%s", strings.TrimRight(changed, "\n"))
	}
	return nil
}

// checkTidy returns an error if go mod tidy would change a go.mod or go.sum. It
// checks all modules, including those that are not released.
func checkTidy(ctx context.Context, root string) error {
	files, err := moduleFiles(ctx, root)
	if err != nil {
		return err
	}
	var faults []error
	for _, file := range files {
		if _, err := command(ctx, filepath.Join(root, filepath.Dir(file)), nil, "go", "mod", "tidy", "-diff"); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", file, err))
		}
	}
	return errors.Join(faults...)
}

// readChanges returns the section for the version in CHANGELOG.md. The heading
// of the section begins with "## " and the version, for example "## v0.1.0". A
// date or other text may follow the version.
func readChanges(root, version string) (string, error) {
	changelog, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md")) //nolint:gosec // a file of the released tree
	if err != nil {
		return "", err
	}
	var section strings.Builder
	within, empty := false, true
	for line := range strings.Lines(string(changelog)) {
		if heading, found := strings.CutPrefix(line, "## "); found {
			name, _, _ := strings.Cut(strings.TrimSpace(heading), " ")
			within = name == version
			continue
		}
		if within {
			section.WriteString(line)
			empty = empty && (strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"))
		}
	}
	if empty {
		return "", fmt.Errorf("CHANGELOG.md has no text below a heading \"## %s\": rename \"## Unreleased\" to it, and put a new \"## Unreleased\" above", version)
	}
	return section.String(), nil
}
