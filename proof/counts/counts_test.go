// Package counts_test checks how often the expensive steps of a verification
// run for one token. The verifier does not count these steps, so the tests read
// the counters that the compiler adds with -covermode=count.
package counts_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// counts maps steps to the number of times that they run. Expected counts omit
// steps with the number 0.
type counts map[string]int

// steps maps each step to its function. A step runs once for each call of this
// function.
var steps = map[string]struct{ file, function string }{
	"walk":        {"internal/strictjson/reader.go", "func read("}, // reads a JSON document, or a part of one
	"split":       {"internal/jws/jws.go", "func (m *Message) Split("},
	"header":      {"internal/jws/jws.go", "func ParseHeader("},
	"signature":   {"internal/jws/verify.go", "func (m *Message) Verify("},
	"signed hash": {"internal/jws/asymmetric.go", "func (m *Message) digest("},
	"token hash":  {"middleware/cache.go", "func (d *decision) lookUp("},
	"fingerprint": {"middleware/observe.go", "func fingerprint("}, // also hashes the token, for logs
}

const (
	root      = "../.."
	module    = "github.com/bearerguard/bearerguard/"
	timesName = "BEARERGUARD_COUNTS_TIMES"
)

// TestCounts runs each workload with 1 token and with 101 tokens. The
// difference of the two counts, divided by 100, is the count for one token.
func TestCounts(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "work")
	build := exec.CommandContext(t.Context(), "go", "test", "-C", root, "-c", "-o", program, "-covermode=count",
		"-coverpkg=./internal/strictjson,./internal/jws,./middleware", "./proof/counts")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, w := range workloads {
		t.Run(w.name, func(t *testing.T) {
			before, after := count(t, program, w.name, 1), count(t, program, w.name, 101)
			got := make(counts)
			for step := range steps {
				if more := after[step] - before[step]; more%100 != 0 {
					t.Errorf("%s: got %d calls for 100 tokens, want the same number for each token", step, more)
				} else if more != 0 {
					got[step] = more / 100
				}
			}
			if !maps.Equal(got, w.want) {
				t.Errorf("got %v, want %v", got, w.want)
			}
		})
	}
}

// count runs a workload with the given number of tokens and returns how often
// each step ran in total.
func count(t *testing.T, program, workload string, times int) counts {
	t.Helper()
	profile := filepath.Join(t.TempDir(), "profile")
	run := exec.CommandContext(t.Context(), program, "-test.run=^TestWork$/^"+strings.ReplaceAll(workload, " ", "_")+"$", "-test.coverprofile="+profile)
	run.Env = append(os.Environ(), fmt.Sprintf("%s=%d", timesName, times))
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(profile)
	if err != nil {
		t.Fatal(err)
	}
	made := make(counts)
	for step, at := range steps {
		made[step] = entered(t, string(text), at.file, at.function)
	}
	return made
}

// entered returns how often a function was called, according to a coverage
// profile. Each line of the profile describes a block:
// FILE:LINE.COLUMN,LINE.COLUMN STATEMENTS TIMES. The first block of a function
// begins on the line of its declaration. The function argument is the beginning
// of this line.
func entered(t *testing.T, profile, file, function string) int {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	before, _, found := strings.Cut(string(source), "\n"+function)
	if !found {
		t.Fatalf("%s has no %s", file, function)
	}
	begin := fmt.Sprintf("%s%s:%d.", module, file, strings.Count(before, "\n")+2)
	for line := range strings.Lines(profile) {
		if fields := strings.Fields(line); len(fields) == 3 && strings.HasPrefix(fields[0], begin) {
			times, err := strconv.Atoi(fields[2])
			if err != nil {
				t.Fatal(err)
			}
			return times
		}
	}
	t.Fatalf("the profile has no counts for %s", file)
	return 0
}
