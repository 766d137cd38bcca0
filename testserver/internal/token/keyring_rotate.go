package token

import (
	"cmp"
	"errors"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// Rotation describes a rotation. By default, the new key is published and signs
// at once, and the old key stays published. The documentation of package
// testserver says when to use each option.
type Rotation struct {
	PublishFirst bool // publish the new key, and sign with it from the next rotation on
	SignFirst    bool // sign with the new key without publishing it
	DropOld      bool // remove the old signing key from the JWKS
	ReuseKid     bool // give the new key the ID of the old key

	Alg catalogue.Alg // the algorithm, "" for the server's default
}

func (r Rotation) check() error {
	n := 0
	for _, chosen := range []bool{r.PublishFirst, r.SignFirst, r.DropOld} {
		if chosen {
			n++
		}
	}
	if n > 1 {
		return errors.New("PublishFirst, SignFirst and DropOld exclude each other: choose one, or call Rotate once for each")
	}
	return nil
}

// Rotate changes the key of an algorithm and returns the new key.
func (k *Keyring) Rotate(how Rotation) (Key, error) {
	if err := how.check(); err != nil {
		return Key{}, err
	}
	r, unlock := k.ring.Lock()
	defer unlock()
	alg := cmp.Or(how.Alg, r.alg)
	old, err := r.signer(alg)
	if err != nil {
		return Key{}, err
	}

	var key Key
	second := r.ready() && r.staged.Alg == alg
	if second && !how.PublishFirst && !how.SignFirst && !how.ReuseKid {
		key = *r.staged // the key of the earlier PublishFirst
	} else {
		kid := ""
		if how.ReuseKid {
			kid = old.ID
		}
		if key, err = r.generate(alg, kid); err != nil {
			return Key{}, err
		}
	}

	switch {
	case how.PublishFirst:
		r.staged = &key
	case second:
		r.staged = nil
		fallthrough
	default:
		r.signing[alg] = key
	}
	if how.DropOld && old.ID != key.ID { // if the IDs are equal, add (below) replaces the old key
		r.drop(old.ID)
	}
	if !how.SignFirst {
		r.add(key)
	}
	return key, r.render()
}

// ready reports whether an earlier rotation with PublishFirst has left a key
// that does not sign yet and is still published. A shared secret need not be
// published.
func (r *ring) ready() bool {
	return r.staged != nil && (IsShared(r.staged.Alg) || r.shows(*r.staged))
}
