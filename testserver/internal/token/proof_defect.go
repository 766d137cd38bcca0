package token

import (
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// forgeProof makes the values of the DPoP header fields of a request. The
// values have one defect. forgeProof is called after all options.
type forgeProof func(*proofForgery) ([]string, error)

// proofForgery is a valid unsigned DPoP proof that a forgeProof function turns
// into an invalid proof.
type proofForgery struct {
	*Draft

	proof Proof
	key   Key // the key that signs
}

// Nonces says which APIs refuse a proof with a defect.
type Nonces int

const (
	// AnyAPI means that every API refuses the proof.
	AnyAPI Nonces = iota
	// OnlyWithNonces means that only an API that uses nonces refuses the proof.
	OnlyWithNonces
	// OnlyWithoutNonces means that an API that does not use nonces refuses the
	// proof. An API that uses nonces may accept the proof, because the nonce
	// shows when the proof was made (RFC 9449 §4.3, item 11).
	OnlyWithoutNonces
)

// ProofCatalogue returns all defects of DPoP proofs. A defect concerns the
// header fields, the JWT, its key, the target request, the time, the nonce or
// the reuse of a proof.
func ProofCatalogue() []Defect {
	return slices.Concat(proofFieldDefects(), proofKeyDefects(), proofRequestDefects(), proofTargetDefects(), proofTimeDefects())
}

// ProofDefectNames returns the names of all defects of proofs, for messages.
func ProofDefectNames() string { return namesOf(ProofCatalogue()) }

// sign makes a proof from the current draft.
func (f *proofForgery) sign() (string, error) {
	if err := f.Err(); err != nil {
		return "", err
	}
	return f.compact(f.key, false)
}

func (f *proofForgery) fields() ([]string, error) {
	proof, err := f.sign()
	if err != nil {
		return nil, err
	}
	return []string{proof}, nil
}

// attacker returns a simulated attacker's key for alg.
func (f *proofForgery) attacker(alg catalogue.Alg) Key {
	key, err := newAttackerKey(alg, RandomSource())
	if err != nil {
		f.Fail(err)
	}
	return key
}

// proved returns a forgeProof function that makes a correctly signed proof with
// wrong contents. It calls edit to change the contents before the proof is
// signed.
func proved(edit func(*proofForgery)) forgeProof {
	return func(f *proofForgery) ([]string, error) {
		edit(f)
		return f.fields()
	}
}

// lacking returns a forgeProof function that makes a proof without the given
// claim.
func lacking(claim string) forgeProof {
	return proved(func(f *proofForgery) { f.Claims.Delete(claim) })
}

// setting returns a function that makes a proof in which one claim has the
// given value.
func setting(claim string, value any) forgeProof {
	return proved(func(f *proofForgery) { f.Set(claim, value) })
}

// twoProofs returns two different good proofs for the request.
func (f *proofForgery) twoProofs() ([]string, error) {
	first, err := f.sign()
	if err != nil {
		return nil, err
	}
	f.Set("jti", RandomSource().Name("proof"))
	second, err := f.sign()
	return []string{first, second}, err
}

// proofFieldDefects returns the defects of the DPoP header field itself: the
// proof is missing, or there is more than one.
func proofFieldDefects() []Defect {
	return []Defect{{
		Name: "dpop-missing",
		// An API may also return these codes instead of invalid_dpop_proof.
		// That code is for a proof that does not meet the criteria of RFC 9449
		// §4.3, but this request has no proof.
		Codes: []string{"invalid_token", "use_dpop_nonce"},
		Wrong: "The token is bound to a key, and the request has no proof that the client has the key (RFC 9449 §4.3, §7.1).",
		Fix:   "Require a DPoP field for every token with cnf.jkt, whatever the scheme.",
		prove: func(f *proofForgery) ([]string, error) { return nil, f.Err() },
	}, {
		Name:  "dpop-two-fields",
		Wrong: "The request has two DPoP fields, each with a good proof; a request has at most one (RFC 9449 §4.3, item 1).",
		Fix:   "Read all values of the DPoP field (Header.Values, not Header.Get), and refuse more than one.",
		prove: (*proofForgery).twoProofs,
	}, {
		Name:  "dpop-comma-joined",
		Wrong: "The DPoP field has two good proofs that a comma separates, as a proxy joins two fields; the value is one JWT (RFC 9449 §4.1, §4.3, item 2).",
		Fix:   "Refuse a value that is not one well-formed JWT, and do not split it.",
		prove: func(f *proofForgery) ([]string, error) {
			proofs, err := f.twoProofs()
			return []string{strings.Join(proofs, ", ")}, err
		},
	}}
}
