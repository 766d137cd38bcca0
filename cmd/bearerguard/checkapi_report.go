package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/bearerguard/bearerguard/testserver"
)

// report prints the results in the form that was asked for. Its error is the
// exit code.
func (f *checkFlags) report(w io.Writer, url string, results []testserver.Result) error {
	failed := 0
	for _, r := range results {
		if !r.OK {
			failed++
		}
	}
	var err error
	switch {
	case f.json:
		err = printJSON(w, newCheckReport(url, results, failed == 0))
	case f.tap:
		_, err = io.WriteString(w, tap(results))
	default:
		_, err = io.WriteString(w, listing(results, failed, terminal(w), paintFor(w)))
	}
	switch {
	case err != nil:
		return failure("standard output: %w", err)
	case failed > 0:
		return coded{code: exitNo}
	}
	return nil
}

type checkReport struct {
	URL     string        `json:"url"`
	OK      bool          `json:"ok"`
	Results []checkResult `json:"results"`
}

type checkResult struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Got  string `json:"got,omitempty"`
	Want string `json:"want,omitempty"`
	Sent string `json:"sent,omitempty"`
	Why  string `json:"why,omitempty"`
	Fix  string `json:"fix,omitempty"`
}

func newCheckReport(url string, results []testserver.Result, ok bool) checkReport {
	report := checkReport{URL: url, OK: ok, Results: []checkResult{}}
	for _, r := range results {
		report.Results = append(report.Results, checkResult(r))
	}
	return report
}

// details are the texts of a failure, in order.
func details(r testserver.Result) [][2]string {
	return [][2]string{{"got", r.Got}, {"want", r.Want}, {"sent", r.Sent}, {"why", r.Why}, {"fix", r.Fix}}
}

// listing is for people: a line for each result, and the texts of the failures.
func listing(results []testserver.Result, failed int, table bool, p paint) string {
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

// tap is version 14 of https://testanything.org, with the texts of a failure as
// YAML. A JSON string is one of YAML's too.
func tap(results []testserver.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "TAP version 14\n1..%d\n", len(results))
	for i, r := range results {
		if r.OK {
			fmt.Fprintf(&b, "ok %d - %s\n", i+1, r.Name)
			continue
		}
		fmt.Fprintf(&b, "not ok %d - %s\n  ---\n", i+1, r.Name)
		for _, d := range details(r) {
			quoted, _ := json.Marshal(d[1]) // of a text
			fmt.Fprintf(&b, "  %s: %s\n", d[0], quoted)
		}
		b.WriteString("  ...\n")
	}
	return b.String()
}

// progress counts requests for who looks at a terminal; nil counts nothing.
type progress struct {
	w io.Writer
	n int
}

func progressOn(w io.Writer) *progress {
	if !terminal(w) {
		return nil
	}
	return &progress{w: w}
}

func (p *progress) step() {
	if p != nil {
		p.n++
		fmt.Fprintf(p.w, "\rrequest %d", p.n)
	}
}

// end leaves an empty line behind.
func (p *progress) end() {
	if p != nil {
		fmt.Fprintf(p.w, "\r%20s\r", "")
	}
}
