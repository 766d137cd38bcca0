package testserver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/control"
)

// checkAPI is [CheckURL]. When the caller goes away, so does the context of what is
// sent, and the rest of the battery fails at once.
func (c *controller) checkAPI(r *http.Request) (any, error) {
	var ask control.Check
	if err := read(r, &ask); err != nil {
		return nil, err
	}
	u, err := url.Parse(ask.URL)
	if err != nil || u.User != nil {
		return nil, errors.New("url: want that of a route, such as http://localhost:8080/orders")
	}
	header := http.Header{}
	for name, values := range ask.Header {
		if http.CanonicalHeaderKey(name) == "Authorization" {
			return nil, fmt.Errorf("header.%s: is what the check sets", name)
		}
		for _, value := range values {
			header.Add(name, value)
		}
	}
	request := func() (*http.Request, error) {
		made, err := http.NewRequestWithContext(r.Context(), ask.Method, ask.URL, strings.NewReader(ask.Body))
		if err == nil {
			made.Header = header
		}
		return made, err
	}
	if _, err := request(); err != nil {
		return nil, fmt.Errorf("method: %w", err)
	}
	answer := control.Checked{URL: ask.URL, OK: true, Results: []control.CheckResult{}}
	tb := &remoteTB{ctx: r.Context()}
	next := func() *http.Request {
		made, _ := request() // it has worked before
		return made
	}
	CheckURL(tb, c.Server, u.Scheme+"://"+u.Host, next, append(checkOptions(ask), Results(func(results []Result) {
		for _, one := range results {
			answer.OK = answer.OK && one.OK
			answer.Results = append(answer.Results, control.CheckResult(one))
		}
	}))...)
	return answer, tb.fatal
}

func checkOptions(ask control.Check) (opts []CheckOption) {
	for _, scope := range ask.Scope {
		opts = append(opts, RequireScope(scope))
	}
	for _, name := range slices.Sorted(maps.Keys(ask.RequireClaim)) {
		for _, value := range ask.RequireClaim[name] {
			opts = append(opts, RequireClaim(name, value))
		}
	}
	for _, o := range tokenOptions(control.Mint{Aud: ask.Aud, Alg: ask.Alg, Claims: ask.Claims}) {
		opts = append(opts, o)
	}
	for _, d := range ask.Skip {
		opts = append(opts, SkipDefect(Defect(d)))
	}
	for _, d := range ask.Also {
		opts = append(opts, AlsoDefect(Defect(d)))
	}
	return opts
}

// remoteTB is the test of somebody who is not in this process. What fails is among
// the results.
type remoteTB struct {
	ctx   context.Context //nolint:containedctx // that of testing.T
	fatal error
}

func (*remoteTB) Helper()                    {}
func (*remoteTB) Errorf(string, ...any)      {}
func (*remoteTB) Cleanup(func())             {} // a check leaves nothing behind
func (t *remoteTB) Context() context.Context { return t.ctx }

// Fatalf keeps the first fault. Unlike that of testing.T it returns, which all of a
// check is ready for.
func (t *remoteTB) Fatalf(format string, args ...any) {
	if t.fatal == nil {
		t.fatal = fmt.Errorf(format, args...)
	}
}
