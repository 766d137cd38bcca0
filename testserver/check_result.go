package testserver

import "slices"

// Result is one line of a check's outcome: one thing that it looked for, and how
// that went.
type Result struct {
	// Name is the defect of the token that was sent, or another stable name such
	// as "no-token" or "challenge-missing".
	Name string
	OK   bool

	// Of a failure, for people: what came back and what should have, what was
	// sent (no token is in it), the rule and the remedy.
	Got, Want, Sent, Why, Fix string
}

// Results calls f with all results of the check when it is over, before the
// failures are reported, for tools with a report of their own. Where the API
// refused the good token, what was not looked for is missing.
func Results(f func([]Result)) CheckOption {
	return checkOption(func(c *check) { c.results = f })
}

// everywhere are the faults that any probe may show, in the order of results.
var everywhere = []string{
	noAnswer, serverError, challengeMissing, challengeMalformed, challengeBare, errorWithoutToken,
	errorCode, scopeMissing, scopeHeld, tokenEchoed, urlFetched, jwksStampede, http2Differs,
}

// list is what was looked for.
func (c *check) list() []Result {
	failed := func(name string) int {
		return slices.IndexFunc(c.findings, func(f finding) bool { return f.kind == name })
	}
	var all []Result
	for _, name := range append(slices.Clip(c.sent), everywhere...) {
		i := failed(name)
		switch {
		case i >= 0:
			f := c.findings[i]
			why, fix := f.reasons()
			all = append(all, Result{name, false, f.got, f.want, f.sent(), why, fix})
		case c.complete || slices.Contains(c.sent, name):
			all = append(all, Result{Name: name, OK: true})
		}
	}
	return all
}
