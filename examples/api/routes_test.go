package main

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

const (
	audience  = "https://api.example.com"
	wellKnown = "/.well-known/oauth-protected-resource"
)

// newAPIs builds the routes on every framework, with one verifier that trusts
// one mock authorization server.
func newAPIs(t testing.TB) (*testserver.Server, map[string]http.Handler) {
	t.Helper()
	as := testserver.New(t, testserver.Audience(audience))
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: audience,
		Issuers:  []middleware.Issuer{{URL: as.Issuer()}},
		Client:   as.Client(),
		Origins:  []string{audience},
		DPoP:     new(dpop.Policy),
	})
	if err != nil {
		t.Fatal(err)
	}
	apis := map[string]http.Handler{}
	for name, build := range frameworks {
		apis[name] = build(v)
	}
	return as, apis
}

func newRequest(t testing.TB, route string) *http.Request {
	method, path, _ := strings.Cut(route, " ")
	return httptest.NewRequestWithContext(t.Context(), method, path, nil)
}

func serveRequest(api http.Handler, req *http.Request) (status int, body string) {
	rec := httptest.NewRecorder()
	api.ServeHTTP(rec, req)
	return rec.Code, strings.TrimSpace(rec.Body.String())
}

func TestEachRouteRequiresItsScopes(t *testing.T) {
	as, apis := newAPIs(t)
	for _, test := range []struct {
		route  string
		scopes []string
		status int
	}{
		{"GET /me", nil, 200},
		{"GET /me", []string{"anything"}, 200},
		{"GET /items", nil, 403},
		{"GET /items", []string{"items:write", "admin"}, 403},
		{"GET /items", []string{"items:read"}, 200},
		{"POST /items", []string{"items:read", "admin"}, 403},
		{"POST /items", []string{"items:write"}, 200},
		{"GET /admin", []string{"items:read", "items:write"}, 403},
		{"GET /admin", []string{"admin"}, 403},
		{"GET /admin", []string{"admin", "items:write", "items:read"}, 200},
		{"GET /any", []string{"items:write"}, 403},
		{"GET /any", []string{"items:read"}, 200},
		{"GET /any", []string{"admin"}, 200},
	} {
		for framework, api := range apis {
			req := as.Authorize(newRequest(t, test.route), testserver.Scope(test.scopes...))
			if status, body := serveRequest(api, req); status != test.status {
				t.Errorf("%s: %s with scopes %q: got %d %s, want %d", framework, test.route, test.scopes, status, body, test.status)
			}
			if status, body := serveRequest(api, newRequest(t, test.route)); status != http.StatusUnauthorized {
				t.Errorf("%s: %s without a token: got %d %s, want 401", framework, test.route, status, body)
			}
		}
	}
}

func TestStepUp(t *testing.T) {
	as, apis := newAPIs(t)
	ago := func(d time.Duration) testserver.TokenOption {
		return testserver.Claim("auth_time", time.Now().Add(-d).Unix())
	}
	for name, test := range map[string]struct {
		route  string
		token  testserver.TokenOption
		status int
		asks   string // the part of the challenge that asks for a new login
	}{
		"a login of a minute ago":        {"GET /fresh", ago(time.Minute), 200, ""},
		"a login of six minutes ago":     {"GET /fresh", ago(6 * time.Minute), 401, `max_age="300"`},
		"a login at an unknown time":     {"GET /fresh", testserver.Without("auth_time"), 401, `max_age="300"`},
		"the second factor":              {"GET /mfa", testserver.Claim("acr", "urn:example:mfa"), 200, ""},
		"another authentication context": {"GET /mfa", testserver.Claim("acr", "urn:example:password"), 401, `acr_values="urn:example:mfa"`},
		"no authentication context":      {"GET /mfa", testserver.Without("acr"), 401, `acr_values="urn:example:mfa"`},
	} {
		t.Run(name, func(t *testing.T) {
			for framework, api := range apis {
				w := httptest.NewRecorder()
				api.ServeHTTP(w, as.Authorize(newRequest(t, test.route), test.token))
				challenge := strings.Join(w.Header().Values("WWW-Authenticate"), ", ")
				if w.Code != test.status || !strings.Contains(challenge, test.asks) || (challenge == "") != (test.asks == "") {
					t.Errorf("%s: got %d with challenge %q, want %d and %s", framework, w.Code, challenge, test.status, test.asks)
				}
			}
		})
	}
}

func TestPublicIsOpen(t *testing.T) {
	_, apis := newAPIs(t)
	for framework, api := range apis {
		if status, body := serveRequest(api, newRequest(t, "GET /public")); status != http.StatusOK {
			t.Errorf("%s: got %d %s, want 200", framework, status, body)
		}
	}
}

func TestMeDescribesTheToken(t *testing.T) {
	as, apis := newAPIs(t)
	for name, test := range map[string]struct {
		scopes []string
		want   string
	}{
		"scopes in the token's order": {[]string{"b", "a"}, `["b","a"]`},
		"no scope is an empty array":  {nil, `[]`},
	} {
		t.Run(name, func(t *testing.T) {
			want := `{"sub":"alice","client_id":"shop","iss":"` + as.Issuer() + `","scopes":` + test.want + `}`
			for framework, api := range apis {
				req := as.Authorize(newRequest(t, "GET /me"),
					testserver.Subject("alice"), testserver.ForClient("shop"), testserver.Scope(test.scopes...))
				if status, body := serveRequest(api, req); status != http.StatusOK || body != want {
					t.Errorf("%s: got %d %s, want 200 %s", framework, status, body, want)
				}
			}
		})
	}
}

func TestRefusalsAreTheSameOnEveryFramework(t *testing.T) {
	as, apis := newAPIs(t)
	for name, req := range map[string]func() *http.Request{
		"no token":         func() *http.Request { return newRequest(t, "GET /admin") },
		"a missing scope":  func() *http.Request { return as.Authorize(newRequest(t, "GET /admin")) },
		"another audience": func() *http.Request { return as.Authorize(newRequest(t, "GET /admin"), testserver.Audience("other")) },
		"an old login": func() *http.Request {
			return as.Authorize(newRequest(t, "GET /fresh"), testserver.Without("auth_time"))
		},
		"a POST of metadata": func() *http.Request { return newRequest(t, "POST "+wellKnown) },
		"another metadata":   func() *http.Request { return newRequest(t, "GET "+wellKnown+"/v1") },
		"an unknown path":    func() *http.Request { return newRequest(t, "GET /nothing") },
		"a wrong method":     func() *http.Request { return newRequest(t, "DELETE /items") },
	} {
		t.Run(name, func(t *testing.T) {
			want := httptest.NewRecorder()
			apis["http"].ServeHTTP(want, req())
			for framework, api := range apis {
				rec := httptest.NewRecorder()
				api.ServeHTTP(rec, req())
				if rec.Code != want.Code {
					t.Errorf("%s: got %d, want %d", framework, rec.Code, want.Code)
				}
				for _, field := range []string{"WWW-Authenticate", "Cache-Control"} {
					if got, want := rec.Header().Values(field), want.Header().Values(field); !slices.Equal(got, want) {
						t.Errorf("%s: got %s %q, want %q", framework, field, got, want)
					}
				}
			}
		})
	}
}

// RFC 9110 §9.3.2: the answer to HEAD is the answer to GET without its body.
// Content-Length may be left out.
func TestGetRoutesAnswerHead(t *testing.T) {
	as, apis := newAPIs(t)
	for framework, api := range apis {
		server := httptest.NewServer(api)
		t.Cleanup(server.Close)
		for _, path := range []string{"/public", "/me", "/items", "/admin", "/any", "/fresh", "/mfa", "/healthz", wellKnown} {
			for name, token := range map[string]string{
				"no token": "", "a token": as.Token(testserver.Scope("items:read")), "an expired token": as.Token(testserver.ExpiresIn(-time.Hour)),
			} {
				send := func(method string) (*http.Response, string) {
					t.Helper()
					r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, http.NoBody)
					if err != nil {
						t.Fatal(err)
					}
					if token != "" {
						r.Header.Set("Authorization", "Bearer "+token)
					}
					response, err := server.Client().Do(r)
					if err != nil {
						t.Fatal(err)
					}
					defer response.Body.Close()
					body, err := io.ReadAll(response.Body)
					if err != nil {
						t.Fatal(err)
					}
					response.Header.Del("Date")
					return response, string(body)
				}
				get, body := send(http.MethodGet)
				head, headBody := send(http.MethodHead)
				if head.Header.Get("Content-Length") == "" {
					get.Header.Del("Content-Length")
				}
				if head.StatusCode != get.StatusCode || !maps.EqualFunc(head.Header, get.Header, slices.Equal) || headBody != "" || body == "" {
					t.Errorf("%s: HEAD %s with %s:\ngot  %d %v %q\nwant %d %v", framework, path, name, head.StatusCode, head.Header, headBody, get.StatusCode, get.Header)
				}
			}
		}
	}
}
