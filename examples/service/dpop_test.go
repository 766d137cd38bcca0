package main

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/testserver"
)

// TestDPoP tests tokens that are bound to a key of the service (RFC 9449), at
// an API that requires such tokens and nonces.
func TestDPoP(t *testing.T) {
	isBearer := func(_ *testserver.TokenRequest, resp *testserver.TokenResponse) error {
		resp.Body["token_type"] = "Bearer"
		return nil
	}
	const (
		ok       = "GET /items: 200"
		refused  = "GET /items: 401\n"
		notBound = "the token endpoint issued a token that is not bound to the key: does the server support DPoP?"
	)
	introspection := []string{"INTROSPECTION_CLIENT_ID=test-client", "INTROSPECTION_CLIENT_SECRET=test-secret"}
	for name, test := range map[string]struct {
		opts    []testserver.Option
		changes map[string]string
		hook    func(*testserver.TokenRequest, *testserver.TokenResponse) error
		atAPI   http.RoundTripper // transport to the API; nil means the same transport as to the token endpoint
		status  int
		printed string
		tokens  int
	}{
		"JWTs":                        {nil, nil, nil, nil, 0, ok, 1},
		"opaque tokens":               {[]testserver.Option{testserver.OpaqueTokens()}, nil, nil, nil, 0, ok, 1},
		"a server with nonces":        {[]testserver.Option{testserver.DPoPNonces()}, nil, nil, nil, 0, ok, 2},
		"another key at the API":      {nil, nil, nil, new(dpop.Transport), 1, refused, 2},
		"no proof at the API":         {nil, nil, nil, http.DefaultTransport, 1, refused, 2},
		"a server that issues Bearer": {nil, nil, isBearer, nil, 1, notBound, 1},
		"without DPOP":                {nil, map[string]string{"DPOP": ""}, nil, nil, 1, refused, 2},
		"without DPOP, a client that must have it": {
			[]testserver.Option{testserver.Clients(testserver.Client{ID: "test-client", Secret: "test-secret", RequireDPoP: true})},
			map[string]string{"DPOP": ""}, nil, nil, 1, `the token endpoint answered 400, error "invalid_dpop_proof"`, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			as := testserver.New(t, test.opts...)
			if test.hook != nil {
				defer as.OnToken(test.hook)()
			}
			changes := map[string]string{"DPOP": "1", "API_URL": startAPI(t, as, append(introspection, "DPOP=required", "DPOP_NONCES=1")...)}
			maps.Copy(changes, test.changes)
			status, printed := serviceOver(t, as, changes, func(c config) http.RoundTripper {
				transport := c.bind(as.Client().Transport)
				if test.atAPI == nil {
					return transport
				}
				return byHost{strings.TrimPrefix(changes["API_URL"], "http://"), test.atAPI, transport}
			})
			if status != test.status || !strings.Contains(printed, test.printed) {
				t.Errorf("got status %d, want %d and %q\n%s", status, test.status, test.printed, printed)
			}
			if got := as.Count(testserver.EndpointToken); got != test.tokens {
				t.Errorf("got %d token requests, want %d", got, test.tokens)
			}
		})
	}
}
