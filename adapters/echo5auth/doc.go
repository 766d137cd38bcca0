// Package echo5auth protects routes of Echo v5 with a [middleware.Verifier].
//
//	orders := e.Group("/orders", echo5auth.Require(v, scopes.All("orders:read")))
//	orders.GET("", list)                                                     // in list: echo5auth.Token(c).Subject
//	orders.POST("", create, echo5auth.Require(v, scopes.All("orders:write"))) // needs both
//
// A route within a protected group may require more; the token is verified
// once. Give a group its requirement when it is created, as above: a later
// Group.Use does not apply to routes that were added before.
//
// # Refusals
//
// A refused request never reaches the handler. Its status and header fields are
// those of RFC 6750 §3, and the error that is returned to Echo is the
// *[middleware.Error], which provides its status and its body, so that loggers
// see the cause and the program's HTTPErrorHandler writes the answer:
//
//	var refusal *middleware.Error
//	if errors.As(err, &refusal) { … }
//
// Echo's own handler answers {"error","error_description"}, the body of the
// other adapters. To change only the body, and in the same way for
// every framework, use a [Guard] with an ErrorBody.
//
// Echo's handler answers HEAD without a content type. The adapter adds that of
// the JSON answer unless another one is set.
package echo5auth
