package jwks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"github.com/bearerguard/bearerguard/internal/jws"
)

// Why there is no key. Errors wrap one of these, except those of Skipped and
// those with which Keyfunc refuses a header.
var (
	ErrSet         = errors.New("jwks: not an acceptable JWK Set")
	ErrNoKeys      = errors.New("jwks: set has no usable key")
	ErrUnknownKey  = errors.New("jwks: no key with this key ID")
	ErrUnfitKey    = errors.New("jwks: no single key for this key ID and algorithm")
	ErrUnavailable = errors.New("jwks: keys could not be fetched")
	ErrConfig      = errors.New("jwks: configuration")
)

// Source provides the current keys of one issuer. Implementations are safe for
// concurrent use.
type Source interface {
	// Snapshot returns the keys known now and never waits. It fails when none
	// were ever known.
	Snapshot() (*Set, error)

	// Refresh tries to learn the key that kid names ("" when the token names
	// none). Any number of callers share one attempt, attempts are limited, and
	// ctx ends only the caller's wait. It returns nil when the snapshot is as
	// new as the limits allow, and an error when it could not be renewed. Errors
	// are logged: they must not quote kid.
	Refresh(ctx context.Context, kid string) error
}

// Set is an immutable set of verification keys. It is safe for concurrent use.
type Set struct {
	fit     map[string]*selector // by canonical algorithm name
	chosen  map[choice]any       // what the selectors have said
	keyIDs  map[string]bool
	size    int
	skipped []error
}

// choice is what a token says of its key: a key ID or "", and the canonical
// name of an algorithm.
type choice struct{ keyID, algorithm string }

// selector finds the key for one algorithm among those fit for it.
type selector struct {
	byKeyID map[string]jwkset.JWK
	all     []any // the keys, for tokens without a kid
	keyfunc keyfunc.Keyfunc
}

// storage is the part of [jwkset.Storage] that keyfunc reads a snapshot by.
type storage struct {
	jwkset.Storage
	byKeyID map[string]jwkset.JWK
}

// KeyRead implements [jwkset.Storage]. Its error does not quote the key ID.
func (s storage) KeyRead(_ context.Context, kid string) (jwkset.JWK, error) {
	if key, ok := s.byKeyID[kid]; ok {
		return key, nil
	}
	return jwkset.JWK{}, jwkset.ErrKeyNotFound
}

// newSet sorts keys into one selector per algorithm.
func newSet(keys []key, skipped []error) *Set {
	s := &Set{fit: make(map[string]*selector), keyIDs: make(map[string]bool), size: len(keys), skipped: skipped}
	for _, k := range keys {
		if k.id != "" {
			s.keyIDs[k.id] = true
		}
		for _, algorithm := range k.algorithms {
			s.add(k, algorithm)
		}
	}
	s.choose()
	return s
}

// choose asks the selectors once for all that tokens may say: a set never
// changes, and neither would their answers.
func (s *Set) choose() {
	s.chosen = make(map[choice]any)
	for algorithm, sel := range s.fit {
		if len(sel.all) == 1 {
			s.chosen[choice{"", algorithm}] = sel.all[0]
		}
		for kid := range sel.byKeyID {
			if found, err := sel.keyfunc.Keyfunc(&jwt.Token{Header: map[string]any{"kid": kid, "alg": algorithm}}); err == nil {
				s.chosen[choice{kid, algorithm}] = found
			}
		}
	}
}

// adopt takes over the keys of the set before this one that are still in it,
// so that a key is one and the same for as long as it is published.
func (s *Set) adopt(before *Set) {
	for at, key := range s.chosen {
		if old, ok := before.chosen[at]; ok && same(old, key) {
			s.chosen[at] = old
		}
	}
}

func (s *Set) add(k key, algorithm string) {
	sel := s.fit[algorithm]
	if sel == nil {
		sel = &selector{byKeyID: make(map[string]jwkset.JWK)}
		selecting, err := keyfunc.New(keyfunc.Options{Storage: storage{byKeyID: sel.byKeyID}})
		if err != nil {
			panic(err) // unreachable: it asks for no more than a storage
		}
		sel.keyfunc, s.fit[algorithm] = selecting, sel
	}
	sel.all = append(sel.all, k.jwk.Key())
	if k.id != "" { // without one it serves tokens without a kid only
		sel.byKeyID[k.id] = k.jwk
	}
}

// Key returns the one key for a token's kid ("" when it has none) and alg:
// *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey, or []byte of [Secret].
// A token without a kid gets a key only if a single one fits its algorithm
// (RFC 7515 §4.1.4 makes kid optional; trying all keys would multiply work).
// While a [Remote] goes on to find a key in its set, it is the same pointer.
//
// The error is [ErrUnknownKey] when a newer set might have the key, else
// [ErrUnfitKey].
func (s *Set) Key(kid, algorithm string) (any, error) {
	algorithm = jws.Canonical(algorithm)
	if found, ok := s.chosen[choice{kid, algorithm}]; ok {
		return found, nil
	}
	if kid != "" && !s.keyIDs[kid] || kid == "" && s.fit[algorithm] == nil {
		return nil, ErrUnknownKey
	}
	return nil, ErrUnfitKey
}

// Format implements [fmt.Formatter], for every verb: the keys of a [Secret] are
// not to be printed.
func (s *Set) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "JWK Set of %d keys", s.Len()) }

// LogValue implements [slog.LogValuer] in the way of Format.
func (s *Set) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(s)) }

// Len returns the number of usable keys.
func (s *Set) Len() int { return s.size }

// Algorithms returns the algorithms the set has a key for, sorted.
func (s *Set) Algorithms() []string { return slices.Sorted(maps.Keys(s.fit)) }

// Skipped returns one error for each key that the policy left out, naming its
// place in the set, from 1, and the reason.
func (s *Set) Skipped() []error { return slices.Clone(s.skipped) }

// Snapshot implements [Source]: a Set is a source that never changes.
func (s *Set) Snapshot() (*Set, error) { return s, nil }

// Refresh implements [Source] and does nothing.
func (s *Set) Refresh(context.Context, string) error { return nil }

// Secret returns a source for tokens that are signed with a shared secret, by
// HS256 if it has at least 32 bytes, HS384 from 48 and HS512 from 64 (RFC 7518
// §3.2). Whoever can check such a token can also make one. A shorter secret
// makes a set without a key, which a verifier refuses to be configured with.
// A token that names a kid is served only if it is this one; a token without a
// kid always is.
func Secret(kid string, secret []byte) *Set {
	k := key{id: kid}
	for size, algorithm := range map[int]string{32: "HS256", 48: "HS384", 64: "HS512"} {
		if len(secret) >= size {
			k.algorithms = append(k.algorithms, algorithm)
		}
	}
	if k.algorithms == nil {
		return newSet(nil, nil)
	}
	var err error
	if k.jwk, err = read(jwkset.JWKMarshal{KTY: jwkset.KtyOct, KID: kid, K: encode(secret)}); err != nil {
		panic(err) // unreachable: any bytes are a secret
	}
	return newSet([]key{k}, nil)
}

// Key selects the key for a token's kid and alg from the source's snapshot.
// If the kid is unknown there, or there is no snapshot, it asks the source to
// refresh and looks once more. Errors are those of [Set.Key], when the token
// is to blame, or [ErrUnavailable], when the keys are.
func Key(ctx context.Context, source Source, kid, algorithm string) (any, error) {
	came := time.Now()
	remote, isRemote := source.(*Remote)
	var (
		set *Set
		err error
	)
	if isRemote {
		set, err = remote.snapshot(remote.renew(ctx, came))
	} else {
		set, err = source.Snapshot()
	}
	if err == nil {
		found, err := set.Key(kid, algorithm)
		if !errors.Is(err, ErrUnknownKey) {
			return found, err
		}
	}
	if isRemote {
		err = remote.ask(ctx, kid, came, patience)
	} else {
		err = source.Refresh(ctx, kid)
	}
	if err != nil {
		return nil, unavailable(err)
	}
	if set, err = source.Snapshot(); err != nil {
		return nil, unavailable(err)
	}
	found, err := set.Key(kid, algorithm)
	if isRemote && errors.Is(err, ErrUnknownKey) {
		remote.unknown.Add(1)
	}
	return found, err
}

func unavailable(err error) error {
	switch {
	case err == nil:
		return ErrUnavailable
	case errors.Is(err, ErrUnavailable):
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
