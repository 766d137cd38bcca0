package testserver

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/control"
	"github.com/bearerguard/bearerguard/testserver/internal/apicheck"
	"github.com/bearerguard/bearerguard/testserver/internal/listen"
)

// checkAPI is CheckURL of package apitest. When the caller disconnects, the
// context of the check is canceled and its remaining requests fail at once.
func (c *controller) checkAPI(r *http.Request) (any, error) {
	var ask control.Check
	if err := read(r, &ask); err != nil {
		return nil, err
	}
	u, err := url.Parse(ask.URL)
	if err != nil || u.User != nil {
		return nil, errors.New("url: want the URL of a route, such as http://localhost:8080/orders")
	}
	header := http.Header{}
	for name, values := range ask.Header {
		if http.CanonicalHeaderKey(name) == "Authorization" {
			return nil, fmt.Errorf("header.%s: the check sets it: leave it out", name)
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
	check := apicheck.Check{
		Issuer: c.ForCheck(tokenOptions(control.Mint{Aud: ask.Aud, Alg: ask.Alg, Claims: ask.Claims})...),
		Request: func() *http.Request {
			made, _ := request() // checked above
			return made
		},
		Scopes: ask.Scope, Claims: needed(ask.RequireClaim), Skip: defects(ask.Skip), Also: defects(ask.Also),
	}
	target, err := apicheck.Locate(u.Scheme+"://"+u.Host, listen.NewTransport)
	if err := errors.Join(check.Faults(), err); err != nil {
		return nil, fmt.Errorf("CheckURL: %w", err)
	}
	defer func() { _ = target.Close() }() // closes connections only: the API is not ours
	report, err := check.Run(r.Context(), target)
	if err != nil {
		return nil, fmt.Errorf("CheckURL: %w", err)
	}
	answer := control.Checked{URL: ask.URL, OK: len(report.Failures) == 0, Results: []control.CheckResult{}}
	for _, one := range report.Results {
		answer.Results = append(answer.Results, control.CheckResult(one))
	}
	return answer, nil
}

func needed(values map[string]control.Texts) (list []apicheck.Claim) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, value := range values[name] {
			list = append(list, apicheck.Claim{Name: name, Value: value})
		}
	}
	return list
}

func defects(names []string) (list []Defect) {
	for _, name := range names {
		list = append(list, Defect(name))
	}
	return list
}
