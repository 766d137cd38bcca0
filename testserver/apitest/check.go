package apitest

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"

	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/internal/apicheck"
)

// Check sends tokens to the API and calls tb.Errorf for each kind of response
// that deviates from RFC 6750 and related RFCs. The package documentation lists
// the checks. The API may be any http.Handler, with any kind of protection. It
// must trust s and be able to reach it. newRequest makes a request that the API
// answers with 2xx if the token is good. Check calls newRequest about 150 times
// and adds a token to most of the requests.
//
// Check serves the API over TLS on loopback. If s is [testserver.InMemory],
// Check serves the API in memory, so that the check can run inside a
// testing/synctest bubble.
func Check(tb testserver.TB, s *testserver.Server, api http.Handler, newRequest func() *http.Request, opts ...Option) {
	tb.Helper()
	c := newCheck("apitest.Check", tb, s, newRequest, opts)
	if api == nil {
		c.errs = append(c.errs, errors.New("the API is nil: give an http.Handler"))
	}
	if c.roots != nil {
		c.errs = append(c.errs, errors.New("Roots has no effect in Check, which serves the API itself: leave it out"))
	}
	if !c.ready() {
		return
	}
	target, err := apicheck.Serve(api, c.Issuer.InMemory)
	if err != nil {
		tb.Fatalf("%s: %v", c.what, err)
		return
	}
	defer func() {
		if err := target.Close(); err != nil {
			tb.Errorf("%s: stopping the server of the API after the check: %v", c.what, err)
		}
	}()
	c.run(target)
}

// CheckURL is [Check] for an API that runs in another process, in any language.
// Each request has the method, query, header and body of a request from
// newRequest. Its path is the path of baseURL followed by the path from
// newRequest. CheckURL compares HTTP/2 with HTTP/1.1 if baseURL is https and
// its server offers HTTP/2.
//
// Tokens with [testserver.JKUHeader] and [testserver.X5UHeader] contain URLs of
// this machine. An API on another machine cannot reach these URLs. It may
// therefore pass the check although it follows URLs in tokens.
func CheckURL(tb testserver.TB, s *testserver.Server, baseURL string, newRequest func() *http.Request, opts ...Option) {
	tb.Helper()
	c := newCheck("apitest.CheckURL", tb, s, newRequest, opts)
	target, err := apicheck.Locate(baseURL, c.roots)
	if err != nil {
		c.errs = append(c.errs, err)
	}
	if !c.ready() {
		return
	}
	defer func() { _ = target.Close() }() // closes only connections, not the API of the caller
	c.run(target)
}

// check is one call of Check or CheckURL.
type check struct {
	apicheck.Check

	what    string // the function that the user called
	tb      testserver.TB
	token   []testserver.TokenOption
	results func([]Result)
	roots   *x509.CertPool
	errs    []error
}

func newCheck(what string, tb testserver.TB, s *testserver.Server, newRequest func() *http.Request, opts []Option) *check {
	c := &check{Check: apicheck.Check{Request: newRequest}, what: what, tb: tb}
	if s == nil {
		c.errs = append(c.errs, errors.New("the server is nil: give the server that the API trusts"))
	}
	if newRequest == nil {
		c.errs = append(c.errs, errors.New("newRequest is nil: give a function that returns a request that the API answers with 2xx"))
	}
	for i, o := range opts {
		if o == nil {
			c.errs = append(c.errs, fmt.Errorf("option %d is nil: leave it out", i+1))
			continue
		}
		o.apply(c)
	}
	c.errs = append(c.errs, c.Faults())
	if s != nil {
		c.Issuer = s.ForCheck(c.token...)
	}
	return c
}

// ready reports whether the check can start. If arguments are invalid, it ends
// the test.
func (c *check) ready() bool {
	c.tb.Helper()
	if err := errors.Join(c.errs...); err != nil {
		c.tb.Fatalf("%s: %v", c.what, err)
		return false
	}
	return true
}

// run sends all requests and fails the test once for each kind of wrong
// response.
func (c *check) run(target *apicheck.Target) {
	c.tb.Helper()
	report, err := c.Run(c.tb.Context(), target)
	if err != nil {
		c.tb.Fatalf("%s: %v", c.what, err)
		return
	}
	if c.results != nil {
		c.results(convert(report.Results))
	}
	for _, f := range report.Failures {
		c.tb.Errorf("%s: %s: got %s, want %s\n\tsent: %s\n\twhy:  %s\n\tfix:  %s",
			c.what, f.Name, f.Got, f.Want, f.Sent, f.Why, f.Fix)
	}
}
