package as

// Served returns the key set that the endpoint shows, which nobody must change.
func (k *Keyring) Served() []byte { return *k.served.Load() }

// Freeze holds what the endpoint shows, until the freeze is thawed and no other
// is left.
func (k *Keyring) Freeze() (thaw func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.frozen++
	number := k.frozen
	k.freezes[number] = true
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.freezes, number) // a second thaw, or one after Thaw, must not end another's freeze
		k.show()
	}
}

// Thaw ends all freezes.
func (k *Keyring) Thaw() {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.freezes)
	k.show()
}

// show lets the endpoint have the key set, unless it is frozen. It needs k.mu.
func (k *Keyring) show() {
	if len(k.freezes) == 0 {
		k.served.Store(k.jwks.Load())
	}
}
