package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// A mutant contains a copy of the code that it changes. If the code changes
// later, the mutant must be updated. This test finds such mutants without
// running them.
func TestTablesFitTheCode(t *testing.T) {
	mutants, err := readTables(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mutants {
		if _, err := m.apply(filepath.Join("..", "..")); err != nil {
			t.Errorf("mutant %q is stale: %v", m.name, err)
		}
	}
}

func TestParseTableRefuses(t *testing.T) {
	const (
		named  = "mutant: a\n"
		edited = "file: x.go\n- b\n+ c\n"
		proven = "killed by: TestX in ./x\n"
	)
	for _, tt := range []struct{ name, table, want string }{
		{"text before the first mutant", edited, "want \"mutant: \" before any other line"},
		{"an unknown line", named + edited + "c\n" + proven, "t.txt:5: want \"mutant: \", \"file: \""},
		{"a sign without its space", named + "file: x.go\n-b\n" + proven, "t.txt:3: want \"mutant: \""},
		{"a mutant without a name", "mutant: \n" + edited + proven, "has no name"},
		{"a mutant without a change", named + proven, "changes no file"},
		{"a mutant without a test", named + edited, "names no test"},
		{"a file without old text", named + "file: x.go\n" + proven, "no old text for x.go"},
		{"new text without old text", named + "file: x.go\n+ c\n" + proven, "want \"- \" before \"+ \""},
		{"old text without a file", named + "- b\n" + proven, "want \"file: \" before \"- \""},
		{"old text after new text", named + edited + "- d\n" + proven, "a second edit begins with its own \"file: \""},
		{"the same text twice", named + "file: x.go\n- b\n+ b\n" + proven, "changes nothing in x.go"},
		{"a file outside the repository", named + "file: ../x.go\n- b\n" + proven, "want a path within the repository"},
		{"a test without a package", named + edited + "killed by: TestX\n", "want \"killed by: TestName/subtest in ./package\""},
		{"a package that is not a path", named + edited + "killed by: TestX in x\n", "want \"killed by: "},
		{"all packages at once", named + edited + "killed by: TestX in ./...\n", "want \"killed by: "},
		{"a name that is not that of a test", named + edited + "killed by: Check in ./x\n", "want \"killed by: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseTable("t.txt", tt.table)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	if _, err := parseTable("t.txt", named+edited+proven); err != nil {
		t.Errorf("the pieces themselves: %v", err)
	}
}

func TestReadTablesRefusesTwoMutantsOfOneName(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"one.txt", "two.txt"} {
		writeFile(t, filepath.Join(dir, name), "mutant: a\nfile: x.go\n- b\nkilled by: TestX in ./x\n")
	}
	if _, err := readTables(dir); err == nil || !strings.Contains(err.Error(), `two.txt: two mutants are named "a"`) {
		t.Errorf("got %v, want an error with the file and the name", err)
	}
}

func TestReadTablesRefusesAnEmptyFolder(t *testing.T) {
	if _, err := readTables(t.TempDir()); err == nil {
		t.Error("got no error")
	}
}
