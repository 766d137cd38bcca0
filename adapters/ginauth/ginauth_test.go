package ginauth_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/bearerguard/bearerguard/adapters/ginauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
)

func handler(c *gin.Context) { c.String(http.StatusOK, "reached") }

func serve(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
	return rec
}

func TestLoggersSeeTheStatusAndTheCause(t *testing.T) {
	_, v := newVerifier(t)
	var log bytes.Buffer
	var outer func(*gin.Context)
	r := gin.New()
	r.Use(gin.LoggerWithWriter(&log), func(c *gin.Context) {
		c.Next()
		outer(c)
	})
	r.GET("/", ginauth.Require(v, scopes.All("read")), handler, handler)
	outer = func(c *gin.Context) {
		var refusal *middleware.Error
		if last := c.Errors.Last(); last == nil || !errors.As(last, &refusal) || !errors.Is(last, middleware.ErrNoToken) {
			t.Errorf("got errors %v, want the refusal as the last error", c.Errors)
		}
		if !c.IsAborted() || !c.Writer.Written() || c.Writer.Status() != http.StatusUnauthorized {
			t.Errorf("got aborted %v, written %v, status %d, want an aborted context and a written response with status 401", c.IsAborted(), c.Writer.Written(), c.Writer.Status())
		}
	}
	if body := serve(t, r, "/").Body.String(); body != `{"error_description":"an access token is required"}` {
		t.Errorf("got body %s, want only the body of the refusal", body)
	}
	if text := log.String(); !strings.Contains(text, "401") || !strings.Contains(text, "bearerguard: an access token is required") {
		t.Errorf("got log %q, want status and cause", text)
	}
}

// This test uses a real connection, because an httptest.ResponseRecorder does
// not enforce Content-Length.
func TestErrorRendererCannotExtendAnAnswer(t *testing.T) {
	_, v := newVerifier(t)
	r := gin.New()
	r.Use(gin.ErrorLogger()) // writes the errors of the context to the client
	r.GET("/", ginauth.Require(v), handler)
	r.GET("/problem", ginauth.Guard{Verifier: v, ErrorBody: func(*http.Request, *middleware.Error) (string, []byte) {
		return "text/plain", []byte("no")
	}}.Require(), handler)
	server := httptest.NewServer(r)
	defer server.Close()
	for path, want := range map[string]string{"/": `{"error_description":"an access token is required"}`, "/problem": "no"} {
		response, err := server.Client().Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || string(body) != want || response.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: got %s %q, %v, want 401 %q", path, response.Status, body, err, want)
		}
	}
}

func TestTheTokenIsInTheRequestNotInGinsContext(t *testing.T) {
	as, v := newVerifier(t)
	r := gin.New()
	r.GET("/", ginauth.Require(v), func(c *gin.Context) {
		if token := ginauth.Token(c); token == nil || token.Subject != "alice" {
			t.Errorf("got %v from ginauth.Token, want alice's", token)
		}
		if token := middleware.TokenFrom(c); token != nil {
			t.Error("middleware.TokenFrom now finds the token in a *gin.Context: update doc.go")
		}
	})
	request := as.Authorize(httptest.NewRequestWithContext(t.Context(), "GET", "/", nil), testserver.Subject("alice"))
	rec := httptest.NewRecorder()
	if r.ServeHTTP(rec, request); rec.Code != http.StatusOK {
		t.Errorf("got %d, want 200", rec.Code)
	}
}

func TestAGroupsRequirementCoversAllOfIt(t *testing.T) {
	_, v := newVerifier(t)
	r := gin.New()
	group := r.Group("/group", ginauth.Require(v))
	group.GET("/first", handler)
	group.Group("/inner").GET("/second", handler)
	group.Use(func(*gin.Context) {})
	group.GET("/third", handler)
	for _, path := range []string{"/group/first", "/group/inner/second", "/group/third"} {
		if rec := serve(t, r, path); rec.Code != http.StatusUnauthorized {
			t.Errorf("%s: got %d, want 401", path, rec.Code)
		}
	}
}

// doc.go warns that a later Use does not protect earlier routes. If Gin changes
// this, remove the warning.
func TestUseSkipsEarlierRoutes(t *testing.T) {
	_, v := newVerifier(t)
	r := gin.New()
	r.GET("/before", handler)
	r.Use(ginauth.Require(v))
	r.GET("/after", handler)
	for path, want := range map[string]int{"/before": http.StatusOK, "/after": http.StatusUnauthorized} {
		if rec := serve(t, r, path); rec.Code != want {
			t.Errorf("R17: %s: got %d, want %d", path, rec.Code, want)
		}
	}
}

func TestUnconstructedVerifierRefuses(t *testing.T) {
	r := gin.New()
	r.GET("/required", ginauth.Require(nil), handler)
	r.GET("/optional", ginauth.Optional(nil), handler)
	for _, path := range []string{"/required", "/optional"} {
		if rec := serve(t, r, path); rec.Code != http.StatusInternalServerError || strings.Contains(rec.Body.String(), "reached") {
			t.Errorf("E10: %s: got %d %s, want 500", path, rec.Code, rec.Body)
		}
	}
}

// If ErrorBody returns nil and no middleware writes a body, the body is empty.
func TestNilErrorBodyGivesAnEmptyBody(t *testing.T) {
	_, v := newVerifier(t)
	g := ginauth.Guard{Verifier: v, ErrorBody: func(*http.Request, *middleware.Error) (string, []byte) { return "", nil }}
	r := gin.New()
	r.GET("/", func(c *gin.Context) { c.Header("Content-Type", "text/csv") }, g.Require(), handler)
	rec := serve(t, r, "/")
	if rec.Code != http.StatusUnauthorized || rec.Body.Len() != 0 || rec.Header().Get("WWW-Authenticate") == "" || rec.Header().Get("Content-Type") != "" {
		t.Errorf("got %d, %v and %q, want the refusal without a body", rec.Code, rec.Header(), rec.Body)
	}
}
