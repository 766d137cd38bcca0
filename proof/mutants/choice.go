package main

import (
	"context"
	"fmt"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// choice holds the flags that select the mutants to test.
type choice struct {
	all   bool
	since string // a commit
	match string // a regular expression
	most  int
}

// from returns the chosen mutants.
func (c choice) from(ctx context.Context, root string, mutants []mutant) ([]mutant, error) {
	pattern, err := regexp.Compile(c.match)
	if err != nil {
		return nil, err
	}
	chosen := slices.Clone(mutants)
	if c.match != "" {
		chosen = slices.DeleteFunc(chosen, func(m mutant) bool { return !pattern.MatchString(m.name) })
		if len(chosen) == 0 {
			return nil, fmt.Errorf("no mutant matches %q", c.match)
		}
	} else if !c.all {
		files, err := git(ctx, root, "diff", "--name-only", c.since, "--")
		if err != nil {
			return nil, err
		}
		touched := make(map[string]bool)
		for _, file := range strings.Fields(files) {
			touched["./"+path.Dir(file)] = true
		}
		chosen = slices.DeleteFunc(chosen, func(m mutant) bool { return !m.concerns(touched) })
	}
	if c.most <= 0 || len(chosen) <= c.most {
		return chosen, nil
	}
	commits, err := git(ctx, root, "rev-list", "--count", "HEAD")
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(commits))
	if err != nil {
		return nil, fmt.Errorf("git rev-list --count: %w", err)
	}
	return spread(chosen, c.most, n), nil
}

// concerns reports whether one of the packages contains code that the mutant
// changes, or contains a test that must fail. Package names have the form
// ./path.
func (m *mutant) concerns(packages map[string]bool) bool {
	return slices.ContainsFunc(m.edits, func(e edit) bool { return packages["./"+path.Dir(e.file)] }) ||
		slices.ContainsFunc(m.killers, func(k killer) bool { return packages[k.pkg] })
}

// spread selects the given number of mutants, evenly spaced in the list. If
// turn increases by one, each selected mutant is replaced with the next mutant
// in the list.
func spread(mutants []mutant, most, turn int) []mutant {
	var few []mutant
	for i := range most {
		few = append(few, mutants[(i*len(mutants)/most+turn)%len(mutants)])
	}
	return few
}

func git(ctx context.Context, root string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", strings.Join(args, " "), err)
	}
	return string(out), nil
}
