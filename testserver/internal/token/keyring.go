package token

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/guarded"
)

// Keyring holds the signing keys and the published keys. The two sets differ
// during a rotation.
type Keyring struct {
	ring guarded.Value[ring]

	// These fields are read without the lock. Otherwise, requests for the JWKS
	// would wait while an RSA key is generated.
	jwks   atomic.Pointer[[]byte]
	served atomic.Pointer[[]byte] // the response of the endpoint; during a freeze, an older value of jwks
}

type ring struct {
	alg    catalogue.Alg
	source *Source
	look   KeySet
	shown  *Keyring // the Keyring whose fields jwks and served are updated

	signing   map[catalogue.Alg]Key
	staged    *Key  // published by PublishFirst, not signing yet
	published []Key // oldest first
	retired   *Key  // the key that was last removed from the JWKS
	rsaMade   int
	given     bool         // keys were configured, so embedded keys are not used
	freezes   map[int]bool // active freezes, by number
	frozen    int          // number of freezes so far
}

// KeySet customizes a JWKS. A nil field means the default.
type KeySet struct {
	Name  func(Key) (string, error)        // returns the kid of a generated asymmetric key
	Write func(keys []Key) ([]byte, error) // returns the JWKS; keys are sorted oldest first, without shared secrets
}

// NewKeyring returns a Keyring that publishes the given keys, except shared
// secrets. The first key of each algorithm signs tokens. If keys does not
// contain a key for alg, NewKeyring makes one.
func NewKeyring(alg catalogue.Alg, src *Source, look KeySet, keys ...Key) (*Keyring, error) {
	if look.Write == nil {
		look.Write = writeKeySet
	}
	k := &Keyring{}
	r, unlock := k.ring.Lock()
	defer unlock()
	*r = ring{alg: alg, source: src, look: look, shown: k, signing: map[catalogue.Alg]Key{}, freezes: map[int]bool{}, given: len(keys) > 0}
	return k, r.fill(keys)
}

// OnChange sets a function to call after each change. Call OnChange before the
// keyring is shared.
func (k *Keyring) OnChange(f func()) { k.ring.OnChange(f) }

// Signing returns the signing key for alg; "" means the default algorithm. If
// the algorithm has no signing key yet, Signing makes a key. It publishes this
// key unless the key is a shared secret.
func (k *Keyring) Signing(alg catalogue.Alg) (Key, error) {
	r, unlock := k.ring.RLock()
	key, ok := r.signing[cmp.Or(alg, r.alg)]
	unlock()
	if ok {
		return key, nil
	}
	r, unlock = k.ring.Lock()
	defer unlock()
	return r.signer(cmp.Or(alg, r.alg))
}

// JWKS returns the current key set. A frozen JWKS endpoint may serve an older
// key set.
func (k *Keyring) JWKS() []byte { return slices.Clone(*k.jwks.Load()) }

// Publish adds a key to the JWKS. It overwrites a published key that has the
// same ID.
func (k *Keyring) Publish(key Key) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	if IsShared(key.Alg) {
		return fmt.Errorf("key %q is a shared secret, which cannot be in a public JWKS: configure it in the API", key.ID)
	}
	r, unlock := k.ring.Lock()
	defer unlock()
	r.add(key)
	return r.render()
}

// Use makes the given key the signing key for its algorithm.
func (k *Keyring) Use(key Key) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	r, unlock := k.ring.Lock()
	defer unlock()
	r.use(key)
	return nil
}

// use makes a key sign. A staged key that signs is not staged anymore, because
// the next rotation must not return a key that already signs.
func (r *ring) use(key Key) {
	r.signing[key.Alg] = key
	if r.staged != nil && r.staged.ID == key.ID && r.staged.Alg == key.Alg {
		r.staged = nil
	}
}

// Retire removes the key with the ID kid from the JWKS. If this key signs, the
// server continues to sign with it.
func (k *Keyring) Retire(kid string) error {
	r, unlock := k.ring.Lock()
	defer unlock()
	before := len(r.published)
	r.drop(kid)
	if len(r.published) == before {
		return fmt.Errorf("no published key has the ID %q", kid)
	}
	return r.render()
}

// lastRetired returns the key that was last removed from the JWKS. It returns
// false if no key was removed or if the key was published again.
func (k *Keyring) lastRetired() (Key, bool) {
	r, unlock := k.ring.RLock()
	defer unlock()
	if r.retired == nil || r.shows(*r.retired) {
		return Key{}, false
	}
	return *r.retired, true
}

// fill adds keys to r. If r then has no signing key for the default algorithm,
// fill makes a key.
func (r *ring) fill(keys []Key) error {
	signs := map[catalogue.Alg]bool{}
	for _, key := range keys {
		if !signs[key.Alg] {
			signs[key.Alg] = true
			r.use(key)
		}
		r.add(key)
	}
	if err := r.render(); err != nil {
		return err
	}
	_, err := r.signer(r.alg)
	return err
}

func (r *ring) signer(alg catalogue.Alg) (Key, error) {
	if key, ok := r.signing[alg]; ok {
		return key, nil
	}
	key, err := r.generate(alg, "")
	if err != nil {
		return Key{}, err
	}
	r.signing[alg] = key
	r.add(key)
	return key, r.render()
}

// generate makes a key with the ID kid. If kid is "", r.look.Name chooses the
// ID of an asymmetric key. If r.look.Name is nil, or if the key is a shared
// secret, r.make chooses the ID.
func (r *ring) generate(alg catalogue.Alg, kid string) (Key, error) {
	key, err := r.make(alg, kid)
	if err == nil && kid == "" && r.look.Name != nil && !IsShared(alg) {
		key.ID, err = r.look.Name(key)
	}
	return key, err
}

// make returns a new key. For RSA, it returns a key that is embedded in the
// program, as long as an unused key is left. Each embedded key is used only
// once, so that published keys differ. If keys were configured, make never uses
// embedded keys, because anyone can read their private parts.
func (r *ring) make(alg catalogue.Alg, kid string) (Key, error) {
	s, err := specOf(alg)
	if err != nil {
		return Key{}, err
	}
	if r.given || s.family != rsaPKCS1 && s.family != rsaPSS {
		return NewKey(alg, kid, r.source)
	}
	private, ok, err := embeddedRSA(r.rsaMade)
	if err != nil {
		return Key{}, err
	}
	if !ok {
		return NewKey(alg, kid, r.source)
	}
	r.rsaMade++
	key := Key{ID: kid, Alg: alg, Private: private}
	if kid == "" {
		thumb, err := key.thumbprint()
		if err != nil {
			return Key{}, err
		}
		key.ID = "test-" + thumb
	}
	return key, nil
}

func (r *ring) add(key Key) {
	if IsShared(key.Alg) {
		return
	}
	if i := slices.IndexFunc(r.published, func(p Key) bool { return p.ID == key.ID }); i >= 0 {
		if gone := r.published[i]; !gone.same(key) {
			r.retired = &gone
		}
		r.published[i] = key
		return
	}
	r.published = append(r.published, key)
}

// shows reports whether a key is published. The key must not be a shared
// secret.
func (r *ring) shows(key Key) bool { return slices.ContainsFunc(r.published, key.same) }

func (r *ring) drop(kid string) {
	if i := slices.IndexFunc(r.published, func(p Key) bool { return p.ID == kid }); i >= 0 {
		gone := r.published[i]
		r.retired = &gone
	}
	r.published = slices.DeleteFunc(r.published, func(p Key) bool { return p.ID == kid })
}

func (r *ring) render() error {
	b, err := r.look.Write(r.published)
	if err != nil {
		return fmt.Errorf("writing the JWKS: %w", err)
	}
	r.shown.jwks.Store(&b)
	r.show()
	return nil
}

func writeKeySet(keys []Key) ([]byte, error) {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}} // not nil: the member keys is required, even if it is empty (RFC 7517 §5)
	for _, key := range keys {
		set.Keys = append(set.Keys, key.public())
	}
	return json.Marshal(set)
}
