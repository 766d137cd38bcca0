// Package middleware decides whether an HTTP request may pass: it verifies
// OAuth 2.0 access tokens and the scopes that routes require.
//
//	v, err := middleware.NewVerifier(middleware.Config{
//		Audience: "https://api.example.com",
//		Issuers:  []middleware.Issuer{{URL: "https://login.example.com"}},
//	})
//
// A [Verifier] knows no web framework. The adapters (httpauth, echoauth,
// echo5auth, ginauth) carry its decision into one; programs that receive tokens in other
// ways call [Verifier.Verify].
//
// # Order of checks
//
// Every decision walks through one table of steps, the cheap before the dear and
// the local before the network. The first step that refuses decides. docs/checks.md
// shows the table, and [Verifier.Explain] shows it for one token.
//
// # Answers
//
// Refusals are one *[Error] with the status and code of RFC 6750 §3.1: 400
// invalid_request, 401 invalid_token, 401 without a code when no token was
// sent, 403 insufficient_scope. When a token cannot be judged because keys or an
// issuer's answer are unavailable, the answer is 503 with Retry-After: a client
// that is told its token is invalid would throw a good one away.
//
// Texts sent to clients are constants and configuration. Logs, errors,
// observations and panics hold no byte of a token.
//
// # Not done
//
// Decryption of tokens (JWE), tokens in the query or a form, DPoP and mutual TLS.
package middleware
