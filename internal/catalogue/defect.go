package catalogue

import "slices"

// Defect is the name of a defect of tokens or DPoP proofs, such as "expired".
// The names are stable, because configuration, the control API and the command
// line also use them.
type Defect string

// The defects.
const (
	Expired            Defect = "expired"
	NotYetValid        Defect = "not-yet-valid"
	IssuedInFuture     Defect = "issued-in-future"
	WrongIssuer        Defect = "wrong-issuer"
	WrongAudience      Defect = "wrong-audience"
	MissingAudience    Defect = "missing-audience"
	MissingExp         Defect = "missing-exp"
	MissingScope       Defect = "missing-scope"
	ExpAsString        Defect = "exp-as-string" //nolint:gosec // a name, not a credential
	ExpOverflow        Defect = "exp-overflow"
	AudNotString       Defect = "aud-not-string"
	ExpFractional      Defect = "exp-fractional"
	MissingSub         Defect = "missing-sub"
	WrongTyp           Defect = "wrong-typ"
	IDTokenAsAccess    Defect = "id-token-as-access" //nolint:gosec // a name, not a credential
	BoundAsBearer      Defect = "bound-as-bearer"
	WeakACR            Defect = "weak-acr"
	StaleAuth          Defect = "stale-auth"
	BadSignature       Defect = "bad-signature"
	TruncatedSignature Defect = "truncated-signature"
	ZeroECDSASignature Defect = "zero-ecdsa-signature"
	AlgNone            Defect = "alg-none"
	AlgNoneCased       Defect = "alg-none-cased"
	HS256Confusion     Defect = "hs256-confusion"
	UnknownKid         Defect = "unknown-kid"
	ForeignKeySameKid  Defect = "foreign-key-same-kid"
	EmbeddedJWK        Defect = "embedded-jwk"
	JKUHeader          Defect = "jku-header"
	X5UHeader          Defect = "x5u-header"
	CritHeader         Defect = "crit-header"
	AlgKeyMismatch     Defect = "alg-key-mismatch"
	NoKid              Defect = "no-kid"
	RetiredKey         Defect = "retired-key"
	DuplicateClaim     Defect = "duplicate-claim"
	DuplicateHeader    Defect = "duplicate-header"
	NotJSON            Defect = "not-json"
	FourSegments       Defect = "four-segments"
	PaddedBase64       Defect = "padded-base64"
	TrailingBits       Defect = "trailing-bits"
	Nested             Defect = "nested"
	Encrypted          Defect = "encrypted"
	Oversized          Defect = "oversized"
	Revoked            Defect = "revoked"
	InactiveOpaque     Defect = "inactive-opaque"
	UnknownOpaque      Defect = "unknown-opaque"
)

// Defects lists the defects that every correct API refuses. The only exception
// is MissingScope: an API refuses it only if it requires a scope.
var Defects = []Defect{
	Expired, NotYetValid, IssuedInFuture, WrongIssuer, WrongAudience, MissingAudience, MissingExp, MissingScope,
	ExpAsString, ExpOverflow, AudNotString, WrongTyp, IDTokenAsAccess, BoundAsBearer, BadSignature,
	TruncatedSignature, ZeroECDSASignature, AlgNone, AlgNoneCased, HS256Confusion, UnknownKid,
	ForeignKeySameKid, EmbeddedJWK, JKUHeader, X5UHeader, CritHeader, AlgKeyMismatch, DuplicateClaim,
	DuplicateHeader, NotJSON, FourSegments, PaddedBase64, TrailingBits, Nested, Encrypted,
}

// DefectsOnRequest lists the defects that are not tested by default. A correct
// API may accept tokens with some of these defects. The remaining defects
// cannot be tested with a token alone.
var DefectsOnRequest = []Defect{
	ExpFractional, MissingSub, WeakACR, StaleAuth, NoKid, RetiredKey, Oversized, Revoked, InactiveOpaque, UnknownOpaque,
}

// AllDefects returns Defects followed by DefectsOnRequest.
func AllDefects() []Defect { return slices.Concat(Defects, DefectsOnRequest) }

// Expect returns the status and the error code with which a correct API answers
// this defect. For a defect of tokens, Expect returns 401 and "invalid_token",
// 403 and "insufficient_scope" (RFC 6750 §3.1), or 401 and
// "insufficient_user_authentication" (RFC 9470 §3). For [ProofDefects], it
// returns 401 and "invalid_dpop_proof" or "use_dpop_nonce" (RFC 9449 §7.1, §9).
// For [SignalDefects], it returns 400 and "". A correct receiver answers 400
// (OpenID Connect Back-Channel Logout 1.0 §2.8, RFC 8935 §2.3). For an unknown
// name, Expect returns 0 and "".
func (d Defect) Expect() (status int, code string) {
	switch {
	case d == MissingScope:
		return 403, "insufficient_scope"
	case d == WeakACR, d == StaleAuth:
		return 401, "insufficient_user_authentication"
	case d == "dpop-nonce-missing", d == "dpop-nonce-foreign":
		return 401, "use_dpop_nonce"
	case d.IsProofDefect():
		return 401, "invalid_dpop_proof"
	case d.IsSignalDefect():
		return 400, ""
	case slices.Contains(AllDefects(), d), d.IsCertificateDefect():
		return 401, "invalid_token"
	}
	return 0, ""
}
