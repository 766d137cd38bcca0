package middleware_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
)

func TestVerifySignal(t *testing.T) {
	observed := 0
	s := newSetup(t, func(c *middleware.Config) {
		c.Issuers[0].Algorithms = []string{"ES256"}
		c.Issuers[0].Aliases = []string{"https://alias.example.com", c.Issuers[0].URL + "/"}
		c.Observe = func(context.Context, middleware.Observation) { observed++ }
	})
	claims := `{"iss":"` + s.Issuer + `","events":{}}` // lacks aud, sub and exp
	typed := func(typ string) string { return s.Token(s.Header("typ", typ), claims) }
	types := []string{"Logout+JWT", "JWT", ""}
	rsa := s.with("RS256")
	for name, test := range map[string]struct {
		token string
		types []string
		want  error
	}{
		"typ":                                    {typed(`"logout+jwt"`), types, nil},
		"typ in another spelling":                {typed(`"application/LOGOUT+JWT"`), types, nil},
		"no typ":                                 {typed(``), types, nil},
		"another typ":                            {typed(`"at+jwt"`), types, middleware.ErrType},
		"no typ where one is required":           {typed(``), types[:1], middleware.ErrType},
		"no types":                               {typed(`"logout+jwt"`), nil, middleware.ErrType},
		"no token":                               {"", types, middleware.ErrNoToken},
		"an opaque token":                        {"opaque", types, middleware.ErrOpaque},
		"a token that is too long":               {typed(`"logout+jwt"`) + strings.Repeat("x", 16<<10), types, middleware.ErrTooLong},
		"alg none":                               {s.Token(s.Header("typ", `"JWT"`, "alg", `"none"`), claims), types, middleware.ErrAlgorithm},
		"an algorithm of another issuer":         {rsa.Token(rsa.Header("typ", `"JWT"`), claims), types, middleware.ErrAlgorithm},
		"crit":                                   {s.Token(s.Header("typ", `"JWT"`, "crit", `["x"]`), claims), types, middleware.ErrMalformed},
		"repeated claims":                        {s.Token(s.Header("typ", `"JWT"`), `{"iss":"x",`+claims[1:]), types, middleware.ErrMalformed},
		"another issuer":                         {s.Token(s.Header("typ", `"JWT"`), s.Claims("iss", `"https://x.example.com"`)), types, middleware.ErrIssuer},
		"an unknown key ID":                      {s.Token(s.Header("typ", `"JWT"`, "kid", `"x"`), claims), types, middleware.ErrSignature},
		"expired":                                {s.Token(s.Header("typ", `"JWT"`), s.Claims("exp", "1000")), types, middleware.ErrExpired},
		"not valid yet":                          {s.Token(s.Header("typ", `"JWT"`), s.Claims("nbf", "4000000000")), types, middleware.ErrNotYetValid},
		"issued in the future":                   {s.Token(s.Header("typ", `"JWT"`), s.Claims("iat", "4000000000")), types, middleware.ErrNotYetValid},
		"an alias":                               {s.Token(s.Header("typ", `"JWT"`), s.Claims("iss", `"https://alias.example.com"`)), types, nil},
		"an alias with a slash":                  {s.Token(s.Header("typ", `"JWT"`), s.Claims("iss", `"`+s.Issuer+`/"`)), types, nil},
		"bound to a key, for another audience":   {s.Token(s.Header("typ", `"JWT"`), s.Claims("cnf", `{"jkt":"x"}`, "aud", `"x"`)), types, nil},
		"claims that mark another kind of token": {s.Token(s.Header("typ", `"JWT"`), s.Claims("token_use", `"id"`, "at_hash", `"x"`, "scope", "1")), types, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 {
				issuer, got, err := s.v.VerifySignal(t.Context(), test.token, test.types...)
				if !errors.Is(err, test.want) || (err == nil) != (string(got) != "") || (err == nil) != (issuer == s.Issuer) {
					t.Errorf("got %q, %s, %v, want %v", issuer, got, err, test.want)
				}
				if refusal, ok := errors.AsType[*middleware.Error](err); err != nil && (!ok || refusal.StatusCode() != 401) {
					t.Errorf("got %#v, want an Error with the status 401", err)
				}
			}
		})
	}
	if _, got, err := s.v.VerifySignal(t.Context(), typed(`"logout+jwt"`), types...); string(got) != claims || err != nil {
		t.Errorf("got %s, %v, want %s", got, err, claims)
	}
	if stats := s.v.Stats(); observed != 0 || stats.Tokens+stats.Hits+stats.Misses != 0 {
		t.Errorf("got %d observations and the cache %+v, want none", observed, stats)
	}
	// A JWT with the typ of a logout token is accepted as a signal, but not as
	// an access token.
	if _, err := s.verify(typed(`"logout+jwt"`)); !errors.Is(err, middleware.ErrType) {
		t.Errorf("as an access token: got %v, want %v", err, middleware.ErrType)
	}
}

// VerifySignal never introspects a token.
func TestSignalsAreNotIntrospected(t *testing.T) {
	for name, mode := range map[string]middleware.IntrospectionMode{
		"IntrospectOpaque": middleware.IntrospectOpaque, "IntrospectJWTs": middleware.IntrospectJWTs, "IntrospectAll": middleware.IntrospectAll,
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			client, err := introspect.Custom(introspect.Config{}, func(context.Context, string) (map[string]any, error) {
				asked++
				return nil, errors.New("not used")
			})
			if err != nil {
				t.Fatal(err)
			}
			s := newSetup(t, func(c *middleware.Config) {
				c.Issuers[0].Introspection, c.Issuers[0].IntrospectionMode = client, mode
			})
			var want error
			if mode == middleware.IntrospectAll {
				want = middleware.ErrIssuer // the issuer lacks keys
			}
			if _, _, err := s.v.VerifySignal(t.Context(), s.Good(), "at+jwt"); !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
			if _, _, err := s.v.VerifySignal(t.Context(), "opaque", ""); !errors.Is(err, middleware.ErrOpaque) {
				t.Errorf("opaque: got %v, want %v", err, middleware.ErrOpaque)
			}
			if asked > 0 {
				t.Errorf("got %d introspections, want none", asked)
			}
		})
	}
}

func TestE10SignalsNeedAConstructedVerifier(t *testing.T) {
	for name, v := range map[string]*middleware.Verifier{"nil": nil, "zero": {}} {
		if _, _, err := v.VerifySignal(t.Context(), "x", ""); !errors.Is(err, middleware.ErrInternal) {
			t.Errorf("%s: got %v, want %v", name, err, middleware.ErrInternal)
		}
	}
}
