// Package middleware decides whether an HTTP request may pass: it verifies
// OAuth 2.0 access tokens and the scopes that routes require.
//
//	v, err := middleware.NewVerifier(middleware.Config{
//		Audience: "https://api.example.com",
//		Issuers:  []middleware.Issuer{{URL: "https://login.example.com"}},
//	})
//
// A [Verifier] knows no web framework. The adapters (httpauth, echoauth,
// ginauth) carry its decision into one; programs that receive tokens in other
// ways call [Verifier.Verify].
//
// # Order of checks
//
// The cheap comes before the dear, and the local before the network. The first
// check that fails decides.
//
//  1. One Authorization field holds one well-formed bearer token (RFC 6750
//     §2.1), and the query holds none.
//  2. The token is short enough, and has the shape of a JWT. One that has not,
//     or is encrypted, is opaque: if an issuer has Issuer.Introspection, that
//     issuer is asked (RFC 7662), and its answer takes the place of the claims in
//     what follows, without header and signature. The shape decides once and for
//     all.
//     A JWT that passed before is remembered (Config.TokenCache): of what follows
//     it makes the checks of time, of the key (by identity, which stands for the
//     signature), and those that ask others, but not those whose outcome the same
//     bytes and the same configuration settle.
//  3. Its header is strict JSON with an acceptable kid and a known algorithm,
//     without critical extensions (RFC 7515 §4.1.11).
//  4. Its claims are strict JSON with the registered claims in their types. One
//     that is null counts as absent, except cnf.
//  5. Its issuer is a configured one, byte for byte, and that issuer's
//     algorithms and profile allow what the header says (RFC 8725 §3.1, §3.8,
//     §3.11).
//  6. It has not expired, is valid already, was not issued in the future, and
//     names this API in its audience (RFC 7519 §4.1). It does not say of itself
//     that it is an ID token, a refresh token or another kind (RFC 8725 §3.12).
//  7. The one key of that issuer for its kid and algorithm verifies the
//     signature. Without a kid, x5t may name the key if several keys fit or the
//     only one does not verify. Only an unknown name makes the verifier fetch keys,
//     and rarely.
//     Under IntrospectJWTs the issuer is asked now whether it was revoked.
//  8. It is not bound to a key of the sender (cnf, RFC 7800): such a
//     constraint cannot be checked yet, and ignoring it would undo it.
//  9. Config.Revoked does not know it.
//  10. It meets the requirements of the route.
//
// # Answers
//
// Refusals are one *[Error] with the status and code of RFC 6750 §3.1: 400
// invalid_request, 401 invalid_token, 401 without a code when no token was
// sent, 403 insufficient_scope. When a token cannot be judged because keys or
// an issuer's answer cannot be had, the answer is 503 with Retry-After: a client told that its
// token is invalid would throw a good one away.
//
// Texts sent to clients are constants and configuration. Logs, errors,
// observations and panics hold no byte of a token.
//
// # Not done
//
// Decryption of tokens (JWE), tokens in the query or a form, DPoP and mutual TLS.
package middleware
