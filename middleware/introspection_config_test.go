package middleware_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
)

func TestIntrospectionConfigurationFaults(t *testing.T) {
	client := stubAnswering(``).client(t)
	issuer := func(change func(*middleware.Issuer)) middleware.Config {
		i := middleware.Issuer{URL: opaqueIssuer, Introspection: client}
		change(&i)
		return middleware.Config{Audience: "api", Issuers: []middleware.Issuer{i}}
	}
	asking := func(url string) middleware.Issuer { return middleware.Issuer{URL: url, Introspection: client} }
	keys := jwks.Secret("", make([]byte, 32))
	for name, tt := range map[string]struct {
		config middleware.Config
		want   []string // substrings of the error
	}{
		"an unknown mode":                  {issuer(func(i *middleware.Issuer) { i.IntrospectionMode = 3 }), []string{"IntrospectionMode 3 is unknown"}},
		"a mode below all":                 {issuer(func(i *middleware.Issuer) { i.IntrospectionMode = -1 }), []string{"IntrospectionMode -1 is unknown"}},
		"a mode for JWTs without a client": {issuer(func(i *middleware.Issuer) { i.Introspection = nil; i.IntrospectionMode = middleware.IntrospectJWTs }), []string{"Introspection is nil"}},
		"a mode for all without a client":  {issuer(func(i *middleware.Issuer) { i.Introspection = nil; i.IntrospectionMode = middleware.IntrospectAll }), []string{"Introspection is nil"}},
		"keys where no token is verified": {issuer(func(i *middleware.Issuer) {
			i.IntrospectionMode = middleware.IntrospectAll
			i.Keys = keys
		}), []string{"IntrospectAll cannot be combined with"}},
		"algorithms where no token is verified": {issuer(func(i *middleware.Issuer) {
			i.IntrospectionMode = middleware.IntrospectAll
			i.Algorithms = []string{"RS256"}
		}), []string{"IntrospectAll cannot be combined with"}},
		"a profile where no token is verified": {issuer(func(i *middleware.Issuer) {
			i.IntrospectionMode = middleware.IntrospectAll
			i.Profile = middleware.RFC9068
		}), []string{"IntrospectAll cannot be combined with"}},
		"no audience":                    {middleware.Config{Issuers: []middleware.Issuer{asking(opaqueIssuer)}}, []string{"the audience is missing"}},
		"two issuers with Introspection": {middleware.Config{Audience: "api", Issuers: []middleware.Issuer{asking("https://a.example"), asking("https://b.example")}}, []string{"2 issuers have Introspection"}},
		"three issuers with Introspection, in other modes": {middleware.Config{Audience: "api", Issuers: []middleware.Issuer{
			asking("https://a.example"), {URL: "https://b.example"}, asking("https://c.example"), asking("https://d.example"),
		}}, []string{"3 issuers have Introspection"}},
		"everything at once": {
			middleware.Config{Issuers: []middleware.Issuer{
				{URL: "an issuer", Introspection: client, IntrospectionMode: middleware.IntrospectAll, Keys: keys, Algorithms: []string{"HS256"}},
				{URL: "https://b.example", Introspection: client, IntrospectionMode: 9},
				{URL: "https://c.example", IntrospectionMode: middleware.IntrospectJWTs},
			}},
			[]string{
				"Issuers[0]: URL", "Issuers[0]: the audience is missing", "Issuers[0]: IntrospectAll cannot be combined with", "Issuers[1]: IntrospectionMode 9",
				"Issuers[2]: IntrospectionMode is set", "2 issuers have Introspection",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := middleware.NewVerifier(tt.config)
			if v != nil || err == nil {
				t.Fatal("NewVerifier returned a Verifier, want an error")
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("got %q, want it to mention %q", err, part)
				}
			}
		})
	}
}

func TestValidIntrospectionConfigurations(t *testing.T) {
	client := stubAnswering(``).client(t)
	for name, config := range map[string]middleware.Config{
		"in addition to discovered keys": {Audience: "api", Issuers: []middleware.Issuer{{URL: opaqueIssuer, Introspection: client}}},
		"for JWTs by RFC 9068": {Audience: "api", Issuers: []middleware.Issuer{
			{URL: opaqueIssuer, Introspection: client, IntrospectionMode: middleware.IntrospectJWTs, Profile: middleware.RFC9068, Algorithms: []string{"RS256"}},
		}},
		"for all":                {Audience: "api", Issuers: []middleware.Issuer{{URL: opaqueIssuer, Introspection: client, IntrospectionMode: middleware.IntrospectAll}}},
		"for one of two issuers": {Audience: "api", Issuers: []middleware.Issuer{{URL: "https://a.example"}, {URL: opaqueIssuer, Introspection: client}}},
		"for any audience":       {Issuers: []middleware.Issuer{{URL: opaqueIssuer, Introspection: client, InsecureNoAudience: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := middleware.NewVerifier(config); err != nil {
				t.Error(err)
			}
		})
	}
}

// A userinfo endpoint does not report the audience and the scopes of a token,
// so claims with these names in its answer are ignored.
func TestUserInfoAnswerFailsTheChecks(t *testing.T) {
	user := func(changes ...func(*middleware.Config)) *setup {
		o := stubAnswering(`{"sub":"alice","aud":"api","scope":"read","exp":99999999999}`)
		s, _ := introspectingSetup(t, o, append([]func(*middleware.Config){func(c *middleware.Config) {
			client, err := introspect.InsecureUserInfo(introspect.Config{Endpoint: opaqueIssuer + "/userinfo", Client: &http.Client{Transport: o}, Logger: quiet}, nil)
			if err != nil {
				t.Fatal(err)
			}
			c.Issuers[0].Introspection = client
		}}, changes...)...)
		return s
	}
	assertRefused(t, user(), handle, middleware.ErrAudience)
	s := user(func(c *middleware.Config) { c.Issuers[0].InsecureNoAudience = true })
	token := assertPasses(t, s, handle)
	if token.Subject != "alice" || token.Scopes.Len() != 0 || !token.Expiry.IsZero() || token.Issuer != opaqueIssuer {
		t.Errorf("got subject %q, scopes %q and expiry %v", token.Subject, token.Scopes, token.Expiry)
	}
}
