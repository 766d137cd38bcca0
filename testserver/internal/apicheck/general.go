package apicheck

// The failures that any probe may show. All others are named after their probe.
const (
	noAnswer           = "no-answer"
	serverError        = "server-error"
	challengeMissing   = "challenge-missing"
	challengeMalformed = "challenge-malformed"
	challengeBare      = "challenge-bare"
	errorWithoutToken  = "error-without-token"
	errorCode          = "error-code"
	scopeMissing       = "scope-missing"
	scopeHeld          = "scope-held"
	tokenEchoed        = "token-echoed"
	urlFetched         = "url-fetched"
	jwksStampede       = "jwks-stampede"
	http2Differs       = "http2-differs"
)

// everywhere lists these failures in the order of results.
var everywhere = []string{
	noAnswer, serverError, challengeMissing, challengeMalformed, challengeBare, errorWithoutToken,
	errorCode, scopeMissing, scopeHeld, tokenEchoed, urlFetched, jwksStampede, http2Differs,
}

// general has their texts.
var general = map[string]struct{ why, fix string }{
	noAnswer: {
		"Every request must be answered, whatever the token (RFC 6750 §3.1).",
		"Check that the API is running and that the URL is right. If so, find the panic or what blocks; a token must not be able to delay its refusal. If the good token was not answered, nothing else was checked.",
	},
	serverError: {
		"A bad token is the client's fault, 401 (RFC 6750 §3.1); 5xx means that the API failed (RFC 9110 §15.6).",
		"Refuse the token on every error of reading it; use 503 only if keys cannot be fetched.",
	},
	challengeMissing: {
		"A refusal must include WWW-Authenticate with a Bearer challenge (RFC 6750 §3, RFC 9110 §15.5.2).",
		"Set WWW-Authenticate: Bearer realm=\"…\" on every 400, 401 and 403 that is about the token.",
	},
	challengeMalformed: {
		"Clients cannot use a challenge that they cannot parse (RFC 9110 §11.6.1, §5.6.4; RFC 6750 §3).",
		"Write the scheme, a space, and name=\"value\" pairs separated by commas; each name once; constant texts of printable ASCII without quotes.",
	},
	challengeBare: {
		"The scheme Bearer must be followed by one or more parameters (RFC 6750 §3).",
		"Add realm=\"…\".",
	},
	errorWithoutToken: {
		"The answer to a request without a token should have no error code (RFC 6750 §3.1).",
		"Leave out error and error_description if the request has no token.",
	},
	errorCode: {
		"The error attribute is invalid_token with 401, invalid_request with 400, insufficient_scope with 403 (RFC 6750 §3.1).",
		"Add error=\"…\" to the Bearer challenge; clients use it to decide whether to get a new token.",
	},
	scopeMissing: {
		"A client can request the missing scope only if the challenge names it (RFC 6750 §3, §3.1).",
		"Add scope=\"…\" to the challenge: what the route requires, not what the token has.",
	},
	scopeHeld: {
		"A client requests the scope that the challenge names; if it already has that scope, it gets the same token and the same answer (RFC 6750 §3, §3.1).",
		"Name the role as a scope if it is one, or leave out scope=\"…\" if no scope is missing.",
	},
	tokenEchoed: {
		"Answers are logged, cached and displayed; a token in an answer is disclosed (RFC 6750 §5.2, §5.3; RFC 9700 §4.3).",
		"Answer with constant texts, without the token and without the text of parser errors.",
	},
	urlFetched: {
		"The API fetched a URL from a token: an attacker can choose what the API connects to (RFC 8725 §3.10).",
		"Ignore jku and x5u: take keys only from the configured issuer.",
	},
	jwksStampede: {
		"Every bad token makes the API fetch keys: an attacker who sends many can overload the authorization server; kid is untrusted input (RFC 8725 §3.10).",
		"After an unknown kid, fetch the JWKS once, and then not again for some seconds, whatever the kid.",
	},
	http2Differs: {
		"The answer to a token must not depend on the version of HTTP (RFC 9110 §2.5, RFC 9113 §8.2.1).",
		"Write header fields without control characters, which HTTP/2 drops; look fields up by name, not in raw text.",
	},
}
