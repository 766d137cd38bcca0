package middleware

import "strings"

// step is one step of a decision. Its fields name, about and source are shown
// in docs/checks.md and in the results of [Verifier.Explain].
type step struct {
	name   string
	about  string // what the step requires
	run    func(*decision) error
	of     *tokens
	repeat repetition
	also   others                                   // other kinds of decisions that run this step too
	shown  func(*decision) (expected, found string) // called by Explain after the step has run; may be nil
	source string                                   // RFC and section
}

// tokens specifies to which tokens a step applies.
type tokens struct {
	name string
	is   func(*decision) bool // nil means every token
}

var (
	everyToken       = &tokens{"all", nil}
	everyRequest     = &tokens{"all", func(*decision) bool { return true }} // for steps that depend on how the token was sent
	inRequests       = &tokens{"in HTTP requests", func(d *decision) bool { return d.request != nil }}
	jwtsOnly         = &tokens{"JWTs", func(d *decision) bool { return !d.opaque }}
	opaqueOnly       = &tokens{"opaque tokens", func(d *decision) bool { return d.opaque }}
	marked           = &tokens{"JWTs of an issuer with a Mark", func(d *decision) bool { return !d.opaque && d.issuer != nil && d.issuer.Mark != "" }}
	introspectedJWTs = &tokens{"JWTs under IntrospectJWTs", (*decision).mustBeActive}
	cachedJWTs       = &tokens{"JWTs, with a cache", func(d *decision) bool {
		return d.explained == nil && d.v.cache != nil && strings.HasPrefix(d.token, "eyJ")
	}}
	lookedUpJWTs     = &tokens{"JWTs, with a cache", func(d *decision) bool { return d.lookedUp && !d.opaque }}
	certificateBound = &tokens{"tokens that are bound to a certificate", func(d *decision) bool { return d.binding.x5t != "" }}
	boundTokens      = &tokens{"requests with the scheme DPoP", (*decision).provesKey}
	unexplained      = &tokens{"requests with the scheme DPoP", func(d *decision) bool { return d.explained == nil && d.provesKey() }}
	withRequirements = &tokens{"where something is required", func(d *decision) bool { return d.explained == nil || len(d.need) > 0 }}
)

// others is a set of the kinds of decisions that are not about a caller's
// access token.
type others int

const (
	answers others = 1 << iota // decisions about introspection answers for JWTs
	signals                    // decisions of Verifier.VerifySignal, not about access tokens
)

func (o others) String() string {
	return [...]string{"", "answers about JWTs", "signals", "answers about JWTs, signals"}[o]
}

// repetition specifies when a step must run again for a token that has already
// passed the step.
type repetition int

const (
	cacheable  repetition = iota // not repeated: the step depends only on the token's bytes and the configuration, or is only for opaque tokens
	perRequest                   // the step also depends on the time, the keys or other servers
	perRoute                     // the step also depends on the route; Check and nested routes repeat it
	never                        // no step is repeated
)

func (r repetition) String() string {
	return [...]string{"", "cached JWTs", "cached JWTs, nested routes", ""}[r]
}

// steps lists all steps of a decision, in the order in which they run. Cheap
// steps come before expensive ones. For a JWT, no step uses the network before
// most claims have been checked, unless Config.IssuerFor uses it. An opaque
// token is introspected first, because its claims are in the introspection
// answer. The same steps then check these claims.
var steps = []step{
	{"credentials", "exactly one field with a token: Authorization, with the scheme Bearer or DPoP, or TokenHeader; no access_token in the query", (*decision).readCredentials, inRequests, perRoute, 0, nil, "RFC 6750 §2, RFC 9110 §11.6.2"},
	{"length", "the token is not too long", (*decision).checkLength, everyToken, perRequest, signals, showLength, ""},
	{"cache lookup", "nothing; looks the token up in the cache", (*decision).lookUp, cachedJWTs, perRequest, 0, nil, ""},
	{"characters", "only characters of a bearer token", (*decision).checkCharacters, inRequests, cacheable, 0, nil, "RFC 6750 §2.1"},
	{"shape", "a JWT in canonical base64url, or an opaque or encrypted token if it can be introspected", (*decision).checkShape, everyToken, cacheable, signals, showShape, "RFC 7515 §2, §7.1, RFC 7516 §3.1"},
	{"header", "strict JSON without repeated members, crit and b64; a well-formed kid; a supported alg, never none", (*decision).checkHeader, jwtsOnly, cacheable, signals, showAlgorithm, "RFC 7515 §4, RFC 7797 §7, RFC 8725 §3.1"},
	{"introspection", "the issuer reports the token as active", (*decision).introspect, opaqueOnly, cacheable, 0, nil, "RFC 7662 §2.2"},
	{"claims", "strict JSON; each registered claim has its type, and null counts as absent", (*decision).checkClaims, everyToken, cacheable, answers | signals, nil, "RFC 7519 §4, RFC 8725 §2.4"},
	{"issuer", "iss is a configured issuer, byte for byte; in an introspection answer iss is optional", (*decision).checkIssuer, everyToken, cacheable, answers | signals, showIssuer, "RFC 8725 §3.8, RFC 7662 §2.2"},
	{"algorithm", "alg is accepted from this issuer", (*decision).checkAlgorithm, jwtsOnly, cacheable, signals, showAlgorithms, "RFC 8725 §3.1"},
	{"type", "typ is accepted from this issuer", (*decision).checkType, jwtsOnly, cacheable, signals, showType, "RFC 8725 §3.11, RFC 9068 §4"},
	{"token type", "token_type, if present, means a bearer token or, for a token that is bound to a key, is DPoP", (*decision).checkTokenType, opaqueOnly, cacheable, answers, showTokenType, "RFC 7662 §2.2, RFC 6749 §7.1"},
	{"required claims", "exp is present, and so are the claims that the profile requires", (*decision).checkRequired, jwtsOnly, cacheable, 0, showRequired, "RFC 9068 §2.2"},
	{"expiry", "exp is in the future, within the clock skew", (*decision).checkExpiry, everyToken, perRoute, answers | signals, showExpiry, "RFC 7519 §4.1.4"},
	{"not before", "nbf is in the past, within the clock skew", (*decision).checkNotBefore, everyToken, perRequest, answers | signals, showNotBefore, "RFC 7519 §4.1.5"},
	{"issued at", "iat is in the past, within the clock skew", (*decision).checkIssuedAt, everyToken, perRequest, signals, showIssuedAt, "RFC 7519 §4.1.6"},
	{"audience", "aud names this API", (*decision).checkAudience, everyToken, cacheable, 0, showAudience, "RFC 7519 §4.1.3"},
	{"scope claim", "the scopes are a string, an array of strings or, as configured, members of an object", (*decision).checkScopeClaim, everyToken, cacheable, 0, nil, "RFC 6749 §3.3"},
	{"mark", "the claim that Mark requires is present", (*decision).checkMark, marked, cacheable, 0, showMark, "RFC 8725 §3.12"},
	{"purpose", "not an ID, refresh or logout token or a security event, according to its claims", (*decision).checkPurpose, everyToken, cacheable, answers, showPurpose, "RFC 8725 §3.12"},
	{"signature", "verified with the issuer's only key for kid (or, without kid, x5t) and alg", (*decision).checkSignature, jwtsOnly, perRequest, signals, showKey, "RFC 7515 §5.2, RFC 7518 §3"},
	{"activity", "the issuer reports the token as still active", (*decision).checkActivity, introspectedJWTs, perRequest, 0, nil, "RFC 7662 §2.2"},
	{"token", "nothing; makes the Token", (*decision).makeToken, everyToken, cacheable, 0, nil, ""},
	{"confirmation", "this API can check what the token is bound to; a token that is bound to a key has the scheme DPoP, and every other token Bearer", (*decision).checkConfirmation, everyRequest, perRequest, 0, showConfirmation, "RFC 7800 §3.1, RFC 9449 §7.1, §7.2"},
	{"certificate", "the client presented the certificate to which the token is bound", (*decision).checkCertificate, certificateBound, perRequest, 0, showCertificate, "RFC 8705 §3"},
	{"proof", "exactly one DPoP field with a signed JWT of type dpop+jwt, an accepted alg and a public key in jwk", (*decision).readProof, boundTokens, perRequest, 0, showProof, "RFC 9449 §4.2, §4.3"},
	{"proof key", "jwk is the key to which the token is bound", (*decision).checkProofKey, boundTokens, perRequest, 0, showProofKey, "RFC 9449 §6.1, RFC 7638 §3"},
	{"proof method", "htm is the method of the request", (*decision).checkProofMethod, boundTokens, perRequest, 0, showProofMethod, "RFC 9449 §4.3"},
	{"proof URL", "htu is one of Origins, followed by the path of the request", (*decision).checkProofURL, boundTokens, perRequest, 0, showProofURL, "RFC 9449 §4.3, RFC 3986 §6.2"},
	{"proof time", "iat is recent or, if Nonces is set, nonce is; exp and nbf, if present, are met", (*decision).checkProofTime, boundTokens, perRequest, 0, showProofTime, "RFC 9449 §9, §11.1"},
	{"proof token", "ath is the hash of the token", (*decision).checkTokenHash, boundTokens, perRequest, 0, nil, "RFC 9449 §4.3"},
	{"proof signature", "verified with the key in jwk", (*decision).checkProofSignature, boundTokens, perRequest, 0, nil, "RFC 9449 §4.3"},
	{"revocation", "not in Revocations, and not revoked according to Revoked", (*decision).checkRevocation, everyToken, perRequest, 0, nil, ""},
	{"replay", "the proof is used for the first time", (*decision).checkReplay, unexplained, perRequest, 0, nil, "RFC 9449 §11.1"},
	{"cache", "nothing; caches the token", (*decision).store, lookedUpJWTs, perRequest, 0, nil, ""},
	{"requirements", "the scopes and other requirements of the routes", (*decision).checkRequirements, withRequirements, perRoute, 0, showRequirements, "RFC 6749 §3.3, RFC 9470 §3"},
}

// setSteps sets the steps of a Verifier. It also fills v.first: from step i on,
// the first step whose repetition is at least r has the index v.first[r][i].
func (v *Verifier) setSteps(steps []step) {
	v.steps = steps
	for least := range v.first {
		v.first[least] = make([]int, len(steps)+1)
		first := len(steps)
		for i := len(steps); i >= 0; i-- {
			if i < len(steps) && int(steps[i].repeat) >= least {
				first = i
			}
			v.first[least][i] = first
		}
	}
}

// isAboutRequest reports whether the step checks how the token was sent, rather
// than the token.
func (s *step) isAboutRequest() bool {
	return s.of == everyRequest || s.of == certificateBound || s.of == boundTokens || s.of == unexplained
}

// applies reports whether a step applies to this token. The answer may depend
// on the results of earlier steps.
func (d *decision) applies(s *step) bool {
	return s.repeat >= d.repeated && s.also&d.other == d.other && (s.of == everyToken || s.of.is(d))
}
