package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// goTest runs go test in one module.
type goTest struct {
	root    string
	timeout time.Duration // limit for one run; a test that hangs fails
}

// result is the result of one run of go test.
type result struct {
	state       map[string]string // each test's last action: run, pass, fail or skip
	failed      bool              // whether the run of the package failed
	buildFailed bool
	output      string // from the compiler and the tests
}

// noticed reports whether the test failed, or was running when the test process
// crashed.
func (r result) noticed(test string) bool {
	return r.state[test] == "fail" || (r.failed && r.state[test] == "run")
}

// run runs the tests of pkg that match the pattern. overlay is the path of the
// overlay file with the changed code; "" means unchanged code. A failed test is
// reported in the result, not as an error.
func (g goTest) run(ctx context.Context, overlay, pattern, pkg string) (result, error) {
	args := []string{"test", "-json", "-vet=off", "-timeout=" + g.timeout.String(), "-run=" + pattern}
	if overlay != "" {
		args = append(args, "-overlay="+overlay)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", append(args, pkg)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = g.root, &stdout, &stderr
	cmd.WaitDelay = 5 * time.Second // children of a test may hold the pipe open
	ran := cmd.Run()
	if err := ctx.Err(); err != nil {
		return result{}, err
	}
	if exit := new(exec.ExitError); ran != nil && !errors.As(ran, &exit) {
		return result{}, ran
	}
	r, err := readEvents(&stdout)
	if err == nil && ran != nil && !r.failed {
		err = fmt.Errorf("go test failed without a result: %s", strings.TrimSpace(stderr.String()))
	}
	return r, err
}

// readEvents reads the output of go test -json for one package.
func readEvents(events io.Reader) (result, error) {
	r := result{state: make(map[string]string)}
	var output strings.Builder
	for d := json.NewDecoder(events); ; {
		var event struct{ Action, Test, Output, FailedBuild string }
		if err := d.Decode(&event); err == io.EOF {
			break
		} else if err != nil {
			return r, fmt.Errorf("go test -json: %w", err)
		}
		switch event.Action {
		case "output", "build-output":
			output.WriteString(event.Output)
		case "run", "pass", "fail", "skip":
			if event.Test != "" {
				r.state[event.Test] = event.Action
			} else if event.Action == "fail" {
				r.failed, r.buildFailed = true, event.FailedBuild != ""
			}
		}
	}
	r.output = output.String()
	return r, nil
}

// only returns a pattern for go test -run that matches the given test or
// subtest, its parents and its subtests, and no other test. The pattern has one
// part for each level of subtests.
func only(test string) string {
	levels := strings.Split(test, "/")
	for i, level := range levels {
		levels[i] = "^" + regexp.QuoteMeta(level) + "$"
	}
	return strings.Join(levels, "/")
}
