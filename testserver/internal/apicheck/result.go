package apicheck

import "slices"

// Report is the outcome of a check.
type Report struct {
	Results  []Result // one for each kind of failure that was checked
	Failures []Result // the results that are not OK, in the order in which they were found
}

// Result is the result for one kind of failure.
type Result struct {
	Name string // the name of a defect, or another stable name such as no-token
	OK   bool

	// If OK is false, these strings describe the failure: the response, the
	// expected response, what was sent (without tokens), the rule and the
	// remedy.
	Got, Want, Sent, Why, Fix string
}

// report returns the results so far. If the API refused the good token, the
// check has ended early, and the report leaves out the failures that were not
// checked.
func (r *run) report() Report {
	var report Report
	for _, f := range r.findings {
		report.Failures = append(report.Failures, f.result())
	}
	for _, name := range append(slices.Clip(r.sent), r.everywhere()...) {
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
