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

// Keyring holds the keys that sign and the keys that the JWKS shows: two sets,
// since a rotation is the time in which they differ.
type Keyring struct {
	ring guarded.Value[ring]

	// Read without the lock: making an RSA key under it takes a while.
	jwks   atomic.Pointer[[]byte]
	served atomic.Pointer[[]byte] // an older one while there are freezes
}

type ring struct {
	alg    catalogue.Alg
	source *Source
	look   KeySet
	shown  *Keyring // where the JWKS is shown

	signing   map[catalogue.Alg]Key
	staged    *Key  // published by PublishFirst, not signing yet
	published []Key // oldest first
	retired   *Key  // the last that left the JWKS
	rsaMade   int
	given     bool         // there were keys at the start: those that come later are not embedded ones
	freezes   map[int]bool // those that nobody has thawed, by number
	frozen    int          // how many there have ever been
}

// KeySet is how a JWKS looks. What is nil is as usual.
type KeySet struct {
	Name  func(Key) (string, error)        // the kid of a key that is made and has a public part
	Write func(keys []Key) ([]byte, error) // the text; the oldest key comes first, and none is a shared secret
}

// NewKeyring publishes keys, of which the first of an algorithm signs, and makes
// one for alg if it is missing.
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

// OnChange calls f after each change. It is set before the keyring is shared.
func (k *Keyring) OnChange(f func()) { k.ring.OnChange(f) }

// Signing returns the key that signs for alg, "" meaning the default
// algorithm; the first use of an algorithm makes its key and publishes it.
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

// JWKS returns the key set, whatever the endpoint shows.
func (k *Keyring) JWKS() []byte { return slices.Clone(*k.jwks.Load()) }

// Publish adds key to the JWKS, in place of one with the same ID.
func (k *Keyring) Publish(key Key) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	if IsShared(key.Alg) {
		return fmt.Errorf("key %q is a shared secret: a JWKS is public, give the secret to the API itself", key.ID)
	}
	r, unlock := k.ring.Lock()
	defer unlock()
	r.add(key)
	return r.render()
}

// Use makes key sign for its algorithm from now on.
func (k *Keyring) Use(key Key) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	r, unlock := k.ring.Lock()
	defer unlock()
	r.signing[key.Alg] = key
	return nil
}

// Retire takes the key named kid out of the JWKS. It goes on signing if it was.
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

// lastRetired is the key that left the JWKS last, false if none has or it is
// back.
func (k *Keyring) lastRetired() (Key, bool) {
	r, unlock := k.ring.RLock()
	defer unlock()
	if r.retired == nil || r.shows(*r.retired) {
		return Key{}, false
	}
	return *r.retired, true
}

// fill adds keys and sees to it that there is one to sign with.
func (r *ring) fill(keys []Key) error {
	signs := map[catalogue.Alg]bool{}
	for _, key := range keys {
		if !signs[key.Alg] {
			signs[key.Alg], r.signing[key.Alg] = true, key
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

// generate makes a key, with a name of the set's own if it needs one.
func (r *ring) generate(alg catalogue.Alg, kid string) (Key, error) {
	key, err := r.make(alg, kid)
	if err == nil && kid == "" && r.look.Name != nil && !IsShared(alg) {
		key.ID, err = r.look.Name(key)
	}
	return key, err
}

// make takes RSA keys from the embedded ones while they last: each serves
// one algorithm once, so that no two published keys share their numbers. Who brings
// keys along does not want others that everybody has.
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

// shows reports whether key, which is not a shared secret, is published.
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
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}} // RFC 7517 §5: keys is required, empty or not
	for _, key := range keys {
		set.Keys = append(set.Keys, key.public())
	}
	return json.Marshal(set)
}
