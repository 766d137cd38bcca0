package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// both sends what is for the API to a handler and the rest to the authorization server, without a socket.
type both struct {
	as  http.RoundTripper
	api http.Handler
}

const apiHost = "api.example.com"

func (b *both) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != apiHost {
		return b.as.RoundTrip(r)
	}
	rec := httptest.NewRecorder()
	b.api.ServeHTTP(rec, r)
	return rec.Result(), nil
}

// inMemory runs the service in a bubble, whose clock is fast, against an API that answers what api says.
func inMemory(t *testing.T, changes map[string]string, api func(as *testserver.Server, call int, w http.ResponseWriter, token string)) (status, tokens int, took time.Duration, printed string) {
	t.Helper()
	as := testserver.New(t, testserver.InMemory(), testserver.AccessTTL(time.Minute))
	changes["API_URL"] = "https://" + apiHost
	changes["INSECURE_HTTP"] = "1"
	cfg, err := fromEnv(lookup(as, changes))
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		api(as, calls, w, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	})
	var out strings.Builder
	began := time.Now()
	status = work(t.Context(), cfg, &both{as.Client().Transport, handler}, &out)
	return status, as.Count(testserver.EndpointToken), time.Since(began), out.String()
}

func TestWhatTheAnswersLeadTo(t *testing.T) {
	type api = func(as *testserver.Server, call int, w http.ResponseWriter, token string)
	busyUntil := func(n int, retryAfter string) api {
		return func(_ *testserver.Server, call int, w http.ResponseWriter, _ string) {
			if call < n {
				w.Header().Set("Retry-After", retryAfter)
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		}
	}
	refusedUntil := func(n int) api {
		return func(_ *testserver.Server, call int, w http.ResponseWriter, _ string) {
			if call < n {
				w.WriteHeader(http.StatusUnauthorized)
			}
		}
	}
	for name, test := range map[string]struct {
		calls, every string
		api          api
		status       int
		tokens       int
		took         time.Duration
	}{
		"a token is used until ten seconds before its end": {"6", "10s", refusedUntil(0), 0, 1, 50 * time.Second},
		"and another one from then on":                     {"7", "10s", refusedUntil(0), 0, 2, 60 * time.Second},
		"one refusal gets a new token":                     {"1", "0s", refusedUntil(2), 0, 2, 0},
		"a second refusal is the answer":                   {"1", "0s", refusedUntil(9), 1, 2, 0},
		"a busy API is left alone for as long as it says":  {"1", "0s", busyUntil(3, "7"), 0, 1, 14 * time.Second},
		"or to the date that it says":                      {"1", "0s", busyUntil(2, "Sat, 01 Jan 2000 00:00:20 GMT"), 0, 1, 20 * time.Second},
		"or a second if it does not say":                   {"1", "0s", busyUntil(2, ""), 0, 1, time.Second},
		"and not for ever":                                 {"1", "0s", busyUntil(9, "7"), 1, 1, 21 * time.Second},
		"nor for long":                                     {"1", "0s", busyUntil(2, "61"), 1, 1, 0},
		"nor for what overflows":                           {"1", "0s", busyUntil(2, "9223372037"), 1, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				changes := map[string]string{"CALLS": test.calls, "EVERY": test.every}
				status, tokens, took, printed := inMemory(t, changes, test.api)
				if status != test.status || tokens != test.tokens || took != test.took {
					t.Errorf("got status %d, %d tokens, %v, want %d, %d, %v\n%s",
						status, tokens, took, test.status, test.tokens, test.took, printed)
				}
			})
		})
	}
}

func TestARevokedTokenIsReplacedOnce(t *testing.T) {
	as := testserver.New(t, testserver.OpaqueTokens())
	url := startAPI(t, as, "INTROSPECTION_CLIENT_ID=test-client", "INTROSPECTION_CLIENT_SECRET=test-secret", "INTROSPECTION_MAX_TTL=0s")
	defer as.OnToken(func(_ *testserver.TokenRequest, resp *testserver.TokenResponse) error {
		token, _ := resp.Body["access_token"].(string)
		if as.Count(testserver.EndpointToken) == 1 {
			as.Revoke(token)
		}
		return nil
	})()
	status, printed := service(t, as, map[string]string{"API_URL": url})
	if !strings.Contains(printed, "GET /items: 401") || !strings.Contains(printed, "GET /items: 200") || status != 0 {
		t.Errorf("got status %d, want 0 after 401 and 200\n%s", status, printed)
	}
	if got := as.Count(testserver.EndpointToken); got != 2 {
		t.Errorf("got %d tokens, want 2", got)
	}
}

func TestAnAPIThatRedirectsGetsNoTokenElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		status, _, _, printed := inMemory(t, map[string]string{}, func(_ *testserver.Server, call int, w http.ResponseWriter, _ string) {
			w.Header().Set("Location", "https://"+apiHost+"/elsewhere")
			w.WriteHeader(http.StatusTemporaryRedirect)
		})
		if status != 1 || strings.Count(printed, "GET") != 1 {
			t.Errorf("got status %d, want 1 after one request\n%s", status, printed)
		}
	})
}
