package rival

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/labstack/echo/v4"
)

// Framework is one way to make an API with the route GET /orders.
type Framework struct {
	Unprotected func() http.Handler
	Protected   []Protection
}

// Protection is a middleware in front of the route, set up to demand a token
// with the audience, the issuer and the scope of the settings.
type Protection struct {
	Name   string
	Ours   bool
	Cached bool // ours, with the token cache
	Open   func(ctx context.Context, s Settings) (http.Handler, error)
}

// Unprotected is the route without protection.
func Unprotected() Protection {
	return Protection{Open: func(context.Context, Settings) (http.Handler, error) { return netHTTP(), nil }}
}

// ByGolangJWT is the protection by golang-jwt and keyfunc, the unit of the
// others.
func (f Framework) ByGolangJWT() Protection { return f.Protected[2] }

// Frameworks are net/http, Echo and Gin. The first two protections are ours,
// and the third is golang-jwt.
func Frameworks() []Framework {
	return []Framework{
		{netHTTP, append(ours("httpauth", httpGuarded), ByHand(GolangJWT()), ByHand(GoOIDC()), Auth0v2Middleware(), Auth0v3Middleware(), jwtAuthMiddleware(), mcpMiddleware())},
		{func() http.Handler { return echoAPI() }, append(ours("echoauth", echoGuarded), echoJWTOptions())},
		{func() http.Handler { return ginAPI() }, append(ours("ginauth", ginGuarded), GinByHand(GolangJWT()))},
	}
}

// Route is the path of the one route that every API has, for GET.
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
	gin.SetMode(gin.ReleaseMode) // the other mode prints every route
	r := gin.New()
	r.GET(Route, append(mw, func(c *gin.Context) { c.String(http.StatusOK, body) })...)
	return r
}

// scoped is the check of the scope that several middlewares leave to a second.
func (s Settings) scoped(scope func(r *http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.allows(scope(r)) != nil {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
