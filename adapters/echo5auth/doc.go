// Package echo5auth protects routes of Echo v5 with a [middleware.Verifier].
//
//	orders := e.Group("/orders", echo5auth.Require(v, scopes.All("orders:read")))
//	orders.GET("", list)                                                     // in list: echo5auth.Token(c).Subject
//	orders.POST("", create, echo5auth.Require(v, scopes.All("orders:write"))) // requires both scopes
//
// A route within a protected group may have further requirements; the token is
// verified only once. Pass the requirement of a group when you create the
// group, as above: a later Group.Use does not apply to routes that were added
// earlier.
//
// # Refusals
//
// A refused request never reaches the handler. Its response has the status and
// header fields of RFC 6750 §3. The adapter returns the *[middleware.Error] to
// Echo, so that loggers receive the cause. Echo's HTTPErrorHandler writes the
// response. If the program has its own HTTPErrorHandler, the handler finds the
// status and the body in this error:
//
//	var refusal *middleware.Error
//	if errors.As(err, &refusal) { … }
//
// Echo's default handler writes {"error","error_description"}, the same body as
// the other adapters. To change only the body, set the ErrorBody of a [Guard].
// The other adapters have the same field.
//
// Echo's default handler responds to a HEAD request without Content-Type. The
// adapter adds the Content-Type of the JSON body, unless Content-Type is
// already set.
package echo5auth
