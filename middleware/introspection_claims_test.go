package middleware_test

import (
	"errors"
	"net/http"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/scopes"
)

// This file tests that the rules for the claims of a JWT also apply to the
// claims in introspection answers.

// verifyAnswer verifies an opaque token for which the issuer returns the given
// introspection answer.
func verifyAnswer(t *testing.T, answer string, changes ...func(*middleware.Config)) (*middleware.Token, error) {
	t.Helper()
	s, _ := introspectingSetup(t, stubAnswering(answer), changes...)
	return s.verify(handle)
}

type verdict struct {
	name   string
	answer string
	want   error // nil if the token passes
}

func checkVerdicts(t *testing.T, row string, verdicts []verdict, changes ...func(*middleware.Config)) {
	t.Helper()
	for _, v := range verdicts {
		t.Run(row+"/"+v.name, func(t *testing.T) {
			token, err := verifyAnswer(t, v.answer, changes...)
			if (token == nil) != (v.want != nil) || !errors.Is(err, v.want) {
				t.Errorf("got %v, %v, want %v", token != nil, err, v.want)
			}
			var refusal *middleware.Error
			if v.want != nil && (!errors.As(err, &refusal) || refusal.StatusCode() != http.StatusUnauthorized || refusal.Code != middleware.CodeInvalidToken) {
				t.Errorf("got %v, want 401 invalid_token", err)
			}
		})
	}
}

func TestThreatsIntrospectedClaims(t *testing.T) {
	_, m := localIssuer(opaqueIssuer)
	with := func(pairs ...string) string { return active(m, pairs...) }

	checkVerdicts(t, "I01", []verdict{
		{"a token that is not active", `{"active":false}`, middleware.ErrInactive},
		{"a token that is not active, with good claims", m.Claims("active", "false"), middleware.ErrInactive},
		{"a token that is active", with(), nil},
	})
	checkVerdicts(t, "I03", []verdict{
		{"exp past", with("exp", unix(-time.Hour)), middleware.ErrExpired},
		{"exp the skew ago", with("exp", unix(-30*time.Second)), middleware.ErrExpired},
		{"exp within the skew", with("exp", unix(-29*time.Second)), nil},
		{"exp missing, since the issuer watches over it", with("exp", ""), nil},
		{"exp a string", with("exp", `"`+unix(time.Hour)+`"`), middleware.ErrMalformed},
		{"exp null, which counts as missing", with("exp", "null"), nil},
		{"exp 0, by which some servers mean none", with("exp", "0"), nil},
		{"exp 0 with a fraction", with("exp", "0.0"), nil},
		{"exp 1", with("exp", "1"), middleware.ErrExpired},
		{"exp a part of a second", with("exp", "0.5"), middleware.ErrExpired},
		{"exp an array", with("exp", "["+unix(time.Hour)+"]"), middleware.ErrMalformed},
		{"exp beyond all calendars", with("exp", "1e300"), middleware.ErrMalformed},
		{"exp negative", with("exp", "-1"), middleware.ErrMalformed},
		{"nbf in the future", with("nbf", unix(time.Hour)), middleware.ErrNotYetValid},
		{"nbf within the skew", with("nbf", unix(30*time.Second)), nil},
		{"nbf a string", with("nbf", `"`+unix(-time.Hour)+`"`), middleware.ErrMalformed},
		{"iat in the future", with("iat", unix(time.Hour)), middleware.ErrNotYetValid},
		{"iat null", with("iat", "null"), nil},
		{"sub a number", with("sub", "1"), middleware.ErrMalformed},
		{"scope an object", with("scope", "{}"), middleware.ErrMalformed},
		{"scope an array with a number", with("scope", `["read",1]`), middleware.ErrMalformed},
	})
	checkVerdicts(t, "I04", []verdict{
		{"aud absent", with("aud", ""), middleware.ErrAudience},
		{"aud null", with("aud", "null"), middleware.ErrAudience},
		{"aud another API", with("aud", `"other"`), middleware.ErrAudience},
		{"aud other APIs", with("aud", `["other","third"]`), middleware.ErrAudience},
		{"aud ours with something else in the array", with("aud", `["api",1]`), middleware.ErrAudience},
		{"aud ours among others", with("aud", `["other","api"]`), nil},
		{"iss another issuer", with("iss", `"https://evil.example"`), middleware.ErrIssuer},
		{"iss with an extra slash", with("iss", `"`+opaqueIssuer+`/"`), middleware.ErrIssuer},
		{"iss null, which counts as absent", with("iss", "null"), nil},
		{"iss absent, since the answering issuer is known", with("iss", ""), nil},
		{"iss ours", with(), nil},
	})
	checkVerdicts(t, "I04", []verdict{
		{"aud absent where any is accepted", with("aud", ""), nil},
		{"aud another API where any is accepted", with("aud", `"other"`), nil},
		{"aud malformed where any is accepted", with("aud", `["api",1]`), middleware.ErrAudience},
	}, func(c *middleware.Config) { c.Issuers[0].InsecureNoAudience = true })
	checkVerdicts(t, "I04", []verdict{
		{"client_id ours where it names the audience", with("client_id", `"api"`, "aud", ""), nil},
		{"client_id unexpected where it names the audience", with("client_id", `"other"`, "aud", `"api"`), middleware.ErrAudience},
		{"client_id absent where it names the audience", with("client_id", "", "aud", `"api"`), middleware.ErrAudience},
	}, func(c *middleware.Config) { c.Issuers[0].AudienceClaim = "client_id" })
	checkVerdicts(t, "I05", []verdict{
		{"token_type Bearer", with("token_type", `"Bearer"`), nil},
		{"token_type bearer", with("token_type", `"bearer"`), nil},
		{"token_type access_token", with("token_type", `"access_token"`), nil},
		{"token_type missing", with(), nil},
		{"token_type refresh_token", with("token_type", `"refresh_token"`), middleware.ErrType},
		{"token_type id_token", with("token_type", `"id_token"`), middleware.ErrType},
		{"token_type DPoP", with("token_type", `"DPoP"`), middleware.ErrType},
		{"token_type mac", with("token_type", `"mac"`), middleware.ErrType},
		{"token_type N_A", with("token_type", `"N_A"`), middleware.ErrType},
		{"token_type empty", with("token_type", `""`), middleware.ErrType},
		{"token_type null", with("token_type", "null"), nil},
		{"token_type access-token", with("token_type", `"access-token"`), nil},
		{"token_type of a token exchange", with("token_type", `"urn:ietf:params:oauth:token-type:access_token"`), nil},
		{"token_type of a refresh token as token exchange has it", with("token_type", `"urn:ietf:params:oauth:token-type:refresh_token"`), middleware.ErrType},
		{"token_type of any JWT as token exchange has it", with("token_type", `"urn:ietf:params:oauth:token-type:jwt"`), middleware.ErrType},
		{"token_type an array", with("token_type", `["Bearer"]`), middleware.ErrType},
		{"token_type followed by a space", with("token_type", `"Bearer "`), nil},
		{"token_use refresh_token, as Hydra has it", with("token_use", `"refresh_token"`), middleware.ErrType},
		{"token_use access_token, as Hydra has it", with("token_use", `"access_token"`), nil},
		{"typ Refresh, as Keycloak has it", with("typ", `"Refresh"`), middleware.ErrType},
		{"typ Bearer, as Keycloak has it", with("typ", `"Bearer"`), nil},
		{"the marks of an ID token", with("at_hash", `"x"`), middleware.ErrType},
		{"the marks of a logout token", with("events", "{}"), middleware.ErrType},
		{"the mark of a signed answer", with("token_introspection", "{}"), middleware.ErrType},
		{"only a nonce, which is not a mark here", with("nonce", `"n"`, "scope", ""), nil},
		{"a constraint to a key", with("cnf", `{"jkt":"x"}`), middleware.ErrConfirmation},
		{"a constraint to a certificate", with("cnf", `{"x5t#S256":"x"}`), middleware.ErrConfirmation},
		{"an empty constraint", with("cnf", "{}"), middleware.ErrConfirmation},
		{"a constraint that is null", with("cnf", "null"), middleware.ErrConfirmation},
	})
	checkVerdicts(t, "I06", []verdict{
		{"unknown members", with("x", `{"y":[1,null]}`, "https://example.com/z", `"z"`), nil},
	})
}

// The claims of each test case result in the same Token or the same error,
// whether they come from a JWT or from an introspection answer.
func TestOpaqueTokenAndJWTMakeTheSameToken(t *testing.T) {
	type custom struct {
		Department string `json:"department"`
		Nested     struct {
			Roles []string `json:"roles"`
		} `json:"nested"`
	}
	far := unix(100 * 365 * 24 * time.Hour)
	for name, pairs := range map[string][]string{
		"plain": {}, "no scope": {"scope", ""}, "scp": {"scope", "", "scp", `["read","write"]`}, "a scope array": {"scope", `["read","write"]`},
		"many scopes": {"scope", `"a b read write"`}, "authentication": {"acr", `"2"`, "auth_time", unix(-time.Minute)}, "azp": {"client_id", "", "azp", `"app2"`},
		"custom": {"department", `"sales"`, "nested", `{"roles":["admin"]}`}, "no subject": {"sub", ""}, "audiences": {"aud", `["x","api"]`},
		"escapes": {"sub", `"\u0061lice"`}, "nbf": {"nbf", unix(-time.Minute)}, "far": {"exp", far},
		"expired": {"exp", unix(-time.Hour)}, "not yet": {"nbf", unix(time.Hour)}, "issued later": {"iat", unix(time.Hour)}, "another audience": {"aud", `"x"`},
		"bound": {"cnf", "{}"}, "an ID token": {"at_hash", `"x"`}, "exp a string": {"exp", `"1"`}, "scope a number": {"scope", "1"}, "no audience": {"aud", ""},
		"acr a number": {"acr", "1"}, "auth_time a string": {"auth_time", `"1"`}, "another issuer": {"iss", `"https://x.example"`},
	} {
		t.Run(name, func(t *testing.T) {
			s, m := introspectingSetup(t, stubAnswering(active(forge.Maker{Issuer: opaqueIssuer, Audience: "api", Now: now}, pairs...)))
			jwt, jwtErr := s.verify(m.Token(m.Header("typ", `"JWT"`), m.Claims(append([]string{"active", "true"}, pairs...)...)))
			opaque, opaqueErr := s.verify(handle)
			if (jwtErr == nil) != (opaqueErr == nil) {
				t.Fatalf("got %v for the JWT, %v for the opaque token", jwtErr, opaqueErr)
			}
			if jwtErr != nil {
				var a, b *middleware.Error
				if !errors.As(jwtErr, &a) || !errors.As(opaqueErr, &b) || bodyOf(a) != bodyOf(b) || a.Err.Error() != b.Err.Error() {
					t.Errorf("got %v for the JWT, %v for the opaque token", jwtErr, opaqueErr)
				}
				return
			}
			if !reflect.DeepEqual(jwt, opaque) {
				t.Errorf("the JWT and the opaque token differ in a field")
			}
			one, errOne := middleware.ClaimsAs[custom](jwt)
			two, errTwo := middleware.ClaimsAs[custom](opaque)
			if errOne != nil || errTwo != nil || !reflect.DeepEqual(one, two) {
				t.Errorf("ClaimsAs: got %+v, %v and %+v, %v", one, errOne, two, errTwo)
			}
			for _, need := range []scopes.Requirement{scopes.All("read"), scopes.All("read", "write"), scopes.Any("write", "x"), scopes.All("admin")} {
				if a, b := s.v.Check(jwt, need), s.v.Check(opaque, need); (a == nil) != (b == nil) {
					t.Errorf("Check: got %v and %v", a, b)
				}
			}
		})
	}
}

func TestAnOpaqueTokenWithoutIssuerAndExpiry(t *testing.T) {
	token, err := verifyAnswer(t, `{"active":true,"aud":"api","scope":"read"}`)
	if err != nil {
		t.Fatal(err)
	}
	if token.Issuer != opaqueIssuer || !token.Expiry.IsZero() || !token.Scopes.Has("read") {
		t.Errorf("got issuer %q, expiry %v, scopes %v", token.Issuer, token.Expiry, token.Scopes)
	}
	s, _ := introspectingSetup(t, stubAnswering(`{}`))
	if err := s.v.Check(token, scopes.All("read")); err != nil {
		t.Errorf("Check: got %v, want a token without exp accepted", err)
	}
}

func TestRevokedIsCalledForOpaqueTokens(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*middleware.Config)
		want   error
	}{
		"one with the token": {func(c *middleware.Config) { c.Revoked = denyList("id-9") }, middleware.ErrRevoked},
		"one that does not":  {func(c *middleware.Config) { c.Revoked = denyList("id-8") }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := stubAnswering(answerNow("jti", `"id-9"`))
				s, _ := introspectingSetup(t, o, realTime, tt.change)
				for range 2 { // first the server answers, then the cache
					if _, err := s.verify(handle); !errors.Is(err, tt.want) {
						t.Errorf("got %v, want %v", err, tt.want)
					}
				}
				o.assertReceived(t, handle)
			})
		})
	}
}
