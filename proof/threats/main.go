// Command threats runs the tests. For each threat in rows.txt, it prints how
// many test cases passed, and how many failed or were skipped.
//
//	go run ./proof/threats
//
// It exits with status 1 if a threat has no test case, if a test case failed or
// was skipped, or if the name of a test contains a threat ID that is not in
// rows.txt.
package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strings"
	"text/tabwriter"
)

//go:embed rows.txt
var rowsText string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "threats:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-json", "-count=1", "-run", "^(Test|Example)", "./middleware/...", "./jwks/...", "./introspect/...", "./scopes/...", "./clientcert/...", "./revoke/...", "./signals/...", "./adapters/...", "./testserver/...", "./proof/house")
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	cases, err := collect(pipe)
	if failed := cmd.Wait(); failed != nil {
		err = errors.Join(err, fmt.Errorf("the tests did not pass: %w", failed))
	}
	return errors.Join(err, report(out, rows(rowsText), cases))
}

// outcome counts the test cases of a threat.
type outcome struct{ passed, wrong int }

// row matches a threat ID in the name of a test, such as J01. The ID is an
// element of the name, or follows "Test".
var row = regexp.MustCompile(`(?:^Test|^|/)([DEGHIJKLMNPRSTX]\d{2,3})(?:/|$|[A-Z])`)

// collect reads the output of go test -json and counts the test cases of each
// threat. It ignores tests that have subtests.
func collect(events io.Reader) (map[string]outcome, error) {
	type event struct{ Action, Package, Test string }
	ended := make(map[string]string) // maps package and test name to pass, fail or skip
	parent := make(map[string]bool)
	scanner := bufio.NewScanner(events)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var e event
		if err := json.Unmarshal(scanner.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("reading go test -json: %w", err)
		}
		if e.Test == "" || e.Action != "pass" && e.Action != "fail" && e.Action != "skip" {
			continue
		}
		name := e.Package + " " + e.Test
		ended[name] = e.Action
		if e.Action == "fail" {
			fmt.Fprintln(os.Stderr, "failed:", name) // the rows do not show tests without a row
		}
		if cut := strings.LastIndexByte(name, '/'); cut > strings.IndexByte(name, ' ') {
			parent[name[:cut]] = true
		}
	}
	cases := make(map[string]outcome)
	for name, action := range ended {
		match := row.FindStringSubmatch(name[strings.IndexByte(name, ' ')+1:])
		if match == nil || parent[name] {
			continue
		}
		o := cases[match[1]]
		if action == "pass" {
			o.passed++
		} else {
			o.wrong++
		}
		cases[match[1]] = o
	}
	return cases, scanner.Err()
}

// title is the ID of a threat and its description.
type title struct{ row, text string }

func rows(text string) []title {
	var list []title
	for line := range strings.Lines(text) {
		if name, about, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name[0] != '#' {
			list = append(list, title{name, about})
		}
	}
	return list
}

func report(out io.Writer, list []title, cases map[string]outcome) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	var faults []error
	total := 0
	for _, t := range list {
		o := cases[t.row]
		delete(cases, t.row)
		verdict := "ok"
		switch {
		case o.wrong > 0:
			verdict = fmt.Sprintf("%d WRONG", o.wrong)
			faults = append(faults, fmt.Errorf("%s has %d cases that did not pass", t.row, o.wrong))
		case o.passed == 0:
			verdict = "MISSING"
			faults = append(faults, fmt.Errorf("%s has no case", t.row))
		}
		total += o.passed
		fmt.Fprintf(table, "%s\t%4d\t%s\t%s\n", t.row, o.passed, verdict, t.text)
	}
	for name, o := range cases {
		faults = append(faults, fmt.Errorf("%s has %d cases and is not in rows.txt", name, o.passed+o.wrong))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d rows, %d cases\n", len(list), total)
	return errors.Join(faults...)
}
