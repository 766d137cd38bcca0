package testserver

import (
	"fmt"
	"iter"

	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Defect names one way in which a token can be wrong, in Go and wherever it is
// written as text: the names are stable.
//
// A token with a defect has exactly one thing wrong with it and is good in
// every other way, so that an API which accepts it lacks exactly that check.
// What an attacker or a careless issuer would sign is signed, by the key that
// they would have.
type Defect string

// What the claims say is wrong.
const (
	Expired         Defect = "expired"          // exp an hour ago
	NotYetValid     Defect = "not-yet-valid"    // nbf in an hour
	IssuedInFuture  Defect = "issued-in-future" // iat in an hour
	WrongIssuer     Defect = "wrong-issuer"     // an iss that begins like the right one
	WrongAudience   Defect = "wrong-audience"   // an aud that begins like the right one
	MissingAudience Defect = "missing-audience"
	MissingExp      Defect = "missing-exp"
	MissingScope    Defect = "missing-scope"  // wrong only where a scope is needed: 403
	ExpAsString     Defect = "exp-as-string"  //nolint:gosec // a name, no credentials
	ExpOverflow     Defect = "exp-overflow"   // exp 2^64 seconds late
	AudNotString    Defect = "aud-not-string" // a number beside the right aud
)

// Not an access token, or not one for whoever bears it.
const (
	WrongTyp        Defect = "wrong-typ"          // typ logout+jwt
	IDTokenAsAccess Defect = "id-token-as-access" //nolint:gosec // a name, no credentials: an ID token, for a client that is the API too
	BoundAsBearer   Defect = "bound-as-bearer"    // with cnf, without proof (RFC 9449 §7.2)
)

// Signed by the wrong key, wrongly, or not at all.
const (
	BadSignature       Defect = "bad-signature" // one bit is changed
	TruncatedSignature Defect = "truncated-signature"
	ZeroECDSASignature Defect = "zero-ecdsa-signature" // with an ES256 key of the server's, if the token's is none for ECDSA
	AlgNone            Defect = "alg-none"             // and no signature
	AlgNoneCased       Defect = "alg-none-cased"       // nOnE
	HS256Confusion     Defect = "hs256-confusion"      // HMAC with the public key, in PEM, as the secret
	UnknownKid         Defect = "unknown-kid"          // an unpublished key under a new name each time
	ForeignKeySameKid  Defect = "foreign-key-same-kid" // an unpublished key under the name of the server's
	EmbeddedJWK        Defect = "embedded-jwk"         // an attacker's key, in jwk
	JKUHeader          Defect = "jku-header"           // an attacker's key, at a URL
	X5UHeader          Defect = "x5u-header"           // an attacker's certificate, at a URL
	CritHeader         Defect = "crit-header"          // an unknown extension that must be understood
	AlgKeyMismatch     Defect = "alg-key-mismatch"     // such as PS256 with an RS256 key
)

// Signed well, but not written as a JWT is.
const (
	DuplicateClaim  Defect = "duplicate-claim"  // exp ahead, then exp past
	DuplicateHeader Defect = "duplicate-header" // alg, then alg none
	NotJSON         Defect = "not-json"
	FourSegments    Defect = "four-segments"
	PaddedBase64    Defect = "padded-base64"
	TrailingBits    Defect = "trailing-bits" // base64url that is not canonical
	Nested          Defect = "nested"        // a good token as the payload
	Encrypted       Defect = "encrypted"     // a good token in a JWE
)

// Only on request: [Defects] and [Server.BadTokens] leave them out, because a
// correct API may accept such a token.
const (
	NoKid         Defect = "no-kid"
	ExpFractional Defect = "exp-fractional"
	MissingSub    Defect = "missing-sub"
	Oversized     Defect = "oversized"   // more than 16 KiB long
	RetiredKey    Defect = "retired-key" // by the key that left the JWKS last: Rotate(DropOld()) or Retire before
)

// On request as well, since only introspection shows them.
const (
	Revoked        Defect = "revoked"         // a good JWT but for that
	InactiveOpaque Defect = "inactive-opaque" // an opaque token that was revoked
	UnknownOpaque  Defect = "unknown-opaque"  // a handle that no server issued
)

// Expect is the answer of a correct API: 401 and "invalid_token", or 403 and
// "insufficient_scope" (RFC 6750 §3.1). It is 0 and "" for a name that is no
// defect's.
func (d Defect) Expect() (status int, code string) {
	found, _ := token.FindDefect(string(d))
	return found.Status, found.Code
}

// Defects yields every defect that a correct API refuses. [MissingScope] is one
// for routes that need a scope.
func Defects() iter.Seq[Defect] {
	return func(yield func(Defect) bool) {
		for _, d := range token.Catalogue() {
			if !d.OnRequest && !yield(Defect(d.Name)) {
				return
			}
		}
	}
}

// BadTokens yields a token for each of [Defects]: the token of opts, with one
// thing wrong. Each is made when it is asked for.
func (s *Server) BadTokens(opts ...TokenOption) iter.Seq2[Defect, string] {
	return func(yield func(Defect, string) bool) {
		s.helper()
		for d := range Defects() {
			t, err := s.mint(append(opts[:len(opts):len(opts)], With(d)))
			if err != nil {
				s.fail("BadTokens: %v", err)
				return
			}
			if !yield(d, t) {
				return
			}
		}
	}
}

// With makes one thing wrong with the token that the other options ask for,
// whether they stand before it or after. One token takes one defect: two would
// not show which of them was found.
//
// With [OpaqueTokens] the token stays opaque if an introspection answer can be
// wrong in this way, for which RFC 7662 leaves an API no choice: [Expired],
// [NotYetValid], [IssuedInFuture], [WrongAudience], [MissingAudience],
// [MissingScope], [AudNotString], [BoundAsBearer], [MissingSub]. It is a JWT
// with any other defect.
func With(d Defect) TokenOption {
	return tokenOption(func(t *token.Draft) {
		found, ok := token.FindDefect(string(d))
		switch {
		case !ok:
			t.Fail(fmt.Errorf("With(%q): there is no such defect: use one of %s", string(d), token.DefectNames()))
		case t.Defect != nil:
			t.Fail(fmt.Errorf("With(%q) after With(%q): a token takes one defect: make two tokens", string(d), t.Defect.Name))
		default:
			t.Defect = &found
		}
	})
}
