// Package token makes the tokens of a test authorization server: its
// algorithms, keys and key rings, drafts of tokens, and the defects that make a
// token wrong in only one way.
//
// The JOSE code is deliberately separate from the verifier's, so that one
// mistake is not in both. go-jose writes JWKs and thumbprints. The compact
// serialization is written here, because a test server must sign tokens that
// libraries refuse to make.
//
// Package token does not handle requests or depend on clients and users.
package token
