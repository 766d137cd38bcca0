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
// Every decision runs the same steps in the same order: cheap steps before
// expensive ones, and local steps before steps that need the network. The first
// step that fails decides. docs/checks.md lists the steps, and
// [Verifier.Explain] shows their results for one token.
//
// # Answers
//
// Every refusal is an *[Error] with the status and code of RFC 6750 §3.1: 400
// invalid_request, 401 invalid_token, 401 without a code when no token was
// sent, 403 insufficient_scope. If the user must authenticate again or in
// another way, the refusal is 401 insufficient_user_authentication (RFC 9470
// §3). When a token cannot be judged because keys or an issuer's answer are
// unavailable, the answer is 503 with Retry-After, because a client that
// received invalid_token would discard a good token.
//
// Text sent to clients is either constant or taken from the configuration.
// Logs, errors, observations and panics never contain any part of a token.
//
// # Not supported
//
// Decryption of tokens (JWE), tokens in the query or a form, DPoP and mutual
// TLS.
package middleware
