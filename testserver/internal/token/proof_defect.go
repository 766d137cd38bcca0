package token

import (
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// forgeProof makes the values of the DPoP fields for a proof with one defect.
// It runs after all options.
type forgeProof func(*proofForgery) ([]string, error)

// proofForgery is a valid draft that a forgeProof turns into a bad proof.
type proofForgery struct {
	*Draft

	proof Proof
	key   Key // the key that signs
}

// Nonces says which APIs refuse a proof with a defect.
type Nonces int

const (
	// AnyAPI means that every API refuses it.
	AnyAPI Nonces = iota
	// OnlyWithNonces means that an API without nonces accepts it.
	OnlyWithNonces
	// OnlyWithoutNonces means that an API with nonces may accept it, because
	// the nonce shows when the proof was made (RFC 9449 §4.3, item 11).
	OnlyWithoutNonces
)

// ProofCatalogue returns all defects of DPoP proofs: of the fields, of the JWT
// and its key, of the request that the proof is for, and of single use.
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

// attacker returns an attacker's key for the algorithm of the client's key.
func (f *proofForgery) attacker(alg catalogue.Alg) Key {
	key, err := newAttackerKey(alg, RandomSource())
	if err != nil {
		f.Fail(err)
	}
	return key
}

// proved returns a forgeProof for a correctly signed proof with wrong contents.
func proved(edit func(*proofForgery)) forgeProof {
	return func(f *proofForgery) ([]string, error) {
		edit(f)
		return f.fields()
	}
}

// lacking returns a forgeProof for a proof without a claim.
func lacking(claim string) forgeProof {
	return proved(func(f *proofForgery) { f.Claims.Delete(claim) })
}

// setting returns a forgeProof for a proof with a wrong claim.
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

// proofFieldDefects returns the defects of the field, not of the proof.
func proofFieldDefects() []Defect {
	return []Defect{{
		Name: "dpop-missing",
		// The criteria of §4.3 are for proofs, and the request has no proof.
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
