package rival

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/labstack/echo/v4"
)

// Framework is a web framework that serves the route GET /orders, unprotected
// or with one of the protections.
type Framework struct {
	Unprotected func() http.Handler
	Protected   []Protection
}

// Protection is a middleware in front of the route GET /orders. It requires a
// token with the scope of the settings. It also requires their issuer and
// [Audience], unless it shows a set-up that checks neither. Unprotected
// requires nothing.
type Protection struct {
	Name   string
	Ours   bool
	Cached bool // true with Bearerguard's token cache
	Open   func(ctx context.Context, s Settings) (http.Handler, error)
}

// Unprotected returns the route without protection.
func Unprotected() Protection {
	return Protection{Open: func(context.Context, Settings) (http.Handler, error) { return netHTTP(), nil }}
}

// ByGolangJWT returns the protection with golang-jwt and keyfunc. The
// benchmarks compare the other protections with this one.
func (f Framework) ByGolangJWT() Protection { return f.Protected[2] }

// Frameworks returns net/http, Echo and Gin. For each framework, the first two
// protections use Bearerguard and the third uses golang-jwt.
func Frameworks() []Framework {
	return []Framework{
		{netHTTP, append(ours("httpauth", httpGuarded), ByHand(GolangJWT()), ByHand(GoOIDC()), Auth0v2Middleware(), Auth0v3Middleware(), jwtAuthMiddleware(), mcpMiddleware())},
		{func() http.Handler { return echoAPI() }, append(ours("echoauth", echoGuarded), echoJWTOptions())},
		{func() http.Handler { return ginAPI() }, append(ours("ginauth", ginGuarded), GinByHand(GolangJWT()))},
	}
}

// Route is the path of the only route of every API. Its method is GET.
const Route = "/orders"

const body = "[]"

var orders = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })

func netHTTP() http.Handler { return routed(orders) }

func routed(h http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+Route, h)
	return mux
}

func echoAPI(mw ...echo.MiddlewareFunc) http.Handler {
	e := echo.New()
	e.GET(Route, func(c echo.Context) error { return c.String(http.StatusOK, body) }, mw...)
	return e
}

func ginAPI(mw ...gin.HandlerFunc) http.Handler {
	gin.SetMode(gin.ReleaseMode) // debug mode prints every route
	r := gin.New()
	r.GET(Route, append(mw, func(c *gin.Context) { c.String(http.StatusOK, body) })...)
	return r
}

// scoped returns a handler that checks the scope before it calls next. It is
// used after middlewares that do not check scopes.
func (s Settings) scoped(scope func(r *http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.allows(scope(r)) != nil {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
