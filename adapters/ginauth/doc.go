// Package ginauth protects routes of Gin with a [middleware.Verifier].
//
//	orders := r.Group("/orders", ginauth.Require(v, scopes.All("orders:read")))
//	orders.GET("", list)                                                   // in list: ginauth.Token(c).Subject
//	orders.POST("", ginauth.Require(v, scopes.All("orders:write")), create) // requires both scopes
//
// A route in a protected group may have requirements of its own. The token is
// still verified only once. Pass the requirement of a group to r.Group, as
// above. A later Use does not protect routes that were added earlier.
//
// Handlers call [Token]. Do not pass a *gin.Context to [middleware.TokenFrom]:
// the call compiles, but returns nil, unless the engine has the setting
// ContextWithFallback. TokenFrom needs the context of the *http.Request, where
// the token is stored.
//
// # Refusals
//
// A refused request does not reach any further handler. Its response has the
// status and header fields of RFC 6750 §3. The body is
// {"error","error_description"}, unless a [Guard] has an ErrorBody. Loggers
// find the *[middleware.Error] among the errors of the gin.Context:
//
//	var refusal *middleware.Error
//	if last := c.Errors.Last(); last != nil && errors.As(last, &refusal) { … }
//
// When c.Next returns, the response to a refused request has already been
// written, unless ErrorBody returned a nil body. A middleware that writes a
// body for errors should therefore check c.Writer.Written first.
package ginauth
