package apitest

import "github.com/bearerguard/bearerguard/testserver/internal/apicheck"

// Result is the result of one of the tests that make up a check.
type Result struct {
	// Name is the defect of the token that was sent, or another stable name
	// such as "no-token" or "challenge-missing".
	Name string
	OK   bool

	// If the test passed, these fields are "". Otherwise, Got is the response,
	// Want the required response, Sent a description of the request (without
	// the token), Why the reason, and Fix a way to fix the API.
	Got, Want, Sent, Why, Fix string
}

// Results calls f with all results after the check and before failures are
// reported. A tool can use it to write its own report. If the API refuses the
// good token, the remaining tests are skipped and have no results.
func Results(f func([]Result)) Option {
	return option(func(c *check) { c.results = f })
}

func convert(results []apicheck.Result) (list []Result) {
	for _, r := range results {
		list = append(list, Result(r))
	}
	return list
}
