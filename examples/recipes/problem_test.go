package recipes_test

import (
	"net/http"
	"testing"

	"github.com/bearerguard/bearerguard/examples/recipes"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestProblem(t *testing.T) {
	as := testserver.New(t)
	v := newVerifier(t, as)
	unreachable := testserver.New(t)
	unreachable.Inject(testserver.EndpointJWKS, testserver.Status(http.StatusServiceUnavailable))
	down := newVerifier(t, unreachable)

	for name, newAPI := range map[string]func(*middleware.Verifier) http.Handler{
		"net/http": recipes.ProblemHTTP, "Gin": recipes.ProblemGin, "Echo v4": recipes.ProblemEcho, "Echo v5": recipes.ProblemEcho5,
	} {
		t.Run(name, func(t *testing.T) {
			api := newAPI(v)
			for _, e := range []exchange{
				{"a good token", as.Authorize(request("GET", "/orders"), read, alice), 200, "orders of alice", ""},
				{"no token", request("GET", "/orders"), 401,
					`{"title":"Unauthorized","status":401,"detail":"an access token is required"}`, `Bearer realm="api", scope="orders:read"`},
				{"an expired token", as.Authorize(request("GET", "/orders"), read, expired), 401,
					`{"title":"Unauthorized","status":401,"detail":"token is expired","error":"invalid_token"}`, challengeExpired},
				{"a token without the scope", as.Authorize(request("GET", "/orders")), 403,
					`{"title":"Forbidden","status":403,"detail":"token does not meet the requirements of this resource","error":"insufficient_scope"}`,
					challengeForbidden + `, scope="orders:read"`},
			} {
				e.check(t, api)
			}
			if got := serve(api, request("GET", "/orders")).Header().Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("got the content type %q, want application/problem+json", got)
			}
			w := serve(newAPI(down), unreachable.Authorize(request("GET", "/orders"), read))
			want := `{"title":"Service Unavailable","status":503,"detail":"token cannot be checked at the moment","error":"temporarily_unavailable"}`
			if w.Code != http.StatusServiceUnavailable || w.Body.String() != want || w.Header().Get("Retry-After") == "" {
				t.Errorf("got %d %s, %v without keys, want 503 %s and a Retry-After", w.Code, w.Body, w.Header(), want)
			}
		})
	}
}

func TestEchosOwnErrorsAreProblemsToo(t *testing.T) {
	v := newVerifier(t, testserver.New(t))
	for name, api := range map[string]http.Handler{"Echo v4": recipes.ProblemEcho(v), "Echo v5": recipes.ProblemEcho5(v)} {
		exchange{name, request("GET", "/nowhere"), 404, `{"title":"Not Found","status":404}`, ""}.check(t, api)
	}
}
