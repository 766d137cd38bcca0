// Package apitest checks that an API refuses every bad token, with the
// responses that RFC 6750 and related RFCs require. The tokens come from a
// server of package testserver that the API trusts:
//
//	as := testserver.New(t)
//	apitest.Check(t, as, newAPI(as.Issuer(), as.Client()), func() *http.Request {
//		return httptest.NewRequest("GET", "/orders", nil)
//	}, apitest.RequireScope("orders:read"))
//
// [Check] tests any http.Handler. [CheckURL] tests the API at a URL, in any
// language. The command bearerguard check-api does the same as CheckURL without
// Go code.
//
// # What is checked
//
// A check expects these responses:
//
//   - 2xx for a good token under the scheme Bearer, in upper or lower case.
//   - 401 and a Bearer challenge without an error attribute for a request
//     without a token.
//   - For each of [testserver.Defects], the status and error code of
//     [testserver.Defect.Expect], and no request to a URL from the token.
//   - A refusal of requests with two tokens, with a token in the query, with a
//     token under another scheme, and with garbage.
//   - With [RequireScope]: 403, insufficient_scope and the required scope, for
//     tokens without this scope and for tokens with similar scopes.
//   - With [RequireClaim]: 403 and insufficient_scope, for tokens without a
//     required value in a claim, such as a role, and for tokens with similar
//     values.
//   - With [RequireACR] or [RequireAuthWithin] (RFC 9470): 401,
//     insufficient_user_authentication, and acr_values or max_age, for tokens
//     from weak or old logins.
//   - With [RequireMetadata] (RFC 9728): metadata of the API at the URL in the
//     challenge.
//   - With [RequireDPoP] (RFC 9449): 401 and a DPoP challenge with
//     invalid_dpop_proof or use_dpop_nonce for each of
//     [testserver.ProofDefects] and for replays. If the proof is missing or has
//     another key, the error may also be invalid_token. Bound tokens under the
//     scheme Bearer are refused.
//   - With [RequireClientCert] (RFC 8705): 401 and invalid_token for bound
//     tokens that come without their certificate, with another certificate, or
//     with their certificate only in a header field, and for each of
//     [testserver.CertificateDefects].
//   - Challenges that follow RFC 9110 §11 and RFC 6750 §3.
//   - At most five fetches of the JWKS, even though many tokens have unknown
//     keys.
//   - No part of a token in any response.
//   - The same responses over HTTP/1.1 and HTTP/2.
//
// If your API protects its routes in several ways, check one route for each
// way.
//
// # The good token
//
// The good token comes from [testserver.Server.Token]. The option [Token]
// changes the good token and all bad tokens. For example, it can set the
// audience of the API, or a claim that the API requires. If the API refuses the
// good token, nothing else is checked.
//
// # Failures
//
// Each kind of wrong response is one failure. A failure shows the request, the
// response, the RFC that requires another response, and how to fix the API:
//
//	apitest.Check: wrong-audience: got 200 without WWW-Authenticate, want 401 with error="invalid_token"
//		sent: a token with the defect wrong-audience, fingerprint 4f1c09a7d2be6638
//		why:  The token is for another API; …
//		fix:  Compare each aud byte for byte with the API's own identifier, not by prefix or substring.
//
// Failures identify a token by its defect and a fingerprint, the first 8 bytes
// of its SHA-256 in hex. Failures never contain a token. [Results] passes all
// results to a function, for a custom report. [SkipDefect] leaves out defects
// that the API accepts on purpose, and [AlsoDefect] adds optional defects that
// the API refuses on purpose.
//
// # Limits
//
// A check sends about 150 requests, about 100 more with [RequireDPoP], and
// about 50 more with [RequireClientCert]. Rate limits and limits on failed
// requests must therefore be off or high. During a check, other clients should
// not make the API fetch keys.
package apitest
