package middleware

import "strings"

// step is one step of a decision. All that is said of a step anywhere, in
// [Verifier.Explain] and in the documents, comes from here.
type step struct {
	name   string
	about  string // what it demands, for people
	run    func(*decision) error
	of     *tokens
	often  often
	answer bool                                     // it is also made of what the issuer answers about a JWT
	shown  func(*decision) (expected, found string) // of Explain, once the step was made; nil for nothing
	source string                                   // RFC and section
}

// tokens are those that a step is for.
type tokens struct {
	name string
	is   func(*decision) bool // nil is all
}

var (
	everyToken = &tokens{"all", nil}
	inRequests = &tokens{"in HTTP requests", func(d *decision) bool { return d.request != nil }}
	jwtsOnly   = &tokens{"JWTs", func(d *decision) bool { return !d.opaque }}
	opaqueOnly = &tokens{"opaque tokens", func(d *decision) bool { return d.opaque }}
	marked     = &tokens{"JWTs of an issuer with a Mark", func(d *decision) bool { return !d.opaque && d.issuer != nil && d.issuer.Mark != "" }}
	askedAbout = &tokens{"JWTs under IntrospectJWTs", (*decision).mustBeActive}
	recallable = &tokens{"JWTs, with a cache", func(d *decision) bool {
		return d.explained == nil && d.v.memory != nil && strings.HasPrefix(d.token, "eyJ")
	}}
	recalled         = &tokens{"JWTs, with a cache", func(d *decision) bool { return d.recalled && !d.opaque }}
	withRequirements = &tokens{"where something is required", func(d *decision) bool { return d.explained == nil || len(d.need) > 0 }}
)

// often says when a step is made that was made before.
type often int

const (
	cacheable  often = iota // it depends on nothing but the token's bytes and the configuration
	perRequest              // also on the time, the keys, or what others say
	perRoute                // also on the route; also made by Check, and for a route within one that has decided
	never                   // no step: nothing is left to do
)

func (o often) String() string {
	return [...]string{"", "remembered JWTs", "remembered JWTs, nested routes", ""}[o]
}

// steps are all that a decision is made of, in their order: the cheap before
// the expensive, and nothing that asks the network before the token's claims
// make it worth asking. An opaque token has no claims before its issuer was
// asked. The answer is held to the same rules.
var steps = []step{
	{"credentials", "one Authorization field holds a bearer token, and the query holds none beside it", (*decision).readCredentials, inRequests, perRoute, false, nil, "RFC 6750 §2, RFC 9110 §11.6.2"},
	{"length", "the token is not too long", (*decision).checkLength, everyToken, perRequest, false, showLength, ""},
	{"memory", "nothing; looks it up among the cached tokens", (*decision).recall, recallable, perRequest, false, nil, ""},
	{"characters", "it has those of a bearer token", (*decision).checkCharacters, inRequests, cacheable, false, nil, "RFC 6750 §2.1"},
	{"shape", "it is a JWT in canonical base64url; or opaque or encrypted, where an issuer can be asked", (*decision).checkShape, everyToken, cacheable, false, showShape, "RFC 7515 §2, §7.1, RFC 7516 §3.1"},
	{"header", "strict JSON: no member twice, no crit, no b64, a sane kid, a known alg and never none", (*decision).checkHeader, jwtsOnly, cacheable, false, showAlgorithm, "RFC 7515 §4, RFC 7797 §7, RFC 8725 §3.1"},
	{"introspection", "its issuer says that it is active", (*decision).introspect, opaqueOnly, cacheable, false, nil, "RFC 7662 §2.2"},
	{"claims", "strict JSON, each registered claim of its type or, if it is null, absent", (*decision).checkClaims, everyToken, cacheable, true, nil, "RFC 7519 §4, RFC 8725 §2.4"},
	{"issuer", "iss is a configured issuer, byte for byte; in an introspection answer iss is optional", (*decision).checkIssuer, everyToken, cacheable, true, showIssuer, "RFC 8725 §3.8, RFC 7662 §2.2"},
	{"algorithm", "alg is one that this issuer may sign with", (*decision).checkAlgorithm, jwtsOnly, cacheable, false, showAlgorithms, "RFC 8725 §3.1"},
	{"type", "typ is that of an access token", (*decision).checkType, jwtsOnly, cacheable, false, showType, "RFC 8725 §3.11, RFC 9068 §4"},
	{"token type", "token_type, if it is there, is that of a bearer token", (*decision).checkTokenType, opaqueOnly, cacheable, true, showTokenType, "RFC 7662 §2.2, RFC 6749 §7.1"},
	{"required claims", "exp is there, and what the profile asks for", (*decision).checkRequired, jwtsOnly, cacheable, false, showRequired, "RFC 9068 §2.2"},
	{"expiry", "exp is in the future, within the clock skew", (*decision).checkExpiry, everyToken, perRoute, true, showExpiry, "RFC 7519 §4.1.4"},
	{"not before", "nbf is in the past, within the clock skew", (*decision).checkNotBefore, everyToken, perRequest, true, showNotBefore, "RFC 7519 §4.1.5"},
	{"issued at", "iat is in the past, within the clock skew", (*decision).checkIssuedAt, everyToken, perRequest, false, showIssuedAt, "RFC 7519 §4.1.6"},
	{"audience", "aud names this API", (*decision).checkAudience, everyToken, cacheable, false, showAudience, "RFC 7519 §4.1.3"},
	{"scope claim", "the scopes are a string, an array of strings or, as configured, members of an object", (*decision).checkScopeClaim, everyToken, cacheable, false, nil, "RFC 6749 §3.3"},
	{"mark", "what Mark says of all access tokens of that issuer is there", (*decision).checkMark, marked, cacheable, false, showMark, "RFC 8725 §3.12"},
	{"purpose", "no ID, refresh or logout token or security event, by what it says of itself", (*decision).checkPurpose, everyToken, cacheable, true, showPurpose, "RFC 8725 §3.12"},
	{"signature", "made with the one key of that issuer that fits kid (or, without one, x5t) and alg", (*decision).checkSignature, jwtsOnly, perRequest, false, showKey, "RFC 7515 §5.2, RFC 7518 §3"},
	{"activity", "its issuer says that it is still active", (*decision).checkActivity, askedAbout, perRequest, false, nil, "RFC 7662 §2.2"},
	{"token", "nothing; makes the Token", (*decision).makeToken, everyToken, cacheable, false, nil, ""},
	{"confirmation", "it is not bound to a key of its sender", (*decision).checkConfirmation, everyToken, cacheable, true, nil, "RFC 7800 §3.1, RFC 9449 §7.2"},
	{"revocation", "not on the deny-list", (*decision).checkRevocation, everyToken, perRequest, false, nil, ""},
	{"remember", "nothing; caches it", (*decision).remember, recalled, perRequest, false, nil, ""},
	{"requirements", "the scopes and whatever else the routes require", (*decision).checkRequirements, withRequirements, perRoute, false, showRequirements, "RFC 6749 §3.3"},
}

// make has a verifier make these steps.
func (v *Verifier) make(steps []step) {
	v.steps = steps
	for least := range v.first {
		v.first[least] = make([]int, len(steps)+1)
		first := len(steps)
		for i := len(steps); i >= 0; i-- {
			if i < len(steps) && int(steps[i].often) >= least {
				first = i
			}
			v.first[least][i] = first
		}
	}
}

// due reports whether a step applies to this token, as far as it is known. Earlier
// steps may rule out later ones.
func (d *decision) due(s *step) bool {
	return s.often >= d.least && (s.answer || !d.answers) && (s.of == everyToken || s.of.is(d))
}
