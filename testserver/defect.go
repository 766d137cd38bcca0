package testserver

import (
	"fmt"
	"iter"
	"slices"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Defect names one way in which a token can be wrong, in Go and wherever it is
// written as text: the names are stable.
//
// A token with a defect has exactly one thing wrong with it and is good in
// every other way, so that an API which accepts it lacks exactly that check.
// What an attacker or a careless issuer would sign is signed, by the key that
// they would have.
type Defect = catalogue.Defect

// What the claims say is wrong.
const (
	Expired         = catalogue.Expired        // exp an hour ago
	NotYetValid     = catalogue.NotYetValid    // nbf in an hour
	IssuedInFuture  = catalogue.IssuedInFuture // iat in an hour
	WrongIssuer     = catalogue.WrongIssuer    // an iss that begins like the right one
	WrongAudience   = catalogue.WrongAudience  // an aud that begins like the right one
	MissingAudience = catalogue.MissingAudience
	MissingExp      = catalogue.MissingExp
	MissingScope    = catalogue.MissingScope // wrong only where a scope is needed: 403
	ExpAsString     = catalogue.ExpAsString
	ExpOverflow     = catalogue.ExpOverflow  // exp 2^64 seconds late
	AudNotString    = catalogue.AudNotString // a number beside the right aud
)

// Not an access token, or not one for its bearer.
const (
	WrongTyp        = catalogue.WrongTyp        // typ logout+jwt
	IDTokenAsAccess = catalogue.IDTokenAsAccess // an ID token, for a client that is the API too
	BoundAsBearer   = catalogue.BoundAsBearer   // with cnf, without proof (RFC 9449 §7.2)
)

// Signed by the wrong key, wrongly, or not at all.
const (
	BadSignature       = catalogue.BadSignature // one bit is changed
	TruncatedSignature = catalogue.TruncatedSignature
	ZeroECDSASignature = catalogue.ZeroECDSASignature // with an ES256 key of the server's, if the token's is not for ECDSA
	AlgNone            = catalogue.AlgNone            // and no signature
	AlgNoneCased       = catalogue.AlgNoneCased       // nOnE
	HS256Confusion     = catalogue.HS256Confusion     // HMAC with the public key, in PEM, as the secret
	UnknownKid         = catalogue.UnknownKid         // an unpublished key under a new name each time
	ForeignKeySameKid  = catalogue.ForeignKeySameKid  // an unpublished key under the name of the server's
	EmbeddedJWK        = catalogue.EmbeddedJWK        // an attacker's key, in jwk
	JKUHeader          = catalogue.JKUHeader          // an attacker's key, at a URL
	X5UHeader          = catalogue.X5UHeader          // an attacker's certificate, at a URL
	CritHeader         = catalogue.CritHeader         // an unknown extension that must be understood
	AlgKeyMismatch     = catalogue.AlgKeyMismatch     // such as PS256 with an RS256 key
)

// Signed well, but not written as a JWT is.
const (
	DuplicateClaim  = catalogue.DuplicateClaim  // exp ahead, then exp past
	DuplicateHeader = catalogue.DuplicateHeader // alg, then alg none
	NotJSON         = catalogue.NotJSON
	FourSegments    = catalogue.FourSegments
	PaddedBase64    = catalogue.PaddedBase64
	TrailingBits    = catalogue.TrailingBits // base64url that is not canonical
	Nested          = catalogue.Nested       // a good token as the payload
	Encrypted       = catalogue.Encrypted    // a good token in a JWE
)

// Only on request: [Defects] and [Server.BadTokens] leave them out, because a
// correct API may accept such a token.
const (
	NoKid         = catalogue.NoKid
	ExpFractional = catalogue.ExpFractional
	MissingSub    = catalogue.MissingSub
	Oversized     = catalogue.Oversized  // more than 16 KiB long
	RetiredKey    = catalogue.RetiredKey // by the key that left the JWKS last: Rotate(DropOld()) or Retire before
)

// On request as well, since only introspection shows them.
const (
	Revoked        = catalogue.Revoked        // a good JWT except for that
	InactiveOpaque = catalogue.InactiveOpaque // an opaque token that was revoked
	UnknownOpaque  = catalogue.UnknownOpaque  // a handle that no server issued
)

// Defects yields every defect that a correct API refuses. [MissingScope] is one
// for routes that need a scope.
func Defects() iter.Seq[Defect] { return slices.Values(catalogue.Defects) }

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
		found, ok := token.FindDefect(d)
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
