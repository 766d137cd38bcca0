package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMain(m *testing.M) {
	// The tests must not use the network or the git configuration of the
	// machine.
	for name, value := range map[string]string{
		"GOPROXY": "off", "GOFLAGS": "", "GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_NOSYSTEM": "1",
		"GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.test", "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@example.test",
	} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// files returns the files of a small repository that can be released as v0.1.0.
// It contains a root module, a nested module that replaces the root module, and
// a module below proof that is not released.
func files() map[string]string {
	return map[string]string{
		"go.mod":                  "module example.test/thing\n\ngo 1.26.0\n",
		"thing.go":                "// Package thing is small.\npackage thing\n\n// Set is a set.\ntype Set struct{}\n\n// Len is its length.\nfunc (s *Set) Len() int { return 0 }\n",
		"internal/deep/deep.go":   "package deep\n\nconst Depth = 1\n",
		"cmd/bearerguard/main.go": "package main\n\nfunc main() {}\n",
		"proof/p/go.mod":          "module example.test/thing/proof/p\n\ngo 1.26.0\n",
		"proof/p/p.go":            "package p\n",
		"adapters/nested/go.mod": "module example.test/thing/adapters/nested\n\ngo 1.26.0\n\n" +
			"replace example.test/thing => ../..\n\nrequire example.test/thing v0.0.0-00010101000000-000000000000\n",
		"adapters/nested/nested.go": "// Package nested is nested.\npackage nested\n\nimport \"example.test/thing\"\n\n// New makes a set.\nfunc New() *thing.Set { return nil }\n",
		"CHANGELOG.md":              "# Changelog\n\n## Unreleased\n\n## v0.1.0 (2026-12-01)\n\n### Added\n\n- `Set`.\n",
	}
}

// write stores the given files in a repository. It removes a file if its new
// text is empty.
func write(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(root, name)
		if text == "" {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// commit commits all files of the repository and tags the commit.
func commit(t *testing.T, root string, tags ...string) {
	t.Helper()
	commands := [][]string{{"add", "--all"}, {"commit", "--quiet", "--message", "m"}}
	for _, tag := range tags {
		commands = append(commands, []string{"tag", tag})
	}
	for _, args := range commands {
		if _, err := git(t.Context(), root, args...); err != nil {
			t.Fatal(err)
		}
	}
}

// repository creates a git repository with one commit. The commit contains the
// result of files(), and has the given tags.
func repository(t *testing.T, tags ...string) string {
	t.Helper()
	root := t.TempDir()
	if _, err := git(t.Context(), root, "init", "--quiet", "--initial-branch", "main"); err != nil {
		t.Fatal(err)
	}
	write(t, root, files())
	commit(t, root, tags...)
	return root
}
