package catalogue

import "slices"

// ProofDefects lists defects of DPoP proofs (RFC 9449 §4.3). Every correct API
// refuses proofs with these defects. The only exceptions are the defects with
// nonce in the name: an API refuses them only if it uses nonces.
var ProofDefects = []Defect{
	"dpop-missing", "dpop-two-fields", "dpop-comma-joined",
	"dpop-wrong-typ", "dpop-alg-none", "dpop-hs256", "dpop-no-jwk", "dpop-private-jwk", "dpop-oct-jwk", "dpop-jwk-off-curve", "dpop-rsa-1024",
	"dpop-other-key", "dpop-bad-signature", "dpop-crit", "dpop-duplicate-header", "dpop-duplicate-claim",
	"dpop-htm-missing", "dpop-htm-other", "dpop-htm-other-case",
	"dpop-htu-missing", "dpop-htu-host", "dpop-htu-scheme", "dpop-htu-port", "dpop-htu-path", "dpop-htu-path-case",
	"dpop-htu-trailing-slash", "dpop-htu-encoded-slash", "dpop-htu-user-info", "dpop-htu-relative",
	"dpop-iat-missing", "dpop-iat-as-string", "dpop-iat-old", "dpop-iat-future", "dpop-expired", "dpop-not-yet-valid",
	"dpop-ath-missing", "dpop-ath-half", "dpop-ath-other-token", "dpop-ath-padded",
	"dpop-jti-missing", "dpop-jti-empty", "dpop-jti-number", "dpop-replayed",
	"dpop-nonce-missing", "dpop-nonce-foreign",
}

// ProofDefectsOnRequest lists the defects of DPoP proofs that a correct API may
// tolerate.
var ProofDefectsOnRequest = []Defect{"dpop-jti-long"}

// IsProofDefect reports whether d is a defect of DPoP proofs, not of tokens.
func (d Defect) IsProofDefect() bool {
	return slices.Contains(ProofDefects, d) || slices.Contains(ProofDefectsOnRequest, d)
}
