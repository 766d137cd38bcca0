// Package scopes defines the requirements of a route on a token: its OAuth 2.0
// scopes, its claims, and how and when the user authenticated (RFC 9470).
//
// A scope is an opaque, case-sensitive string (RFC 6749 §3.3): "read" is met
// only by "read", not by "READ", "read:all" or "readonly".
//
//	scopes.All("orders:read")                                  // this scope
//	scopes.Any("orders:write", "admin")                        // one of these scopes
//	scopes.OneOf(scopes.All("pay", "eu"), scopes.All("admin")) // either requirement
//	scopes.ACR("urn:example:mfa")                              // this authentication context class
//	scopes.AuthWithin(5 * time.Minute)                         // the user authenticated at most 5 minutes ago
//
// A call of [All] or [Any] without a scope does not compile. All and Any panic
// if a scope is malformed, because requirements are code and not input.
// [regexp.MustCompile] panics for the same reason.
//
// Requirement is an interface, so programs can add their own requirements, for
// example on the time or the path of the request.
package scopes
