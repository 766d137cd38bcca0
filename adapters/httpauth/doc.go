// Package httpauth protects net/http handlers with a [middleware.Verifier]. It
// works with every router that uses such handlers.
//
//	read := httpauth.Require(v, scopes.All("orders:read"))
//	mux.Handle("GET /orders", read(http.HandlerFunc(list)))
//
// In list, httpauth.Token(r) returns the verified token. A handler within a
// protected handler may have requirements of its own. The token is still
// verified only once.
//
// A request that Require or Optional refuses never reaches the handler. Its
// response has the status and header fields of RFC 6750 §3. The body is
// {"error","error_description"}, unless a [Guard] has an ErrorBody.
package httpauth
