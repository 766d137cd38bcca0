package ginauth

import (
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/bearerguard/bearerguard/middleware"
)

// Metadata returns the path and the handler of the protected resource metadata.
// See [middleware.Verifier.Metadata]. To register the handler, call
// r.Any(ginauth.Metadata(v)).
func Metadata(v *middleware.Verifier) (path string, h gin.HandlerFunc) {
	pattern, handler := v.Metadata()
	return strings.TrimSuffix(pattern, "{$}"), gin.WrapH(handler)
}
