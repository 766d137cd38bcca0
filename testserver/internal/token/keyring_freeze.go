package token

// Served returns the key set that the endpoint shows, which nobody must change.
func (k *Keyring) Served() []byte { return *k.served.Load() }

// Freeze holds what the endpoint shows, until the freeze is thawed and no other
// is left.
func (k *Keyring) Freeze() (thaw func()) {
	r, unlock := k.ring.Lock()
	defer unlock()
	r.frozen++
	number := r.frozen
	r.freezes[number] = true
	return func() {
		r, unlock := k.ring.Lock()
		defer unlock()
		delete(r.freezes, number) // a second thaw, or one after Thaw, must not end another's freeze
		r.show()
	}
}

// Thaw ends all freezes.
func (k *Keyring) Thaw() {
	r, unlock := k.ring.Lock()
	defer unlock()
	clear(r.freezes)
	r.show()
}

// show lets the endpoint have the key set, unless it is frozen.
func (r *ring) show() {
	if len(r.freezes) == 0 {
		r.shown.served.Store(r.shown.jwks.Load())
	}
}
