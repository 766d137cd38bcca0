package token

import (
	"maps"
	"slices"
)

// KeyState is a key together with its use. Signing is true if the key signs
// tokens, and Published is true if the key is in the JWKS.
type KeyState struct {
	Key
	Signing, Published bool
}

// All returns the published keys, oldest first, followed by the signing keys
// that are not published.
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
