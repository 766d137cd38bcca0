package testserver

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/bearerguard/bearerguard/testserver/internal/as"
	"github.com/bearerguard/bearerguard/testserver/internal/listen"
)

// CheckAPI reports through tb.Errorf every way in which an API answers tokens
// other than RFC 6750 and the RFCs behind it say. api is any http.Handler,
// protected by whatever; it must trust s and reach it. newRequest makes a
// request that the API answers with 2xx when the token is right; CheckAPI adds
// the token, and calls it some 150 times.
//
//	testserver.CheckAPI(t, as, api, func() *http.Request {
//		return httptest.NewRequest("GET", "/orders", nil)
//	}, testserver.RequireScope("orders:read"))
//
// It expects
//
//   - 2xx for a good token, whatever the case of "Bearer";
//   - 401 and a Bearer challenge without an error attribute for no token;
//   - for each of [Defects] the status and error code of [Defect.Expect], and no
//     request to a URL that stands in the token;
//   - a refusal of two tokens, of a token in the query, of a token under another
//     scheme and of garbage;
//   - 403, insufficient_scope and the scope, for tokens without it and with
//     scopes that look like it, if [RequireScope] names one;
//   - 403 and insufficient_scope for tokens without the value of a claim, such as
//     a role, and with values that look like it, if [RequireClaim] names one;
//   - challenges that follow RFC 9110 §11 and RFC 6750 §3;
//   - at most five fetches of the JWKS, however many tokens have unknown keys;
//   - no part of a token in any answer;
//   - the same over HTTP/1.1 and HTTP/2.
//
// A good token is what [Server.Token] makes. A [TokenOption] among opts changes
// it, and the bad ones with it: the audience of the API, for example, or a claim
// that it needs. If the API refuses the good token, nothing else is checked.
//
// api is served over TLS on loopback, or in memory if s is [InMemory], so that
// the check also runs inside a testing/synctest bubble. Limits on the number of
// requests or of failures must be off or high. While it runs, nobody else
// should make the API fetch keys.
//
// Failures name what was sent by the defect and a fingerprint, the first 8 bytes
// of the token's SHA-256 in hex; they never show a token.
func CheckAPI(tb TB, s *Server, api http.Handler, newRequest func() *http.Request, opts ...CheckOption) {
	tb.Helper()
	c := newCheck("CheckAPI", tb, s, newRequest, opts)
	if api == nil {
		c.errs = append(c.errs, errors.New("the API is nil"))
	}
	if !c.ready() {
		return
	}
	l, err := listen.Open(listen.Config{TLS: true, InMemory: s.memory})
	if err != nil {
		tb.Fatalf("CheckAPI: %v", err)
		return
	}
	one, two := listen.OnlyHTTP1(l.Transport()), l.Transport()
	stop := l.Serve(api, one)
	defer func() {
		two.CloseIdleConnections()
		if err := stop(); err != nil {
			tb.Errorf("CheckAPI: the API: %v", err)
		}
	}()
	c.target, c.via = &url.URL{Scheme: "https", Host: l.Host()}, []*http.Transport{one, two}
	c.run()
}

// CheckURL is [CheckAPI] for an API that runs elsewhere, in any language: of
// what newRequest makes, the method, the path after baseURL's own, the query,
// the header and the body are sent to baseURL. HTTP/2 is compared if baseURL is
// https and offers it. An API on another machine cannot reach the URLs in tokens
// with [JKUHeader] and [X5UHeader], so that it may pass them unjustly.
func CheckURL(tb TB, s *Server, baseURL string, newRequest func() *http.Request, opts ...CheckOption) {
	tb.Helper()
	checkURL(tb, s, baseURL, newRequest, opts, listen.NewTransport)
}

func checkURL(tb TB, s *Server, baseURL string, newRequest func() *http.Request, opts []CheckOption, transport func() *http.Transport) {
	tb.Helper()
	c := newCheck("CheckURL", tb, s, newRequest, opts)
	u, err := url.Parse(baseURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		c.errs = append(c.errs, fmt.Errorf("the API's URL is %q, want one such as http://localhost:8080", baseURL))
	}
	if !c.ready() {
		return
	}
	c.target, c.via, c.foreign = u, []*http.Transport{listen.OnlyHTTP1(transport())}, true
	if u.Scheme == "https" {
		c.via = append(c.via, transport())
	}
	defer func() {
		for _, t := range c.via {
			t.CloseIdleConnections()
		}
	}()
	c.run()
}

// CheckOption adjusts a check. Every [TokenOption] is one: it changes all
// tokens of the check.
type CheckOption interface{ applyCheck(*check) }

type checkOption func(*check)

func (o checkOption) applyCheck(c *check) { o(c) }

// RequireScope says that the route needs scope: the good token carries it, and
// tokens without it must be answered with 403. Given twice, the route needs
// both. Without it scopes are not checked.
func RequireScope(scope string) CheckOption {
	return checkOption(func(c *check) {
		if err := as.CheckScope(scope); err != nil {
			c.errs = append(c.errs, fmt.Errorf("RequireScope: %w", err))
		}
		c.scopes = append(c.scopes, scope)
	})
}

// RequireClaim says that the route needs value, such as a role, in the claim that
// name names as for [Claim]: RequireClaim("/realm_access/roles", "admin"). The good
// token carries it, in an array of strings unless a [TokenOption] of the check has
// put it there as one string. Tokens without it must be answered with 403. The
// challenge may name value as a scope, but not only scopes that the token has.
// Given several times, the route needs all. Without it claims are not checked.
func RequireClaim(name, value string) CheckOption {
	return checkOption(func(c *check) {
		if _, err := as.ClaimPath(name); err != nil {
			c.errs = append(c.errs, fmt.Errorf("RequireClaim(%q): %w", name, err))
		}
		if name == "" || value == "" {
			c.errs = append(c.errs, fmt.Errorf("RequireClaim(%q, %q): give a claim and a value in it", name, value))
		}
		c.claims = append(c.claims, claimValue{name, value})
	})
}

// SkipDefect leaves defects out, which the API accepts on purpose.
func SkipDefect(d ...Defect) CheckOption {
	return checkOption(func(c *check) {
		for _, d := range d {
			c.known("SkipDefect", d)
			c.skip = append(c.skip, d)
		}
	})
}

// AlsoDefect adds defects that [Defects] leaves out, because a correct API may
// accept them and this one is meant not to.
func AlsoDefect(d ...Defect) CheckOption {
	return checkOption(func(c *check) {
		for _, d := range d {
			c.known("AlsoDefect", d)
			c.also = append(c.also, d)
		}
	})
}

// check is one run of the battery.
type check struct {
	what       string // the function that the user called
	tb         TB
	s          *Server
	newRequest func() *http.Request
	scopes     []string
	claims     []claimValue
	token      []TokenOption
	skip, also []Defect
	errs       []error

	target  *url.URL
	via     []*http.Transport // HTTP/1.1, then HTTP/2 if there is any
	foreign bool              // the request's own host is not the API's
	trap    string
	trapped func() int

	findings []finding
	sent     []string // names of probes
	complete bool     // all was sent
	results  func([]Result)
}

func newCheck(what string, tb TB, s *Server, newRequest func() *http.Request, opts []CheckOption) *check {
	c := &check{what: what, tb: tb, s: s, newRequest: newRequest, trapped: func() int { return 0 }}
	if s == nil {
		c.errs = append(c.errs, errors.New("the server is nil: give the one that the API trusts"))
	}
	if newRequest == nil {
		c.errs = append(c.errs, errors.New("newRequest is nil: give a function that makes a request which the API answers with 2xx"))
	}
	for i, o := range opts {
		if o == nil {
			c.errs = append(c.errs, fmt.Errorf("option %d is nil: leave it out", i+1))
			continue
		}
		o.applyCheck(c)
	}
	return c
}

func (c *check) known(option string, d Defect) {
	if status, _ := d.Expect(); status == 0 {
		c.errs = append(c.errs, fmt.Errorf("%s(%q): there is no such defect: use one of %s", option, string(d), defectNames()))
	}
}

// ready reports whether the check can begin; the faults of its set-up end the
// test.
func (c *check) ready() bool {
	c.tb.Helper()
	if err := errors.Join(c.errs...); err != nil {
		c.tb.Fatalf("%s: %v", c.what, err)
		return false
	}
	return true
}

// mint makes a token of the check: opts come after those that the user gave.
func (c *check) mint(opts ...TokenOption) (string, error) {
	var all []TokenOption
	if len(c.scopes) > 0 {
		all = append(all, Scope(c.scopes...))
	}
	all = append(all, c.token...)
	for _, need := range c.claims {
		all = append(all, need.carried())
	}
	return c.s.mint(append(all, opts...))
}
