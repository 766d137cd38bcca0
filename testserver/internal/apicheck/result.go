package apicheck

import "slices"

// Report is the outcome of a check.
type Report struct {
	Results  []Result // of all that was looked for
	Failures []Result // those that are not OK, in the order in which they were found
}

// Result is one thing that a check looked for, and how that went.
type Result struct {
	Name string // of a defect, or another stable name such as no-token
	OK   bool

	// Of a failure, for people: what came back and what should have, what was
	// sent (no token is in it), the rule and the remedy.
	Got, Want, Sent, Why, Fix string
}

// report is what was found up to now. Where the API refused the good token, what
// was not looked for is missing.
func (r *run) report() Report {
	var report Report
	for _, f := range r.findings {
		report.Failures = append(report.Failures, f.result())
	}
	for _, name := range append(slices.Clip(r.sent), everywhere...) {
		i := slices.IndexFunc(report.Failures, func(f Result) bool { return f.Name == name })
		switch {
		case i >= 0:
			report.Results = append(report.Results, report.Failures[i])
		case r.complete || slices.Contains(r.sent, name):
			report.Results = append(report.Results, Result{Name: name, OK: true})
		}
	}
	return report
}
