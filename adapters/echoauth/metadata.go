package echoauth

import (
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/bearerguard/bearerguard/middleware"
)

// Metadata returns the path and the handler of the protected resource metadata.
// See [middleware.Verifier.Metadata]. To register the handler, call
// e.Any(echoauth.Metadata(v)).
func Metadata(v *middleware.Verifier) (path string, h echo.HandlerFunc) {
	pattern, handler := v.Metadata()
	return strings.TrimSuffix(pattern, "{$}"), echo.WrapHandler(handler)
}
