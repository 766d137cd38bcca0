// Package echoauth protects routes of Echo v4 with a [middleware.Verifier].
//
//	orders := e.Group("/orders", echoauth.Require(v, scopes.All("orders:read")))
//	orders.GET("", list)                                                   // in list: echoauth.Token(c).Subject
//	orders.POST("", create, echoauth.Require(v, scopes.All("orders:write"))) // requires both scopes
//
// A route within a protected group may have further requirements; the token is
// verified only once. Pass the requirement of a group when you create the
// group, as above: a later Group.Use does not apply to routes that were added
// earlier.
//
// # Refusals
//
// A refused request never reaches the handler. Its response has the status and
// header fields of RFC 6750 §3. The adapter returns an *echo.HTTPError to Echo,
// which wraps the *[middleware.Error]. Loggers therefore see the cause. The
// program's HTTPErrorHandler writes the response:
//
//	var refusal *middleware.Error
//	if errors.As(err, &refusal) { … }
//
// Echo's default handler writes {"error","error_description"}, the same body as
// the other adapters. To change only the body, in the same way for every
// framework, use a [Guard] with an ErrorBody.
//
// Echo's default handler responds to a HEAD request without Content-Type. The
// adapter adds the Content-Type of the JSON body, unless Content-Type is
// already set.
package echoauth
