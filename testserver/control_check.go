package testserver

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/control"
	"github.com/bearerguard/bearerguard/testserver/internal/apicheck"
)

// checkAPI checks an API as CheckURL of package apitest does. When the caller
// disconnects, the context of the check is canceled, and the remaining requests
// of the check fail immediately.
func (c *controller) checkAPI(r *http.Request) (any, error) {
	var input control.Check
	if err := read(r, &input); err != nil {
		return nil, err
	}
	u, err := url.Parse(input.URL)
	if err != nil || u.User != nil {
		return nil, errors.New("url: want the URL of a route, such as http://localhost:8080/orders")
	}
	header := http.Header{}
	for name, values := range input.Header {
		if http.CanonicalHeaderKey(name) == "Authorization" {
			return nil, fmt.Errorf("header.%s: the check sets it: leave it out", name)
		}
		for _, value := range values {
			header.Add(name, value)
		}
	}
	request := func() (*http.Request, error) {
		req, err := http.NewRequestWithContext(r.Context(), input.Method, input.URL, strings.NewReader(input.Body))
		if err == nil {
			req.Header = header
		}
		return req, err
	}
	if _, err := request(); err != nil {
		return nil, fmt.Errorf("method: %w", err)
	}
	check := apicheck.Check{
		Issuer: c.ForCheck(tokenOptions(control.Mint{Aud: input.Aud, Alg: input.Alg, Claims: input.Claims})...),
		Request: func() *http.Request {
			req, _ := request() // checked above
			return req
		},
		Scopes: input.Scope, Claims: claimRequirements(input.RequireClaim),
		ACR: input.RequireACR, AuthWithin: time.Duration(input.RequireAuthWithin), Metadata: input.RequireMetadata,
		DPoP: input.RequireDPoP, Origin: input.Origin, ClientCert: input.RequireClientCert,
		Skip: defects(input.Skip), Also: defects(input.Also),
	}
	if input.ClientCert != "" {
		pair, err := tls.X509KeyPair([]byte(input.ClientCert), []byte(input.ClientCert))
		if err != nil || !input.RequireClientCert {
			return nil, errors.New("client_cert: want a certificate and its private key, in PEM, and require_client_cert set to true")
		}
		check.Certificate = &pair
	}
	var roots *x509.CertPool // nil means the roots of the system
	if input.Roots != "" {
		roots = x509.NewCertPool()
		if !roots.AppendCertsFromPEM([]byte(input.Roots)) {
			return nil, errors.New("roots: want certificates in PEM")
		}
	}
	target, err := apicheck.Locate(u.Scheme+"://"+u.Host, roots)
	if err := errors.Join(check.Faults(), err); err != nil {
		return nil, errors.New(jsonNames.Replace(checkNames.Replace(err.Error())))
	}
	defer func() { _ = target.Close() }() // closes only connections: the API belongs to the caller
	report, err := check.Run(r.Context(), target)
	if err != nil {
		return nil, errors.New(jsonNames.Replace(checkNames.Replace(err.Error())))
	}
	response := control.Checked{URL: input.URL, OK: len(report.Failures) == 0, Results: []control.CheckResult{}}
	for _, one := range report.Results {
		one.Why, one.Fix = checkNames.Replace(one.Why), checkNames.Replace(one.Fix)
		response.Results = append(response.Results, control.CheckResult(one))
	}
	return response, nil
}

// checkNames replaces the Go names in a text of a check with the names of JSON
// members.
var checkNames = strings.NewReplacer(
	"RequireScope, RequireClaim and Token(Audience(…), Claim(…))", "scope, require_claim, aud and claims",
	"RequireScope", "scope",
	"RequireClaim", "require_claim",
	"RequireACR", "require_acr",
	"RequireAuthWithin", "require_auth_within",
	"RequireDPoP", "require_dpop",
	"RequireClientCert", "require_client_cert",
	"the option Origin", "origin",
	" with Token(Without(…))", "",
	"SkipDefect", "skip",
	"AlsoDefect", "also",
	"Token(testserver.Audience(…))", "aud",
	"the server's Issuer()", "the issuer of the server",
	"with the server's Client()", "from its jwks_uri",
	"make newRequest return a request", "describe a request",
)

func claimRequirements(values map[string]control.Texts) (list []apicheck.Claim) {
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
