// Package identity decides which claims of a user a client receives: the claims
// that its scopes release, and the claims that it requests by name (OpenID
// Connect Core 1.0 §5.4, §5.5).
//
// It does not handle HTTP requests or issue tokens.
package identity
