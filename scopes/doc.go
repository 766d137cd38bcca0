// Package scopes describes the OAuth 2.0 scopes that a route requires, and checks whether a token has them.
//
// A scope is an opaque, case-sensitive string (RFC 6749 §3.3): "read" is met only by "read", not by "READ", "read:all" or "readonly".
//
//	scopes.All("orders:read")                                  // this scope
//	scopes.Any("orders:write", "admin")                        // one of these scopes
//	scopes.OneOf(scopes.All("pay", "eu"), scopes.All("admin")) // either requirement
//
// A [Requirement] without a scope cannot be constructed, and a malformed scope panics on construction, as [regexp.MustCompile] does: requirements are code, not input.
//
// Requirement is an interface so that programs can add their own, for example on claims, the time or the authentication context.
package scopes
