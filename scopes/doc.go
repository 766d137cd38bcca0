// Package scopes says which OAuth 2.0 scopes a route needs and decides whether
// a token has them.
//
// A scope is an opaque, case-sensitive string (RFC 6749 §3.3): "read" is met
// by "read" alone, not by "READ", "read:all" or "readonly".
//
//	scopes.All("orders:read")                                  // this one
//	scopes.Any("orders:write", "admin")                        // one of these
//	scopes.OneOf(scopes.All("pay", "eu"), scopes.All("admin")) // either requirement
//
// A [Requirement] without a scope cannot be written, and one with a malformed
// scope panics where it is made, as [regexp.MustCompile] does: requirements
// are part of the program, not input.
//
// Requirement is an interface so that programs can add their own, on claims,
// the time or the authentication context, beside those of this package.
package scopes
