package testserver_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

const controlToken = "the-control-token"

// controlAPI is a server and its control API, both without a socket.
type controlAPI struct {
	*testing.T
	*testserver.Server
	api http.Handler
}

func newControlAPI(t *testing.T, opts ...testserver.Option) controlAPI {
	s := testserver.New(t, append([]testserver.Option{testserver.InMemory()}, opts...)...)
	return controlAPI{t, s, s.Control(controlToken)}
}

// send sends a request with the control token to the control API. The functions
// in change modify the request first.
func (c controlAPI) send(method, path, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	c.Helper()
	r := httptest.NewRequest(method, "http://127.0.0.1:9001"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+controlToken)
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	c.api.ServeHTTP(w, r)
	return w
}

// call sends a request that must succeed and returns the response.
func (c controlAPI) call(method, path, body string) map[string]any {
	c.Helper()
	w := c.send(method, path, body)
	if w.Code != http.StatusOK {
		c.Fatalf("%s %s: got %d %s, want 200", method, path, w.Code, w.Body)
	}
	return decodeObject(c.T, w.Body.Bytes())
}

func decodeObject(t *testing.T, text []byte) map[string]any {
	t.Helper()
	answer := map[string]any{}
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return answer
}

// objects returns the objects in the array answer[name].
func objects(answer map[string]any, name string) (all []map[string]any) {
	items, _ := answer[name].([]any)
	for _, item := range items {
		object, _ := item.(map[string]any)
		all = append(all, object)
	}
	return all
}

func TestControlRequiresTokenAndHost(t *testing.T) {
	c := newControlAPI(t)
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	host := func(h string) func(*http.Request) { return func(r *http.Request) { r.Host = h } }
	for _, tt := range []struct {
		name   string
		change func(*http.Request)
		want   int
	}{
		{"the token", func(*http.Request) {}, 200},
		{"the token, in lower case", header("Authorization", "bearer "+controlToken), 200},
		{"no token", func(r *http.Request) { r.Header.Del("Authorization") }, 401},
		{"another token", header("Authorization", "Bearer the-control-tokem"), 401},
		{"a part of the token", header("Authorization", "Bearer the"), 401},
		{"only the scheme", header("Authorization", "Bearer "), 401},
		{"another scheme", header("Authorization", "Basic "+controlToken), 401},
		{"an access token of the server", header("Authorization", "Bearer "+c.Token()), 401},
		{"localhost", host("localhost:9001"), 200},
		{"localhost in capitals", host("LOCALHOST"), 200},
		{"IPv6", host("[::1]:9001"), 200},
		{"IPv6 without port", host("[::1]"), 200},
		{"another address of loopback", host("127.3.4.5:1"), 200},
		{"another name", host("rebound.example.com:9001"), 403},
		{"a name with the right prefix", host("127.0.0.1.example.com"), 403},
		{"a name with the right suffix", host("evil.localhost"), 403},
		{"an address of the network", host("192.168.0.2:9001"), 403},
		{"no name", host(""), 403},
	} {
		t.Run("T24/"+tt.name, func(t *testing.T) {
			w := c.send("GET", "/v1/clock", "", tt.change)
			if w.Code != tt.want {
				t.Errorf("got %d, want %d", w.Code, tt.want)
			}
			if got := w.Header().Get("WWW-Authenticate"); (got != "") != (tt.want == 401) {
				t.Errorf("got the challenge %q with %d", got, w.Code)
			}
			if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("got the header %v, want no-store and no CORS header", w.Header())
			}
			if answer := decodeObject(t, w.Body.Bytes()); (answer["error"] != nil) != (tt.want != 200) {
				t.Errorf("got %v with %d", answer, w.Code)
			}
		})
	}
}

func TestControlRefusesAnEmptyToken(t *testing.T) {
	got := fatalText(t, func(tb *recorder) { testserver.New(tb, testserver.InMemory()).Control("") })
	if !strings.Contains(got, "cannot be guessed") {
		t.Errorf("got %q, want a text that says what to do", got)
	}
}

func TestServerDoesNotServeTheControlAPI(t *testing.T) {
	s := testserver.New(t)
	_ = s.Control(controlToken) // creating a control API must not change what the server serves
	for _, path := range []string{"/v1/faults", "/v1/tokens", "/v1/reset", "/control/v1/faults", "/v1/keys/rotate", "/v1/logins/next"} {
		t.Run("T22/beside a control API "+strings.ReplaceAll(path, "/", "_"), func(t *testing.T) {
			for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
				r, err := http.NewRequest(method, s.Issuer()+path, strings.NewReader(`{"endpoint":"jwks","status":503}`))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Authorization", "Bearer "+controlToken)
				resp, err := s.Client().Do(r)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				if resp.StatusCode != http.StatusNotFound {
					t.Errorf("%s: got %d, want 404", method, resp.StatusCode)
				}
			}
		})
	}
	t.Run("T22/beside a control API afterwards", func(t *testing.T) {
		if resp, _ := get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS)); resp.StatusCode != http.StatusOK {
			t.Errorf("got %d, want the JWKS", resp.StatusCode)
		}
	})
}

func TestControlRefuses(t *testing.T) {
	c := newControlAPI(t)
	for _, tt := range []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{"an unknown path", "GET", "/v1/nothing", "", 404, "nothing is served here"},
		{"another version", "GET", "/v2/tokens", "", 404, "nothing is served here"},
		{"another method", "PATCH", "/v1/clock", "", 405, "use GET, POST, PUT"},
		{"a body above the limit", "POST", "/v1/tokens", `{"sub":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "too large"},
		{"an unknown member", "POST", "/v1/faults", `{"endpoint":"jwks","stats":503}`, 400, "stats: is unknown"},
		{"an unknown member next to an object", "POST", "/v1/keys/import", `{"key":{},"sgn":true}`, 400, "sgn: is unknown"},
		{"a member for reset", "POST", "/v1/reset", `{"all":true}`, 400, "all: is unknown"},
		{"an unknown parameter", "GET", "/v1/requests?endpint=jwks", "", 400, "endpint: unknown parameter"},
		{"an unknown endpoint to count", "GET", "/v1/requests/count?endpoint=keys", "", 400, `"keys"`},
		{"an unknown endpoint to list", "GET", "/v1/requests?endpoint=keys", "", 400, `"keys"`},
		{"an unknown endpoint to wait for", "GET", "/v1/requests/wait?endpoint=keys", "", 400, `"keys"`},
		{"a count of 0 to wait for", "GET", "/v1/requests/wait?n=0", "", 400, "n: want a whole number of 1 or more"},
		{"a wait above the limit", "GET", "/v1/requests/wait?timeout=1000h", "", 400, "timeout: want a duration"},
		{"a wait that times out", "GET", "/v1/requests/wait?n=2&timeout=1ms", "", 504, "waited 1ms for 2 requests to any, got 0"},
		{"an unknown defect", "POST", "/v1/tokens", `{"defect":"nope"}`, 400, "unknown defect"},
		{"an invalid scope", "POST", "/v1/tokens", `{"scope":["a\"b"]}`, 400, "is not a scope"},
		{"an unknown algorithm", "POST", "/v1/tokens", `{"alg":"none"}`, 400, "unknown signing algorithm"},
		{"a header for a handle", "POST", "/v1/tokens", `{"opaque":true,"header":{"typ":"x"}}`, 400, "opaque makes opaque tokens"},
		{"a defect for all defects", "POST", "/v1/bad-tokens", `{"defect":"expired"}`, 400, "defect: "},
		{"nothing to inspect", "POST", "/v1/tokens/inspect", `{}`, 400, "token: missing"},
		{"nothing to revoke", "POST", "/v1/tokens/revoke", `{}`, 400, "either token or sub"},
		{"a foreign token to revoke", "POST", "/v1/tokens/revoke", `{"token":"abc"}`, 404, "did not issue"},
		{"two kinds of rotation", "POST", "/v1/keys/rotate", `{"sign_first":true,"drop_old":true}`, 400, "exclude each other"},
		{"an invalid key", "POST", "/v1/keys/import", `{"key":"s3cret"}`, 400, "key: want a private JWK"},
		{"a key without coordinates", "POST", "/v1/keys/import", `{"key":{"kty":"EC","d":"s3cret"}}`, 400, "key: its members are not a valid key"},
		{"a secret to publish", "POST", "/v1/keys/import", `{"key":{"kty":"oct","k":"c2VjcmV0"}}`, 400, "set sign"},
		{"an unknown key to retire", "POST", "/v1/keys/retire", `{"kid":"x"}`, 404, `"x"`},
		{"an unknown key to publish", "POST", "/v1/keys/publish", `{"kid":"x"}`, 404, "this kid"},
		{"an unknown key to export", "POST", "/v1/keys/export", `{"kid":"x"}`, 404, "this kid"},
		{"a fault that does nothing", "POST", "/v1/faults", `{"endpoint":"jwks"}`, 400, "does nothing"},
		{"a fault that does two things", "POST", "/v1/faults", `{"endpoint":"jwks","status":503,"hang":true}`, 400, "only one effect"},
		{"a fault without an endpoint", "POST", "/v1/faults", `{"status":503}`, 400, "no such endpoint"},
		{"a fault for another endpoint", "POST", "/v1/faults", `{"endpoint":"token","empty_jwks":true}`, 400, "only for [jwks]"},
		{"an invalid status", "POST", "/v1/faults", `{"endpoint":"jwks","status":7}`, 400, "7 is not a final status"},
		{"a fault with negative times", "POST", "/v1/faults", `{"endpoint":"jwks","status":503,"times":-1}`, 400, "Times(-1)"},
		{"an unknown fault to remove", "DELETE", "/v1/faults/7", "", 404, "this ID"},
		{"a fault to remove that is not a number", "DELETE", "/v1/faults/x", "", 404, "this ID"},
		{"no time", "PUT", "/v1/clock", `{}`, 400, "now: missing"},
		{"an invalid time", "PUT", "/v1/clock", `{"now":"noon"}`, 400, "now: "},
		{"no advance", "POST", "/v1/clock", `{}`, 400, "advance: missing"},
		{"an invalid client", "POST", "/v1/clients", `{"public":true,"secret":"s3cret"}`, 400, "cannot keep a secret"},
		{"an unknown client", "GET", "/v1/clients/x", "", 404, "this ID"},
		{"an unknown client to remove", "DELETE", "/v1/clients/x", "", 404, "this ID"},
		{"an unknown user to remove", "DELETE", "/v1/users/x", "", 404, "this sub"},
		{"nothing for the next login", "POST", "/v1/logins/next", `{}`, 400, "either sub or deny"},
		{"both members for the next login", "POST", "/v1/logins/next", `{"sub":"test-user","deny":"access_denied"}`, 400, "either sub or deny"},
		{"an unknown user to log in next", "POST", "/v1/logins/next", `{"sub":"x"}`, 404, "this sub"},
		{"an invalid error code", "POST", "/v1/logins/next", `{"deny":"a\"b"}`, 400, "deny: "},
		{"a login with negative times", "POST", "/v1/logins/next", `{"sub":"test-user","times":-1}`, 400, "times: "},
		{"a member for freeze", "POST", "/v1/keys/freeze", `{"kid":"x"}`, 400, "kid: is unknown"},
		{"a member for thaw", "POST", "/v1/keys/thaw", `{"kid":"x"}`, 400, "kid: is unknown"},
		{"a user with another's name", "POST", "/v1/users", `{"sub":"a","username":"test-user"}`, 400, "username: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := c.send(tt.method, tt.path, tt.body)
			answer := decodeObject(t, w.Body.Bytes())
			description, _ := answer["error_description"].(string)
			if w.Code != tt.status || answer["error"] == "" || !strings.Contains(description, tt.want) {
				t.Errorf("got %d %v, want %d and %q", w.Code, answer, tt.status, tt.want)
			}
			if strings.Contains(description, "s3cret") {
				t.Errorf("got %q, which quotes a secret", description)
			}
		})
	}
}

func TestControlConcurrentRequests(t *testing.T) {
	c := newControlAPI(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			n := strconv.Itoa(i)
			for range 5 {
				for _, call := range []struct{ method, path, body string }{
					{"POST", "/v1/tokens", `{"sub":"` + n + `"}`}, {"GET", "/v1/tokens", ""}, {"POST", "/v1/keys/rotate", `{"drop_old":true}`},
					{"GET", "/v1/keys", ""}, {"POST", "/v1/faults", `{"endpoint":"jwks","status":503}`}, {"GET", "/v1/faults", ""},
					{"DELETE", "/v1/faults", ""}, {"POST", "/v1/clients", `{"id":"c` + n + `"}`}, {"DELETE", "/v1/clients/c" + n, ""},
					{"POST", "/v1/users", `{"sub":"u` + n + `"}`}, {"DELETE", "/v1/users/u" + n, ""}, {"POST", "/v1/clock", `{"advance":"1s"}`},
					{"GET", "/v1/snapshot", ""}, {"GET", "/v1/events", ""}, {"POST", "/v1/reset", ""},
				} {
					if w := c.send(call.method, call.path, call.body); w.Code != http.StatusOK || !json.Valid(bytes.TrimSpace(w.Body.Bytes())) {
						t.Errorf("%s %s: got %d %s", call.method, call.path, w.Code, w.Body)
					}
				}
			}
		})
	}
	wg.Wait()
}
