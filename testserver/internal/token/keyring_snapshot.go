package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// KeyringSnapshot holds the keys of a Keyring as private JWKs.
type KeyringSnapshot struct {
	Signing   []savedKey // one for each algorithm
	Published []savedKey // oldest first
	Staged    *savedKey
	RSAMade   int
}

type savedKey Key

// public is a signer without a private key, so it cannot sign. If a test has
// supplied a signer, the state file contains only the signer's public key.
// After the state file is loaded, a value of type public replaces the signer.
type public struct{ key crypto.PublicKey }

func (p public) Public() crypto.PublicKey { return p.key }

func (public) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("the private part of the key was not in the state file")
}

// MarshalJSON writes a JWK (RFC 7517 §4). The JWK contains the private key, or
// only the public key if a test supplied the signer.
func (k savedKey) MarshalJSON() ([]byte, error) {
	jwk := jose.JSONWebKey{KeyID: k.ID, Algorithm: string(k.Alg), Use: "sig"}
	switch private := k.Private.(type) {
	case nil:
		jwk.Key = k.Secret
	case *rsa.PrivateKey, *ecdsa.PrivateKey, ed25519.PrivateKey:
		jwk.Key = private
	default:
		jwk.Key = private.Public()
	}
	return jwk.MarshalJSON()
}

// UnmarshalJSON reads the output of MarshalJSON.
func (k *savedKey) UnmarshalJSON(text []byte) error {
	var jwk jose.JSONWebKey
	if err := json.Unmarshal(text, &jwk); err != nil {
		return errors.New("a key is not a JWK")
	}
	if jwk.Key != nil && jwk.Valid() && jwk.IsPublic() {
		*k = savedKey{ID: jwk.KeyID, Alg: catalogue.Alg(jwk.Algorithm), Private: public{jwk.Key}}
		return CheckKey(Key(*k))
	}
	key, err := ReadKey(text, "")
	if err != nil {
		return err
	}
	key.ID = jwk.KeyID // restore an empty ID, which ReadKey replaces
	*k = savedKey(key)
	return nil
}

// Snapshot returns the keys to save in a state file.
func (k *Keyring) Snapshot() KeyringSnapshot {
	r, unlock := k.ring.RLock() // Lock would report a change and cause another save
	defer unlock()
	saved := KeyringSnapshot{RSAMade: r.rsaMade, Staged: (*savedKey)(r.staged)}
	for _, key := range r.signing {
		saved.Signing = append(saved.Signing, savedKey(key))
	}
	slices.SortFunc(saved.Signing, func(a, b savedKey) int { return strings.Compare(string(a.Alg), string(b.Alg)) })
	for _, key := range r.published {
		saved.Published = append(saved.Published, savedKey(key))
	}
	return saved
}

// Check returns an error if a Keyring cannot have written saved, for example
// because a user has edited the file.
func (saved KeyringSnapshot) Check() error {
	signs := saved.Signing
	if saved.Staged != nil {
		signs = append(slices.Clip(signs), *saved.Staged)
	}
	algs, ids := map[catalogue.Alg]bool{}, map[string]bool{}
	for _, key := range signs {
		if _, foreign := key.Private.(public); foreign {
			return errors.New("a key that signs has no private part")
		}
	}
	for _, key := range saved.Signing {
		algs[key.Alg] = true
	}
	for _, key := range saved.Published {
		if IsShared(key.Alg) {
			return errors.New("a shared secret is published")
		}
		ids[key.ID] = true
	}
	switch {
	case len(algs) != len(saved.Signing):
		return errors.New("two signing keys are for the same algorithm")
	case len(ids) != len(saved.Published):
		return errors.New("two published keys have the same ID")
	case saved.RSAMade < 0:
		return errors.New("the number of RSA keys is negative")
	}
	return nil
}

// Restore replaces the keys of k with the saved keys. It then adds the given
// keys, which take precedence over the saved keys.
func (k *Keyring) Restore(saved KeyringSnapshot, keys []Key) error {
	r, unlock := k.ring.Lock()
	defer unlock()
	clear(r.signing)
	for _, key := range saved.Signing {
		r.signing[key.Alg] = Key(key)
	}
	r.published = nil
	for _, key := range saved.Published {
		r.published = append(r.published, Key(key))
	}
	r.staged, r.rsaMade = (*Key)(saved.Staged), saved.RSAMade
	return r.fill(keys)
}
