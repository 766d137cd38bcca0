package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// commit commits all files in the directory root. If the directory is not yet a
// Git repository, commit first creates the repository.
func commit(t *testing.T, root string) {
	t.Helper()
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-q", "-m", "x"}} {
		if out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", root}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
}

func TestChoiceOfChangedPackages(t *testing.T) {
	mutants := []mutant{
		{name: "a door", edits: []edit{{file: "door/door.go"}}, killers: []killer{{pkg: "./house"}}},
		{name: "a gate", edits: []edit{{file: "gate/gate.go"}}, killers: []killer{{pkg: "./gate"}}},
		{name: "a hinge", edits: []edit{{file: "door/hinge/hinge.go"}}, killers: []killer{{pkg: "./door/hinge"}}},
	}
	root := t.TempDir()
	write := func(name, text string) { writeFile(t, filepath.Join(root, name), text) }
	write("door/door.go", "1")
	write("gate/gate.go", "1")
	commit(t, root)
	for _, step := range []struct {
		name, file, want string
		choice           choice
	}{
		{"nothing", "gate/gate.go", "", choice{since: "HEAD"}},
		{"the package of the code", "door/other.go", "a door", choice{since: "HEAD~1"}},
		{"the package of the test", "house/house_test.go", "a door", choice{since: "HEAD~1"}},
		{"two commits", "gate/a.go", "a door, a gate", choice{since: "HEAD~2"}},
		{"all", "gate/b.go", "a door, a gate, a hinge", choice{since: "HEAD~1", all: true}},
		{"a name, independent of changes", "gate/c.go", "a hinge", choice{since: "HEAD~1", match: "hinge"}},
	} {
		if step.choice.since != "HEAD" {
			write(step.file, "2")
			commit(t, root)
		}
		got, err := step.choice.from(t.Context(), root, mutants)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, m := range got {
			names = append(names, m.name)
		}
		if text := strings.Join(names, ", "); text != step.want {
			t.Errorf("%s: got %q, want %q", step.name, text, step.want)
		}
	}
	write("gate/gate.go", "3")
	if got, err := (choice{since: "HEAD"}).from(t.Context(), root, mutants); err != nil || len(got) != 1 || got[0].name != "a gate" {
		t.Errorf("got %v, %v for an uncommitted change, want only the mutant a gate", got, err)
	}
	if _, err := (choice{since: "none"}).from(t.Context(), root, mutants); err == nil || !strings.Contains(err.Error(), "git diff") {
		t.Errorf("got %v for an unknown commit, want an error that names git diff", err)
	}
}

func TestEveryTurnSpreadsOverOtherMutants(t *testing.T) {
	var all []mutant
	for i := range 10 {
		all = append(all, mutant{name: string(rune('a' + i))})
	}
	taken := make(map[string]int)
	for turn := range 10 {
		few := spread(all, 3, turn)
		seen := make(map[string]bool)
		for _, m := range few {
			seen[m.name] = true
			taken[m.name]++
		}
		if len(seen) != 3 {
			t.Errorf("turn %d: got %v, want three mutants", turn, few)
		}
	}
	for _, m := range all {
		if taken[m.name] != 3 {
			t.Errorf("%s was selected %d times in ten turns, want 3", m.name, taken[m.name])
		}
	}
}
