// Package apitest checks that an API refuses every token that it should, and in
// the way that RFC 6750 and the RFCs behind it say. The tokens come from a server
// of package testserver that the API trusts:
//
//	as := testserver.New(t)
//	apitest.Check(t, as, newAPI(as.Issuer(), as.Client()), func() *http.Request {
//		return httptest.NewRequest("GET", "/orders", nil)
//	}, apitest.RequireScope("orders:read"))
//
// [Check] takes any http.Handler, however it is protected, and [CheckURL] a program
// that runs elsewhere, in any language. The command bearerguard check-api does the
// latter without Go.
//
// # What is checked
//
// A check expects
//
//   - 2xx for a good token, whatever the case of "Bearer";
//   - 401 and a Bearer challenge without an error attribute for no token;
//   - for each of [testserver.Defects] the status and error code of
//     [testserver.Defect.Expect], and no request to a URL that stands in the token;
//   - a refusal of two tokens, of a token in the query, of a token under another
//     scheme and of garbage;
//   - 403, insufficient_scope and the scope, for tokens without it and with
//     scopes that look like it, if [RequireScope] names one;
//   - 403 and insufficient_scope for tokens without the value of a claim, such as
//     a role, and with values that look like it, if [RequireClaim] names one;
//   - challenges that follow RFC 9110 §11 and RFC 6750 §3;
//   - at most five fetches of the JWKS, however many tokens have unknown keys;
//   - no part of a token in any answer;
//   - the same over HTTP/1.1 and HTTP/2.
//
// Check one route for each way in which routes are protected.
//
// # The good token
//
// A good token is what [testserver.Server.Token] makes. [Token] changes it, and
// the bad ones with it: the audience of the API, for example, or a claim that it
// needs. If the API refuses the good token, nothing else is checked.
//
// # Failures
//
// Each kind of wrong answer is one failure. It says what was sent and what came
// back, which RFC says otherwise, and how to mend it:
//
//	apitest.Check: wrong-audience: got 200 without WWW-Authenticate, want 401 with error="invalid_token"
//		sent: a token with the defect wrong-audience, fingerprint 4f1c09a7d2be6638
//		why:  The token is for another API; …
//		fix:  Compare each aud byte for byte with the API's own identifier, not by prefix or substring.
//
// Failures name what was sent by the defect and a fingerprint, the first 8 bytes
// of the token's SHA-256 in hex; they never show a token. [Results] hands all of it
// to a function, for a report of another form. [SkipDefect] leaves out what the API
// accepts on purpose, and [AlsoDefect] adds what it refuses on purpose.
//
// # Limits
//
// Some 150 requests are sent: limits on the number of requests or of failures must
// be off or high. While a check runs, nobody else should make the API fetch keys.
package apitest
