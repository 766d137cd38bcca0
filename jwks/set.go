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

// The reasons why a key is missing. Errors wrap one of these, except those of
// [Stats] and those with which Keyfunc refuses a header.
var (
	ErrSet         = errors.New("jwks: not an acceptable JWK Set")
	ErrNoKeys      = errors.New("jwks: set has no usable key")
	ErrUnknownKey  = errors.New("jwks: no key with this key ID")
	ErrUnfitKey    = errors.New("jwks: no single key for this key ID and algorithm")
	ErrUnavailable = errors.New("jwks: keys could not be fetched")
	ErrConfig      = errors.New("jwks: configuration")
)

// Source has the keys of one issuer. Implementations are safe for concurrent
// use; [Set] and [Remote] are two.
//
// A verifier also uses these methods of a Source that has them:
//
//	Warm(context.Context) error // fetches the keys now
//	Healthy() error             // whether there are usable keys; it never waits
//	Stats() Stats
//	Algorithms() []string       // all that it has keys for, if that never changes
//	KeyFor(ctx context.Context, issuer, kid, alg string) (any, error)
//	                            // Key, if one Source serves several tenants
type Source interface {
	// Key returns the key for a token's kid, "" if it has none, and alg:
	// *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey or, of a shared secret,
	// []byte. While a key is published, each call returns the same pointer, and
	// what it points to never changes. Keys of a Source of another package do not
	// pass the key policy. RSA keys of fewer than 2048 or more than 8192 bits,
	// points of another curve or of small order and short secrets verify nothing.
	//
	// The error wraps [ErrUnknownKey] or [ErrUnfitKey] if the token is to blame,
	// which is then refused. Any other error means that the keys are unavailable;
	// its text is not logged. ctx ends only the wait for them.
	Key(ctx context.Context, kid, alg string) (any, error)
}

// Set is an immutable set of verification keys. It is safe for concurrent use.
type Set struct {
	keys       map[choice]any      // the one key for each
	issuers    map[choice][]string // that it serves, where those are not all
	keyIDs     map[string]bool
	algorithms []string // canonical names, sorted
	size       int
	skipped    []error
}

// choice is what a token says of its key: a key ID or "", and the canonical
// name of an algorithm.
type choice struct{ keyID, algorithm string }

// newSet looks up in advance all that tokens may ask for. No two of the keys
// have the same key ID and algorithm.
func newSet(keys []key, skipped []error) *Set {
	s := &Set{keys: make(map[choice]any), issuers: make(map[choice][]string), keyIDs: make(map[string]bool), size: len(keys), skipped: skipped}
	fit := make(map[string][]key) // by algorithm
	put := func(at choice, k key) {
		if s.keys[at] = k.material; k.issuers != nil {
			s.issuers[at] = k.issuers
		}
	}
	for _, k := range keys {
		for _, algorithm := range k.algorithms {
			fit[algorithm] = append(fit[algorithm], k)
			if k.id != "" { // without one it serves tokens without a kid only
				s.keyIDs[k.id] = true
				put(choice{k.id, algorithm}, k)
			}
		}
	}
	for algorithm, all := range fit {
		if len(all) == 1 {
			put(choice{"", algorithm}, all[0])
		}
	}
	s.algorithms = slices.Sorted(maps.Keys(fit))
	return s
}

// adopt takes over the keys of the set before this one that are still in it,
// so that a key is one and the same for as long as it is published.
func (s *Set) adopt(before *Set) {
	for at, key := range s.keys {
		if old, ok := before.keys[at]; ok && same(old, key) {
			s.keys[at] = old
		}
	}
}

// Key implements [Source]. A token without a kid gets a key only if a single one
// fits its algorithm (RFC 7515 §4.1.4 makes kid optional; trying all keys would
// multiply work). The error is [ErrUnknownKey] when a newer set might have the
// key, else [ErrUnfitKey].
func (s *Set) Key(_ context.Context, kid, alg string) (any, error) { return s.find("", kid, alg) }

// KeyFor is Key for a set with the keys of several issuers. The member "issuer"
// of a key says which issuer it serves; {tenantid} in it stands for any text
// without a slash. A key without the member serves all issuers. If the key
// serves another issuer, the error is [ErrUnfitKey]. "" is any issuer, as for
// Key, which ignores the member. Microsoft Entra ID publishes such sets.
func (s *Set) KeyFor(_ context.Context, issuer, kid, alg string) (any, error) {
	return s.find(issuer, kid, alg)
}

func (s *Set) find(issuer, kid, alg string) (any, error) {
	at := choice{kid, alg}
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

func (s *Set) serves(at choice, issuer string) bool {
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

// Format implements [fmt.Formatter], for every verb: the keys of a [Secret] are
// not to be printed.
func (s *Set) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "JWK Set of %d keys", s.size) }

// LogValue implements [slog.LogValuer] in the way of Format.
func (s *Set) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(s)) }

// Algorithms returns the algorithms the set has a key for, sorted.
func (s *Set) Algorithms() []string { return slices.Clone(s.algorithms) }

// Secret returns a source for tokens that are signed with a shared secret, by
// HS256 if it has at least 32 bytes, HS384 from 48 and HS512 from 64 (RFC 7518
// §3.2). An API that can verify such a token can also make one. A shorter
// secret makes a set without a key, which NewVerifier refuses. A token with
// another kid is refused, and one without a kid is not.
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
