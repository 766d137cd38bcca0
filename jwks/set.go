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

// Errors of this package. Every error wraps one of them, except the reasons in
// [Stats.Skipped] and the errors with which Keyfunc refuses the encoding or the
// header of a token.
var (
	ErrSet         = errors.New("jwks: not an acceptable JWK Set")
	ErrNoKeys      = errors.New("jwks: set has no usable key")
	ErrUnknownKey  = errors.New("jwks: no key with this key ID")
	ErrUnfitKey    = errors.New("jwks: no key, or more than one key, matches this key ID and algorithm")
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
//	Algorithms() []string       // of all its keys; only for a Source whose algorithms never change
//	KeyFor(ctx context.Context, issuer, kid, alg string) (any, error)
//	                            // like Key, for a Source with keys of several issuers
type Source interface {
	// Key returns the key for a token with this kid and alg. kid is "" if the
	// token has none. The key is an *rsa.PublicKey, *ecdsa.PublicKey,
	// ed25519.PublicKey or, for a shared secret, a []byte. While a key is
	// published, each call must return the same pointer to it, and the key must
	// not change. The key policy does not apply to a Source of another package.
	// However, a verifier never accepts a signature by an RSA key of fewer than
	// 2048 or more than 8192 bits, by a key whose point is on another curve or
	// has small order, or by a secret that is too short.
	//
	// An error that wraps [ErrUnknownKey] or [ErrUnfitKey] means that the token
	// is invalid. Any other error means that the keys are unavailable. The text
	// of such an error is logged only if the error is from a [Remote]. If ctx
	// ends, the caller stops waiting, but a fetch that other callers share
	// continues.
	Key(ctx context.Context, kid, alg string) (any, error)
}

// Set is an immutable set of verification keys. It is safe for concurrent use.
type Set struct {
	keys       map[selector]any      // the only key for each selector
	issuers    map[selector][]string // issuers that may use a key; absent means all
	keyIDs     map[string]bool
	algorithms []string // canonical names, sorted
	size       int
	skipped    []error
}

// selector identifies a key by a token's kid ("" if the token has none) and the
// canonical name of the token's algorithm.
type selector struct{ keyID, algorithm string }

// newSet returns a set that indexes the keys by selector. Two keys may have the
// same key ID only if they have no algorithm in common.
func newSet(keys []key, skipped []error) *Set {
	s := &Set{keys: make(map[selector]any), issuers: make(map[selector][]string), keyIDs: make(map[string]bool), size: len(keys), skipped: skipped}
	fit := make(map[string][]key) // keys by algorithm
	put := func(at selector, k key) {
		if s.keys[at] = k.material; k.issuers != nil {
			s.issuers[at] = k.issuers
		}
	}
	for _, k := range keys {
		for _, algorithm := range k.algorithms {
			fit[algorithm] = append(fit[algorithm], k)
			if k.id != "" { // a key without an ID is only for tokens without a kid
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

// reuseKeys keeps pointers stable: if a selector finds an equal key in before,
// s uses the pointer of before. The pointer of a selector thus changes only if
// its key changes.
func (s *Set) reuseKeys(before *Set) {
	for at, key := range s.keys {
		if old, ok := before.keys[at]; ok && same(old, key) {
			s.keys[at] = old
		}
	}
}

// Key implements [Source]. If the token has no kid (RFC 7515 §4.1.4), Key
// returns a key only if exactly one key fits the algorithm, because trying all
// keys would multiply the work. The error is [ErrUnknownKey] if a newer set
// might have the key, and otherwise [ErrUnfitKey].
func (s *Set) Key(_ context.Context, kid, alg string) (any, error) { return s.find("", kid, alg) }

// KeyFor is like Key, for a set with the keys of several issuers, such as the
// set that Microsoft Entra ID publishes. The member "issuer" of a key names the
// issuer that may use the key. {tenantid} in this member matches any string
// without a slash. A key without this member is for all issuers. If the key is
// only for another issuer, the error is [ErrUnfitKey]. If the issuer argument
// is "", KeyFor ignores this member, as Key does.
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

// LogValue implements [slog.LogValuer]. It returns the text that Format writes.
func (s *Set) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(s)) }

// Algorithms returns the sorted names of the algorithms for which the set has a
// key.
func (s *Set) Algorithms() []string { return slices.Clone(s.algorithms) }

// Secret returns a source for tokens that are signed with a shared secret. A
// secret of 32 bytes or more verifies HS256, of 48 bytes or more also HS384,
// and of 64 bytes or more also HS512 (RFC 7518 §3.2). If the secret is shorter
// than 32 bytes, the set has no key, and NewVerifier refuses the set. An API
// that can verify a token with the secret can also make tokens. kid is the key
// ID of the secret. A token with a different kid is refused, but a token
// without a kid is accepted.
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
