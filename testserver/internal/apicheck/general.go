package apicheck

// The faults that any probe may show. All others are named after their probe.
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

// everywhere are these faults in the order of results.
var everywhere = []string{
	noAnswer, serverError, challengeMissing, challengeMalformed, challengeBare, errorWithoutToken,
	errorCode, scopeMissing, scopeHeld, acrValuesMissing, maxAgeMissing, tokenEchoed, urlFetched, jwksStampede, http2Differs,
}

// general are their texts.
var general = map[string]struct{ why, fix string }{
	noAnswer: {
		"A token, however bad, is answered (RFC 6750 §3.1).",
		"Is the API running, and is the URL right? If so, find the panic or the wait; a refusal must depend on nothing that the token makes the API do. If the good token was not answered, nothing else was checked.",
	},
	serverError: {
		"A bad token is the client's fault, 401 (RFC 6750 §3.1); 5xx says that the API failed (RFC 9110 §15.6).",
		"Treat every error of reading a token as a refusal; keep 503 for keys that cannot be fetched.",
	},
	challengeMissing: {
		"A refusal must include WWW-Authenticate with a Bearer challenge (RFC 6750 §3, RFC 9110 §15.5.2).",
		"Set WWW-Authenticate: Bearer realm=\"…\" on every 400, 401 and 403 that is about the token.",
	},
	challengeMalformed: {
		"A challenge that clients cannot parse tells them nothing (RFC 9110 §11.6.1, §5.6.4; RFC 6750 §3).",
		"Write scheme, space, then name=\"value\" pairs with commas between; each name once; constant texts of printable ASCII without quotes.",
	},
	challengeBare: {
		"The scheme Bearer must be followed by one or more parameters (RFC 6750 §3).",
		"Add realm=\"…\".",
	},
	errorWithoutToken: {
		"A request without a token should get no error code: nothing was wrong with it but that (RFC 6750 §3.1).",
		"Leave error and error_description out if no token came.",
	},
	errorCode: {
		"The error attribute is invalid_token with 401, invalid_request with 400, insufficient_scope with 403 (RFC 6750 §3.1), and insufficient_user_authentication with 401 for a login that is not enough (RFC 9470 §3).",
		"Add error=\"…\" to the Bearer challenge; clients decide by it whether to get a new token.",
	},
	scopeMissing: {
		"A client can only ask for the scope that it lacks if the challenge names it (RFC 6750 §3, §3.1).",
		"Add scope=\"…\" to the challenge: what the route needs, not what the token has.",
	},
	scopeHeld: {
		"A client asks for the scope that the challenge names; with one that it has already it gets the same token and the same answer (RFC 6750 §3, §3.1).",
		"Name the role as a scope if it is one, or leave scope=\"…\" out where no scope is missing.",
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
		"Answers are logged, cached and shown; a token in one is disclosed (RFC 6750 §5.2, §5.3; RFC 9700 §4.3).",
		"Answer with constant texts; put neither the token nor the text of a parser's error into them.",
	},
	urlFetched: {
		"The API asked a URL that stands in a token: whoever writes one chooses what it connects to (RFC 8725 §3.10).",
		"Ignore jku and x5u: take keys from the configured issuer alone.",
	},
	jwksStampede: {
		"Every bad token makes the API fetch keys: whoever sends many takes the authorization server down; kid is input like any other (RFC 8725 §3.10).",
		"After an unknown kid fetch the JWKS once, then not again for some seconds, whatever the kid.",
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
		"What a token is worth does not depend on the version of HTTP (RFC 9110 §2.5, RFC 9113 §8.2.1).",
		"Write header fields without control characters, which HTTP/2 drops; look fields up by name, not in raw text.",
	},
}
