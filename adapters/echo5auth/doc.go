// Package echo5auth protects routes of Echo v5 with a [middleware.Verifier].
//
//	orders := e.Group("/orders", echo5auth.Require(v, scopes.All("orders:read")))
//	orders.GET("", list)                                                     // in list: echo5auth.Token(c).Subject
//	orders.POST("", create, echo5auth.Require(v, scopes.All("orders:write"))) // requires both scopes
//
// A route in a protected group may have requirements of its own. The token is
// still verified only once. Pass the requirement of a group to e.Group, as
// above. A later Group.Use does not protect routes that were added earlier.
//
// # Refusals
//
// A request that Require or Optional refuses never reaches the handler. Its
// response has the status and header fields of RFC 6750 §3. The adapter returns
// the *[middleware.Error] to Echo, so that loggers receive the cause. Echo's
// HTTPErrorHandler writes the response. If the program sets its own
// HTTPErrorHandler, that function finds the status and the body in this error:
//
//	var refusal *middleware.Error
//	if errors.As(err, &refusal) { … }
//
// Echo's default handler writes {"error","error_description"}, the same body as
// the other adapters. To change only the body, set the field ErrorBody of a
// [Guard]. The other adapters have the same field.
//
// Echo's default handler sends no Content-Type in the response to a HEAD
// request. The adapter adds the Content-Type of the JSON body, unless the
// response already has a Content-Type.
package echo5auth
