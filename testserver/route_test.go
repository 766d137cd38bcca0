package testserver_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

const (
	oidcPath  = "/.well-known/openid-configuration"
	oauthPath = "/.well-known/oauth-authorization-server"
)

// routes lists the paths that the server serves by default, with their methods.
var routes = map[string]string{
	oidcPath: "GET, HEAD", oauthPath: "GET, HEAD", "/jwks": "GET, HEAD",
	"/authorize": "GET, POST", "/userinfo": "GET, POST", "/end_session": "GET, POST", "/device": "GET, POST",
	"/token": "POST", "/par": "POST", "/introspect": "POST", "/revoke": "POST", "/device_authorization": "POST",
}

// pageRoutes are the paths, except /debug, that are served only with
// Interactive.
var pageRoutes = map[string]string{"/login": "POST", "/consent": "POST"}

// unservedPaths are paths at which other servers might have control endpoints.
var unservedPaths = strings.Fields(`/ /admin /admin/faults /api /api/faults /api/v1/faults /control /debug/faults /debug/pprof/ /debug/vars /fault /faults
	/inject /injections /internal /keys /keys/rotate /rotate /clock /advance /reset /revoke/all /clients /users /register /mint /tokens
	/events /audit /requests /snapshot /state /shutdown /close /health /metrics /test /_test /mock /__admin/mappings /mockserver/expectation
	/v1/tokens /v1/bad-tokens /v1/keys/rotate /v1/faults /v1/requests /v1/clock /v1/clients /v1/users /v1/check /v1/reset
	/v1/snapshot /v1/events`)

var httpMethods = strings.Fields("GET HEAD POST PUT PATCH DELETE OPTIONS TRACE PROPFIND INJECT get post")

// faultRequest returns a request that asks for a fault in the query, in the
// body and in header fields. A server might look for a fault in any of these
// places.
func faultRequest(method, path string) *http.Request {
	const want = "endpoint=jwks&status=503&times=100&fault=hang&action=inject&body=x&delay=1h"
	r := httptest.NewRequest(method, "http://x"+path+"?"+want, strings.NewReader(want))
	r.Header.Set("Content-Type", formType)
	for _, name := range []string{"X-Fault", "X-Inject", "X-Testserver-Fault", "Testserver-Fault", "X-Status", "Prefer"} {
		r.Header.Set(name, "status=503")
	}
	r.Header.Set("X-Http-Method-Override", "PUT")
	return r
}

func TestServedPathsAndMethods(t *testing.T) {
	for name, interactive := range map[string]bool{"without pages": false, "with pages": true} {
		s := testserver.New(t)
		if interactive {
			s = testserver.New(t, testserver.Interactive())
		}
		keys := string(s.JWKS())
		for path, allow := range routes {
			t.Run("T22/"+name+" "+strings.ReplaceAll(path, "/", "_"), func(t *testing.T) { wantMethods(t, s, path, allow) })
		}
		for path, allow := range pageRoutes {
			if !interactive {
				allow = ""
			}
			t.Run("T22/"+name+" "+strings.ReplaceAll(path, "/", "_"), func(t *testing.T) { wantMethods(t, s, path, allow) })
		}
		for _, path := range unservedPaths {
			t.Run("T22/"+name+" "+strings.ReplaceAll(path, "/", "_"), func(t *testing.T) { wantMethods(t, s, path, "") })
		}
		// The debug page is served at /debug only with Interactive.
		if !interactive {
			t.Run("T22/"+name+" _debug", func(t *testing.T) { wantMethods(t, s, "/debug", "") })
		}
		for _, method := range httpMethods {
			s.ServeHTTP(httptest.NewRecorder(), faultRequest(method, "/debug"))
		}
		t.Run("T22/"+name+" afterwards", func(t *testing.T) {
			for _, r := range s.Requests() {
				if r.Injected {
					t.Errorf("got a fault in %v, want none", r)
				}
			}
			if rec := serve(s, "GET", "/jwks"); rec.Code != 200 || rec.Body.String() != keys {
				t.Errorf("got %d %s, want the keys unchanged", rec.Code, rec.Body)
			}
		})
	}
}

// wantMethods checks the allowed methods of a path; "" means that the path is
// not served.
func wantMethods(t *testing.T, s *testserver.Server, path, allow string) {
	t.Helper()
	for _, method := range httpMethods {
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, faultRequest(method, path))
		switch allowed := slices.Contains(strings.Split(allow, ", "), method); {
		case allow == "" && rec.Code != http.StatusNotFound:
			t.Errorf("%s: got %d, want 404", method, rec.Code)
		case allow != "" && !allowed && (rec.Code != http.StatusMethodNotAllowed || rec.Header().Get("Allow") != allow):
			t.Errorf("%s: got %d, Allow %q, want 405 and %s", method, rec.Code, rec.Header().Get("Allow"), allow)
		case allowed && (rec.Code == 404 || rec.Code == 405 || rec.Code >= 500):
			t.Errorf("%s: got %d, want a response of the endpoint", method, rec.Code)
		}
	}
}

// A header of a request cannot inject a fault. The header that ClientFor adds
// only identifies the client.
func TestHeadersDoNotInjectFaults(t *testing.T) {
	t.Run("T22/a fault of another client", func(t *testing.T) {
		s := testserver.New(t)
		in := s.Inject(testserver.EndpointToken, testserver.Status(503), testserver.FromClient("mine"))
		for range 3 {
			wantTokens(t, exchange(t, s, url.Values{"grant_type": {"client_credentials"}}, testClient))
		}
		if in.Hits() != 0 {
			t.Errorf("got %d hits, want none", in.Hits())
		}
	})
}
