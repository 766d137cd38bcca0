// Package ginauth protects routes of Gin with a [middleware.Verifier].
//
//	orders := r.Group("/orders", ginauth.Require(v, scopes.All("orders:read")))
//	orders.GET("", list)                                                   // in list: ginauth.Token(c).Subject
//	orders.POST("", ginauth.Require(v, scopes.All("orders:write")), create) // requires both scopes
//
// A route within a protected group may have further requirements; the token is
// verified only once. Pass the requirement of a group when you create the
// group, as above: a later Use does not apply to routes that were added
// earlier.
//
// Handlers call [Token]. Do not pass a *gin.Context to [middleware.TokenFrom].
// The call compiles, because a *gin.Context is a [context.Context]. It returns
// nil, because the token is stored in the context of the *http.Request.
//
// # Refusals
//
// A refused request does not reach any further handler. Its response has the
// status and header fields of RFC 6750 §3, and the body
// {"error","error_description"} unless a [Guard] has an ErrorBody. Loggers find
// the *[middleware.Error] among the errors of the gin.Context:
//
//	var refusal *middleware.Error
//	if last := c.Errors.Last(); last != nil && errors.As(last, &refusal) { … }
//
// When c.Next returns, the response to a refused request has already been
// written, unless ErrorBody returned a nil body. A middleware that writes a
// body for errors should therefore check c.Writer.Written first.
package ginauth
