package cases

import (
	"net/http"
	"strings"
)

const (
	dpopScheme   = "DPoP"
	bearerScheme = "Bearer"
	bothSchemes  = dpopScheme + " " + bearerScheme
	proofAlgs    = "ES256 ES384 ES512 EdDSA Ed25519 PS256 RS256"
)

// challenges returns the challenges of an API. The parameters in the list
// failed are added to the challenges of the given schemes. If the API offers
// only other schemes, they are added to every challenge.
func (m proofMode) challenges(failed []param, schemes string, needed ...param) string {
	offers := []string{dpopScheme, bearerScheme}
	switch {
	case m.off:
		offers = offers[1:]
	case m.required, m.bound && !m.certified: // a token without a proof cannot pass
		offers = offers[:1]
	}
	if len(offers) == 1 && !strings.Contains(schemes, offers[0]) {
		schemes = offers[0]
	}
	var all []string
	for _, scheme := range offers {
		params := []param{{"realm", realm}}
		if strings.Contains(schemes, scheme) {
			params = append(params, failed...)
		}
		params = append(params, needed...)
		if scheme == dpopScheme {
			params = append(params, param{"algs", proofAlgs})
		}
		params = append(params, param{"resource_metadata", apiURL + "/.well-known/oauth-protected-resource"})
		all = append(all, challenge{scheme: scheme, params: params}.String())
	}
	return strings.Join(all, ", ")
}

// refuses returns the verdict for a refused request. The challenges of the
// given schemes name the error. An API that offers other schemes only names it
// in every challenge.
func (m proofMode) refuses(status int, code, description, schemes string, needed ...param) verdict {
	v := refusal(status, nil, object("error", code, "error_description", description))
	v.challenge = m.challenges([]param{{"error", code}, {"error_description", description}}, schemes, needed...)
	return v
}

// asks returns the verdict for a request to /read without a token.
func (m proofMode) asks() verdict {
	v := refusal(http.StatusUnauthorized, nil, object("error_description", "an access token is required"))
	v.challenge = m.challenges(nil, bothSchemes, scope("read")...)
	return v
}

// These are the verdicts for requests with the scheme DPoP.

func (m proofMode) badToken(description string) verdict {
	return m.refuses(http.StatusUnauthorized, "invalid_token", description, dpopScheme)
}

func (m proofMode) badProof(description string) verdict {
	return m.refuses(http.StatusUnauthorized, "invalid_dpop_proof", description, dpopScheme)
}

func (m proofMode) badRequest(description string) verdict {
	return m.refuses(http.StatusBadRequest, "invalid_request", description, dpopScheme)
}

func (m proofMode) lacks(scopes string) verdict {
	return m.refuses(http.StatusForbidden, "insufficient_scope", "token does not meet the requirements of this resource", dpopScheme, scope(scopes)...)
}

// lacksAtHandler is like lacks, for a scope that the handler checks. The error
// is in all challenges, because Verifier.Check does not know the scheme of the
// request.
func (m proofMode) lacksAtHandler(scopes string) verdict {
	return m.refuses(http.StatusForbidden, "insufficient_scope", "token does not meet the requirements of this resource", bothSchemes, scope(scopes)...)
}

func (m proofMode) wantsNonce() verdict {
	return m.refuses(http.StatusUnauthorized, "use_dpop_nonce", "DPoP proof lacks a recent nonce: use the nonce in DPoP-Nonce", dpopScheme).withNonce()
}

// withNonce returns the verdict with a new nonce for the client. An answer with
// a nonce should not be cached (RFC 9449 §8.2).
func (v verdict) withNonce() verdict {
	v.others, v.cacheControl = "Dpop-Nonce", "no-store"
	return v
}

// The descriptions of RFC 9449's errors.
const (
	notAProof    = "DPoP proof is missing or not valid"
	otherRequest = "DPoP proof is for another request or token"
	wrongTime    = "DPoP proof is too old or from the future: check the clock"
	usedBefore   = "DPoP proof was used before"
	otherKey     = "token is bound to a different key from that of the DPoP proof"
	needsProof   = "token is bound to a key: it needs the scheme DPoP and a proof"
	notBound     = "token does not have the required binding"
	uncheckable  = "token has a binding that this API cannot check"
)
