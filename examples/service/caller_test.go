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

// splitTransport sends requests for the API to a handler, and all other
// requests to the authorization server. It uses no sockets.
type splitTransport struct {
	as  http.RoundTripper
	api http.Handler
}

const apiHost = "api.example.com"

func (b *splitTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != apiHost {
		return b.as.RoundTrip(r)
	}
	rec := httptest.NewRecorder()
	b.api.ServeHTTP(rec, r)
	return rec.Result(), nil
}

// runInMemory runs the service against an API in memory. The api function
// answers each request to the API. Its call argument is 1 for the first
// request, 2 for the second, and so on. Call runInMemory in a synctest bubble.
func runInMemory(t *testing.T, changes map[string]string, api func(as *testserver.Server, call int, w http.ResponseWriter, token string)) (status, tokens int, took time.Duration, printed string) {
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
	status = work(t.Context(), cfg, &splitTransport{as.Client().Transport, handler}, &out)
	return status, as.Count(testserver.EndpointToken), time.Since(began), out.String()
}

func TestTokenReuseAndRetries(t *testing.T) {
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
		"a token is reused until ten seconds before it expires": {"6", "10s", refusedUntil(0), 0, 1, 50 * time.Second},
		"then a new token is requested":                         {"7", "10s", refusedUntil(0), 0, 2, 60 * time.Second},
		"after one 401, a new token is used":                    {"1", "0s", refusedUntil(2), 0, 2, 0},
		"a second 401 is a failure":                             {"1", "0s", refusedUntil(9), 1, 2, 0},
		"503 is retried after Retry-After in seconds":           {"1", "0s", busyUntil(3, "7"), 0, 1, 14 * time.Second},
		"503 is retried at the date in Retry-After":             {"1", "0s", busyUntil(2, "Sat, 01 Jan 2000 00:00:20 GMT"), 0, 1, 20 * time.Second},
		"503 without Retry-After is retried after a second":     {"1", "0s", busyUntil(2, ""), 0, 1, time.Second},
		"503 is retried three times":                            {"1", "0s", busyUntil(9, "7"), 1, 1, 21 * time.Second},
		"Retry-After of more than a minute is a failure":        {"1", "0s", busyUntil(2, "61"), 1, 1, 0},
		"Retry-After that overflows is a failure":               {"1", "0s", busyUntil(2, "9223372037"), 1, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				changes := map[string]string{"CALLS": test.calls, "EVERY": test.every}
				status, tokens, took, printed := runInMemory(t, changes, test.api)
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

func TestARedirectIsNotFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		status, _, _, printed := runInMemory(t, map[string]string{}, func(_ *testserver.Server, call int, w http.ResponseWriter, _ string) {
			w.Header().Set("Location", "https://"+apiHost+"/elsewhere")
			w.WriteHeader(http.StatusTemporaryRedirect)
		})
		if status != 1 || strings.Count(printed, "GET") != 1 {
			t.Errorf("got status %d, want 1 after one request\n%s", status, printed)
		}
	})
}
