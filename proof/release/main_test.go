package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
)

func TestAReleaseIsMade(t *testing.T) {
	r := release{root: repository(t), version: "v0.1.0", out: t.TempDir(), platforms: []string{"linux/amd64"}}
	var printed strings.Builder
	if err := run(t.Context(), &printed, r); err != nil {
		t.Fatal(err)
	}
	head, err := git(t.Context(), r.root, "rev-parse", "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	want := "API: there is no release to compare with\nbuilt: bearerguard_v0.1.0_linux_amd64\nfiles: OUT\ncommands:\n" +
		"git tag --annotate --message 'Release v0.1.0' v0.1.0 " + head +
		"git push origin v0.1.0\ngit switch --detach v0.1.0\ncp 'OUT/adapters/nested/go.mod' adapters/nested/go.mod\n" +
		"(cd adapters/nested && go mod tidy)\ngit commit --all --message 'adapters/nested: require v0.1.0'\n" +
		"git tag --annotate --message 'Release adapters/nested/v0.1.0' adapters/nested/v0.1.0\ngit push origin adapters/nested/v0.1.0\ngit switch -\n"
	if got := strings.ReplaceAll(printed.String(), r.out, "OUT"); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got, want := text(t, r.out, "adapters/nested/go.mod"), "module example.test/thing/adapters/nested\n\ngo 1.26.0\n\nrequire example.test/thing v0.1.0\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	var sums strings.Builder
	for _, name := range []string{"bearerguard_v0.1.0_linux_amd64", "bearerguard_v0.1.0_linux_amd64.cdx.json"} {
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256([]byte(text(t, r.out, name))), name)
	}
	if got := text(t, r.out, "SHA256SUMS"); got != sums.String() {
		t.Errorf("got %s, want %s", got, sums.String())
	}
	var bom cyclonedx.BOM
	if err := cyclonedx.NewBOMDecoder(strings.NewReader(text(t, r.out, "bearerguard_v0.1.0_linux_amd64.cdx.json")), cyclonedx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	if got := bom.Metadata.Component.Name + " " + bom.Metadata.Component.Version; got != "example.test/thing v0.1.0" {
		t.Errorf("got %s, want example.test/thing v0.1.0", got)
	}
	if err := checkTree(t.Context(), r.root); err != nil {
		t.Errorf("the tree was changed: %v", err)
	}
}

func text(t *testing.T, elem ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAllFaultsAreReportedAtOnce(t *testing.T) {
	r := release{root: repository(t, "v0.1.0"), version: "v0.1.1", out: t.TempDir(), platforms: []string{"linux/amd64"}}
	write(t, r.root, map[string]string{
		"thing.go":                "package thing\n\ntype Set struct{}\n",
		"cmd/bearerguard/main.go": "package main\n\nfunc main() { fault }\n",
		"proof/p/go.mod":          "module example.test/thing/proof/p\n\ngo 1.26.0\n\nrequire example.test/other v1.0.0\n",
		"go.mod":                  "module example.test/thing\n\ngo 1.26.0\n\nreplace example.test/other => ./other\n",
	})
	commit(t, r.root)
	write(t, r.root, map[string]string{"extra": "x"})
	var printed strings.Builder
	err := run(t.Context(), &printed, r)
	for _, want := range []string{
		"the tree is not clean; commit or remove:\n?? extra",
		"proof/p/go.mod: go mod tidy -diff",
		`CHANGELOG.md has no text below a heading "## v0.1.1"`,
		"v0.1.1 is incompatible with v0.1.0 and needs a new minor version: (*Set).Len: removed",
		"./go.mod: the replace directive for example.test/other has no effect for users",
		"undefined: fault",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if strings.Contains(printed.String(), "git push") {
		t.Errorf("got %s, want no commands", printed.String())
	}
}

func TestTheDirectoryForTheFilesIsOutsideTheTree(t *testing.T) {
	root := repository(t)
	for _, dir := range []string{root, filepath.Join(root, "dist")} {
		if err := run(t.Context(), &strings.Builder{}, release{root: root, version: "v0.1.0", out: dir}); err == nil || !strings.Contains(err.Error(), "is in the released tree") {
			t.Errorf("%s: got %v, want an error", dir, err)
		}
	}
	if err := checkTree(t.Context(), root); err != nil {
		t.Errorf("the tree was changed: %v", err)
	}
}

func TestVersions(t *testing.T) {
	root := repository(t, "v0.1.0", "v0.2.0-rc.1", "vague")
	tags, err := readTags(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	modules, err := readModules(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	for version, want := range map[string]string{
		"v0.2.0":      "",
		"v0.2.0-rc.2": "",
		"v1.0.0":      "",
		"v0.2.0-rc.1": "version v0.2.0-rc.1 is not newer than the last tag, v0.2.0-rc.1",
		"v0.1.1":      "version v0.1.1 is not newer than the last tag, v0.2.0-rc.1",
		"":            "not a semantic version",
		"0.3.0":       "not a semantic version",
		"v0.3":        "version v0.3 must be written as v0.3.0",
		"v0.3.0+a":    "version v0.3.0+a must be written as v0.3.0",
		"v2.0.0":      "should be v0 or v1, not v2",
	} {
		err := checkVersion(modules, version, tags)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: got %v, want %q", version, err, want)
		}
	}
	if got := lastRelease(tags); got != "v0.1.0" {
		t.Errorf("got %s, want v0.1.0", got)
	}
}

func TestAnInvalidVersionHidesNothingElse(t *testing.T) {
	r := release{root: repository(t), version: "1", out: t.TempDir()}
	write(t, r.root, map[string]string{"extra": "x"})
	err := run(t.Context(), &strings.Builder{}, r)
	for _, want := range []string{"not a semantic version", "the tree is not clean"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestSectionsOfTheChangelog(t *testing.T) {
	for name, tc := range map[string]struct {
		changelog, want string
		ok              bool
	}{
		"the section of another version":    {"## Unreleased\n\n- a\n\n## v0.1.0\n\n- b\n", "", false},
		"a longer version":                  {"## v0.2.0-rc.1\n\n- a\n", "", false},
		"headings only":                     {"## v0.2.0\n\n### Added\n\n## v0.1.0\n- b\n", "", false},
		"a section":                         {"## v0.2.0\n\n- a\n\n## v0.1.0\n\n- b\n", "\n- a\n\n", true},
		"a section with a date, at the end": {"## v0.1.9\n- b\n## v0.2.0 (2026-12-01)\n- a\n", "- a\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			write(t, root, map[string]string{"CHANGELOG.md": tc.changelog})
			got, err := readChanges(root, "v0.2.0")
			if got != tc.want || (err == nil) != tc.ok {
				t.Errorf("got %q, %v, want %q, ok %v", got, err, tc.want, tc.ok)
			}
		})
	}
}

func TestChangesOfTheAPI(t *testing.T) {
	removed := map[string]string{"thing.go": "package thing\n\ntype Set struct{}\n"}
	for name, tc := range map[string]struct {
		last, version string
		change        map[string]string
		changes, want string
	}{
		"a removed method in a patch":           {"v0.1.0", "v0.1.1", removed, "Set.Len", "v0.1.1 is incompatible with v0.1.0 and needs a new minor version: (*Set).Len: removed"},
		"one in a minor version":                {"v0.1.0", "v0.2.0", removed, "`Set.Len` is removed", ""},
		"one that the changelog does not name":  {"v0.1.0", "v0.2.0", removed, "Length", "CHANGELOG.md does not name Len below v0.2.0: (*Set).Len: removed"},
		"one in the first stable version":       {"v0.1.0", "v1.0.0", removed, "Len", ""},
		"one in a minor version after v1":       {"v1.0.0", "v1.1.0", removed, "Len", "v1.1.0 is incompatible with v1.0.0 and needs a new major version: (*Set).Len: removed"},
		"a removed function of a nested module": {"v0.1.0", "v0.1.1", map[string]string{"adapters/nested/nested.go": "package nested\n\nimport _ \"example.test/thing\"\n"}, "", "CHANGELOG.md does not name New below v0.1.1: New: removed"},
		"a removed package": {
			"v0.1.0", "v0.2.0", map[string]string{"thing.go": "", "other/other.go": "package other\n", "adapters/nested/nested.go": "package nested\n\n// New makes one.\nfunc New() int { return 0 }\n"},
			"New", "CHANGELOG.md does not name thing below v0.2.0: package example.test/thing: removed",
		},
		"an internal constant": {"v0.1.0", "v0.1.1", map[string]string{"internal/deep/deep.go": "package deep\n"}, "", ""},
		"a package of proof":   {"v0.1.0", "v0.1.1", map[string]string{"proof/new/new.go": "package fresh\n"}, "", ""},
		"code that is broken":  {"v0.1.0", "v0.2.0", map[string]string{"thing.go": "package thing\n\nvar x unknown\n"}, "", "undefined: unknown"},
		"a new nested module":  {"v0.1.0", "v0.1.1", map[string]string{"adapters/more/go.mod": "module example.test/thing/adapters/more\n\ngo 1.26.0\n", "adapters/more/more.go": "package more\n"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			root := repository(t, tc.last)
			write(t, root, tc.change)
			commit(t, root)
			modules, err := readModules(t.Context(), root)
			if err != nil {
				t.Fatal(err)
			}
			err = checkAPI(t.Context(), &strings.Builder{}, release{root: root, version: tc.version, commit: "HEAD"}, t.TempDir(), modules, tc.last, tc.changes)
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func TestModulesThatCannotBeReleased(t *testing.T) {
	root := repository(t)
	write(t, root, map[string]string{"adapters/nested/go.mod": "module example.test/thing/adapters/other\n\ngo 1.26.0\n\nreplace example.test/fork => ../fork\n"})
	modules, err := readModules(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	err = writeModules(release{version: "v0.1.0", out: t.TempDir()}, modules)
	for _, want := range []string{
		"adapters/nested/go.mod: the module path example.test/thing/adapters/other does not match this directory",
		"adapters/nested/go.mod: the replace directive for example.test/fork has no effect for users",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestBinariesThatDiffer(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a": "same", "b": "same", "c": "other"})
	if err := compare(filepath.Join(dir, "a"), filepath.Join(dir, "b")); err != nil {
		t.Errorf("got %v, want nil", err)
	}
	if err := compare(filepath.Join(dir, "a"), filepath.Join(dir, "c")); err == nil {
		t.Error("got nil, want an error")
	}
}

func TestABinaryOfAnotherVersion(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := checkStamp(program, "v0.1.0"); err == nil || !strings.Contains(err.Error(), "want v0.1.0") {
		t.Errorf("got %v, want an error that names v0.1.0", err)
	}
}

func TestAnSBOMWithoutAModule(t *testing.T) {
	info := &debug.BuildInfo{Deps: []*debug.Module{{Path: "example.test/a", Version: "v1.0.0"}, {Path: "example.test/b", Version: "v2.0.0"}}}
	bom := &cyclonedx.BOM{Components: &[]cyclonedx.Component{{Name: "example.test/a", Version: "v1.0.0"}, {Name: "example.test/b", Version: "v1.0.0"}}}
	if err := complete(bom, info); err == nil || err.Error() != "example.test/b@v2.0.0 is missing" {
		t.Errorf("got %v, want example.test/b@v2.0.0 is missing", err)
	}
}
