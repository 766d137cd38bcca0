// Package token makes the tokens of a test authorization server: its algorithms,
// keys and key rings, drafts of tokens, and the defects that make a token wrong in
// one way only.
//
// The JOSE code here is deliberately not the verifier's: a mistake made once
// cannot hide in both. go-jose writes the JWKs and their thumbprints; the compact
// serialization is made by hand, because a server for tests must be able to sign
// what no library lets through.
//
// It answers no request and knows no client or user, and imports no room above it.
package token
