// Package token makes the tokens of a test authorization server: its
// algorithms, keys and key rings, drafts of tokens, and defects, each of which
// makes a token wrong in exactly one way.
//
// The JOSE code is deliberately separate from the JOSE code of the verifier, so
// that the two do not share a mistake. go-jose writes JWKs and thumbprints. The
// compact serialization is written here, because a test server must sign tokens
// that libraries refuse to make.
//
// Package token does not handle requests or depend on clients and users.
package token
