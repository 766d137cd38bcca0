package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
)

// authorize calls Authorize and also returns the header fields of the response.
func (s *setup) authorize(t *testing.T, r *http.Request, need ...scopes.Requirement) (*http.Request, http.Header, error) {
	t.Helper()
	h := make(http.Header)
	authorized, err := s.v.Authorize(h, r, need...)
	if (authorized == nil) != (err != nil) {
		t.Fatalf("got request %v together with error %v", authorized != nil, err)
	}
	return authorized, h, err
}

func TestNestedRoutesReuseOnlyTheirOwnVerifiersDecision(t *testing.T) {
	calls := 0
	counting := func(c *middleware.Config) {
		c.Revoked = func(context.Context, *middleware.Token) (bool, error) { calls++; return false, nil }
	}
	s := newSetup(t, counting)
	r := request(t, "Bearer "+s.Good())
	outer, _, err := s.authorize(t, r)
	if err != nil || calls != 1 {
		t.Fatalf("got %v after %d verifications, want one", err, calls)
	}
	if _, _, err = s.authorize(t, outer, scopes.All("read")); err != nil || calls != 1 {
		t.Errorf("got %v after %d verifications, want the first reused", err, calls)
	}
	other := outer.Clone(outer.Context())
	other.Header.Set("Authorization", "Bearer "+s.Token(s.Header(), s.Claims("exp", "1")))
	if _, _, err = s.authorize(t, other); !errors.Is(err, middleware.ErrExpired) {
		t.Errorf("got %v for other credentials in an authorized context, want %v", err, middleware.ErrExpired)
	}
	without := outer.Clone(outer.Context())
	without.Header.Del("Authorization")
	if _, _, err = s.authorize(t, without); !errors.Is(err, middleware.ErrNoToken) {
		t.Errorf("got %v without credentials in an authorized context, want %v", err, middleware.ErrNoToken)
	}
	stricter := newVerifier(t, middleware.Config{
		Audience: "another", Issuers: []middleware.Issuer{{URL: s.Issuer}}, Client: s.as.Client(), Logger: quiet, Now: clock,
	})
	if _, err = stricter.Authorize(make(http.Header), outer); !errors.Is(err, middleware.ErrAudience) {
		t.Errorf("got %v from another Verifier, want %v", err, middleware.ErrAudience)
	}
}

func TestWithTokenOpensNoRoute(t *testing.T) {
	s := newSetup(t)
	forged := &middleware.Token{Subject: "mallory", Scopes: scopes.Of("read", "admin")}
	r := request(t).WithContext(middleware.WithToken(t.Context(), forged))
	if _, _, err := s.authorize(t, r, scopes.All("read")); !errors.Is(err, middleware.ErrNoToken) {
		t.Errorf("got %v, want %v", err, middleware.ErrNoToken)
	}
	if got := middleware.TokenFrom(r.Context()); got != forged {
		t.Errorf("got %v, want the token that the test put into the context", got)
	}

	// A token that a handler puts into the context opens no nested route.
	authorized, _, err := s.authorize(t, request(t, "Bearer "+s.Good()))
	if err != nil {
		t.Fatal(err)
	}
	middleware.TokenFrom(authorized.Context()).Scopes = scopes.Of("admin")
	if _, _, err := s.authorize(t, authorized, scopes.All("admin")); !errors.Is(err, middleware.ErrRequirement) {
		t.Errorf("got %v after the handler's copy was changed, want %v", err, middleware.ErrRequirement)
	}
	between := authorized.WithContext(middleware.WithToken(authorized.Context(), forged))
	if _, _, err := s.authorize(t, between, scopes.All("admin")); !errors.Is(err, middleware.ErrRequirement) {
		t.Errorf("got %v after another token was put into the context, want %v", err, middleware.ErrRequirement)
	}
}

func TestOptionalRefusesATokenThatFails(t *testing.T) {
	s := newSetup(t)
	query := request(t)
	query.URL.RawQuery = "access_token=x"
	for name, test := range map[string]struct {
		r    *http.Request
		want error
		anon bool
	}{
		"no Authorization field":         {request(t), nil, true},
		"another scheme":                 {request(t, "Basic dXNlcjpwdw=="), nil, true},
		"only a token in the query":      {query, nil, true},
		"a good token":                   {request(t, "Bearer "+s.Good()), nil, false},
		"an expired token":               {request(t, "Bearer "+s.Token(s.Header(), s.Claims("exp", "1"))), middleware.ErrExpired, false},
		"a malformed field":              {request(t, "Bearer"), middleware.ErrRequest, false},
		"two fields":                     {request(t, "Basic x", "Bearer y"), middleware.ErrTwoTokens, false},
		"a token that is not even a JWT": {request(t, "Bearer x"), middleware.ErrOpaque, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := make(http.Header)
			authorized, err := s.v.AuthorizeOptional(h, test.r)
			if !errors.Is(err, test.want) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			if err != nil {
				return
			}
			if len(h) != 0 {
				t.Errorf("got header fields %v on a request that passed", h)
			}
			if got := middleware.TokenFrom(authorized.Context()) == nil; got != test.anon {
				t.Errorf("got anonymous %v, want %v", got, test.anon)
			}
		})
	}
}

func TestTokenFieldsComeFromTheClaims(t *testing.T) {
	s := newSetup(t)
	token, err := s.verify(s.Token(s.Header(), s.Claims(
		"nbf", unix(-time.Minute), "auth_time", unix(-time.Hour), "acr", `"urn:mace:incommon:iap:silver"`, "aud", `["api","two"]`,
		"tenant", `{"id":7}`, "scope", `"read write"`)))
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintln(token.Issuer == s.Issuer, token.Subject, token.ClientID, token.ID, token.Audience, token.Scopes.String(),
		token.Expiry.Sub(now), token.IssuedAt.Sub(now), token.NotBefore.Sub(now), token.AuthTime.Sub(now), token.ACR)
	if want := "true alice app id-1 [api two] read write 5m0s 0s -1m0s -1h0m0s urn:mace:incommon:iap:silver\n"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	type custom struct {
		Tenant struct {
			ID int `json:"id"`
		} `json:"tenant"`
	}
	claims, err := middleware.ClaimsAs[custom](token)
	if err != nil || claims.Tenant.ID != 7 {
		t.Errorf("got %+v, %v, want tenant 7", claims, err)
	}
	if _, err := middleware.ClaimsAs[struct {
		Tenant string `json:"tenant"`
	}](token); err == nil || strings.Contains(err.Error(), "7") {
		t.Errorf("got %v, want an error without the claim's value", err)
	}
	if _, err := middleware.ClaimsAs[custom](&middleware.Token{}); err == nil {
		t.Error("ClaimsAs returned claims for a token that no verifier made")
	}
	if token, err := s.verify(s.Token(s.Header(), s.Claims("client_id", "", "azp", `"web"`, "iat", ""))); err != nil || token.ClientID != "web" || !token.IssuedAt.IsZero() {
		t.Errorf("got %v, %v, want azp as the ClientID, and a zero IssuedAt", token.ClientID, err)
	}
}

type claimIs struct{ pointer, want string }

func (c claimIs) Unmet(e scopes.Evidence) *scopes.Shortfall {
	if got, ok := e.Claim(c.pointer); ok && got == c.want {
		return nil
	}
	return &scopes.Shortfall{}
}

func TestCustomRequirementsSeeTheClaims(t *testing.T) {
	s := newSetup(t)
	r := request(t, "Bearer "+s.Token(s.Header(), s.Claims("tenant", `{"id":"t1"}`)))
	if _, _, err := s.authorize(t, r, claimIs{"/tenant/id", "t1"}); err != nil {
		t.Errorf("got %v, want the requirement met", err)
	}
	_, h, err := s.authorize(t, r, claimIs{"/tenant/id", "t2"})
	if !errors.Is(err, middleware.ErrRequirement) || strings.Contains(h.Get("WWW-Authenticate"), "scope=") {
		t.Errorf("got %v and %s, want a refusal that names no scope", err, h.Get("WWW-Authenticate"))
	}
}

func TestAnswersWhenKeysCannotBeFetched(t *testing.T) {
	down := testserver.New(t)
	token := down.Token()
	if err := down.Close(); err != nil {
		t.Fatal(err)
	}
	s := &setup{v: newVerifier(t, middleware.Config{Audience: "api", Issuers: []middleware.Issuer{{URL: down.Issuer()}}, Logger: quiet})}
	_, h, err := s.authorize(t, request(t, "Bearer "+token))
	var refusal *middleware.Error
	if !errors.As(err, &refusal) || refusal.StatusCode() != 503 || !errors.Is(err, middleware.ErrUnavailable) || !errors.Is(err, jwks.ErrUnavailable) {
		t.Errorf("got %v, want 503", err)
	}
	if h.Get("Retry-After") == "" || h.Get("WWW-Authenticate") != "" || h.Get("Cache-Control") != "no-store" {
		t.Errorf("got %v, want Retry-After, no-store and no challenge", h)
	}
	if s.v.Healthy() == nil || s.v.Warm(t.Context()) == nil {
		t.Error("Healthy or Warm returned nil without keys, want an error")
	}
}

func TestWarmAndHealthy(t *testing.T) {
	up, down := testserver.New(t), testserver.New(t)
	_ = down.Close()
	v := newVerifier(t, middleware.Config{Audience: "api", Issuers: []middleware.Issuer{{URL: up.Issuer()}, {URL: down.Issuer()}}, Logger: quiet})
	if err := v.Warm(t.Context()); err == nil || !strings.Contains(err.Error(), down.Issuer()) || strings.Contains(err.Error(), up.Issuer()) {
		t.Errorf("got %v, want an error that names only the unavailable issuer", err)
	}
	if err := v.Healthy(); err != nil {
		t.Errorf("got %v, want nil while one issuer's tokens can be verified", err)
	}
}

// While a pendingKeys has no keys, Key waits until its context ends.
type pendingKeys struct{ replaceableKeys }

func (p *pendingKeys) Key(ctx context.Context, kid, alg string) (any, error) {
	if p.set.Load() != nil {
		return p.replaceableKeys.Key(ctx, kid, alg)
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

// A canceled request is reported as canceled only if a check had to wait.
// Otherwise its actual result is reported.
func TestCanceledRequest(t *testing.T) {
	seen := ""
	var source pendingKeys
	s := newSetup(t, func(c *middleware.Config) {
		c.Issuers[0].Keys = &source
		c.Observe = func(_ context.Context, o middleware.Observation) { seen = o.Reason }
		c.Revoked = func(ctx context.Context, token *middleware.Token) (bool, error) {
			if token.ID == "waits" {
				return false, ctx.Err()
			}
			return token.ID == "revoked", nil
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	canceled := func(token string, want error, reason string) {
		t.Helper()
		if _, _, err := s.authorize(t, request(t, "Bearer "+token).WithContext(ctx)); !errors.Is(err, want) || seen != reason {
			t.Errorf("got %v, observed as %q, want %v and %q", err, seen, want, reason)
		}
	}
	jti := func(id string) string { return s.Token(s.Header(), s.Claims("jti", `"`+id+`"`)) }

	canceled(s.Good(), middleware.ErrUnavailable, "canceled") // the check waits for keys
	if _, err := s.v.Explain(ctx, middleware.Credentials{Token: s.Good()}); !errors.Is(err, middleware.ErrUnavailable) {
		t.Errorf("Explain: got %v, want %v", err, middleware.ErrUnavailable)
	}
	canceled(s.Token(s.Header(), s.Claims("exp", "1")), middleware.ErrExpired, "expired")
	source.replace(t, s.as)
	canceled(s.Good(), nil, "accepted")
	canceled(s.Good()+"AAAA", middleware.ErrSignature, "signature")
	canceled(jti("revoked"), middleware.ErrRevoked, "revoked")
	canceled(jti("waits"), middleware.ErrUnavailable, "canceled")
}

func TestCallbacks(t *testing.T) {
	boom := errors.New("the list is down")
	for name, test := range map[string]struct {
		change func(*middleware.Config)
		want   error
		also   error
	}{
		"E09/a deny-list with the token refuses it":     {withDenyList("id-1"), middleware.ErrRevoked, nil},
		"E09/a deny-list with another token accepts it": {withDenyList("id-2"), nil, nil},
		"E09/a deny-list that fails makes the answer unavailable": {func(c *middleware.Config) {
			c.Revoked = func(context.Context, *middleware.Token) (bool, error) { return false, boom }
		}, middleware.ErrUnavailable, boom},
		"E09/a deny-list that fails and returns true makes the answer unavailable": {func(c *middleware.Config) {
			c.Revoked = func(context.Context, *middleware.Token) (bool, error) { return true, boom }
		}, middleware.ErrUnavailable, boom},
		"E09/a panic in the deny-list is a fault": {func(c *middleware.Config) {
			c.Revoked = func(context.Context, *middleware.Token) (bool, error) { panic("x") }
		}, middleware.ErrInternal, nil},
		"E09/a panic in the observer is a fault": {func(c *middleware.Config) { c.Observe = func(context.Context, middleware.Observation) { panic("x") } }, middleware.ErrInternal, nil},
		"E09/a panic in the clock is a fault":    {func(c *middleware.Config) { c.Now = func() time.Time { panic("x") } }, middleware.ErrInternal, nil},
		"E09/a panic in the logger is a fault": {func(c *middleware.Config) {
			c.Logger = slog.New(panicking{slog.DiscardHandler})
			withDenyList("id-1")(c)
		}, middleware.ErrInternal, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t, test.change)
			_, _, err := s.authorize(t, request(t, "Bearer "+s.Good()))
			if !errors.Is(err, test.want) || test.also != nil && !errors.Is(err, test.also) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), boom.Error()) {
				t.Errorf("got %q, which quotes the error of a callback", err)
			}
		})
	}
}

// panicking is a log handler that panics.
type panicking struct{ slog.Handler }

func (panicking) Enabled(context.Context, slog.Level) bool  { return true }
func (panicking) Handle(context.Context, slog.Record) error { panic("the disk is full") }

func TestUnconstructedVerifierRefusesEverything(t *testing.T) {
	s := newSetup(t)
	for name, v := range map[string]*middleware.Verifier{"nil": nil, "zero": {}} {
		t.Run("E10/a Verifier that is "+name, func(t *testing.T) {
			r := request(t, "Bearer "+s.Good())
			if _, err := v.Authorize(make(http.Header), r); !errors.Is(err, middleware.ErrInternal) {
				t.Errorf("Authorize: got %v, want %v", err, middleware.ErrInternal)
			}
			if _, err := v.AuthorizeOptional(make(http.Header), request(t)); !errors.Is(err, middleware.ErrInternal) {
				t.Errorf("AuthorizeOptional: got %v, want %v", err, middleware.ErrInternal)
			}
			if _, err := v.Verify(t.Context(), middleware.Credentials{Token: s.Good()}); !errors.Is(err, middleware.ErrInternal) {
				t.Errorf("Verify: got %v, want %v", err, middleware.ErrInternal)
			}
			if err := v.Check(&middleware.Token{}); !errors.Is(err, middleware.ErrInternal) {
				t.Errorf("Check: got %v, want %v", err, middleware.ErrInternal)
			}
			if err := v.Healthy(); err == nil {
				t.Error("Healthy: got no error")
			}
			if err := v.Warm(t.Context()); err == nil {
				t.Error("Warm: got no error")
			}
			if steps, err := v.Explain(t.Context(), middleware.Credentials{Token: s.Good()}); steps != nil || !errors.Is(err, middleware.ErrInternal) {
				t.Errorf("Explain: got %v and %v, want %v", steps, err, middleware.ErrInternal)
			}
		})
	}
}

func TestExplainRunsTheStepsOfVerify(t *testing.T) {
	s := newSetup(t, withDenyList("id-9"))
	names := func(made []middleware.Step) (passed []string, failed string, err error) {
		for _, s := range made {
			switch s.Outcome {
			case middleware.Passed:
				passed = append(passed, s.Name)
			case middleware.Refused:
				failed, err = s.Name, s.Err
			case middleware.NotReached:
			}
		}
		return passed, failed, err
	}
	all := []string{
		"length", "shape", "header", "claims", "issuer", "algorithm", "type", "required claims", "expiry", "not before", "issued at",
		"audience", "scope claim", "purpose", "signature", "token", "confirmation", "revocation",
	}
	for name, test := range map[string]struct {
		token  string
		failed string
		want   error
	}{
		"a good token passes all":  {s.Good(), "", nil},
		"no token":                 {"", "length", middleware.ErrNoToken},
		"an opaque token":          {"x", "shape", middleware.ErrOpaque},
		"an unknown critical":      {s.Token(s.Header("crit", "[]"), s.Claims()), "header", middleware.ErrMalformed},
		"an unknown algorithm":     {s.Token(s.Header("alg", `"none"`), s.Claims()), "header", middleware.ErrAlgorithm},
		"claims twice":             {s.Token(s.Header(), `{"a":1,"a":1}`), "claims", middleware.ErrMalformed},
		"a foreign issuer":         {s.Token(s.Header(), s.Claims("iss", `"x"`)), "issuer", middleware.ErrIssuer},
		"a secret's algorithm":     {s.Token(s.Header("alg", `"HS256"`), s.Claims()), "algorithm", middleware.ErrAlgorithm},
		"a logout token":           {s.Token(s.Header("typ", `"logout+jwt"`), s.Claims()), "type", middleware.ErrType},
		"no expiry":                {s.Token(s.Header(), s.Claims("exp", "")), "required claims", middleware.ErrClaims},
		"expired":                  {s.Token(s.Header(), s.Claims("exp", "1")), "expiry", middleware.ErrExpired},
		"not yet valid":            {s.Token(s.Header(), s.Claims("nbf", unix(time.Hour))), "not before", middleware.ErrNotYetValid},
		"issued in the future":     {s.Token(s.Header(), s.Claims("iat", unix(time.Hour))), "issued at", middleware.ErrNotYetValid},
		"another audience":         {s.Token(s.Header(), s.Claims("aud", `"x"`)), "audience", middleware.ErrAudience},
		"a scope that is a number": {s.Token(s.Header(), s.Claims("scope", "1")), "scope claim", middleware.ErrMalformed},
		"an ID token":              {s.Token(s.Header("typ", ""), s.Claims("at_hash", `"x"`)), "purpose", middleware.ErrType},
		"a forgery":                {s.Good()[:len(s.Good())-8] + "AAAAAAAA", "signature", middleware.ErrSignature},
		"revoked":                  {s.Token(s.Header(), s.Claims("jti", `"id-9"`)), "revocation", middleware.ErrRevoked},
		"bound to a key":           {s.Token(s.Header(), s.Claims("cnf", `{"jkt":"x"}`)), "confirmation", middleware.ErrConfirmation},
	} {
		t.Run(name, func(t *testing.T) {
			made, verdict := s.v.Explain(t.Context(), middleware.Credentials{Token: test.token})
			passed, failed, err := names(made)
			if !errors.Is(verdict, test.want) {
				t.Errorf("Explain returned the error %v, want %v", verdict, test.want)
			}
			if failed != test.failed || !errors.Is(err, test.want) {
				t.Errorf("step %q failed with %v, want step %q with %v", failed, err, test.failed, test.want)
			}
			for i, step := range passed {
				if step != all[i] {
					t.Errorf("step %[2]d is %[1]q, want %[3]q", step, i, all[i])
				}
			}
			if failed == "" && len(passed) != len(all) {
				t.Errorf("got %d checks passed, want %d", len(passed), len(all))
			}
			if _, verified := s.verify(test.token); !errors.Is(verified, test.want) {
				t.Errorf("got %v from Verify, want the error of Explain: %v", verified, test.want)
			}
		})
	}
}
