// Package token makes the tokens of a test authorization server. It contains
// algorithms, keys, key rings and unsigned tokens (drafts). It also contains
// defects, each of which makes a token wrong in exactly one way.
//
// The JOSE code is deliberately separate from the JOSE code of the verifier,
// because tests could not detect a mistake that both contain. The library
// go-jose writes JWKs and thumbprints. This package itself writes the compact
// serialization, because a test server must sign tokens that libraries refuse
// to make.
//
// Package token does not handle requests, except those to [Attacker.Trap]. It
// does not depend on clients and users.
package token
