package recipes_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/rs/cors"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/examples/recipes"
	"github.com/bearerguard/bearerguard/testserver"
)

const pageOrigin = "https://shop.example.com"

func preflight(origin string) *http.Request {
	r := request("OPTIONS", "/orders")
	r.Header.Set("Origin", origin)
	r.Header.Set("Access-Control-Request-Method", "GET")
	r.Header.Set("Access-Control-Request-Headers", "authorization")
	return r
}

func TestCORS(t *testing.T) {
	as := testserver.New(t)
	v := newVerifier(t, as)
	for name, api := range map[string]http.Handler{"net/http": recipes.CORSHTTP(v), "Echo": recipes.CORSEcho(v), "Gin": recipes.CORSGin(v)} {
		t.Run(name, func(t *testing.T) {
			w := serve(api, preflight(pageOrigin))
			if origin, headers := w.Header().Get("Access-Control-Allow-Origin"), w.Header().Get("Access-Control-Allow-Headers"); w.Code >= 300 ||
				origin != pageOrigin || !strings.Contains(strings.ToLower(headers), "authorization") {
				t.Errorf("got %d, %v for a preflight without a token, want it allowed", w.Code, w.Header())
			}
			if got := serve(api, preflight("https://other.example.com")).Header().Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("got %q allowed for another origin, want none", got)
			}
			for _, e := range []exchange{
				{"a good token", as.Authorize(request("GET", "/orders"), read, alice), 200, "orders of alice", ""},
				{"an expired token", as.Authorize(request("GET", "/orders"), read, expired), 401, bodyExpired, challengeExpired},
				{"no token", request("GET", "/orders"), 401, bodyNoToken, `Bearer realm="api", scope="orders:read"`},
			} {
				e.request.Header.Set("Origin", pageOrigin)
				e.check(t, api)
				header := serve(api, e.request).Header()
				exposed := strings.ToLower(header.Get("Access-Control-Expose-Headers"))
				if header.Get("Access-Control-Allow-Origin") != pageOrigin || !strings.Contains(exposed, "www-authenticate") || !strings.Contains(exposed, "retry-after") {
					t.Errorf("%s: got %v, want an answer that the page can read", e.name, header)
				}
			}
		})
	}
}

func TestCORSWithinRequireRefusesPreflights(t *testing.T) {
	v := newVerifier(t, testserver.New(t))
	wrong := httpauth.Require(v)(cors.AllowAll().Handler(http.NotFoundHandler()))
	if w := serve(wrong, preflight(pageOrigin)); w.Code != http.StatusUnauthorized {
		t.Errorf("got %d, want 401", w.Code)
	}
}
