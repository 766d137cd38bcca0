package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bearerguard/bearerguard/internal/control"
)

// report prints the results in the selected format. If a check has failed,
// report returns an error with exit code 1.
func (f *checkFlags) report(c *caller, answer control.Checked) error {
	failed := 0
	for _, r := range answer.Results {
		if !r.OK {
			failed++
		}
	}
	var err error
	switch {
	case c.json:
		err = printJSON(c.out, answer)
	case f.tap:
		err = printText(c.out, tap(answer.Results))
	default:
		err = printText(c.out, listing(answer.Results, failed, isTerminal(c.out), paintFor(c.out)))
	}
	if err == nil && !answer.OK {
		return coded{code: exitNo}
	}
	return err
}

// details returns the labels and messages of a failure, in the order in which
// they are printed.
func details(r control.CheckResult) [][2]string {
	return [][2]string{{"got", r.Got}, {"want", r.Want}, {"sent", r.Sent}, {"why", r.Why}, {"fix", r.Fix}}
}

// listing formats the results in the default format: one line for each result,
// each failure followed by its details, and a summary.
func listing(results []control.CheckResult, failed int, table bool, p paint) string {
	var b strings.Builder
	for _, r := range results {
		mark := p.good("✓")
		if !r.OK {
			mark = p.bad("✗")
		}
		if !table {
			fmt.Fprintf(&b, "%s\t%s\n", mark, r.Name)
		} else {
			fmt.Fprintf(&b, " %s %s\n", mark, r.Name)
		}
		if r.OK {
			continue
		}
		for _, d := range details(r) {
			if table {
				fmt.Fprintf(&b, "     %s %s\n", p.faint(fmt.Sprintf("%-4s", d[0])), d[1])
			} else {
				fmt.Fprintf(&b, "\t%s\t%s\n", d[0], d[1])
			}
		}
	}
	if failed == 0 {
		fmt.Fprintln(&b, p.good(fmt.Sprintf("all %d right", len(results))))
	} else {
		fmt.Fprintln(&b, p.bad(fmt.Sprintf("%d of %d wrong", failed, len(results))))
	}
	return b.String()
}

// tap formats the results as version 14 of the Test Anything Protocol
// (https://testanything.org). The details of a failure are YAML. Each text in
// the details is a JSON string, which is valid YAML.
func tap(results []control.CheckResult) string {
	var b strings.Builder
	fmt.Fprintf(&b, "TAP version 14\n1..%d\n", len(results))
	for i, r := range results {
		if r.OK {
			fmt.Fprintf(&b, "ok %d - %s\n", i+1, r.Name)
			continue
		}
		fmt.Fprintf(&b, "not ok %d - %s\n  ---\n", i+1, r.Name)
		for _, d := range details(r) {
			quoted, _ := json.Marshal(d[1]) // never fails for a string
			fmt.Fprintf(&b, "  %s: %s\n", d[0], quoted)
		}
		b.WriteString("  ...\n")
	}
	return b.String()
}
