package apitest

import "github.com/bearerguard/bearerguard/testserver/internal/apicheck"

// Result is the result of one part of a check.
type Result struct {
	// Name is the defect of the token that was sent, or another stable name
	// such as "no-token" or "challenge-missing".
	Name string
	OK   bool

	// These are set only for a failure: the response, the required response,
	// what was sent (never a token), the reason and the fix.
	Got, Want, Sent, Why, Fix string
}

// Results is for tools that write their own report: it calls f with all results
// after the check, before failures are reported. If the API refused the good
// token, the results of the skipped parts are missing.
func Results(f func([]Result)) Option {
	return option(func(c *check) { c.results = f })
}

func convert(results []apicheck.Result) (list []Result) {
	for _, r := range results {
		list = append(list, Result(r))
	}
	return list
}
