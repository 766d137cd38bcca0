package middleware_test

import (
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

// This file tests the rows of group X in proof/threats/rows.txt, which are
// about tokens of another kind or of another issuer.

func TestThreatsOtherKinds(t *testing.T) {
	s := newSetup(t)
	strict := newSetup(t, func(c *middleware.Config) { c.Issuers[0].Profile = middleware.RFC9068 })
	typed := func(s *setup, typ string, pairs ...string) string {
		return s.Token(s.Header("typ", typ), s.Claims(pairs...))
	}
	for _, typ := range []string{`"JWT"`, `""`, ""} { // "" omits typ
		s.check(t, "X01", []tokenCase{
			{"only typ " + typ + " is accepted", typed(s, typ), nil},
			{"typ " + typ + " with at_hash is refused", typed(s, typ, "at_hash", `"x"`), middleware.ErrType},
			{"typ " + typ + " with c_hash is refused", typed(s, typ, "c_hash", `"x"`), middleware.ErrType},
			{"typ " + typ + " with s_hash is refused", typed(s, typ, "s_hash", `"x"`), middleware.ErrType},
			{"typ " + typ + " with token_use id is refused", typed(s, typ, "token_use", `"id"`), middleware.ErrType},
			{"typ " + typ + " with token_use access is accepted", typed(s, typ, "token_use", `"access"`), nil},
			{"typ " + typ + " with nonce and no scope is refused", typed(s, typ, "nonce", `"x"`, "scope", ""), middleware.ErrType},
			{"typ " + typ + " with nonce and scope is accepted", typed(s, typ, "nonce", `"x"`), nil},
			{"typ " + typ + " with auth_time, azp and no scope is refused", typed(s, typ, "auth_time", "1", "azp", `"app"`, "scope", ""), middleware.ErrType},
			{"typ " + typ + " with auth_time, azp and scope is accepted", typed(s, typ, "auth_time", "1", "azp", `"app"`), nil},
			{"typ " + typ + " with a claim that names an ID token is refused", typed(s, typ, "typ", `"ID"`), middleware.ErrType},
			{"typ " + typ + " with a claim that names a Bearer token is accepted", typed(s, typ, "typ", `"Bearer"`), nil},
		})
		strict.check(t, "X01", []tokenCase{{"typ " + typ + " is refused by the profile RFC 9068", typed(strict, typ), middleware.ErrType}})
	}
	for _, typ := range []string{`"at+jwt"`, `"AT+JWT"`, `"application/at+jwt"`, `"Application/AT+jwt"`} {
		s.check(t, "X01", []tokenCase{
			{"typ " + strings.ReplaceAll(typ, "/", ":") + " is accepted", typed(s, typ), nil},
			{"typ " + strings.ReplaceAll(typ, "/", ":") + " with auth_time, azp and nonce is accepted", typed(s, typ, "auth_time", "1", "azp", `"app"`, "nonce", `"n"`, "scope", ""), nil},
		})
		strict.check(t, "X01", []tokenCase{{"typ " + strings.ReplaceAll(typ, "/", ":") + " is accepted by the profile RFC 9068", typed(strict, typ), nil}})
	}

	var x02 []tokenCase
	for _, typ := range []string{"logout+jwt", "secevent+jwt", "dpop+jwt", "token-introspection+jwt", "oauth-authz-req+jwt", "client-authentication+jwt", "kb+jwt", "at+jwt2", " at+jwt", "application/json", "text/at+jwt"} {
		x02 = append(x02, tokenCase{"typ " + strings.ReplaceAll(typ, "/", ":") + " is refused", typed(s, `"`+typ+`"`), middleware.ErrType})
	}
	for _, typ := range []string{"null", "1", `["at+jwt"]`} {
		x02 = append(x02, tokenCase{"typ " + typ + " is refused", typed(s, typ), middleware.ErrMalformed})
	}
	s.check(t, "X02", append(x02,
		tokenCase{"an untyped logout token is refused by its events", typed(s, "", "events", `{"http://schemas.openid.net/event/backchannel-logout":{}}`), middleware.ErrType},
		tokenCase{"a client assertion, whose issuer is the client, is refused", typed(s, "", "iss", `"app"`, "sub", `"app"`, "aud", `"`+s.Issuer+`"`), middleware.ErrIssuer},
		tokenCase{"an authorization response (JARM) is refused", typed(s, "", "aud", `"app"`, "code", `"c"`, "state", `"s"`), middleware.ErrAudience}))
	s.check(t, "X03", []tokenCase{
		{"a signed userinfo answer is refused, having no exp", typed(s, "", "exp", "", "scope", ""), middleware.ErrClaims},
		{"a signed introspection answer is refused by its type", typed(s, `"token-introspection+jwt"`, "token_introspection", `{"active":true}`), middleware.ErrType},
		{"an untyped introspection answer is refused by its claim", typed(s, "", "token_introspection", `{"active":true}`), middleware.ErrType},
	})
}

func TestThreatsOtherIssuers(t *testing.T) {
	a, b := testserver.New(t, testserver.Clock(clock)), testserver.New(t, testserver.Clock(clock))
	aKey, bKey := testserver.GenerateKey("ES256", "shared"), testserver.GenerateKey("ES256", "shared")
	a.Publish(aKey)
	b.Publish(bKey)
	s := &setup{v: newVerifier(t, middleware.Config{
		Audience: "api", Issuers: []middleware.Issuer{{URL: a.Issuer()}, {URL: b.Issuer()}}, Logger: quiet, Now: clock,
	})}
	ofA := forge.Maker{Key: aKey, Issuer: a.Issuer(), Audience: "api", Now: now}
	ofB := forge.Maker{Key: bKey, Issuer: b.Issuer(), Audience: "api", Now: now}
	mixed := ofA
	mixed.Key = bKey
	s.check(t, "X04", []tokenCase{
		{"a token of A by A's key is accepted", ofA.Good(), nil},
		{"a token of B by B's key is accepted", ofB.Good(), nil},
		{"a token of A by B's key of the same kid is refused", mixed.Good(), middleware.ErrSignature},
	})
	good, bad := ofA.Good(), mixed.Good()
	for range 10_000 {
		if _, err := s.verify(good); err != nil {
			t.Fatalf("X04: got %v for A's own token, want it accepted every time", err)
		}
		if _, err := s.verify(bad); err == nil {
			t.Fatal("X04: got B's signature accepted for A")
		}
	}

	attacker := testserver.New(t, testserver.Clock(clock))
	before := attacker.Count(testserver.EndpointAny)
	known := newSetup(t)
	foreign := forge.Maker{Key: attacker.SigningKey(), Issuer: attacker.Issuer(), Audience: "api", Now: now}
	known.check(t, "X05", []tokenCase{
		{"an issuer that is not configured is refused", foreign.Good(), middleware.ErrIssuer},
		{"an issuer that is not configured is refused under a configured issuer's kid", known.Token(known.Header(), known.Claims("iss", `"`+attacker.Issuer()+`"`)), middleware.ErrIssuer},
	})
	if got := attacker.Count(testserver.EndpointAny) - before; got != 0 {
		t.Errorf("X05: got %d requests to the issuer in the token, want 0", got)
	}
	if got := known.as.Count(testserver.EndpointAny); got != 0 {
		t.Errorf("X05: got %d requests to the configured issuer, want 0", got)
	}

	wrongIssuer := testserver.New(t, testserver.Clock(clock), testserver.Metadata(func(doc map[string]any) { doc["issuer"] = "https://other.example.com" }))
	plainKeys := testserver.New(t, testserver.TLS(), testserver.Clock(clock), testserver.Metadata(func(doc map[string]any) { doc["jwks_uri"] = a.Endpoint(testserver.EndpointJWKS) }))
	for what, as := range map[string]*testserver.Server{
		"metadata that names another issuer makes tokens unverifiable, not invalid":  wrongIssuer,
		"metadata that steps down from https makes tokens unverifiable, not invalid": plainKeys,
	} {
		s := &setup{v: newVerifier(t, middleware.Config{Audience: "api", Issuers: []middleware.Issuer{{URL: as.Issuer()}}, Client: as.Client(), Logger: quiet, Now: clock})}
		s.check(t, "X07", []tokenCase{{what, as.Token(), middleware.ErrUnavailable}})
	}
	for what, issuers := range map[string][]middleware.Issuer{
		"one issuer configured twice is a fault":                         {{URL: a.Issuer()}, {URL: a.Issuer()}},
		"issuers that differ by a slash at the end are a fault":          {{URL: a.Issuer()}, {URL: a.Issuer() + "/"}},
		"one issuer configured twice is a fault even with separate keys": {{URL: a.Issuer(), Keys: remote(t, a)}, {URL: a.Issuer(), Keys: remote(t, b)}},
	} {
		t.Run("X08/"+what, func(t *testing.T) {
			if _, err := middleware.NewVerifier(middleware.Config{Audience: "api", Issuers: issuers}); err == nil || !strings.Contains(err.Error(), "twice") {
				t.Errorf("got %v, want a fault", err)
			}
		})
	}
	a2 := newSetup(t)
	a2.check(t, "X09", []tokenCase{
		{"three segments that are not JSON are opaque, and refused", "abc.def.ghi", middleware.ErrOpaque},
		{"a token that begins like a JWT is treated as one", forge.Encode(`{"`) + ".x.y", middleware.ErrMalformed},
		{"a token that begins like a JWT is treated as one, however short", "eyI.", middleware.ErrMalformed},
		{"a random handle that decodes to a brace is opaque", "e2ZmZmZm", middleware.ErrOpaque},
	})
	if got := a2.as.Count(testserver.EndpointAny); got != 0 {
		t.Errorf("X09: got %d requests, want 0", got)
	}
}

// TestSecrets tests shared secrets, which are accepted only if the
// configuration allows them explicitly.
func TestSecrets(t *testing.T) {
	key := testserver.Key{ID: "s", Alg: "HS256", Secret: []byte(strings.Repeat("0123456789abcdef", 2))}
	s := newSetup(t, func(c *middleware.Config) {
		c.Issuers[0].Keys = jwks.Secret("s", key.Secret)
		c.Issuers[0].Algorithms = []string{"HS256"}
	})
	m, es := s.Maker, s.Maker
	m.Key = key
	other := m
	other.Key.Secret = []byte(strings.Repeat("x", 32))
	longer := m
	longer.Key.Alg = "HS512"
	s.check(t, "J03", []tokenCase{
		{"a token by the configured secret is accepted", m.Good(), nil},
		{"a token by another secret is refused", other.Good(), middleware.ErrSignature},
		{"an algorithm of the family that is not configured is refused", longer.Good(), middleware.ErrAlgorithm},
		{"a public key does not count where a secret is configured", es.Good(), middleware.ErrAlgorithm},
	})
	if got := s.as.Count(testserver.EndpointAny); got != 0 {
		t.Errorf("got %d requests, want none for a configured secret", got)
	}
}
