package middleware_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// failingStore is a shared store whose errors and panics contain the key or the
// value.
type failingStore struct{ panics bool }

func (s failingStore) Get(_ context.Context, key string) ([]byte, bool, error) {
	return nil, false, errors.New(key)
}

func (s failingStore) Set(_ context.Context, key string, value []byte, _ time.Duration) error {
	if s.panics {
		panic(string(value))
	}
	return errors.New(key + string(value))
}

// No output may contain any part of an opaque token, of the API's secret, of a
// claim or of an introspection answer.
func TestNoPartOfAnOpaqueTokenLeaks(t *testing.T) {
	const (
		token  = "tok3nAq8Zs5WxPl2"
		secret = "s3cretPl0Mko9Nji"
		claim  = "cl4imYh6Tg5RfVb1"
	)
	claims := func(pairs ...string) func() string {
		return func() string {
			return answerNow(append([]string{"sub", `"` + claim + `"`, "jti", `"` + claim + `"`, "x", `"` + claim + `"`, "echo", `"` + token + `"`}, pairs...)...)
		}
	}
	text := func(answer string) func() string { return func() string { return answer } }
	for name, path := range map[string]struct {
		answer func() string
		change func(*middleware.Config, *introspect.Config)
	}{
		"accepted":             {claims(), nil},
		"not active":           {text(`{"active":false,"sub":"` + claim + `"}`), nil},
		"expired":              {claims("exp", "1"), nil},
		"not yet valid":        {claims("nbf", "99999999999"), nil},
		"another audience":     {claims("aud", `"`+claim+`"`), nil},
		"another issuer":       {claims("iss", `"https://`+claim+`.example"`), nil},
		"another type":         {claims("token_type", `"`+claim+`"`), nil},
		"bound to a key":       {claims("cnf", `{"jkt":"`+claim+`"}`), nil},
		"a hostile scope":      {claims("scope", `{"`+claim+`":"\r\n"}`), nil},
		"a claim twice":        {claims(claim, "1", claim, "2"), nil},
		"a claim of no type":   {claims("sub", `["`+claim+`"]`), nil},
		"an odd answer":        {text(`{"active":"` + claim + `"}`), nil},
		"no JSON":              {text(claim + token), nil},
		"not UTF-8":            {text("{\"active\":true,\"x\":\"" + claim + "\xff\"}"), nil},
		"a refusal":            {text("401"), nil},
		"an outage":            {text("503"), nil},
		"a malformed question": {text("400"), nil},
		"too large":            {text(`{"active":true,"x":"` + strings.Repeat(claim, 30000) + `"}`), nil},
		"revoked":              {claims(), func(c *middleware.Config, _ *introspect.Config) { c.Revoked = denyList(claim) }},
		"a deny-list that fails": {claims(), func(c *middleware.Config, _ *introspect.Config) {
			c.Revoked = func(_ context.Context, t *middleware.Token) (bool, error) { return false, errors.New(t.ID) }
		}},
		"a deny-list that panics": {claims(), func(c *middleware.Config, _ *introspect.Config) {
			c.Revoked = func(_ context.Context, t *middleware.Token) (bool, error) { panic(t.ID) }
		}},
		"a store that fails":  {claims(), func(_ *middleware.Config, c *introspect.Config) { c.Cache = failingStore{} }},
		"a store that panics": {claims(), func(_ *middleware.Config, c *introspect.Config) { c.Cache = failingStore{panics: true} }},
		"our own token missing": {claims(), func(_ *middleware.Config, c *introspect.Config) {
			c.Auth = introspect.Bearer(func(context.Context) (string, error) { return "", errors.New(secret) })
		}},
		"our own token panicking": {claims(), func(_ *middleware.Config, c *introspect.Config) {
			c.Auth = introspect.Bearer(func(context.Context) (string, error) { panic(secret) })
		}},
		"a transport that fails": {nil, func(_ *middleware.Config, c *introspect.Config) {
			c.Client = &http.Client{Transport: failingTransport(false)}
		}},
		"a transport that panics": {nil, func(_ *middleware.Config, c *introspect.Config) {
			c.Client = &http.Client{Transport: failingTransport(true)}
		}},
	} {
		t.Run("E04/"+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				recorder := new(outputRecorder)
				options := &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}
				logger := slog.New(slog.NewMultiHandler(slog.NewTextHandler(recorder, options), slog.NewJSONHandler(recorder, options)))
				o := &introspectionStub{}
				if path.answer != nil {
					o.answer = func(string) string { return path.answer() }
				}
				config := introspect.Config{Endpoint: opaqueEndpoint, Auth: introspect.Post("api", secret), Client: &http.Client{Transport: o}, Logger: logger}
				issuer, _ := localIssuer(opaqueIssuer)
				whole := middleware.Config{
					Audience: "api", Issuers: []middleware.Issuer{issuer}, Logger: logger,
					Observe: func(_ context.Context, o middleware.Observation) { recorder.print(o) },
				}
				if path.change != nil {
					path.change(&whole, &config)
				}
				client, err := introspect.New(config)
				if err != nil {
					t.Fatal(err)
				}
				whole.Issuers[0].Introspection = client
				v := newVerifier(t, whole)
				for _, need := range []scopes.Requirement{scopes.All("read"), scopes.All("missing")} {
					h := make(http.Header)
					authorized, err := v.Authorize(h, request(t, "Bearer "+token), need)
					recorder.print(h, err, errors.Unwrap(err))
					if authorized != nil {
						recorder.print(middleware.TokenFrom(authorized.Context()), authorized.Context())
					}
					var refusal *middleware.Error
					if errors.As(err, &refusal) {
						recorder.print(refusal, *refusal, bodyOf(refusal))
					}
				}
				explained, err := v.Explain(t.Context(), middleware.Credentials{Token: token})
				recorder.print(explained, err, config.Auth)
				output := recorder.drain()
				if len(output) < 1000 {
					t.Fatalf("got only the output %q, want logs, printed values and observations", output)
				}
				for what, canary := range map[string]string{"token": token, "secret": secret, "claims": claim} {
					if piece := leaked(output, canary); piece != "" {
						at := strings.Index(output, piece)
						t.Errorf("part of the %s leaked: …%s…", what, output[max(0, at-80):min(len(output), at+40)])
					}
				}
			})
		})
	}
}

// failingTransport is a transport on which every request fails. The error or
// panic contains the request body.
type failingTransport bool

func (panics failingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	var body bytes.Buffer
	_, _ = body.ReadFrom(r.Body)
	if panics {
		panic(body.String())
	}
	return nil, fmt.Errorf("%s %v %s", r.URL, r.Header, body.String())
}
