package as

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// ReadKey reads a private JWK (RFC 7517 §4). Its algorithm is the one it names,
// else alg if it is of the right kind, else the first that it fits. No error
// quotes the key.
func ReadKey(text []byte, alg Alg) (Key, error) {
	var jwk jose.JSONWebKey
	err := json.Unmarshal(text, &jwk)
	if secret, shared := jwk.Key.([]byte); err != nil || shared && len(secret) == 0 || !shared && !jwk.Valid() {
		return Key{}, errors.New("its numbers are no key (RFC 7518 §6)")
	}
	if jwk.Use != "" && jwk.Use != "sig" {
		return Key{}, errors.New(`its use is not "sig", and it is to sign`)
	}
	k := Key{ID: jwk.KeyID, Alg: Alg(jwk.Algorithm)}
	whole := true
	var fits []Alg
	switch private := jwk.Key.(type) {
	case []byte:
		k.Secret, fits = private, []Alg{"HS256", "HS384", "HS512"}
	case *rsa.PrivateKey:
		k.Private, fits = private, []Alg{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
		whole = private.Validate() == nil
	case *ecdsa.PrivateKey:
		k.Private, fits = private, []Alg{Alg("ES" + strings.Replace(private.Params().Name[2:], "521", "512", 1))}
		whole = isPair(private)
	case ed25519.PrivateKey:
		k.Private, fits = private, []Alg{"EdDSA"}
		whole = ed25519.NewKeyFromSeed(private.Seed()).Equal(private)
	default:
		return Key{}, errors.New("it is of a kind that signs nothing here")
	}
	if !whole {
		return Key{}, errors.New("its private part is not that of its public part")
	}
	return k.named(alg, fits)
}

// named gives the key the algorithm and the name that it does not have yet.
func (k Key) named(alg Alg, fits []Alg) (Key, error) {
	if k.Alg == "" {
		k.Alg = fits[0]
		for _, other := range fits {
			if other == alg {
				k.Alg = alg
			}
		}
	}
	known := false
	for _, other := range fits {
		known = known || other == k.Alg
	}
	switch {
	case !known:
		return Key{}, fmt.Errorf("its alg is %q, and it fits %v", string(k.Alg), fits)
	case k.ID != "":
	case k.Alg.Shared():
		k.ID = "secret" // a digest of it would tell something about it
	default:
		var err error
		if k.ID, err = k.thumbprint(); err != nil {
			return Key{}, err
		}
	}
	return k, k.Check()
}

// isPair reports whether the two halves of an EC key belong together: a JWK
// states both.
func isPair(k *ecdsa.PrivateKey) bool {
	raw, err := k.Bytes()
	if err != nil {
		return false
	}
	own, err := ecdsa.ParseRawPrivateKey(k.Curve, raw)
	return err == nil && own.PublicKey.Equal(&k.PublicKey)
}
