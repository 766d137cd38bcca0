package apicheck

// These failures can occur with any probe. All other failures have the name of
// their probe.
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
	acrValuesMissing   = "acr-values-missing"
	maxAgeMissing      = "max-age-missing"
	tokenEchoed        = "token-echoed"
	urlFetched         = "url-fetched"
	jwksStampede       = "jwks-stampede"
	http2Differs       = "http2-differs"
)

// everywhere lists these failures in the order of results.
var everywhere = []string{
	noAnswer, serverError, challengeMissing, challengeMalformed, challengeBare, errorWithoutToken,
	errorCode, scopeMissing, scopeHeld, acrValuesMissing, maxAgeMissing, tokenEchoed, urlFetched, jwksStampede, http2Differs,
}

// general holds the explanation and the fix for each of these failures.
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
		"The error attribute is invalid_token with 401, invalid_request with 400, insufficient_scope with 403 (RFC 6750 §3.1), and insufficient_user_authentication with 401 for a login that is not enough (RFC 9470 §3).",
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
	acrValuesMissing: {
		"A client can only ask for a stronger login if the challenge names the values that would do (RFC 9470 §3, §4).",
		"Add acr_values=\"…\" to the challenge: the values of the route, separated by spaces, the preferred one first.",
	},
	maxAgeMissing: {
		"A client can only ask for a recent login if the challenge says how recent (RFC 9470 §3, §4).",
		"Add max_age=\"…\" to the challenge: the limit of the route in seconds.",
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
	metadataURL: {
		"A client that has no token yet finds the authorization server by the URL in the challenge (RFC 9728 §5.1, §3).",
		"Add resource_metadata=\"…\" to the challenge: the https URL of the API, with " + wellKnown + " between its host and its path.",
	},
	metadataDocument: {
		"The metadata of an API is a JSON object with its resource, for everybody (RFC 9728 §2, §3.1, §3.2).",
		"Serve the document at the path of the URL in the challenge, in front of the check of tokens.",
	},
	metadataResource: {
		"A client must not use a document about another resource than the one that it asks for (RFC 9728 §3.1, §3.3).",
		"Let resource be the URL of the API under which clients know it, and insert " + wellKnown + " between its host and its path; behind a proxy that strips a prefix, check the API with the prefix.",
	},
	metadataHead: {
		"HEAD is answered like GET, without the body (RFC 9110 §9.1, §9.3.2).",
		"Serve HEAD wherever GET is served.",
	},
	metadataHost: {
		"Host and X-Forwarded-Host are input: an attacker who chooses them sends clients to another authorization server (RFC 9728 §7.3, RFC 9110 §7.2).",
		"Write the URL of the API into its configuration, instead of taking it from the request.",
	},
	http2Differs: {
		"The answer to a token must not depend on the version of HTTP (RFC 9110 §2.5, RFC 9113 §8.2.1).",
		"Write header fields without control characters, which HTTP/2 drops; look fields up by name, not in raw text.",
	},
}
