package echo5auth_test

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/labstack/echo/v5"
	echomiddleware "github.com/labstack/echo/v5/middleware"

	"github.com/bearerguard/bearerguard/adapters/echo5auth"
	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

func handler(c *echo.Context) error { return c.String(http.StatusOK, "reached") }

func serve(t *testing.T, h http.Handler, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), method, path, nil))
	return rec
}

func TestTheProgramsErrorHandlerWritesTheAnswer(t *testing.T) {
	v := newVerifier(t)
	e := echo.New()
	e.HTTPErrorHandler = func(c *echo.Context, err error) {
		var refusal *middleware.Error
		if !errors.As(err, &refusal) || !errors.Is(err, middleware.ErrNoToken) {
			t.Errorf("got %v, want an error that wraps the refusal", err)
		}
		if got := echo.StatusCode(err); got != http.StatusUnauthorized {
			t.Errorf("got %v with the status %d, want 401", err, got)
		}
		_ = c.Blob(refusal.StatusCode(), "application/problem+json", []byte(`{"title":"Who are you?"}`))
	}
	e.Any("/", handler, echo5auth.Require(v, scopes.All("read")))
	for _, method := range []string{"GET", "HEAD"} {
		rec := serve(t, e, method, "/")
		if rec.Code != http.StatusUnauthorized || rec.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: got %d and %s, want the handler's own content type", method, rec.Code, rec.Header().Get("Content-Type"))
		}
		if got, want := rec.Header().Get("WWW-Authenticate"), `Bearer realm="api", scope="read"`; got != want {
			t.Errorf("%s: got challenge %s, want %s", method, got, want)
		}
	}
}

func TestEchosOwnHandlerAnswersAsHTTPAuthDoes(t *testing.T) {
	v := newVerifier(t)
	plain := httpauth.Require(v, scopes.All("read"))(http.NotFoundHandler())
	for _, expose := range []bool{false, true} {
		e := echo.New()
		e.HTTPErrorHandler = echo.DefaultHTTPErrorHandler(expose)
		e.Any("/", handler, echo5auth.Require(v, scopes.All("read")))
		for _, authorization := range []string{"", "Bearer", "Bearer x"} {
			var bodies [2]any
			for i, h := range []http.Handler{plain, e} {
				r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
				r.Header.Set("Authorization", authorization)
				rec := httptest.NewRecorder()
				h.ServeHTTP(rec, r)
				if err := json.Unmarshal(rec.Body.Bytes(), &bodies[i]); err != nil {
					t.Fatal(err)
				}
			}
			if !reflect.DeepEqual(bodies[0], bodies[1]) {
				t.Errorf("%q, exposing errors %v: got %v, want %v", authorization, expose, bodies[1], bodies[0])
			}
		}
	}
}

// This test uses a real connection, because an httptest.ResponseRecorder does
// not enforce Content-Length.
func TestErrorBodyIsWrittenOnce(t *testing.T) {
	v := newVerifier(t)
	guard := echo5auth.Guard{Verifier: v, ErrorBody: func(*http.Request, *middleware.Error) (string, []byte) {
		return "text/plain", []byte("no")
	}}
	for name, eager := range map[string]bool{"Echo's own": false, "one that writes even if the response is already committed": true} {
		t.Run(name, func(t *testing.T) {
			e := echo.New()
			e.Logger = slog.New(slog.DiscardHandler)
			seen := make(chan error, 2)
			e.HTTPErrorHandler = func(c *echo.Context, err error) {
				seen <- err
				if eager {
					_ = c.JSON(http.StatusTeapot, "more")
					return
				}
				echo.DefaultHTTPErrorHandler(false)(c, err)
			}
			e.GET("/", handler, guard.Require())
			server := httptest.NewServer(e)
			defer server.Close()
			response, err := server.Client().Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			response.Body.Close()
			if err != nil || string(body) != "no" || response.StatusCode != http.StatusUnauthorized || response.Header.Get("WWW-Authenticate") != `Bearer realm="api"` {
				t.Errorf("got %s with %v and %q, %v, want 401 with the challenge and only one body", response.Status, response.Header, body, err)
			}
			if err := <-seen; !errors.Is(err, middleware.ErrNoToken) {
				t.Errorf("the error handler got %v, want %v", err, middleware.ErrNoToken)
			}
		})
	}
}

func TestLoggersSeeTheStatusAndTheCause(t *testing.T) {
	v := newVerifier(t)
	for name, guard := range map[string]echo5auth.Guard{
		"without an ErrorBody": {Verifier: v},
		"with an ErrorBody": {Verifier: v, ErrorBody: func(*http.Request, *middleware.Error) (string, []byte) {
			return "text/plain", []byte("no")
		}},
	} {
		for _, handle := range []bool{false, true} {
			var status int
			var cause error
			e := echo.New()
			e.Use(echomiddleware.RequestLoggerWithConfig(echomiddleware.RequestLoggerConfig{
				LogStatus: true, HandleError: handle,
				LogValuesFunc: func(_ *echo.Context, values echomiddleware.RequestLoggerValues) error {
					status, cause = values.Status, values.Error
					return nil
				},
			}))
			e.GET("/", handler, guard.Require())
			body := serve(t, e, "GET", "/").Body.String()
			if status != http.StatusUnauthorized || !errors.Is(cause, middleware.ErrNoToken) {
				t.Errorf("%s, HandleError %v: the logger saw %d and %v, want 401 and %v", name, handle, status, cause, middleware.ErrNoToken)
			}
			if strings.Count(strings.TrimSpace(body), "\n") != 0 || body == "" {
				t.Errorf("%s, HandleError %v: got body %q, want only one body", name, handle, body)
			}
		}
	}
}

func TestAGroupsRequirementCoversAllOfIt(t *testing.T) {
	v := newVerifier(t)
	e := echo.New()
	group := e.Group("/group", echo5auth.Require(v))
	group.GET("/first", handler)
	group.Group("/inner").GET("/second", handler)
	group.Use(func(next echo.HandlerFunc) echo.HandlerFunc { return next })
	group.GET("/third", handler)
	for _, path := range []string{"/group/first", "/group/inner/second", "/group/third", "/group/missing"} {
		if rec := serve(t, e, "GET", path); rec.Code != http.StatusUnauthorized {
			t.Errorf("%s: got %d, want 401", path, rec.Code)
		}
	}
}

// doc.go warns that a later Group.Use does not protect earlier routes. If Echo
// changes this, remove the warning.
func TestGroupUseSkipsEarlierRoutes(t *testing.T) {
	v := newVerifier(t)
	e := echo.New()
	group := e.Group("/group")
	group.GET("/before", handler)
	group.Use(echo5auth.Require(v))
	group.GET("/after", handler)
	for path, want := range map[string]int{"/group/before": http.StatusOK, "/group/after": http.StatusUnauthorized} {
		if rec := serve(t, e, "GET", path); rec.Code != want {
			t.Errorf("R17: %s: got %d, want %d", path, rec.Code, want)
		}
	}
}

func TestUnconstructedVerifierRefuses(t *testing.T) {
	e := echo.New()
	e.GET("/required", handler, echo5auth.Require(nil))
	e.GET("/optional", handler, echo5auth.Optional(nil))
	for _, path := range []string{"/required", "/optional"} {
		if rec := serve(t, e, "GET", path); rec.Code != http.StatusInternalServerError || strings.Contains(rec.Body.String(), "reached") {
			t.Errorf("E10: %s: got %d %s, want 500", path, rec.Code, rec.Body)
		}
	}
}

// If a handler has already written a response, the Guard around the handler
// does not write another response.
func TestHandlersKeepTheirOwnAnswers(t *testing.T) {
	v := newVerifier(t)
	guard := echo5auth.Guard{Verifier: v, ErrorBody: func(*http.Request, *middleware.Error) (string, []byte) {
		return "text/plain", []byte("no")
	}}
	refusal := v.Check(nil)
	for name, test := range map[string]struct {
		handler echo.HandlerFunc
		status  int
		body    string
	}{
		"a refusal that is returned": {func(*echo.Context) error { return refusal }, http.StatusUnauthorized, "no"},
		"one that was answered before": {func(c *echo.Context) error {
			_ = c.String(http.StatusNotFound, "hidden")
			return refusal
		}, http.StatusNotFound, "hidden"},
		"one within an answer of Echo's": {func(*echo.Context) error {
			return echo.NewHTTPError(http.StatusNotFound, "hidden").Wrap(refusal)
		}, http.StatusNotFound, `{"message":"hidden"}` + "\n"},
		"one of another Guard": {echo5auth.Require(v)(handler), http.StatusUnauthorized, `{"error_description":"an access token is required"}` + "\n"},
		"another error":        {func(*echo.Context) error { return errors.New("no disk") }, http.StatusInternalServerError, `{"message":"Internal Server Error"}` + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			e := echo.New()
			e.Logger = slog.New(slog.DiscardHandler)
			e.GET("/", test.handler, guard.Optional())
			if rec := serve(t, e, "GET", "/"); rec.Code != test.status || rec.Body.String() != test.body {
				t.Errorf("got %d %q, want %d %q", rec.Code, rec.Body, test.status, test.body)
			}
		})
	}
}
