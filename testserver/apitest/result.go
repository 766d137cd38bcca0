package apitest

import "github.com/bearerguard/bearerguard/testserver/internal/apicheck"

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
func Results(f func([]Result)) Option {
	return option(func(c *check) { c.results = f })
}

func convert(results []apicheck.Result) (list []Result) {
	for _, r := range results {
		list = append(list, Result(r))
	}
	return list
}
