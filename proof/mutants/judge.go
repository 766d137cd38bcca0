package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// outcome is the result for one mutant. Every outcome except killed fails the
// run.
type outcome string

const (
	killed   outcome = "killed"
	survived outcome = "SURVIVED"
	stale    outcome = "STALE"    // the old text of the mutant does not occur exactly once
	broken   outcome = "BROKEN"   // the code with the mutant does not compile
	baseless outcome = "BASELESS" // a test does not pass on the unchanged code
)

type verdict struct {
	outcome outcome
	detail  string // which tests killed the mutant, or why it was not killed
}

func (v verdict) print(out io.Writer, name string, width int) {
	if v.outcome == killed {
		fmt.Fprintf(out, "%-8s  %-*s  by %s\n", v.outcome, width, name, v.detail)
		return
	}
	fmt.Fprintf(out, "%-8s  %s\n", v.outcome, name)
	for line := range strings.Lines(strings.TrimSpace(v.detail)) {
		fmt.Fprintf(out, "          | %s\n", strings.TrimRight(line, "\n"))
	}
}

type judge struct {
	test  goTest
	unfit map[killer]string // why a test cannot kill a mutant, such as "is skipped"; "" if it can
}

// baseline runs the named tests on the unchanged code. It runs go test once for
// each package. For each test that does not pass, it stores the reason in
// j.unfit.
func (j judge) baseline(ctx context.Context, mutants []mutant) error {
	byPackage := make(map[string][]killer)
	for _, m := range mutants {
		for _, k := range m.killers {
			byPackage[k.pkg] = append(byPackage[k.pkg], k)
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(byPackage)) {
		var patterns []string
		for _, k := range byPackage[pkg] {
			patterns = append(patterns, only(k.test))
		}
		slices.Sort(patterns)
		r, err := j.test.run(ctx, "", strings.Join(slices.Compact(patterns), "|"), pkg)
		if err != nil {
			return err
		}
		for _, k := range byPackage[pkg] {
			j.unfit[k] = unfitness(k, r)
		}
	}
	return nil
}

func unfitness(k killer, r result) string {
	switch state, ran := r.state[k.test]; {
	case r.buildFailed:
		return fmt.Sprintf("%s does not compile without the mutant:\n%s", k.pkg, r.output)
	case !ran:
		return fmt.Sprintf("%s does not exist", k)
	case state == "skip":
		return fmt.Sprintf("%s is skipped", k)
	case state != "pass":
		return fmt.Sprintf("%s does not pass without the mutant", k)
	}
	return ""
}

// judge applies the mutant and runs the tests that must fail. It returns an
// error only if go test cannot be run to its end, or if the files cannot be
// written or deleted.
func (j judge) judge(ctx context.Context, m mutant) (verdict, error) {
	texts, err := m.apply(j.test.root)
	if err != nil {
		return verdict{outcome: stale, detail: err.Error()}, nil //nolint:nilerr // the verdict contains it
	}
	for _, k := range m.killers {
		if why := j.unfit[k]; why != "" {
			return verdict{outcome: baseless, detail: why}, nil
		}
	}
	dir, err := os.MkdirTemp("", "mutant-")
	if err != nil {
		return verdict{}, err
	}
	v, err := j.runKillers(ctx, m.killers, dir, texts)
	return v, errors.Join(err, os.RemoveAll(dir))
}

func (j judge) runKillers(ctx context.Context, killers []killer, dir string, texts map[string]string) (verdict, error) {
	overlay, err := writeOverlay(dir, j.test.root, texts)
	if err != nil {
		return verdict{}, err
	}
	var by []string
	for _, k := range killers {
		r, err := j.test.run(ctx, overlay, only(k.test), k.pkg)
		if err != nil {
			return verdict{}, err
		}
		if r.buildFailed {
			return verdict{outcome: broken, detail: r.output}, nil
		}
		if !r.noticed(k.test) {
			return verdict{outcome: survived, detail: k.String() + " did not fail"}, nil
		}
		by = append(by, k.String())
	}
	return verdict{outcome: killed, detail: strings.Join(by, ", ")}, nil
}
