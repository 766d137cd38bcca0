package testserver

import (
	"fmt"
	"iter"
	"slices"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Defect is the name of one way in which a token or a DPoP proof can be wrong.
// The command bearerguard and the control API use the same names for defects of
// tokens. The names never change.
//
// A token with a defect is wrong in exactly one way. An API that accepts it
// therefore lacks the check for this defect. The token is signed with the key
// that an attacker or a careless issuer would use.
type Defect = catalogue.Defect

// Defects of the claims.
const (
	Expired         = catalogue.Expired        // exp an hour ago
	NotYetValid     = catalogue.NotYetValid    // nbf is one hour in the future
	IssuedInFuture  = catalogue.IssuedInFuture // iat is one hour in the future
	WrongIssuer     = catalogue.WrongIssuer    // an iss that begins with the right iss
	WrongAudience   = catalogue.WrongAudience  // an aud that begins with the right aud
	MissingAudience = catalogue.MissingAudience
	MissingExp      = catalogue.MissingExp
	MissingScope    = catalogue.MissingScope // an API that requires a scope must answer 403; other APIs must accept the token
	ExpAsString     = catalogue.ExpAsString
	ExpOverflow     = catalogue.ExpOverflow  // exp 2^64 seconds too late
	AudNotString    = catalogue.AudNotString // an array with two elements: the right audience and a number
)

// Defects of tokens that are not access tokens, or not bearer tokens.
const (
	WrongTyp        = catalogue.WrongTyp        // typ logout+jwt
	IDTokenAsAccess = catalogue.IDTokenAsAccess // an ID token whose aud is the API
	BoundAsBearer   = catalogue.BoundAsBearer   // a token with cnf, sent without a proof (RFC 9449 §7.2)
)

// Defects of the signature: the wrong key, a bad signature, or no signature.
const (
	BadSignature       = catalogue.BadSignature // one bit flipped
	TruncatedSignature = catalogue.TruncatedSignature
	ZeroECDSASignature = catalogue.ZeroECDSASignature // all zeros; an ES256 key replaces a key that is not for ECDSA
	AlgNone            = catalogue.AlgNone            // alg none, no signature
	AlgNoneCased       = catalogue.AlgNoneCased       // alg nOnE, no signature
	HS256Confusion     = catalogue.HS256Confusion     // HMAC whose secret is the PEM text of the public key
	UnknownKid         = catalogue.UnknownKid         // an unpublished key, with a new kid each time
	ForeignKeySameKid  = catalogue.ForeignKeySameKid  // an unpublished key, with the kid of the server's key
	EmbeddedJWK        = catalogue.EmbeddedJWK        // an attacker's key, in jwk
	JKUHeader          = catalogue.JKUHeader          // an attacker's key, at a URL
	X5UHeader          = catalogue.X5UHeader          // an attacker's certificate, at a URL
	CritHeader         = catalogue.CritHeader         // crit names an unknown extension
	AlgKeyMismatch     = catalogue.AlgKeyMismatch     // such as alg PS256 for an RS256 key
)

// Defects of tokens that are correctly signed, but are not well-formed JWTs.
const (
	DuplicateClaim  = catalogue.DuplicateClaim  // exp twice: first in the future, then in the past
	DuplicateHeader = catalogue.DuplicateHeader // alg twice: first the right alg, then none
	NotJSON         = catalogue.NotJSON
	FourSegments    = catalogue.FourSegments
	PaddedBase64    = catalogue.PaddedBase64
	TrailingBits    = catalogue.TrailingBits // base64url with nonzero unused bits
	Nested          = catalogue.Nested       // a JWT with a good token as its payload
	Encrypted       = catalogue.Encrypted    // a good token inside a JWE
)

// A correct API may accept tokens with these defects. They are therefore not
// among [Defects], and [Server.BadTokens] does not yield them. Test them with
// [With].
const (
	NoKid         = catalogue.NoKid
	ExpFractional = catalogue.ExpFractional
	MissingSub    = catalogue.MissingSub
	WeakACR       = catalogue.WeakACR    // acr is 0; wrong only if the API requires a different acr (RFC 9470)
	StaleAuth     = catalogue.StaleAuth  // auth_time is an hour ago; wrong only if the API requires a recent login (RFC 9470)
	Oversized     = catalogue.Oversized  // more than 16 KiB long
	RetiredKey    = catalogue.RetiredKey // first call Retire or Rotate(Rotation{DropOld: true}); signed by the key most recently removed from the JWKS
)

// Defects that only introspection can detect. They are not among [Defects], and
// [Server.BadTokens] does not yield them. Test them with [With].
const (
	Revoked        = catalogue.Revoked        // a good JWT that was revoked
	InactiveOpaque = catalogue.InactiveOpaque // an opaque token that was revoked
	UnknownOpaque  = catalogue.UnknownOpaque  // a handle that was never issued
)

// Defects yields every defect that a correct API refuses. A correct API refuses
// [MissingScope] only on routes that require a scope.
func Defects() iter.Seq[Defect] { return slices.Values(catalogue.Defects) }

// BadTokens yields pairs: each of [Defects], with a token that has this defect.
// The options describe the other properties of the tokens. Each token is made
// when the loop reaches its defect.
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

// With adds a defect to the token. The other options describe the rest of the
// token, whether they come before or after With. A token can have only one
// defect. With two defects, it would not be clear which defect the API
// detected.
//
// With [OpaqueTokens], a token with one of these defects is opaque: [Expired],
// [NotYetValid], [IssuedInFuture], [WrongAudience], [MissingAudience],
// [MissingScope], [AudNotString], [BoundAsBearer], [MissingSub], [WeakACR],
// [StaleAuth] and [CertificateDefects]. For such a token, the introspection
// response is inactive, or its claims show the defect. With [InactiveOpaque]
// and [UnknownOpaque], a token is always opaque. With any other defect of
// tokens, it is a JWT.
//
// The defects in [ProofDefects] are defects of a [Proof]. To make a token for
// such a proof, add [BoundTo]. The defects whose names begin with "event-" are
// defects of a [Server.LogoutToken] or a [Server.EventToken]: see
// [LogoutDefects] and [EventDefects].
func With(d Defect) TokenOption {
	return tokenOption(func(t *token.Draft) {
		found, ok := token.FindDefect(d)
		switch {
		case !ok:
			t.Fail(fmt.Errorf("With(%q): unknown defect: use one of %s, or one of ProofDefects, CertificateDefects, LogoutDefects or EventDefects", string(d), token.DefectNames()))
		case t.Defect != nil:
			t.Fail(fmt.Errorf("With(%q) after With(%q): a token can have only one defect: make two tokens", string(d), t.Defect.Name))
		default:
			t.Defect = &found
		}
	})
}
