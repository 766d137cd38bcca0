package token

// Served returns the key set that the JWKS endpoint returns. The caller must
// not change the bytes.
func (k *Keyring) Served() []byte { return *k.served.Load() }

// Freeze stops updates of the key set that the JWKS endpoint returns. The
// returned function thaw ends this freeze. Updates continue when all freezes
// have ended.
func (k *Keyring) Freeze() (thaw func()) {
	r, unlock := k.ring.Lock()
	defer unlock()
	r.frozen++
	number := r.frozen
	r.freezes[number] = true
	return func() {
		r, unlock := k.ring.Lock()
		defer unlock()
		delete(r.freezes, number) // by number, so that a second call of thaw does not end another freeze
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

// show updates the key set that the endpoint shows, unless the endpoint is
// frozen.
func (r *ring) show() {
	if len(r.freezes) == 0 {
		r.shown.served.Store(r.shown.jwks.Load())
	}
}
