package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// mutant is a change that removes one check. The killers are the tests that
// must fail because of this change.
type mutant struct {
	name    string
	edits   []edit
	killers []killer
}

// edit is the replacement of a text in a file. The old text must occur exactly
// once in the file.
type edit struct {
	file     string
	old, new []string // the lines of the texts
}

// killer is a test that must fail while the mutant is applied.
type killer struct {
	test string // as go test prints it: TestName or TestName/subtest
	pkg  string // ./path from the root of the module
}

func (k killer) String() string { return k.test + " in " + k.pkg }

var killerText = regexp.MustCompile(`^((?:Test|Fuzz|Example)\w*(?:/\S+)?) in (\.(?:/[\w-][\w.-]*)+)$`)

// readTables parses every table of a directory. It reports all faults at once.
func readTables(dir string) ([]mutant, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("want tables %s, found none", filepath.Join(dir, "*.txt"))
	}
	var all []mutant
	var faults []error
	seen := make(map[string]bool)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		mutants, err := parseTable(path, string(text))
		faults = append(faults, err)
		for _, m := range mutants {
			if seen[m.name] {
				faults = append(faults, fmt.Errorf("%s: two mutants are named %q", path, m.name))
			}
			seen[m.name] = true
		}
		all = append(all, mutants...)
	}
	return all, errors.Join(faults...)
}

// parseTable reads one table. The path is used only in error texts.
func parseTable(path, text string) ([]mutant, error) {
	var mutants []mutant
	var faults []error
	for i, line := range strings.Split(text, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if name, ok := strings.CutPrefix(line, "mutant: "); ok {
			mutants = append(mutants, mutant{name: strings.TrimSpace(name)})
			continue
		}
		err := errors.New(`want "mutant: " before any other line`)
		if len(mutants) > 0 {
			err = mutants[len(mutants)-1].add(line)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s:%d: %w", path, i+1, err))
		}
	}
	for _, m := range mutants {
		if err := m.check(); err != nil {
			faults = append(faults, fmt.Errorf("%s: mutant %q: %w", path, m.name, err))
		}
	}
	return mutants, errors.Join(faults...)
}

// add parses one line of the mutant's entry.
func (m *mutant) add(line string) error {
	if file, ok := strings.CutPrefix(line, "file: "); ok {
		file = strings.TrimSpace(file)
		if !filepath.IsLocal(file) {
			return errors.New("want a path within the repository, relative to its root")
		}
		m.edits = append(m.edits, edit{file: file})
		return nil
	}
	if named, ok := strings.CutPrefix(line, "killed by: "); ok {
		parts := killerText.FindStringSubmatch(strings.TrimSpace(named))
		if parts == nil {
			return errors.New(`want "killed by: TestName/subtest in ./package"`)
		}
		m.killers = append(m.killers, killer{test: parts[1], pkg: parts[2]})
		return nil
	}
	if removed, ok := textLine(line, "-"); ok {
		if len(m.edits) == 0 {
			return errors.New(`want "file: " before "- "`)
		}
		last := &m.edits[len(m.edits)-1]
		if len(last.new) > 0 {
			return errors.New(`"- " after "+ ": a second edit begins with its own "file: "`)
		}
		last.old = append(last.old, removed)
		return nil
	}
	if added, ok := textLine(line, "+"); ok {
		if len(m.edits) == 0 || len(m.edits[len(m.edits)-1].old) == 0 {
			return errors.New(`want "- " before "+ "`)
		}
		last := &m.edits[len(m.edits)-1]
		last.new = append(last.new, added)
		return nil
	}
	return errors.New(`want "mutant: ", "file: ", "- ", "+ ", "killed by: ", "# " or an empty line`)
}

// textLine returns the text that follows the sign and a space. If the text is
// empty, the space may be missing, because editors remove trailing spaces.
func textLine(line, sign string) (string, bool) {
	if line == sign {
		return "", true
	}
	return strings.CutPrefix(line, sign+" ")
}

func (m *mutant) check() error {
	if m.name == "" {
		return errors.New("has no name")
	}
	if len(m.edits) == 0 {
		return errors.New("changes no file")
	}
	for _, e := range m.edits {
		old, changed := strings.Join(e.old, "\n"), strings.Join(e.new, "\n")
		if old == "" {
			return fmt.Errorf("has no old text for %s", e.file)
		}
		if old == changed {
			return fmt.Errorf("changes nothing in %s", e.file)
		}
	}
	if len(m.killers) == 0 {
		return errors.New("names no test")
	}
	return nil
}
