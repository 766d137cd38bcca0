package middleware_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
)

// explained runs Explain and returns the step with this name.
func (c *client) explained(t *testing.T, presented middleware.Credentials, name string) middleware.Step {
	t.Helper()
	made, _ := c.v.Explain(t.Context(), presented)
	at := slices.IndexFunc(made, func(step middleware.Step) bool { return step.Name == name })
	if at < 0 {
		t.Fatalf("got %+q, want the step %q", made, name)
	}
	return made[at]
}

func TestExplainShowsProofs(t *testing.T) {
	c := newClient(t, func(c *middleware.Config) {
		c.Origins = []string{publicOrigin, "http://localhost:8080/v1"}
	})
	nonces := dpop.NewNonces(make([]byte, 32), time.Minute)
	noncing := newClient(t, func(c *middleware.Config) { c.DPoP.Nonces = nonces })
	required := newClient(t, func(c *middleware.Config) { c.DPoP.Required = true })
	without := newClient(t, func(c *middleware.Config) { c.DPoP = nil })
	jkt := thumbprintOf(c.key)
	urls := `"` + publicOrigin + `/orders", "http://localhost:8080/v1/orders"`
	nonce := func(at time.Duration) string { return `"` + nonces.Issue(now.Add(at)) + `"` }
	const window, host, prefix = "iat at most 1m30s ago, or at most 45s ahead", ": is another host or port in front of the API? Add its URL to Origins",
		": does a proxy in front of the API strip or add a part of the path? Origins must contain the path that it strips"
	with := func(c *client, proofs ...string) func(*middleware.Credentials) {
		return func(presented *middleware.Credentials) { *presented = c.credentials(proofs...) }
	}
	bearer := func(token string) func(*middleware.Credentials) {
		return func(presented *middleware.Credentials) { *presented = middleware.Credentials{Token: token} }
	}
	for _, tt := range []struct {
		name, step      string
		c               *client
		present         func(*middleware.Credentials)
		expected, found string
		refused         bool
	}{
		{"a bound token with its scheme", "confirmation", c, with(c, c.proof()), "a token that is bound to a key", `a token that is bound to the key "` + jkt + `", with the scheme DPoP`, false},
		{"a bound token as a bearer token", "confirmation", c, bearer(c.token), "a token that is not bound to a key, or the scheme DPoP", `a token that is bound to the key "` + jkt + `", with the scheme Bearer`, true},
		{"a bound token without DPoP", "confirmation", without, bearer(without.token), "a token that is not bound to a key, since Config.DPoP is nil", `a token that is bound to the key "` + thumbprintOf(without.key) + `", with the scheme Bearer`, true},
		{"a plain token where DPoP is required", "confirmation", required, bearer(required.Good()), "a token that is bound to a key, with the scheme DPoP", "a token that is not bound to a key, with the scheme Bearer", true},
		{"a certificate", "confirmation", c, bearer(c.bound(`{"x5t#S256":"x"}`)), "a cnf with only jkt and x5t#S256, each a SHA-256 hash in base64url without padding", "a token with a cnf that cannot be checked, with the scheme Bearer", true},
		{"one proof", "proof", c, with(c, c.proof()), "one DPoP field, with one of the algorithms ES256 ES384 ES512 EdDSA Ed25519 PS256 RS256", `1 DPoP fields, alg "ES256"`, false},
		{"no proof", "proof", c, with(c), "one DPoP field, with one of the algorithms ES256 ES384 ES512 EdDSA Ed25519 PS256 RS256", "0 DPoP fields", true},
		{"two proofs", "proof", c, with(c, c.proof(), c.proof()), "one DPoP field, with one of the algorithms ES256 ES384 ES512 EdDSA Ed25519 PS256 RS256", "2 DPoP fields", true},
		{"another key", "proof key", c, with(c, required.proof()), `"` + jkt + `"`, `"` + thumbprintOf(required.key) + `"`, true},
		{"another method", "proof method", c, with(c, c.proof("htm", `"P\u0000T"`)), `"GET"`, `"P\x00T"`, true},
		{"the same URL", "proof URL", c, with(c, c.proof()), urls, `"` + publicOrigin + `/orders"`, false},
		{"the URL behind a proxy", "proof URL", c, with(c, c.proof("htu", `"http://10.0.0.7:8080/orders"`)), urls, `"http://10.0.0.7:8080/orders"` + host, true},
		{"a stripped path", "proof URL", c, with(c, c.proof("htu", `"`+publicOrigin+`/api/orders"`)), urls, `"` + publicOrigin + `/api/orders"` + prefix, true},
		{"no URL", "proof URL", c, with(c, c.proof("htu", `"orders"`)), urls, `"orders"` + host, true},
		{"a good time", "proof time", c, with(c, c.proof()), window, "iat 0 s ago (2026-01-01T12:00:00Z)", false},
		{"a slow clock", "proof time", c, with(c, c.proof(at("iat", -150)...)), window, "iat 2 min ago (2026-01-01T11:57:30Z)", true},
		{"a fast clock", "proof time", c, with(c, c.proof(at("iat", 600)...)), window, "iat in 10 min (2026-01-01T12:10:00Z)", true},
		{"the newest nonce", "proof time", noncing, with(noncing, noncing.proof("nonce", nonce(0))), "a nonce that this API issued recently", "a recent nonce", false},
		{"the nonce before", "proof time", noncing, with(noncing, noncing.proof("nonce", nonce(-time.Minute))), "a nonce that this API issued recently", "a recent nonce", false},
		{"an old nonce", "proof time", noncing, with(noncing, noncing.proof("nonce", nonce(-time.Hour))), "a nonce that this API issued recently", "another nonce", true},
		{"no nonce", "proof time", noncing, with(noncing, noncing.proof()), "a nonce that this API issued recently", "none", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var presented middleware.Credentials
			tt.present(&presented)
			got := tt.c.explained(t, presented, tt.step)
			if got.Expected != tt.expected || got.Found != tt.found || (got.Outcome == middleware.Refused) != tt.refused {
				t.Errorf("got %s, expected %q and found %q, want %q and %q", got.Outcome, got.Expected, got.Found, tt.expected, tt.found)
			}
		})
	}
}

// Explain skips the replay check. It therefore does not use up a proof, and a
// request can be explained before and after it is sent.
func TestExplainDoesNotUseUpTheProof(t *testing.T) {
	c := newClient(t)
	proof := c.proof()
	for range 2 {
		steps, err := c.v.Explain(t.Context(), c.credentials(proof))
		wants(t, err, nil)
		if slices.ContainsFunc(steps, func(s middleware.Step) bool { return s.Name == "replay" }) {
			t.Error("got the step replay, which would use up the proof")
		}
	}
	wants(t, c.send(t, proof), nil)
	wants(t, c.send(t, proof), middleware.ErrReplay)
	_, err := c.v.Explain(t.Context(), c.credentials(proof))
	wants(t, err, nil)
}

func TestSchemeInObservationsAndLogs(t *testing.T) {
	var seen []middleware.Observation
	var logged bytes.Buffer
	c := newClient(t, func(c *middleware.Config) {
		c.Observe = func(_ context.Context, o middleware.Observation) { seen = append(seen, o) }
		c.Logger = slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	bound := c.token
	for _, tt := range []struct {
		name, authorization, scheme, reason string
		code                                middleware.Code
		proof                               string
	}{
		{"a bound token", "DPoP " + bound, "DPoP", "accepted", "", c.proof()},
		{"a bound token in lower case", "dpop " + bound, "DPoP", "accepted", "", c.proof()},
		{"a plain token", "bearer " + c.Good(), "Bearer", "accepted", "", ""},
		{"another scheme", "Basic YTpi", "", "no_token", middleware.CodeNoToken, ""},
		{"a bad proof", "DPoP " + bound, "DPoP", "proof", middleware.CodeInvalidProof, "SECRETPROOF"},
		{"another key", "DPoP " + bound, "DPoP", "proof_key", middleware.CodeInvalidToken, c.signed(c.head("jwk", jwkOf(c.Key)), c.body())},
		{"an old proof", "DPoP " + bound, "DPoP", "proof_time", middleware.CodeInvalidProof, c.proof("iat", "1")},
		{"the wrong scheme", "Bearer " + bound, "Bearer", "bound", middleware.CodeInvalidToken, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen = nil
			logged.Reset()
			r := request(t, tt.authorization)
			r.URL.Path = "/orders"
			if tt.proof != "" {
				r.Header["Dpop"] = []string{tt.proof}
			}
			_, err := c.v.Authorize(make(http.Header), r)
			if len(seen) != 1 || seen[0].Scheme != tt.scheme || seen[0].Reason != tt.reason || seen[0].Code != tt.code {
				t.Errorf("got %+v, want the scheme %q, the reason %q and the code %q", seen, tt.scheme, tt.reason, tt.code)
			}
			if err == nil {
				return
			}
			var line struct{ Scheme, Reason string }
			if err := json.Unmarshal(logged.Bytes(), &line); err != nil || line.Scheme != tt.scheme || line.Reason != tt.reason {
				t.Errorf("got the log %s and %v, want the scheme %q and the reason %q", &logged, err, tt.scheme, tt.reason)
			}
			if text := logged.String(); strings.Contains(text, "SECRETPROOF") || strings.Contains(text, bound) || strings.Contains(text, thumbprintOf(c.key)) {
				t.Errorf("the log quotes the request: %s", text)
			}
		})
	}
}
