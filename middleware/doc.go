// Package middleware decides whether an HTTP request may pass: it verifies
// OAuth 2.0 access tokens and the scopes that routes require.
//
//	v, err := middleware.NewVerifier(middleware.Config{
//		Audience: "https://api.example.com",
//		Issuers:  []middleware.Issuer{{URL: "https://login.example.com"}},
//	})
//
// A [Verifier] does not depend on a web framework. The adapters (httpauth,
// echoauth, echo5auth, ginauth) apply its decisions in a web framework.
// Programs that receive tokens in other ways call [Verifier.Verify].
//
// # Order of checks
//
// The steps of every decision run in the same order, cheap steps before
// expensive ones. The first step that fails decides. docs/checks.md lists the
// steps, and [Verifier.Explain] shows their results for one token.
//
// # Answers
//
// Every refusal is an *[Error]. Most have a status and code of RFC 6750 §3.1:
// 400 invalid_request, 401 invalid_token, 401 without a code when no token was
// sent, 403 insufficient_scope. If the user must authenticate again or in
// another way, the refusal is 401 insufficient_user_authentication (RFC 9470
// §3). If a DPoP proof is not accepted, the refusal is usually 401
// invalid_dpop_proof or use_dpop_nonce (RFC 9449 §7.1, §9). If a callback
// panics, the refusal is 500. If a token cannot be checked because keys or an
// introspection answer are unavailable, the refusal is 503 with Retry-After: a
// client that received invalid_token would discard a valid token.
//
// Text sent to clients is either constant or taken from the configuration.
// Logs, errors, observations and panics never contain any part of a token.
//
// # Not supported
//
// This package does not decrypt tokens (JWE), and does not accept tokens in the
// query or in a form. It refuses tokens that are bound to a key unless
// [Config.DPoP] is set, and tokens that are bound to a certificate unless
// [Config.ClientCert] is set.
package middleware
