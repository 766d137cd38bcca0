// Package identity has what a client may see of a user: the claims that its scopes
// allow, and those that it asks for by name (OpenID Connect Core 1.0 §5.4, §5.5).
//
// It knows no requests and makes no token.
package identity
