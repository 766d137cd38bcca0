package dpop

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/bearerguard/bearerguard/internal/jws"
)

// Policy contains the requirements of an API for DPoP proofs. The zero value
// accepts each proof once, for 60 seconds plus the clock skew, and also accepts
// tokens that are not bound to a key.
type Policy struct {
	// Required refuses tokens that are not bound to a key. If Required is
	// false, the API also accepts bearer tokens, unless the verifier refuses
	// them. A token that is bound to a key always needs a proof.
	Required bool
	// Algorithms are the signature algorithms of proofs. nil means ES256,
	// ES384, ES512, EdDSA, Ed25519, PS256 and RS256.
	Algorithms []string
	// MaxAge is the maximum age of a proof, in addition to the clock skew. 0
	// means 60 seconds. The maximum is 5 minutes. With Nonces, MaxAge has no
	// effect, because the age of the nonce is checked instead.
	MaxAge time.Duration
	// Nonces makes clients put a nonce of this API into each proof. nil means
	// that proofs need no nonce.
	Nonces *Nonces
	// Replay records which proofs were used. nil means a new Memory with room
	// for 1 000 000 replay entries. [Off] disables the protection.
	Replay Replay
}

const maxAge = 5 * time.Minute

// Complete returns the policy with defaults in place of zero fields. If the
// policy has faults, Complete returns an error that joins all of them. A
// constructor that receives a policy, such as middleware.NewVerifier, calls
// Complete.
func (p Policy) Complete() (Policy, error) {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf("dpop: "+format, args...)) }

	if p.Algorithms != nil && len(p.Algorithms) == 0 {
		fault("Algorithms is empty: leave it nil for the default")
	}
	for i, name := range p.Algorithms {
		switch algorithm := jws.Find(name); {
		case slices.Contains(p.Algorithms[:i], name):
			fault("Algorithms: %q is repeated", name)
		case algorithm == nil:
			fault("Algorithms: %q is not supported", name)
		case algorithm.Symmetric():
			fault("Algorithms: %q needs a shared secret: a proof needs a key that only the client has (RFC 9449 §4.2)", name)
		}
	}
	if p.MaxAge < 0 || p.MaxAge > maxAge {
		fault("MaxAge must be between 0 and %v", maxAge)
	}
	if p.Nonces != nil {
		for _, err := range p.Nonces.check() {
			fault("Nonces: %w", err)
		}
	}
	if err := checkReplay(p.Replay); err != nil {
		fault("Replay: %w", err)
	}
	if len(faults) > 0 {
		return Policy{}, errors.Join(faults...)
	}
	if p.Algorithms == nil {
		p.Algorithms = []string{"ES256", "ES384", "ES512", "EdDSA", "Ed25519", "PS256", "RS256"}
	}
	p.MaxAge = cmp.Or(p.MaxAge, time.Minute)
	if p.Replay == nil {
		p.Replay = NewMemory(0)
	}
	return p, nil
}

func checkReplay(r Replay) error {
	nilable := []reflect.Kind{reflect.Pointer, reflect.Map, reflect.Func, reflect.Chan, reflect.Slice}
	if v := reflect.ValueOf(r); slices.Contains(nilable, v.Kind()) && v.IsNil() {
		return fmt.Errorf("is a nil %T: check the error of its constructor", r)
	}
	if m, ok := r.(*Memory); ok {
		return m.check()
	}
	return nil
}
