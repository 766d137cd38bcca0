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

// newAsking is an API of nobody's that looks into no token and introspects them
// all.
func newAsking(as *testserver.Server, hole string) *careless {
	c := newCareless(as, hole)
	c.ask = func(token string) error {
		body, err := introspection(as, token)
		if err != nil {
			return errFault
		}
		claims, err := c.object(body)
		switch {
		case err != nil:
			return errToken
		case c.is("a 200 is taken for a yes"):
			return nil
		case claims["active"] != true && c.is("what is not active is a fault of the server"):
			return errFault
		case claims["active"] != true:
			return errToken
		}
		return c.checkClaims(claims)
	}
	return c
}

// introspection is what the server answers of token.
func introspection(as *testserver.Server, token string) ([]byte, error) {
	form := url.Values{"client_id": {"test-client"}, "client_secret": {"test-secret"}, "token": {token}}
	resp, err := as.Client().PostForm(as.Endpoint(testserver.EndpointIntrospect), form)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

var told = []apitest.Option{
	apitest.RequireScope("orders:read"),
	apitest.AlsoDefect(testserver.Revoked, testserver.InactiveOpaque, testserver.UnknownOpaque),
}

func TestACarefulAPIThatIntrospectsPasses(t *testing.T) {
	for name, opts := range map[string][]testserver.Option{"JWTs": nil, "opaque tokens": {testserver.OpaqueTokens()}, "in memory": {testserver.OpaqueTokens(), testserver.InMemory()}} {
		as := testserver.New(t, opts...)
		for kind, text := range findings(t, as, newAsking(as, ""), told...) {
			t.Errorf("%s: got %s: %s", name, kind, text)
		}
		if got := as.Count(testserver.EndpointJWKS); got != 0 || as.Count(testserver.EndpointIntrospect) < 50 {
			t.Errorf("%s: got %d requests for keys and %d introspections, want the latter alone", name, got, as.Count(testserver.EndpointIntrospect))
		}
	}
}

func TestCheckFindsHolesOfIntrospection(t *testing.T) {
	for hole, want := range map[string]string{
		"aud is ignored":                              "aud-not-string missing-audience wrong-audience",
		"aud is looked for in the text":               "wrong-audience",
		"odd audiences are passed over":               "aud-not-string",
		"cnf is ignored":                              "bound-as-bearer",
		"scope is ignored":                            "look-alike-scope missing-scope",
		"what is not active is a fault of the server": "server-error",
	} {
		as := testserver.New(t)
		found := findings(t, as, newAsking(as, hole), append(told, apitest.Token(testserver.OpaqueTokens()))...)
		if got := strings.Join(slices.Sorted(maps.Keys(found)), " "); got != want {
			t.Errorf("%s: got %s, want %s", hole, got, want)
		}
	}
	as := testserver.New(t, testserver.OpaqueTokens())
	found := findings(t, as, newAsking(as, "a 200 is taken for a yes"), told...)
	for kind, words := range map[string][]string{
		"inactive-opaque": {"RFC 7662 §2.2", "Read active"}, "unknown-opaque": {"RFC 7662 §2.2", "inactive tokens with 401"},
		"revoked": {"RFC 7009", "Introspect JWTs"}, "expired": {"RFC 7519"},
	} {
		wantAll(t, found[kind], words...)
	}
	as = testserver.New(t)
	found = findings(t, as, newCareless(as, ""), told...)
	if got := slices.Sorted(maps.Keys(found)); fmt.Sprint(got) != "[revoked]" {
		t.Errorf("an API that never asks: got %s, want revoked alone", got)
	}
}

// asks makes an API of ours ask as in one of its modes.
func asks(t *testing.T, as *testserver.Server, mode middleware.IntrospectionMode) func(*middleware.Config) {
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

func TestOurAPIsThatIntrospectPass(t *testing.T) {
	for name, tt := range map[string]struct {
		mode   middleware.IntrospectionMode
		opts   []testserver.Option
		checks []apitest.Option
	}{
		"opaque tokens":                    {middleware.IntrospectOpaque, []testserver.Option{testserver.OpaqueTokens()}, told[:1]},
		"both kinds, opaque ones revoked":  {middleware.IntrospectOpaque, nil, []apitest.Option{told[0], apitest.AlsoDefect(testserver.InactiveOpaque, testserver.UnknownOpaque)}},
		"JWTs that may be revoked":         {middleware.IntrospectJWTs, nil, told},
		"opaque tokens, JWTs revoked":      {middleware.IntrospectJWTs, []testserver.Option{testserver.OpaqueTokens(), testserver.TLS()}, told},
		"whatever it is":                   {middleware.IntrospectAll, nil, told},
		"whatever it is, opaque, HS256":    {middleware.IntrospectAll, []testserver.Option{testserver.OpaqueTokens(), testserver.SigningAlg("HS256")}, told},
		"whatever it is, a JWT with HS256": {middleware.IntrospectAll, []testserver.Option{testserver.SigningAlg("HS256")}, told},
	} {
		t.Run(name, func(t *testing.T) {
			as := testserver.New(t, tt.opts...)
			apitest.Check(t, as, protected(t, as, asks(t, as, tt.mode), scopes.All("orders:read")), orders, tt.checks...)
		})
	}
}
