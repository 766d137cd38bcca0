package interop_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	gingzip "github.com/gin-contrib/gzip"
	"github.com/gin-gonic/gin"
	"github.com/gorilla/handlers"
	"github.com/labstack/echo/v4"
	echomiddleware "github.com/labstack/echo/v4/middleware"

	"github.com/bearerguard/bearerguard/adapters/echoauth"
	"github.com/bearerguard/bearerguard/adapters/ginauth"
	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
)

// errorBody is a function that makes the body of the response to a refused
// request.
type errorBody = func(*http.Request, *middleware.Error) (contentType string, body []byte)

// problem is a custom errorBody. Its body is so long that every compressing
// middleware compresses it.
func problem(_ *http.Request, e *middleware.Error) (contentType string, body []byte) {
	body, _ = json.Marshal(map[string]string{"title": e.Description, "detail": strings.Repeat("Ask the support for help. ", 100)}) // strings can always be encoded
	return "application/problem+json", body
}

const content = "all is well, all is well, all is well"

// compressing maps the name of a framework to a function. The function returns
// a handler with one route, which requires the scope read. The framework's
// compression middleware runs before the adapter.
var compressing = map[string]func(v *middleware.Verifier, body errorBody) http.Handler{
	"net/http, gorilla/handlers": func(v *middleware.Verifier, body errorBody) http.Handler {
		guard := httpauth.Guard{Verifier: v, ErrorBody: body}
		return handlers.CompressHandler(guard.Require(scopes.All("read"))(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, content)
		})))
	},
	"Echo": func(v *middleware.Verifier, body errorBody) http.Handler {
		return newCompressingEcho(v, body, 0)
	},
	"Echo, long answers only": func(v *middleware.Verifier, body errorBody) http.Handler {
		return newCompressingEcho(v, body, 1000)
	},
	"Gin": func(v *middleware.Verifier, body errorBody) http.Handler {
		gin.SetMode(gin.ReleaseMode)
		r := gin.New()
		r.Use(gingzip.Gzip(gingzip.DefaultCompression))
		r.GET("/", ginauth.Guard{Verifier: v, ErrorBody: body}.Require(scopes.All("read")), func(c *gin.Context) { c.String(http.StatusOK, content) })
		return r
	},
}

func newCompressingEcho(v *middleware.Verifier, body errorBody, shortest int) http.Handler {
	e := echo.New()
	e.Use(echomiddleware.GzipWithConfig(echomiddleware.GzipConfig{MinLength: shortest}))
	e.GET("/", func(c echo.Context) error { return c.String(http.StatusOK, content) }, echoauth.Guard{Verifier: v, ErrorBody: body}.Require(scopes.All("read")))
	return e
}

// The body of a refusal must have the encoding that its Content-Encoding field
// names (RFC 9110 §8.4).
func TestRefusalsBehindCompressionCanBeRead(t *testing.T) {
	as := testserver.New(t, testserver.Audience("api"))
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api", Issuers: []middleware.Issuer{{URL: as.Issuer()}}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, build := range compressing {
		for what, body := range map[string]errorBody{"": nil, " with a custom body": problem} {
			server := httptest.NewServer(build(v, body))
			t.Cleanup(server.Close)
			for _, test := range []struct {
				name, token string
				status      int
				want        string
			}{
				{"no token", "", 401, "an access token is required"},
				{"an expired token", as.Token(testserver.With(testserver.Expired)), 401, "token is expired"},
				{"a token without the scope", as.Token(testserver.Scope("write")), 403, "requirements"},
				{"a good token", as.Token(testserver.Scope("read")), 200, content},
			} {
				for _, accepted := range []string{"gzip", "identity"} {
					t.Run(name+what+"/"+test.name+" in "+accepted, func(t *testing.T) {
						response, text := fetchEncoded(t, server, accepted, test.token)
						if response.StatusCode != test.status || !strings.Contains(text, test.want) {
							t.Errorf("got %d %q, want %d and %q", response.StatusCode, text, test.status, test.want)
						}
						if challenged := response.Header.Get("WWW-Authenticate") != ""; challenged != (test.status != 200) {
							t.Errorf("got the challenge %q with %d", response.Header.Get("WWW-Authenticate"), test.status)
						}
					})
				}
			}
		}
	}
}

// fetchEncoded sends a request with Accept-Encoding. It returns the response,
// and the body decoded according to Content-Encoding.
func fetchEncoded(t *testing.T, server *httptest.Server, accepted, token string) (response *http.Response, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", accepted) // if the request sets this field, net/http does not decode the body
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err = server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body := io.Reader(response.Body)
	switch encoding := response.Header.Get("Content-Encoding"); encoding {
	case "":
	case "gzip":
		if body, err = gzip.NewReader(body); err != nil {
			t.Fatalf("Content-Encoding is gzip, but the body is not: %v", err)
		}
	default:
		t.Fatalf("got the encoding %q, want gzip or none", encoding)
	}
	decoded, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(decoded)
}
