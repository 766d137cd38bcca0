package middleware_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

// This file tests the rows J24 to J33 of proof/threats/rows.txt, which are
// about the claims, and the rows J35, D01 and M06.

func unix(d time.Duration) string { return fmt.Sprint(now.Add(d).Unix()) }

func TestThreatsDates(t *testing.T) {
	s := newSetup(t)
	claim := func(name, value string) string { return s.Token(s.Header(), s.Claims(name, value)) }

	never := map[string]string{
		"a string": `"` + unix(time.Hour) + `"`, "true": "true", "an array": "[" + unix(time.Hour) + "]", "an object": "{}",
		"1e30": "1e30", "1e400": "1e400", "2^63-1": "9223372036854775807", "1e19": "1e19", "a year of five digits": "253402300800",
		"minus one": "-1", "an empty string": `""`,
	}
	var j24, j25 []tokenCase
	for what, value := range never {
		j24 = append(j24, tokenCase{"exp " + what + " is refused", claim("exp", value), middleware.ErrMalformed})
		for _, name := range []string{"nbf", "iat"} {
			j25 = append(j25, tokenCase{name + " " + what + " is refused", claim(name, value), middleware.ErrMalformed})
		}
	}
	s.check(t, "J24", append(j24,
		tokenCase{"exp missing is refused", claim("exp", ""), middleware.ErrClaims},
		tokenCase{"exp null is refused as missing", claim("exp", "null"), middleware.ErrClaims},
		tokenCase{"exp 0 is refused", claim("exp", "0"), middleware.ErrExpired},
		tokenCase{"exp with a fraction is accepted", claim("exp", unix(time.Hour)+".5"), nil},
		tokenCase{"exp in the last second of the year 9999 is accepted", claim("exp", "253402300799"), nil},
		tokenCase{"exp with an exponent is accepted", claim("exp", "25e10"), nil}))
	s.check(t, "J25", append(j25,
		tokenCase{"nbf null is accepted as absent", claim("nbf", "null"), nil},
		tokenCase{"iat null is accepted as absent", claim("iat", "null"), nil},
		tokenCase{"nbf within the skew is accepted", claim("nbf", unix(30*time.Second)), nil},
		tokenCase{"nbf a second beyond the skew is refused", claim("nbf", unix(31*time.Second)), middleware.ErrNotYetValid},
		tokenCase{"nbf a fraction beyond the skew is refused", claim("nbf", unix(30*time.Second)+".5"), middleware.ErrNotYetValid},
		tokenCase{"nbf 0 is accepted", claim("nbf", "0"), nil},
		tokenCase{"nbf in the year 9999 is refused", claim("nbf", "253402300799"), middleware.ErrNotYetValid}))
	s.check(t, "J26", []tokenCase{
		{"iat within the skew is accepted", claim("iat", unix(30*time.Second)), nil},
		{"iat a second beyond the skew is refused", claim("iat", unix(31*time.Second)), middleware.ErrNotYetValid},
		{"iat absent is accepted by the default profile", claim("iat", ""), nil},
	})
	s.check(t, "J27", []tokenCase{
		{"exp now is within the skew", claim("exp", unix(0)), nil},
		{"exp a second less than the skew ago is accepted", claim("exp", unix(-29*time.Second)), nil},
		{"exp the skew ago is refused", claim("exp", unix(-30*time.Second)), middleware.ErrExpired},
		{"exp a second more than the skew ago is refused", claim("exp", unix(-31*time.Second)), middleware.ErrExpired},
	})
	exact := newSetup(t, func(c *middleware.Config) { c.ClockSkew = -1 })
	exact.check(t, "J27", []tokenCase{
		{"exp now is refused without skew", exact.Token(exact.Header(), exact.Claims("exp", unix(0))), middleware.ErrExpired},
		{"exp in a second is accepted without skew", exact.Token(exact.Header(), exact.Claims("exp", unix(time.Second))), nil},
	})
	s.check(t, "J28", []tokenCase{{"a lifetime of ten years is accepted, since no rule forbids it", claim("exp", unix(10*365*24*time.Hour)), nil}})
}

func TestThreatsAudience(t *testing.T) {
	s := newSetup(t)
	aud := func(value string) string { return s.Token(s.Header(), s.Claims("aud", value)) }
	many := func(last string) string { return `["` + strings.Repeat(`x","`, 2000) + last + `"]` }
	var j29 []tokenCase
	for what, value := range map[string]string{
		"missing": "", "empty": `""`, "an empty array": "[]", "an array of an empty string": `[""]`, "null": "null", "a number": "1",
		"an object": `{"api":true}`, "an array with a number": `["api",1]`, "an array with null": `["api",null]`, "an array in an array": `[["api"]]`,
		"2001 entries, none ours": many("y"), "2001 entries, the first a number": `[1,` + many("api")[1:], "ours with a slash": `"api/"`, "ours in capitals": `"API"`, "ours after a space": `" api"`,
		"a prefix of ours": `"ap"`, "ours as a prefix": `"api2"`, "ours inside": `"xapix"`, "ours in a list of one string": `"other api"`,
	} {
		j29 = append(j29, tokenCase{"aud " + what + " is refused", aud(value), middleware.ErrAudience})
	}
	s.check(t, "J29", append(j29, tokenCase{"aud of 2001 entries, the last ours, is accepted", aud(many("api")), nil}, tokenCase{"aud ours, with an escape, is accepted", aud(`"\u0061pi"`), nil}))
	s.check(t, "J30", []tokenCase{
		{"ours among others is accepted", aud(`["other","api","third"]`), nil},
		{"only ours in an array is accepted", aud(`["api"]`), nil},
	})

	own := newSetup(t, func(c *middleware.Config) { c.Issuers[0].Audiences = []string{"one", "two"} })
	cognito := newSetup(t, func(c *middleware.Config) { c.Issuers[0].AudienceClaim = "client_id"; c.Audience = "app" })
	open := newSetup(t, func(c *middleware.Config) { c.Issuers[0].InsecureNoAudience = true })
	own.check(t, "J29", []tokenCase{
		{"an audience of the issuer's list is accepted", own.Token(own.Header(), own.Claims("aud", `"two"`)), nil},
		{"the configuration's audience is refused where the issuer has its own", own.Good(), middleware.ErrAudience},
	})
	cognito.check(t, "J29", []tokenCase{
		{"the audience of another claim is accepted if configured", cognito.Token(cognito.Header(), cognito.Claims("aud", "")), nil},
		{"aud does not count where another claim does", cognito.Token(cognito.Header(), cognito.Claims("aud", `"app"`, "client_id", `"x"`)), middleware.ErrAudience},
	})
	open.check(t, "J29", []tokenCase{{"any audience is accepted where that is configured", open.Token(open.Header(), open.Claims("aud", `"x"`)), nil}})
}

func TestThreatsIdentity(t *testing.T) {
	s := newSetup(t)
	claim := func(pairs ...string) string { return s.Token(s.Header(), s.Claims(pairs...)) }
	var j31 []tokenCase
	for what, iss := range map[string]string{
		"with a slash at the end": `"` + s.Issuer + `/"`, "in capitals": `"` + strings.ToUpper(s.Issuer) + `"`, "with a host appended": `"` + s.Issuer + `.evil"`,
		"with its default port": `"` + s.Issuer + `:80"`, "in an array": `["` + s.Issuer + `"]`, "a prefix of it": `"` + s.Issuer[:len(s.Issuer)-1] + `"`,
		"with another scheme": `"` + strings.Replace(s.Issuer, "http", "https", 1) + `"`, "with a host that looks alike": `"http://127.0.0.\u0661"`,
		"null": "null", "a number": "1", "missing": "", "empty": `""`, "after a space": `" ` + s.Issuer + `"`,
	} {
		want := middleware.ErrIssuer
		if iss != "" && iss != "null" && iss[0] != '"' {
			want = middleware.ErrMalformed
		}
		j31 = append(j31, tokenCase{"iss " + what + " is refused", claim("iss", iss), want})
	}
	s.check(t, "J31", j31)

	strict := newSetup(t, func(c *middleware.Config) { c.Issuers[0].Profile = middleware.RFC9068 })
	strictly := func(pairs ...string) string { return strict.Token(strict.Header(), strict.Claims(pairs...)) }
	s.check(t, "J32", []tokenCase{
		{"sub missing is accepted by the default profile", claim("sub", ""), nil},
		{"sub empty is accepted by the default profile", claim("sub", `""`), nil},
		{"sub a number is refused", claim("sub", "1"), middleware.ErrMalformed},
		{"sub null is accepted as missing by the default profile", claim("sub", "null"), nil},
		{"sub of 65 KiB is refused", claim("sub", `"`+strings.Repeat("a", 65<<10)+`"`), middleware.ErrTooLong},
	})
	strict.check(t, "J32", []tokenCase{
		{"the profile RFC 9068 accepts what it requires", strict.Good(), nil},
		{"sub missing is refused by the profile RFC 9068", strictly("sub", ""), middleware.ErrClaims},
		{"sub null is refused by the profile RFC 9068", strictly("sub", "null"), middleware.ErrClaims},
		{"sub empty is refused by the profile RFC 9068", strictly("sub", `""`), middleware.ErrClaims},
	})
	s.check(t, "J33", []tokenCase{
		{"jti missing is accepted by the default profile", claim("jti", ""), nil},
		{"client_id missing is accepted by the default profile", claim("client_id", ""), nil},
		{"jti a number is refused", claim("jti", "1"), middleware.ErrMalformed},
		{"client_id an array is refused", claim("client_id", `["app"]`), middleware.ErrMalformed},
	})
	strict.check(t, "J33", []tokenCase{
		{"jti missing is refused by the profile RFC 9068", strictly("jti", ""), middleware.ErrClaims},
		{"client_id missing is refused by the profile RFC 9068", strictly("client_id", ""), middleware.ErrClaims},
		{"iat missing is refused by the profile RFC 9068", strictly("iat", ""), middleware.ErrClaims},
		{"exp missing is refused by the profile RFC 9068", strictly("exp", ""), middleware.ErrClaims},
	})
}

// TestThreatsKeyIDReused tests row J35 with a real key rotation. The new key
// has the kid of the old key, but a different algorithm. A verifier that
// fetches the new key uses it.
func TestThreatsKeyIDReused(t *testing.T) {
	s := newSetup(t)
	s.check(t, "J35", []tokenCase{{"a token by the first key is accepted", s.Good(), nil}})
	reused := s.Maker
	reused.Key = testserver.GenerateKey("ES384", s.Key.ID)
	s.as.Publish(reused.Key) // replaces the first key
	fresh := &setup{as: s.as, Maker: reused, v: newVerifier(t, middleware.Config{
		Audience: "api", Issuers: []middleware.Issuer{{URL: s.Issuer}}, Client: s.as.Client(), Logger: quiet, Now: clock,
	})}
	fresh.check(t, "J35", []tokenCase{
		{"a token by the new key under the old kid is accepted", reused.Good(), nil},
		{"a token by the old key is refused", s.Good(), middleware.ErrSignature},
	})
}

func TestConfirmation(t *testing.T) {
	s := newSetup(t)
	cnf := func(value string) string { return s.Token(s.Header(), s.Claims("cnf", value)) }
	s.check(t, "D01", []tokenCase{{"a DPoP-bound token is refused as a bearer token", cnf(`{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}`), middleware.ErrConfirmation}})
	s.check(t, "M06", []tokenCase{
		{"a certificate-bound token is refused", cnf(`{"x5t#S256":"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}`), middleware.ErrConfirmation},
		{"a confirmation by key is refused", cnf(`{"jwk":{}}`), middleware.ErrConfirmation},
		{"a confirmation by key ID is refused", cnf(`{"kid":"x"}`), middleware.ErrConfirmation},
		{"an unknown confirmation is refused", cnf(`{"osc":{}}`), middleware.ErrConfirmation},
		{"an empty confirmation is refused", cnf(`{}`), middleware.ErrConfirmation},
		{"a confirmation that is null is refused", cnf(`null`), middleware.ErrConfirmation},
	})
}
