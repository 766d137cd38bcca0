// Package jwks holds the public keys that issuers sign tokens with: JWK Sets
// (RFC 7517), read under a strict key policy, fetched and kept fresh.
//
// A [Remote] fetches a set from a URL or, with [Discover], from where an
// issuer's metadata says it is. It owns no goroutine between fetches and needs no
// closing: a fetch happens when a caller asks for a key that is not there, or
// uses a set that is due for renewal; it is shared by all who wait for it, and
// survives each one's cancellation.
//
//	keys, err := jwks.Discover("https://login.example.com", jwks.Options{})
//
// Give it to a verifier of package middleware, or use it alone with golang-jwt:
//
//	token, err := jwt.Parse(text, keys.Keyfunc(ctx), jwt.WithValidMethods([]string{"ES256"}),
//		jwt.WithIssuer("https://login.example.com"), jwt.WithAudience("https://api.example.com"), jwt.WithExpirationRequired())
//
// [Parse] and [PEM] make a set of keys that the program already has, and
// [Secret] one of a shared secret.
//
// # Key policy
//
// A set is read key by key. A key that this package cannot or should not use
// is left out and listed by [Set.Stats]; the others serve. Left out are:
//
//   - unknown or incomplete keys, and those with repeated members (RFC 7517 §5)
//   - keys for encryption, by use, key_ops or alg (RFC 7517 §4.2–4.4)
//   - private and symmetric keys: what is published signs for everybody
//   - RSA keys under 2048 (RFC 7518 §3.3) or over 8192 bits, with an unusual
//     exponent, or with the fingerprint of CVE-2017-15361 (ROCA)
//   - points off their curve or of small order (RFC 7518 §6.2.1)
//   - keys that claim one kid for one algorithm: neither can be the right one
//
// A member that is null counts as absent, and so does an empty key_ops. Leading
// zeros of an EC coordinate do not matter.
//
// Each key serves the algorithm its alg names, or else those of its type and
// curve; never what a token's header would like (RFC 8725 §3.1). A set of more
// than 100 keys, or without a usable key, is refused whole.
//
// No error, log or panic of this package holds a key ID, a URL or a byte of
// what a server sent.
package jwks
