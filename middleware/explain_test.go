package middleware_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// Explain shows which values of typ were expected. These values depend on the
// configuration of the issuer.
func TestExplainShowsTheTypesOfTheIssuer(t *testing.T) {
	for want, change := range map[string]func(*middleware.Issuer){
		`"at+jwt"`:                           func(i *middleware.Issuer) { i.Profile = middleware.RFC9068 },
		`"JWT" or none`:                      func(i *middleware.Issuer) { i.Purpose, i.Audiences = middleware.IDTokens, []string{"api"} },
		`"at+jwt", "JWT" or none, or "jose"`: func(i *middleware.Issuer) { i.Types = []string{"JOSE"} },
	} {
		t.Run(want, func(t *testing.T) {
			s := newSetup(t, func(c *middleware.Config) { change(&c.Issuers[0]) })
			made, _ := s.v.Explain(t.Context(), middleware.Credentials{Token: s.Token(s.Header("typ", `"logout+jwt"`), s.Claims())})
			at := slices.IndexFunc(made, func(step middleware.Step) bool { return step.Name == "type" })
			if at < 0 || made[at].Expected != want {
				t.Errorf("got %+q, want type to expect %q", made, want)
			}
		})
	}
}

func TestExplainShowsWhatWasExpectedAndWhatWasFound(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s := newSetup(t, func(c *middleware.Config) { c.Now = func() time.Time { return at } })
	s.Now = at
	issuer := s.as.Issuer()
	unix := func(d time.Duration) string { return fmt.Sprint(at.Add(d).Unix()) }
	for _, tt := range []struct {
		token, step     string
		expected, found string
	}{
		{s.Good(), "shape", "a JWT of three base64url segments", "a JWT"},
		{"opaque", "shape", "a JWT of three base64url segments", "an opaque token"},
		{strings.Join(strings.SplitAfter(s.Good(), ".")[:2], ""), "shape", "a JWT of three base64url segments", "a malformed JWT"},
		{s.Good(), "header", "a supported alg", `alg "ES256"`},
		{s.Token(s.Header(), s.Claims("iss", `"`+issuer+`/"`)), "issuer", `"` + issuer + `"`, `"` + issuer + `/": only the slash at the end differs`},
		{s.Token(s.Header(), s.Claims("iss", "")), "issuer", `"` + issuer + `"`, "none"},
		{s.Token(s.Header(), s.Claims("iss", `"\u001b[31m\u202e"`)), "issuer", `"` + issuer + `"`, `"\x1b[31m\u202e"`},
		{s.Token(s.Header(), s.Claims("iss", `"`+strings.Repeat("x", 300)+`"`)), "issuer", `"` + issuer + `"`, `"` + strings.Repeat("x", 200) + `" and 100 more bytes`},
		{s.Token(s.Header("typ", `"logout+jwt"`), s.Claims()), "type", `"at+jwt", "JWT" or none`, `"logout+jwt"`},
		{s.Token(s.Header("typ", ""), s.Claims()), "type", `"at+jwt", "JWT" or none`, "none"},
		{s.Token(s.Header(), s.Claims("exp", unix(-3*time.Minute))), "expiry", "in the future, or at most 30s ago", "expired 3 min ago (2026-01-02T03:01:05Z)"},
		{s.Token(s.Header(), s.Claims("exp", unix(90*time.Second))), "expiry", "in the future, or at most 30s ago", "expires in 90 s (2026-01-02T03:05:35Z)"},
		{s.Token(s.Header(), s.Claims("exp", unix(-50*time.Hour))), "expiry", "in the future, or at most 30s ago", "expired 2 days ago (2025-12-31T01:04:05Z)"},
		{s.Token(s.Header(), s.Claims("nbf", unix(5*time.Hour))), "not before", "in the past, or at most 30s ahead", "in 5 h (2026-01-02T08:04:05Z)"},
		{s.Token(s.Header(), s.Claims("exp", "")), "required claims", "exp", "none"},
		{s.Token(s.Header(), s.Claims("aud", `["other","third"]`)), "audience", `"api"`, `"other", "third"`},
		{s.Token(s.Header(), s.Claims("typ", `"ID"`)), "purpose", "no claim that marks another kind of token", `scope, typ "ID"`},
		{s.Token(s.Header("typ", ""), s.Claims("at_hash", `"CANARY"`, "nonce", `"CANARY"`)), "purpose", "no claim that marks another kind of token", "scope, at_hash, nonce"},
		{s.Token(s.Header("kid", `"unknown"`), s.Claims()), "signature", "", `kid "unknown"`},
		{s.Token(s.Header(), s.Claims("scope", `"write"`)), "requirements", `scope "read"`, `scope "write"`},
	} {
		made, _ := s.v.Explain(t.Context(), middleware.Credentials{Token: tt.token}, scopes.All("read"))
		found := false
		for _, step := range made {
			if step.Name != tt.step {
				continue
			}
			found = true
			if step.Expected != tt.expected || step.Found != tt.found {
				t.Errorf("%s: got %q and %q, want %q and %q", tt.step, step.Expected, step.Found, tt.expected, tt.found)
			}
			if printed := fmt.Sprintf("%v %+v %#v", step, step, step); strings.Contains(tt.found, `"`) && strings.Contains(printed, tt.found) {
				t.Errorf("%s prints text of the token: %q", tt.step, printed)
			}
		}
		if !found {
			t.Errorf("%s is not among %v", tt.step, made)
		}
	}
}

func TestExplainBoundsLists(t *testing.T) {
	s := newSetup(t)
	made, _ := s.v.Explain(t.Context(), middleware.Credentials{Token: s.Token(s.Header(), s.Claims("aud", "["+strings.Repeat(`"x",`, 99)+`"y"]`))})
	for _, step := range made {
		if step.Name == "audience" && !strings.HasSuffix(step.Found, `"x", 80 more`) {
			t.Errorf("got %q, want 20 audiences and how many more there are", step.Found)
		}
	}
}
