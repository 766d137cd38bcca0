package as

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/go-jose/go-jose/v4"
)

// Keyring holds the keys that sign and the keys that the JWKS shows: two sets,
// since a rotation is the time in which they differ.
type Keyring struct {
	alg    Alg
	source *Source

	mu        sync.Mutex
	signing   map[Alg]Key
	staged    *Key  // published by PublishFirst, not signing yet
	published []Key // oldest first
	retired   *Key  // the last that left the JWKS
	rsaMade   int
	freezes   map[int]bool // those that nobody has thawed, by number
	frozen    int          // how many there have ever been
	changed   func()       // nil if nobody wants to know

	// Read without the lock: making an RSA key under it takes a while.
	jwks   atomic.Pointer[[]byte]
	served atomic.Pointer[[]byte] // an older one while there are freezes
}

// NewKeyring publishes keys, of which the first of an algorithm signs, and makes
// one for alg if there is none.
func NewKeyring(alg Alg, src *Source, keys ...Key) (*Keyring, error) {
	k := &Keyring{alg: alg, source: src, signing: map[Alg]Key{}, freezes: map[int]bool{}}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k, k.fill(keys)
}

// Signing returns the key that signs for alg, "" meaning the default
// algorithm; the first use of an algorithm makes its key and publishes it.
func (k *Keyring) Signing(alg Alg) (Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if alg == "" {
		alg = k.alg
	}
	return k.signer(alg)
}

// JWKS returns the key set, whatever the endpoint shows.
func (k *Keyring) JWKS() []byte { return slices.Clone(*k.jwks.Load()) }

// Publish adds key to the JWKS, in place of one with the same ID.
func (k *Keyring) Publish(key Key) error {
	if err := key.Check(); err != nil {
		return err
	}
	if key.Alg.Shared() {
		return fmt.Errorf("key %q is a shared secret: a JWKS is public, give the secret to the API itself", key.ID)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.add(key)
	return k.render()
}

// Retire takes the key named kid out of the JWKS. It goes on signing if it was.
func (k *Keyring) Retire(kid string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	before := len(k.published)
	k.drop(kid)
	if len(k.published) == before {
		return fmt.Errorf("no published key has the ID %q", kid)
	}
	return k.render()
}

// lastRetired is the key that left the JWKS last, false if none has or it is
// back.
func (k *Keyring) lastRetired() (Key, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.retired == nil || k.shows(*k.retired) {
		return Key{}, false
	}
	return *k.retired, true
}

// Rotation says how Rotate differs from the orderly change, in which the new
// key is published and signs at once while the old one stays published.
type Rotation struct {
	PublishFirst, SignFirst, DropOld, ReuseKid bool
}

func (r Rotation) check() error {
	n := 0
	for _, chosen := range []bool{r.PublishFirst, r.SignFirst, r.DropOld} {
		if chosen {
			n++
		}
	}
	if n > 1 {
		return errors.New("PublishFirst, SignFirst and DropOld exclude each other: rotate once for each")
	}
	return nil
}

// Rotate changes the key of the default algorithm and returns the new one.
func (k *Keyring) Rotate(r Rotation) (Key, error) {
	if err := r.check(); err != nil {
		return Key{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	old := k.signing[k.alg]

	var key Key
	if k.ready() && !r.PublishFirst && !r.SignFirst && !r.ReuseKid {
		key = *k.staged // the second half of a rotation begun by PublishFirst
	} else {
		kid := ""
		if r.ReuseKid {
			kid = old.ID
		}
		var err error
		if key, err = k.generate(k.alg, kid); err != nil {
			return Key{}, err
		}
	}

	k.staged = nil
	if r.PublishFirst {
		k.staged = &key
	} else {
		k.signing[k.alg] = key
	}
	if r.DropOld && old.ID != key.ID { // of one name, the new one takes its place below
		k.drop(old.ID)
	}
	if !r.SignFirst {
		k.add(key)
	}
	return key, k.render()
}

// The rest needs k.mu.

// fill adds keys and sees to it that there is one to sign with.
func (k *Keyring) fill(keys []Key) error {
	signs := map[Alg]bool{}
	for _, key := range keys {
		if !signs[key.Alg] {
			signs[key.Alg], k.signing[key.Alg] = true, key
		}
		k.add(key)
	}
	if err := k.render(); err != nil {
		return err
	}
	_, err := k.signer(k.alg)
	return err
}

func (k *Keyring) signer(alg Alg) (Key, error) {
	if key, ok := k.signing[alg]; ok {
		return key, nil
	}
	key, err := k.generate(alg, "")
	if err != nil {
		return Key{}, err
	}
	k.signing[alg] = key
	k.add(key)
	return key, k.render()
}

// ready reports whether PublishFirst has left a key to sign with. One that was
// retired since then is not brought back.
func (k *Keyring) ready() bool {
	return k.staged != nil && (k.staged.Alg.Shared() || k.shows(*k.staged))
}

// generate takes RSA keys from the embedded ones while they last: each serves
// one algorithm once, so that no two published keys share their numbers.
func (k *Keyring) generate(alg Alg, kid string) (Key, error) {
	s, err := alg.spec()
	if err != nil {
		return Key{}, err
	}
	if s.family != rsaPKCS1 && s.family != rsaPSS {
		return NewKey(alg, kid, k.source)
	}
	private, ok, err := embeddedRSA(k.rsaMade)
	if err != nil {
		return Key{}, err
	}
	if !ok {
		return NewKey(alg, kid, k.source)
	}
	k.rsaMade++
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

func (k *Keyring) add(key Key) {
	if key.Alg.Shared() {
		return
	}
	if i := slices.IndexFunc(k.published, func(p Key) bool { return p.ID == key.ID }); i >= 0 {
		if gone := k.published[i]; !gone.same(key) {
			k.retired = &gone
		}
		k.published[i] = key
		return
	}
	k.published = append(k.published, key)
}

// shows reports whether key, which is no shared secret, is published.
func (k *Keyring) shows(key Key) bool { return slices.ContainsFunc(k.published, key.same) }

func (k *Keyring) drop(kid string) {
	if i := slices.IndexFunc(k.published, func(p Key) bool { return p.ID == kid }); i >= 0 {
		gone := k.published[i]
		k.retired = &gone
	}
	k.published = slices.DeleteFunc(k.published, func(p Key) bool { return p.ID == kid })
}

func (k *Keyring) render() error {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}} // RFC 7517 §5: keys is required, empty or not
	for _, key := range k.published {
		set.Keys = append(set.Keys, key.public())
	}
	b, err := json.Marshal(set)
	if err != nil {
		return fmt.Errorf("writing the JWKS: %w", err)
	}
	k.jwks.Store(&b)
	k.show()
	if k.changed != nil {
		k.changed()
	}
	return nil
}
