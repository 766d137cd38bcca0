// Package httpauth protects net/http handlers, including those of every router
// built on them, with a [middleware.Verifier].
//
//	read := httpauth.Require(v, scopes.All("orders:read"))
//	mux.Handle("GET /orders", read(http.HandlerFunc(list)))
//
// In list, httpauth.Token(r) is the verified token. A handler within a
// protected one may require more; the token is verified once.
//
// Refused requests are answered as RFC 6750 §3 specifies, with the body
// {"error","error_description"} unless a [Guard] has an ErrorBody, and never
// reach the handler.
package httpauth
