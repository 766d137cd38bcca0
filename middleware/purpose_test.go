package middleware_test

import (
	"fmt"
	"testing"

	"github.com/bearerguard/bearerguard/middleware"
)

var kindClaims = []string{"typ", "token_use", "token_type", "tokenName", "tokenType", "TokenType", "purpose", "type"}

// Servers use several names and spellings for the claim that names the kind of
// a token. Each of them is recognized, and this claim outweighs scope and
// nonce.
func TestThreatsKinds(t *testing.T) {
	s := newSetup(t)
	with := func(pairs ...string) string { return s.Token(s.Header("typ", `"JWT"`), s.Claims(pairs...)) }
	var n20, p105 []tokenCase
	for _, claim := range kindClaims {
		for _, kind := range []string{
			"refresh", "Refresh", "REFRESH_TOKEN", "refresh-token", "refreshToken", "Refresh Token", "Offline", "Offline Token", "id", "ID", "id_token", "id-token",
			"idToken", "Logout", "logout_token", "urn:ietf:params:oauth:token-type:refresh_token", "urn:ietf:params:oauth:token-type:id_token",
		} {
			n20 = append(n20, tokenCase{claim + " " + kind + " is refused", with(claim, quoted(kind)), middleware.ErrType})
		}
		for _, kind := range []string{"Bearer", "bearer", "access", "access_token", "access-token", "accessToken", "urn:ietf:params:oauth:token-type:access_token"} {
			p105 = append(p105, tokenCase{claim + " " + kind + " speaks for an access token", with(claim, quoted(kind), "nonce", `"n"`, "scope", ""), nil})
		}
		for _, word := range []string{`"JWT"`, `""`, "1", `["Bearer"]`, `"fresh"`, `"identity"`} {
			p105 = append(p105,
				tokenCase{claim + " " + word + " speaks for nothing", with(claim, word, "nonce", `"n"`, "scope", ""), middleware.ErrType},
				tokenCase{claim + " " + word + " speaks against nothing", with(claim, word), nil})
		}
	}
	s.check(t, "N20", n20)
	s.check(t, "P105", p105)
}

// Some access tokens have claims that are usual in ID tokens. These tokens are
// accepted if a different claim shows that they are access tokens, regardless
// of ScopeClaims.
func TestThreatsWeakMarks(t *testing.T) {
	s := newSetup(t, func(c *middleware.Config) { c.Issuers[0].ScopeClaims = []string{"/realm_access/roles"} })
	var p105, n01 []tokenCase
	for name, weak := range map[string][]string{
		"a nonce": {"nonce", `"n"`}, "azp and auth_time": {"azp", `"c1"`, "auth_time", "1"}, "azp and auth_time in words": {"azp", `"c1"`, "auth_time", `"2026-01-02T03:04:05Z"`},
		"granted_scopes": {"granted_scopes", `["read"]`},
	} {
		with := func(pairs ...string) string {
			return s.Token(s.Header("typ", `"JWT"`), s.Claims(append(append([]string{"scope", ""}, weak...), pairs...)...))
		}
		for _, sign := range [][]string{{"scope", `""`}, {"scope", `"read"`}, {"scopes", `["read"]`}, {"scp", `"read"`}, {"scp", "[]"}, {"typ", `"Bearer"`}} {
			p105 = append(p105, tokenCase{fmt.Sprint(name, " together with ", sign, " is accepted"), with(sign...), nil})
		}
		for _, none := range [][]string{{}, {"scope", "null"}, {"scopes", "{}"}, {"scp", "1"}, {"realm_access", `{"roles":["read"]}`}} {
			n01 = append(n01, tokenCase{fmt.Sprint(name, " together with ", none, " is refused"), with(none...), middleware.ErrType})
		}
	}
	s.check(t, "P105", p105)
	s.check(t, "N01", n01)
}
