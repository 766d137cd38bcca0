package token

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

// KeyState is a key and what it is used for.
type KeyState struct {
	Key
	Signing, Published bool
}

// All returns the published keys, the oldest first, and those that sign or are to
// sign without being published.
func (k *Keyring) All() []KeyState {
	r, unlock := k.ring.RLock()
	defer unlock()
	var list []KeyState
	for _, key := range r.published {
		list = append(list, KeyState{Key: key, Published: true})
	}
	for _, alg := range slices.Sorted(maps.Keys(r.signing)) {
		key, at := r.signing[alg], -1
		if !IsShared(alg) {
			at = slices.IndexFunc(list, func(p KeyState) bool { return p.Published && p.same(key) })
		}
		if at < 0 {
			list = append(list, KeyState{Key: key})
			at = len(list) - 1
		}
		list[at].Signing = true
	}
	return list
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

// JWK is the key as JSON, its private part included if private. A shared secret has
// no other.
func (k Key) JWK(private bool) (json.RawMessage, error) {
	jwk := jose.JSONWebKey{Key: k.Secret, KeyID: k.ID, Algorithm: string(k.Alg), Use: "sig"}
	switch {
	case IsShared(k.Alg) && !private:
		return nil, fmt.Errorf("key %q is a shared secret: it has no public part", k.ID)
	case IsShared(k.Alg):
	case private:
		jwk.Key = k.Private
	default:
		jwk = k.public()
	}
	return json.Marshal(jwk)
}
