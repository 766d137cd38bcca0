package ginauth

import (
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/bearerguard/bearerguard/middleware"
)

// Metadata returns the path and the handler of [middleware.Verifier.Metadata]
// for use as r.Any(ginauth.Metadata(v)).
func Metadata(v *middleware.Verifier) (path string, h gin.HandlerFunc) {
	pattern, handler := v.Metadata()
	return strings.TrimSuffix(pattern, "{$}"), gin.WrapH(handler)
}
