package recipes_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.TestMode)
	goleak.VerifyTestMain(m)
}

// newVerifier returns a verifier that accepts the tokens of the server as.
func newVerifier(t *testing.T, as *testserver.Server, change ...func(*middleware.Config)) *middleware.Verifier {
	t.Helper()
	config := middleware.Config{
		Audience: "api",
		Issuers:  []middleware.Issuer{{URL: as.Issuer()}},
		Client:   as.Client(),
		Logger:   slog.New(slog.DiscardHandler),
	}
	for _, c := range change {
		c(&config)
	}
	v, err := middleware.NewVerifier(config)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func request(method, path string) *http.Request {
	return httptest.NewRequest(method, path, http.NoBody)
}

func serve(api http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	return w
}

// exchange is a request to a recipe, and the answer that the test expects.
type exchange struct {
	name      string
	request   *http.Request
	status    int
	body      string
	challenge string
}

func (e exchange) check(t *testing.T, api http.Handler) {
	t.Helper()
	w := serve(api, e.request)
	if got := strings.TrimSpace(w.Body.String()); w.Code != e.status || got != e.body {
		t.Errorf("%s: got %d %s, want %d %s", e.name, w.Code, got, e.status, e.body)
	}
	if got := w.Header().Get("WWW-Authenticate"); got != e.challenge {
		t.Errorf("%s: got the challenge %s, want %s", e.name, got, e.challenge)
	}
}

// The adapters send these bodies and challenges. Some recipes replace the
// bodies.
const (
	bodyNoToken   = `{"error_description":"an access token is required"}`
	bodyExpired   = `{"error":"invalid_token","error_description":"token is expired"}`
	bodyRevoked   = `{"error":"invalid_token","error_description":"token is revoked"}`
	bodyForbidden = `{"error":"insufficient_scope","error_description":"token does not meet the requirements of this resource"}`

	challengeExpired   = `Bearer realm="api", error="invalid_token", error_description="token is expired"`
	challengeForbidden = `Bearer realm="api", error="insufficient_scope", error_description="token does not meet the requirements of this resource"`
)

var (
	read    = testserver.Scope("orders:read")
	alice   = testserver.Subject("alice")
	expired = testserver.ExpiresIn(-time.Hour)
)
