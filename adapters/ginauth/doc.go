// Package ginauth protects routes of Gin with a [middleware.Verifier].
//
//	orders := r.Group("/orders", ginauth.Require(v, scopes.All("orders:read")))
//	orders.GET("", list)                                                   // in list: ginauth.Token(c).Subject
//	orders.POST("", ginauth.Require(v, scopes.All("orders:write")), create) // needs both
//
// A route within a protected group may require more; the token is verified
// once. Give a group its requirement when it is created, as above: a later Use
// does not apply to routes that were added before.
//
// Handlers call [Token]. [middleware.TokenFrom] accepts a *gin.Context too,
// since that is a context, but finds no token in it: the token is in the
// context of the request.
//
// # Refusals
//
// A refused request reaches no further handler. Its answer is that of RFC 6750
// §3, with the body {"error","error_description"} unless a [Guard] has an
// ErrorBody. The *[middleware.Error] is among the errors of the gin.Context,
// for loggers:
//
//	var refusal *middleware.Error
//	if last := c.Errors.Last(); last != nil && errors.As(last, &refusal) { … }
//
// The answer is complete by then: middleware that writes a body for such errors
// should check c.Writer.Written first.
package ginauth
