package testserver_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver"
)

// requestFrom sends the request that a browser sends for a script on a page
// with the given origin. If preflight is true, it sends the CORS preflight
// instead.
func requestFrom(s http.Handler, origin, method, url string, preflight bool) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, url, nil)
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	if preflight {
		r.Header.Set("Access-Control-Request-Method", "POST")
		r.Header.Set("Access-Control-Request-Headers", "authorization")
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	return rec
}

func TestCORSEndpoints(t *testing.T) {
	const app = "http://localhost:3000"
	s := testserver.New(t, testserver.Registration(), testserver.Interactive())
	for _, r := range catalogue.Routes {
		t.Run("T21/"+string(r.Endpoint), func(t *testing.T) {
			want, allowed := "", []string{string(testserver.EndpointDiscovery), "as_metadata", "jwks", "token", "introspect", "revoke", "userinfo", "device_authorization", "par", "register"}
			if slices.Contains(allowed, string(r.Endpoint)) {
				want = app
			}
			url := s.Endpoint(r.Endpoint)
			answer := requestFrom(s, app, r.Methods[0], url, false)
			if got := answer.Header().Get("Access-Control-Allow-Origin"); got != want {
				t.Errorf("got Access-Control-Allow-Origin %q, want %q", got, want)
			}
			before := s.Count(r.Endpoint)
			preflight := requestFrom(s, app, http.MethodOptions, url, true)
			if want == "" {
				if preflight.Code == http.StatusNoContent || preflight.Header().Get("Access-Control-Allow-Origin") != "" {
					t.Errorf("got %d %v for a preflight, want an error", preflight.Code, preflight.Header())
				}
				return
			}
			if preflight.Code != http.StatusNoContent || preflight.Header().Get("Access-Control-Allow-Origin") != app ||
				preflight.Header().Get("Access-Control-Allow-Methods") != strings.Join(r.Methods, ", ") ||
				!strings.Contains(preflight.Header().Get("Access-Control-Allow-Headers"), "Authorization") {
				t.Errorf("got %d %v for a preflight, want 204 with the methods and Authorization", preflight.Code, preflight.Header())
			}
			if got := s.Count(r.Endpoint); got != before {
				t.Errorf("got %d requests counted for a preflight, want none", got-before)
			}
			if got := answer.Header().Get("Access-Control-Expose-Headers"); !strings.Contains(got, "WWW-Authenticate") || !strings.Contains(got, "DPoP-Nonce") {
				t.Errorf("got Access-Control-Expose-Headers %q, want WWW-Authenticate and DPoP-Nonce", got)
			}
			if got := answer.Header().Get("Access-Control-Allow-Credentials"); got != "" {
				t.Errorf("got Access-Control-Allow-Credentials %q, want none: these endpoints ignore cookies", got)
			}
		})
	}
	control := s.Control("secret")
	if got := requestFrom(control, app, http.MethodGet, "http://127.0.0.1/v1/snapshot", false).Header().Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("got Access-Control-Allow-Origin %q from the control API, want none", got)
	}
}

func TestCORSOrigins(t *testing.T) {
	const own, other = "https://app.example.com", "https://evil.example"
	for name, test := range map[string]struct {
		opts   []testserver.Option
		origin string
		want   bool
	}{
		"T21/loopback by default":             {nil, "http://127.0.0.1:5173", true},
		"T21/loopback over TLS":               {nil, "https://localhost", true},
		"T21/loopback by IPv6":                {nil, "http://[::1]:3000", true},
		"T21/another by default":              {nil, own, false},
		"T21/a listed origin":                 {[]testserver.Option{testserver.CORS(own)}, own, true},
		"T21/an unlisted origin":              {[]testserver.Option{testserver.CORS(own)}, other, false},
		"T21/an origin with the same prefix":  {[]testserver.Option{testserver.CORS(own)}, own + ".evil.example", false},
		"T21/a name that resembles localhost": {nil, "http://localhost.evil.example", false},
		"T21/a sandboxed page":                {nil, "null", false},
		"T21/all origins":                     {[]testserver.Option{testserver.CORS("*")}, other, true},
		"T21/an origin from a file":           {[]testserver.Option{testserver.ConfigJSON(strings.NewReader(`{"cors":["` + own + `"]}`))}, own, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, test.opts...)
			got := requestFrom(s, test.origin, http.MethodGet, s.Endpoint(testserver.EndpointJWKS), false)
			if allowed := got.Header().Get("Access-Control-Allow-Origin") == test.origin; allowed != test.want || got.Code != 200 {
				t.Errorf("got %d %v, want allowed %v", got.Code, got.Header(), test.want)
			}
			if got.Header().Get("Vary") != "Origin" {
				t.Errorf("got Vary %q, want Origin: a cache must keep the responses apart", got.Header().Get("Vary"))
			}
		})
	}
	for _, origin := range []string{"", "app.example.com", "https://app.example.com/", "https://u@app.example.com"} {
		wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb, testserver.CORS(origin)) }), "CORS(", "such as https://app.example.com")
	}
}

// Responses with faults have CORS headers too, so that a script can read their
// status.
func TestFaultsHaveCORSHeaders(t *testing.T) {
	s := testserver.New(t)
	s.Inject(testserver.EndpointToken, testserver.Status(503))
	got := requestFrom(s, "http://localhost:3000", http.MethodPost, s.Endpoint(testserver.EndpointToken), false)
	if got.Code != 503 || got.Header().Get("Access-Control-Allow-Origin") == "" {
		t.Errorf("got %d %v, want 503 with a CORS header", got.Code, got.Header())
	}
}

func TestResponseModeFragment(t *testing.T) {
	s := testserver.New(t)
	page := s.Endpoint(testserver.EndpointAuthorize) + "?" + authorizationRequest("response_mode", "fragment").Encode()
	rec := serve(s, "GET", page)
	to, err := rec.Result().Location()
	if err != nil || to.RawQuery != "" || !strings.Contains(to.Fragment, "code=") || !strings.Contains(to.Fragment, "iss=") || !strings.Contains(to.Fragment, "state=") {
		t.Errorf("got %v, %v, want code, state and iss in the fragment", to, err)
	}
	refused := serve(s, "GET", page+"&prompt=nonsense")
	if to, err := refused.Result().Location(); err != nil || !strings.Contains(to.Fragment, "error=invalid_request") {
		t.Errorf("got %v, %v, want the error in the fragment", to, err)
	}
}
