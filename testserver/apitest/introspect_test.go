package apitest_test

import (
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/apitest"
)

// newIntrospectingAPI returns an API with the given hole. The API introspects
// every token and never parses one.
func newIntrospectingAPI(as *testserver.Server, hole string) *vulnerableAPI {
	c := newVulnerableAPI(as, hole)
	c.introspect = func(token string) error {
		body, err := introspection(as, token)
		if err != nil {
			return errFault
		}
		claims, err := c.object(body)
		switch {
		case err != nil:
			return errToken
		case c.has("a 200 means active"):
			return nil
		case claims["active"] != true && c.has("an inactive token is a server error"):
			return errFault
		case claims["active"] != true:
			return errToken
		}
		return c.checkClaims(claims)
	}
	return c
}

// introspection returns the server's response for token.
func introspection(as *testserver.Server, token string) ([]byte, error) {
	form := url.Values{"client_id": {"test-client"}, "client_secret": {"test-secret"}, "token": {token}}
	resp, err := as.Client().PostForm(as.Endpoint(testserver.EndpointIntrospect), form)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

var introspectionOptions = []apitest.Option{
	apitest.RequireScope("orders:read"),
	apitest.AlsoDefect(testserver.Revoked, testserver.InactiveOpaque, testserver.UnknownOpaque),
}

func TestIntrospectingAPIWithoutHolesPasses(t *testing.T) {
	for name, opts := range map[string][]testserver.Option{"JWTs": nil, "opaque tokens": {testserver.OpaqueTokens()}, "in memory": {testserver.OpaqueTokens(), testserver.InMemory()}} {
		as := testserver.New(t, opts...)
		for kind, text := range findings(t, as, newIntrospectingAPI(as, ""), introspectionOptions...) {
			t.Errorf("%s: got %s: %s", name, kind, text)
		}
		if got := as.Count(testserver.EndpointJWKS); got != 0 || as.Count(testserver.EndpointIntrospect) < 50 {
			t.Errorf("%s: got %d requests for keys and %d introspections, want only introspections", name, got, as.Count(testserver.EndpointIntrospect))
		}
	}
}

func TestCheckFindsHolesOfIntrospection(t *testing.T) {
	for hole, want := range map[string]string{
		"aud is ignored":                        "aud-not-string missing-audience wrong-audience",
		"aud is compared as a substring":        "wrong-audience",
		"audiences of another type are ignored": "aud-not-string",
		"cnf is ignored":                        "bound-as-bearer",
		"scope is ignored":                      "look-alike-scope missing-scope",
		"an inactive token is a server error":   "server-error",
	} {
		as := testserver.New(t)
		found := findings(t, as, newIntrospectingAPI(as, hole), append(introspectionOptions, apitest.Token(testserver.OpaqueTokens()))...)
		if got := strings.Join(slices.Sorted(maps.Keys(found)), " "); got != want {
			t.Errorf("%s: got %s, want %s", hole, got, want)
		}
	}
	as := testserver.New(t, testserver.OpaqueTokens())
	found := findings(t, as, newIntrospectingAPI(as, "a 200 means active"), introspectionOptions...)
	for kind, words := range map[string][]string{
		"inactive-opaque": {"RFC 7662 §2.2", "Read active"}, "unknown-opaque": {"RFC 7662 §2.2", "inactive tokens with 401"},
		"revoked": {"RFC 7009", "Introspect JWTs"}, "expired": {"RFC 7519"},
	} {
		wantAll(t, found[kind], words...)
	}
	as = testserver.New(t)
	found = findings(t, as, newVulnerableAPI(as, ""), introspectionOptions...)
	if got := slices.Sorted(maps.Keys(found)); fmt.Sprint(got) != "[revoked]" {
		t.Errorf("an API that does not introspect: got %s, want only revoked", got)
	}
}

// introspectWith returns a function that changes the configuration so that the
// middleware introspects tokens in the given mode.
func introspectWith(t *testing.T, as *testserver.Server, mode middleware.IntrospectionMode) func(*middleware.Config) {
	return func(c *middleware.Config) {
		t.Helper()
		client, err := introspect.New(introspect.Config{
			Issuer: as.Issuer(), Client: as.Client(),
			Auth: introspect.Basic(as.DefaultClient().ID, as.DefaultClient().Secret),
		})
		if err != nil {
			t.Fatal(err)
		}
		c.Issuers[0].Introspection, c.Issuers[0].IntrospectionMode = client, mode
	}
}

func TestMiddlewareThatIntrospectsPasses(t *testing.T) {
	for name, tt := range map[string]struct {
		mode   middleware.IntrospectionMode
		opts   []testserver.Option
		checks []apitest.Option
	}{
		"opaque tokens":                     {middleware.IntrospectOpaque, []testserver.Option{testserver.OpaqueTokens()}, introspectionOptions[:1]},
		"both kinds, revoked opaque tokens": {middleware.IntrospectOpaque, nil, []apitest.Option{introspectionOptions[0], apitest.AlsoDefect(testserver.InactiveOpaque, testserver.UnknownOpaque)}},
		"JWTs":                              {middleware.IntrospectJWTs, nil, introspectionOptions},
		"opaque tokens, revoked JWTs":       {middleware.IntrospectJWTs, []testserver.Option{testserver.OpaqueTokens(), testserver.TLS()}, introspectionOptions},
		"all tokens":                        {middleware.IntrospectAll, nil, introspectionOptions},
		"all tokens, opaque, HS256":         {middleware.IntrospectAll, []testserver.Option{testserver.OpaqueTokens(), testserver.SigningAlg("HS256")}, introspectionOptions},
		"all tokens, JWTs with HS256":       {middleware.IntrospectAll, []testserver.Option{testserver.SigningAlg("HS256")}, introspectionOptions},
	} {
		t.Run(name, func(t *testing.T) {
			as := testserver.New(t, tt.opts...)
			apitest.Check(t, as, protected(t, as, introspectWith(t, as, tt.mode), scopes.All("orders:read")), orders, tt.checks...)
		})
	}
}
