package main

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
)

// noncePeriod is how long the API issues the same nonce. The API accepts a
// nonce for up to three periods.
const noncePeriod = time.Minute

// proofs returns the policy for proofs that DPOP and DPOP_NONCES describe, or
// nil if DPOP is off.
//
// The secret of the nonces is derived from REDIS_SECRET, so that several
// processes accept each other's nonces. Without REDIS_SECRET, the secret is
// random. It is never derived from a password, because clients could use the
// nonces to guess the password.
func proofs(getenv func(string) string) (*dpop.Policy, error) {
	policy := new(dpop.Policy)
	var faults []error
	switch mode := cmp.Or(getenv("DPOP"), "on"); mode {
	case "on":
	case "off":
		policy = nil
	case "required":
		policy.Required = true
		if getenv("ORIGIN") == "" && !onLoopback(cmp.Or(getenv("LISTEN"), defaultListen)) {
			faults = append(faults, errors.New("DPOP=required needs ORIGIN, the URL at which clients reach the API, because LISTEN is not on loopback"))
		}
	default:
		faults = append(faults, fmt.Errorf("DPOP must be on, off or required, got %q", mode))
	}
	switch nonces := getenv("DPOP_NONCES"); {
	case nonces == "":
	case nonces != "1":
		faults = append(faults, fmt.Errorf("DPOP_NONCES must be empty or 1, got %q", nonces))
	case policy == nil:
		faults = append(faults, errors.New("DPOP_NONCES=1 needs DPOP=on or DPOP=required"))
	default:
		random := make([]byte, minSecret)
		_, _ = rand.Read(random) // never fails
		secret := sha256.Sum256([]byte("nonces\x00" + cmp.Or(getenv("REDIS_SECRET"), string(random))))
		policy.Nonces = dpop.NewNonces(secret[:], noncePeriod)
	}
	return policy, errors.Join(faults...)
}
