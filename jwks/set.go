package jwks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/MicahParks/jwkset"

	"github.com/bearerguard/bearerguard/internal/jws"
)

// The reasons why a key is missing. Every error wraps one of these, except the
// errors in [Stats] and the errors with which Keyfunc refuses a header.
var (
	ErrSet         = errors.New("jwks: not an acceptable JWK Set")
	ErrNoKeys      = errors.New("jwks: set has no usable key")
	ErrUnknownKey  = errors.New("jwks: no key with this key ID")
	ErrUnfitKey    = errors.New("jwks: no single key for this key ID and algorithm")
	ErrUnavailable = errors.New("jwks: keys could not be fetched")
	ErrConfig      = errors.New("jwks: configuration")
)

// Source provides the keys of one issuer. Implementations must be safe for
// concurrent use; [Set] and [Remote] implement it.
//
// A verifier also uses these optional methods of a Source:
//
//	Warm(context.Context) error // fetches the keys now
//	Healthy() error             // nil if there are usable keys; must not wait
//	Stats() Stats
//	Algorithms() []string       // all that it has keys for, if that never changes
//	KeyFor(ctx context.Context, issuer, kid, alg string) (any, error)
//	                            // Key, if one Source has keys of several tenants
type Source interface {
	// Key returns the key for a token with this kid ("" if the token has none)
	// and alg. The key is an *rsa.PublicKey, *ecdsa.PublicKey,
	// ed25519.PublicKey or, for a shared secret, a []byte. While a key is
	// published, each call returns the same pointer, and the key it points to
	// must not change. The key policy does not apply to a Source of another
	// package. However, RSA keys of fewer than 2048 or more than 8192 bits,
	// points of another curve or of small order, and short secrets never verify
	// a token.
	//
	// An error that wraps [ErrUnknownKey] or [ErrUnfitKey] means that the token
	// is invalid. Any other error means that the keys are unavailable; its text
	// is not logged. ctx ends only the caller's wait, not a fetch that others
	// share.
	Key(ctx context.Context, kid, alg string) (any, error)
}

// Set is an immutable set of verification keys. It is safe for concurrent use.
type Set struct {
	keys       map[selector]any      // the only key for each
	issuers    map[selector][]string // of keys that are not for all issuers
	keyIDs     map[string]bool
	algorithms []string // canonical names, sorted
	size       int
	skipped    []error
}

// selector identifies the key of a token by the token's kid, or "", and the
// canonical name of its algorithm.
type selector struct{ keyID, algorithm string }

// newSet returns a set that indexes the keys by selector. No two keys may have
// the same key ID and algorithm.
func newSet(keys []key, skipped []error) *Set {
	s := &Set{keys: make(map[selector]any), issuers: make(map[selector][]string), keyIDs: make(map[string]bool), size: len(keys), skipped: skipped}
	fit := make(map[string][]key) // by algorithm
	put := func(at selector, k key) {
		if s.keys[at] = k.material; k.issuers != nil {
			s.issuers[at] = k.issuers
		}
	}
	for _, k := range keys {
		for _, algorithm := range k.algorithms {
			fit[algorithm] = append(fit[algorithm], k)
			if k.id != "" { // without an ID it is only for tokens without a kid
				s.keyIDs[k.id] = true
				put(selector{k.id, algorithm}, k)
			}
		}
	}
	for algorithm, all := range fit {
		if len(all) == 1 {
			put(selector{"", algorithm}, all[0])
		}
	}
	s.algorithms = slices.Sorted(maps.Keys(fit))
	return s
}

// reuseKeys replaces keys that were already in the set before by their old
// pointers, so that a published key is always the same pointer.
func (s *Set) reuseKeys(before *Set) {
	for at, key := range s.keys {
		if old, ok := before.keys[at]; ok && same(old, key) {
			s.keys[at] = old
		}
	}
}

// Key implements [Source]. For a token without a kid, it returns a key only if
// exactly one key fits the algorithm (RFC 7515 §4.1.4 makes kid optional;
// trying all keys would multiply work). The error is [ErrUnknownKey] if a newer
// set might have the key, otherwise [ErrUnfitKey].
func (s *Set) Key(_ context.Context, kid, alg string) (any, error) { return s.find("", kid, alg) }

// KeyFor is Key for a set with the keys of several issuers, such as the one
// that Microsoft Entra ID publishes. The member "issuer" of a key names the
// issuer that may use the key; {tenantid} in that member matches any string
// without a slash. A key without the member is for all issuers. If the key is
// for another issuer, the error is [ErrUnfitKey]. If issuer is "", KeyFor
// ignores the member, as Key does.
func (s *Set) KeyFor(_ context.Context, issuer, kid, alg string) (any, error) {
	return s.find(issuer, kid, alg)
}

func (s *Set) find(issuer, kid, alg string) (any, error) {
	at := selector{kid, alg}
	if found, ok := s.keys[at]; ok {
		if issuer != "" && !s.serves(at, issuer) {
			return nil, ErrUnfitKey
		}
		return found, nil
	}
	if known := jws.Find(alg); known != nil && known.Name != alg {
		return s.find(issuer, kid, known.Name)
	}
	if kid != "" && !s.keyIDs[kid] || kid == "" && !slices.Contains(s.algorithms, alg) {
		return nil, ErrUnknownKey
	}
	return nil, ErrUnfitKey
}

func (s *Set) serves(at selector, issuer string) bool {
	issuers, bound := s.issuers[at]
	return !bound || slices.ContainsFunc(issuers, func(one string) bool {
		before, after, isTemplate := strings.Cut(one, "{tenantid}")
		if !isTemplate {
			return one == issuer
		}
		tenant, starts := strings.CutPrefix(issuer, before)
		tenant, ends := strings.CutSuffix(tenant, after)
		return starts && ends && tenant != "" && !strings.Contains(tenant, "/")
	})
}

// Format implements [fmt.Formatter] for every verb. It prints only the number
// of keys, so that the key of a [Secret] is never printed.
func (s *Set) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "JWK Set of %d keys", s.size) }

// LogValue implements [slog.LogValuer] and returns the same text as Format
// writes.
func (s *Set) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(s)) }

// Algorithms returns the sorted algorithms that the set has a key for.
func (s *Set) Algorithms() []string { return slices.Clone(s.algorithms) }

// Secret returns a source for tokens signed with a shared secret. A secret of
// at least 32 bytes verifies HS256, from 48 bytes also HS384, and from 64 bytes
// also HS512 (RFC 7518 §3.2). An API that can verify such a token can also make
// one. A shorter secret makes a set without a key, which NewVerifier refuses. A
// token with another kid is refused; a token without a kid is accepted.
func Secret(kid string, secret []byte) *Set {
	k := key{id: kid, material: slices.Clone(secret)}
	for _, name := range jws.Fitting(jwkset.KtyOct.String(), "") {
		if len(secret) >= jws.Find(name).Hash.Size() {
			k.algorithms = append(k.algorithms, name)
		}
	}
	if k.algorithms == nil {
		return newSet(nil, nil)
	}
	return newSet([]key{k}, nil)
}
