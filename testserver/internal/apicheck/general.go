package apicheck

// Several probes can reveal most of these failures. The same applies to the two
// failures in dpop.go. Every other failure has the name of the probe that
// revealed it.
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

// everywhere lists the failures that can occur with any probe, in the order in
// which a report shows them.
func (c *Check) everywhere() []string {
	list := []string{
		noAnswer, serverError, challengeMissing, challengeMalformed, challengeBare, errorWithoutToken,
		errorCode, scopeMissing, scopeHeld, acrValuesMissing, maxAgeMissing, tokenEchoed, urlFetched, jwksStampede, http2Differs,
	}
	if c.DPoP {
		list = append(list, dpopChallengeMissing, dpopNonceAbsent)
	}
	return list
}

// general holds the explanation and the fix for each failure that can occur
// with any probe and for each failure of the metadata check.
var general = map[string]struct{ why, fix string }{
	noAnswer: {
		"Every request must be answered, whatever the token (RFC 6750 §3.1).",
		"Check that the API is running and that the URL is right. If they are, look for a panic or a blocked handler; a token must not be able to delay its own refusal. If the good token got no answer, nothing else was checked.",
	},
	serverError: {
		"A bad token is an error of the client and gets 401 (RFC 6750 §3.1); 5xx means that the API itself failed (RFC 9110 §15.6).",
		"Answer 401 whenever the token cannot be parsed or verified; answer 503 only if the keys cannot be fetched.",
	},
	challengeMissing: {
		"A refusal must include WWW-Authenticate with a Bearer challenge (RFC 6750 §3, RFC 9110 §15.5.2).",
		"Set WWW-Authenticate: Bearer realm=\"…\" on every 400, 401 and 403 that refuses a request because of its token.",
	},
	challengeMalformed: {
		"Clients cannot use a challenge that they cannot parse (RFC 9110 §11.6.1, §5.6.4; RFC 6750 §3).",
		"Write the scheme, a space, and name=\"value\" pairs separated by commas. Use each name once, and only constant values of printable ASCII without quotes.",
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
		"The error attribute is invalid_token with 401, invalid_request with 400, insufficient_scope with 403 (RFC 6750 §3.1), insufficient_user_authentication with 401 for a login that is too weak or too old (RFC 9470 §3), and invalid_dpop_proof or use_dpop_nonce with 401 for a DPoP proof (RFC 9449 §7.1).",
		"Add error=\"…\" to the challenge for the scheme of the request; clients use it to decide whether to get a new token.",
	},
	scopeMissing: {
		"A client can request the missing scope only if the challenge names it (RFC 6750 §3, §3.1).",
		"Add scope=\"…\" to the challenge, with the scopes that the route requires, not the scopes of the token.",
	},
	scopeHeld: {
		"A client requests the scope that the challenge names; if the client already has that scope, it gets the same token and then the same answer (RFC 6750 §3, §3.1).",
		"If the role is also a scope, name it in scope=\"…\"; if no scope is missing, leave out scope=\"…\".",
	},
	acrValuesMissing: {
		"A client can ask for a stronger login only if the challenge names the acr values that the route accepts (RFC 9470 §3, §4).",
		"Add acr_values=\"…\" to the challenge, with the acr values that the route accepts, separated by spaces, in the order of RequireACR: the preferred value first.",
	},
	maxAgeMissing: {
		"A client can ask for a recent login only if the challenge says how recent the login must be (RFC 9470 §3, §4).",
		"Add max_age=\"…\" to the challenge, with the limit of the route in seconds. If max_age has another value, the limits of the route and of RequireAuthWithin differ.",
	},
	tokenEchoed: {
		"Answers are logged, cached and displayed; a token in an answer is disclosed (RFC 6750 §5.2, §5.3; RFC 9700 §4.3).",
		"Answer with constant texts, without the token and without the text of parser errors.",
	},
	urlFetched: {
		"The API fetched a URL that it found in a token, so an attacker can choose what the API connects to (RFC 8725 §3.10).",
		"Ignore jku and x5u: take keys only from the configured issuer.",
	},
	jwksStampede: {
		"Every bad token makes the API fetch keys, so an attacker who sends many bad tokens can overload the authorization server; kid is untrusted input (RFC 8725 §3.10).",
		"After an unknown kid, fetch the JWKS once, and then not again for some seconds, whatever the kid.",
	},
	dpopChallengeMissing: {
		"A 401 of an API that accepts DPoP must include WWW-Authenticate with a DPoP challenge; otherwise clients retry with a bearer token or not at all (RFC 9449 §7.1, RFC 9110 §15.5.2).",
		"Add a challenge such as DPoP algs=\"ES256\" to every 401, with the error of a request under the scheme DPoP.",
	},
	dpopNonceAbsent: {
		"A client that must use a nonce needs one: the answer with use_dpop_nonce has it in the field DPoP-Nonce (RFC 9449 §9).",
		"Send DPoP-Nonce with every answer whose error is use_dpop_nonce.",
	},
	metadataURL: {
		"A client that has no token yet finds the authorization server by the URL in the challenge (RFC 9728 §5.1, §3).",
		"Add resource_metadata=\"…\" to the challenge: the https URL of the API, with " + wellKnown + " between its host and its path.",
	},
	metadataDocument: {
		"The metadata of an API is a JSON object with the member resource, which anyone can fetch without a token (RFC 9728 §2, §3.1, §3.2).",
		"Serve the document at the path of the URL in the challenge, and do not require a token for it.",
	},
	metadataResource: {
		"A client must not use metadata whose resource differs from the resource that the client requests (RFC 9728 §3.1, §3.3).",
		"Set resource to the URL under which clients know the API, and serve the metadata at that URL with " + wellKnown + " inserted between the host and the path. Behind a proxy that strips a path prefix, check the API with the prefix.",
	},
	metadataHead: {
		"HEAD is answered like GET, without the body (RFC 9110 §9.1, §9.3.2).",
		"Serve HEAD wherever GET is served.",
	},
	metadataHost: {
		"Host and X-Forwarded-Host are untrusted input: an attacker who chooses them could send clients to another authorization server (RFC 9728 §7.3, RFC 9110 §7.2).",
		"Take the URL of the API from the configuration, not from the request.",
	},
	http2Differs: {
		"The answer to a token must not depend on the version of HTTP (RFC 9110 §2.5, RFC 9113 §8.2.1).",
		"Write header fields without control characters, which HTTP/2 does not allow; look up fields by name, not in the raw text of the header.",
	},
}
