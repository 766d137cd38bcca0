package main

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/apitest"
)

// startIntrospecting runs the program with credentials for introspection at the
// given server.
func startIntrospecting(t *testing.T, framework string, as *testserver.Server, changes map[string]string) (url string) {
	t.Helper()
	env := map[string]string{
		"ISSUER": as.Issuer(), "FRAMEWORK": framework,
		"INTROSPECTION_CLIENT_ID": as.DefaultClient().ID, "INTROSPECTION_CLIENT_SECRET": as.DefaultClient().Secret,
	}
	maps.Copy(env, changes)
	return start(t, env)
}

// eachFramework runs a test for each framework, with a new authorization
// server.
func eachFramework(t *testing.T, run func(t *testing.T, framework string, as *testserver.Server)) {
	for framework := range frameworks {
		t.Run(framework, func(t *testing.T) { run(t, framework, testserver.New(t, testserver.Audience(audience))) })
	}
}

var opaque = testserver.OpaqueTokens()

func TestAnOpaqueTokenIsAnsweredLikeAJWT(t *testing.T) {
	eachFramework(t, func(t *testing.T, framework string, as *testserver.Server) {
		url := startIntrospecting(t, framework, as, nil)
		options := []testserver.TokenOption{testserver.Subject("alice"), testserver.ForClient("shop"), testserver.Scope("items:read", "extra")}
		for kind, token := range map[string]string{"a JWT": as.Token(options...), "an opaque token": as.Token(append(options, opaque)...)} {
			for route, want := range map[string]struct {
				status int
				body   string
			}{
				"/me":    {200, `{"sub":"alice","client_id":"shop","iss":"` + as.Issuer() + `","scopes":["items:read","extra"]}`},
				"/items": {200, `{"items":["anvil","bellows"]}`},
				"/any":   {200, `{"status":"ok"}`},
				"/admin": {403, `{"error":"insufficient_scope","error_description":"token does not meet the requirements of this resource"}`},
			} {
				if status, _, body := get(t, url+route, token); status != want.status || body != want.body {
					t.Errorf("GET %s with %s: got %d %s, want %d %s", route, kind, status, body, want.status, want.body)
				}
			}
		}
		if got := as.Count(testserver.EndpointIntrospect); got != 1 {
			t.Errorf("got %d introspections for one opaque token and a JWT, want 1", got)
		}
	})
}

func TestARevokedTokenIsRefusedAtOnceWithoutCaching(t *testing.T) {
	eachFramework(t, func(t *testing.T, framework string, as *testserver.Server) {
		url := startIntrospecting(t, framework, as, map[string]string{"INTROSPECTION_MAX_TTL": "0s"})
		token := as.Token(opaque)
		for range 2 {
			if status, _, body := get(t, url+"/me", token); status != http.StatusOK {
				t.Errorf("got %d %s, want 200", status, body)
			}
		}
		as.Revoke(token)
		status, header, _ := get(t, url+"/me", token)
		if challenge := strings.Join(header.Values("WWW-Authenticate"), ", "); status != http.StatusUnauthorized || !strings.Contains(challenge, `error="invalid_token"`) {
			t.Errorf("got %d %s for a revoked token, want 401 with invalid_token", status, challenge)
		}
		if got := as.Count(testserver.EndpointIntrospect); got != 3 {
			t.Errorf("got %d introspections for three requests, want 3", got)
		}
	})
}

func TestAnIntrospectionOutageOnlyAffectsOpaqueTokens(t *testing.T) {
	eachFramework(t, func(t *testing.T, framework string, as *testserver.Server) {
		url := startIntrospecting(t, framework, as, nil)
		token := as.Token(opaque)
		outage := as.Inject(testserver.EndpointIntrospect, testserver.DropConnection())
		status, header, body := get(t, url+"/me", token)
		if status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" || header.Get("WWW-Authenticate") != "" {
			t.Errorf("an opaque token: got %d %s with header %v, want 503 with Retry-After and no challenge", status, body, header)
		}
		for _, test := range []struct{ path, token string }{
			{"/me", as.Token()}, // also fetches the keys; until then /healthz answers 503
			{"/healthz", ""},
			{"/public", ""},
		} {
			if status, _, body := get(t, url+test.path, test.token); status != http.StatusOK {
				t.Errorf("GET %s: got %d %s, want 200", test.path, status, body)
			}
		}
		outage.Remove()
		if status, _, body := get(t, url+"/me", token); status != http.StatusOK {
			t.Errorf("an opaque token after the outage: got %d %s, want 200", status, body)
		}
	})
}

func TestOpaqueTokensAreRefusedWhileTheIssuerIsDown(t *testing.T) {
	eachFramework(t, func(t *testing.T, framework string, as *testserver.Server) {
		url := startIntrospecting(t, framework, as, map[string]string{"ISSUER": "http://" + program.Address(t)})
		if status, header, _ := get(t, url+"/me", as.Token(opaque)); status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" {
			t.Errorf("got %d with header %v, want 503 with Retry-After", status, header)
		}
	})
}

func TestOnlyTheFirstIssuerIntrospects(t *testing.T) {
	eachFramework(t, func(t *testing.T, framework string, first *testserver.Server) {
		second := testserver.New(t, testserver.Audience(audience))
		url := startIntrospecting(t, framework, first, map[string]string{"ISSUER": first.Issuer() + ", " + second.Issuer()})
		for _, test := range []struct {
			name, token string
			status      int
		}{
			{"an opaque token of the first", first.Token(opaque), 200},
			{"a JWT of the first", first.Token(), 200},
			{"an opaque token of the second", second.Token(opaque), 401},
			{"a JWT of the second", second.Token(), 200},
		} {
			if status, _, body := get(t, url+"/me", test.token); status != test.status {
				t.Errorf("%s: got %d %s, want %d", test.name, status, body, test.status)
			}
		}
		if got := second.Count(testserver.EndpointIntrospect); got != 0 {
			t.Errorf("got %d introspections at the second issuer, want 0", got)
		}
	})
}

func TestCheckURLFindsNothingAboutOpaqueTokens(t *testing.T) {
	eachFramework(t, func(t *testing.T, framework string, as *testserver.Server) {
		apitest.CheckURL(t, as, startIntrospecting(t, framework, as, nil), func() *http.Request {
			return httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/items", nil)
		}, apitest.Token(opaque), apitest.RequireScope("items:read"), apitest.AlsoDefect(testserver.InactiveOpaque, testserver.UnknownOpaque))
	})
}

// The metadata of Ory Hydra contains no introspection endpoint, so
// INTROSPECTION_ENDPOINT must be set.
func TestIntrospectionEndpointByEnvironment(t *testing.T) {
	as := testserver.New(t, testserver.Audience(audience), testserver.Metadata(func(doc map[string]any) { delete(doc, "introspection_endpoint") }))
	token := as.Token(opaque, testserver.Scope("items:read"))
	for endpoint, want := range map[string]int{"": 503, as.Endpoint(testserver.EndpointIntrospect): 200} {
		url := startIntrospecting(t, "http", as, map[string]string{"INTROSPECTION_ENDPOINT": endpoint})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/me", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%q: got %d, want %d", endpoint, resp.StatusCode, want)
		}
	}
}
