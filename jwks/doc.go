// Package jwks provides the keys that verify an issuer's tokens. It reads JWK
// Sets (RFC 7517) under a strict key policy, fetches them and keeps them fresh.
//
// A [Remote] fetches a set from a URL or, with [Discover], from the jwks_uri in
// an issuer's metadata. It runs no goroutine between fetches and need not be
// closed. A fetch starts when a caller requests an unknown key or uses a set
// that is due for renewal. All waiting callers share one fetch, which continues
// even if a caller is canceled.
//
//	keys, err := jwks.Discover("https://login.example.com", jwks.Options{})
//
// Pass the Remote to a verifier of package middleware, or use it directly with
// golang-jwt:
//
//	token, err := jwt.Parse(text, keys.Keyfunc(ctx), jwt.WithValidMethods([]string{"ES256"}),
//		jwt.WithIssuer("https://login.example.com"), jwt.WithAudience("https://api.example.com"), jwt.WithExpirationRequired())
//
// [Parse] and [PEM] make a set from keys that the program already has. [Secret]
// makes a set from a shared secret.
//
// # Key policy
//
// Each key of a set is checked on its own. If this package cannot or should not
// use a key, it skips that key, lists it in [Set.Stats] and uses the others. It
// skips:
//
//   - unknown or incomplete keys, and keys with repeated members (RFC 7517 §5)
//   - keys whose use, key_ops or alg says that they are for encryption (RFC
//     7517 §4.2–4.4)
//   - private and symmetric keys: once they are published, anyone can sign with
//     them
//   - RSA keys under 2048 (RFC 7518 §3.3) or over 8192 bits, with an unusual
//     exponent, or with the fingerprint of CVE-2017-15361 (ROCA)
//   - EC keys whose point is not on the curve (RFC 7518 §6.2.1), and Ed25519
//     keys whose point has small order
//   - different keys with the same kid and algorithm: choosing one would be a
//     guess
//
// A member that is null is treated as absent, and so is an empty key_ops. An EC
// coordinate may have too many or too few leading zeros.
//
// A key verifies only the algorithm in its alg member. If it has no alg, it
// verifies all algorithms of its type and curve. The token's header cannot add
// an algorithm (RFC 8725 §3.1). A set with more than 100 keys or without a
// usable key is refused as a whole.
//
// Errors, logs and panics of this package contain no key ID, no URL and no part
// of a server's answer.
package jwks
