package apitest

import "github.com/bearerguard/bearerguard/testserver/internal/apicheck"

// Result is the result of one part of a check.
type Result struct {
	// Name is the defect of the token that was sent, or another stable name
	// such as "no-token" or "challenge-missing".
	Name string
	OK   bool

	// The following fields are set only for a failure: the response, the
	// required response, a description of the request (without the token), the
	// reason and the fix.
	Got, Want, Sent, Why, Fix string
}

// Results calls f with all results after the check, before failures are
// reported, so that a tool can write its own report. If the API refused the
// good token, the results of the skipped parts are missing.
func Results(f func([]Result)) Option {
	return option(func(c *check) { c.results = f })
}

func convert(results []apicheck.Result) (list []Result) {
	for _, r := range results {
		list = append(list, Result(r))
	}
	return list
}
