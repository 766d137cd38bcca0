package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// ReadKey parses a private JWK (RFC 7517 §4). If the JWK names an algorithm in
// its alg member, the key must be suitable for it. Otherwise, the key is for
// the given algorithm or, if it is not suitable for that one, for the first
// suitable algorithm. Errors do not quote the key.
func ReadKey(text []byte, alg catalogue.Alg) (Key, error) {
	var jwk jose.JSONWebKey
	err := json.Unmarshal(text, &jwk)
	if secret, shared := jwk.Key.([]byte); err != nil || shared && len(secret) == 0 || !shared && !jwk.Valid() {
		return Key{}, errors.New("its members are not a valid key (RFC 7518 §6)")
	}
	if jwk.Use != "" && jwk.Use != "sig" {
		return Key{}, errors.New(`its use is not "sig"`)
	}
	k := Key{ID: jwk.KeyID, Alg: catalogue.Alg(jwk.Algorithm)}
	whole := true
	var fits []catalogue.Alg
	switch private := jwk.Key.(type) {
	case []byte:
		k.Secret, fits = private, algsOf(shared, nil)
	case *rsa.PrivateKey:
		k.Private, fits = private, slices.Concat(algsOf(rsaPKCS1, nil), algsOf(rsaPSS, nil))
		whole = private.Validate() == nil
	case *ecdsa.PrivateKey:
		k.Private, fits = private, algsOf(ecdsaCurve, private.Curve)
		whole = isPair(private)
	case ed25519.PrivateKey:
		k.Private, fits = private, algsOf(edwards, nil)
		whole = ed25519.NewKeyFromSeed(private.Seed()).Equal(private)
	default:
		return Key{}, errors.New("its type is not supported for signing")
	}
	if !whole {
		return Key{}, errors.New("its private and public parts do not match")
	}
	return k.named(alg, fits)
}

// ParseKey parses a private key. The text is PEM (PKCS #8, SEC 1 or PKCS #1), a
// private JWK or a JWK Set. From a JWK Set, ParseKey takes the first key.
// Errors do not quote the key.
func ParseKey(text []byte) (Key, error) {
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if strings.HasSuffix(block.Type, " PARAMETERS") { // openssl ecparam writes this block first
			continue
		}
		private, err := parseDER(block.Bytes)
		if err == nil {
			text, err = json.Marshal(jose.JSONWebKey{Key: private})
		}
		if err != nil {
			return Key{}, errors.New("its PEM is not a private key of a supported type without a passphrase")
		}
		break
	}
	var set struct{ Keys []json.RawMessage }
	if json.Unmarshal(text, &set) == nil && len(set.Keys) > 0 {
		text = set.Keys[0]
	}
	return ReadKey(text, "")
}

func parseDER(der []byte) (any, error) {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key, nil
	}
	return x509.ParsePKCS1PrivateKey(der)
}

// JWK returns the key as JSON. The JSON contains the private part if private is
// true. A shared secret has no public part, so JWK returns an error for it if
// private is false.
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

// named sets the algorithm and the ID of the key if they are missing.
func (k Key) named(alg catalogue.Alg, fits []catalogue.Alg) (Key, error) {
	if len(fits) == 0 {
		return Key{}, errors.New("its curve is not supported for signing")
	}
	if k.Alg == "" {
		k.Alg = fits[0]
		if slices.Contains(fits, alg) {
			k.Alg = alg
		}
	}
	switch {
	case !slices.Contains(fits, k.Alg):
		return Key{}, fmt.Errorf("its alg is %q, but the key is suitable only for %v", string(k.Alg), fits)
	case k.ID != "":
	case IsShared(k.Alg):
		k.ID = "secret" // a digest would reveal information about the secret
	default:
		var err error
		if k.ID, err = k.thumbprint(); err != nil {
			return Key{}, err
		}
	}
	return k, CheckKey(k)
}

// isPair reports whether the private and the public part of an EC key match. In
// a JWK, the two parts might not belong together.
func isPair(k *ecdsa.PrivateKey) bool {
	raw, err := k.Bytes()
	if err != nil {
		return false
	}
	own, err := ecdsa.ParseRawPrivateKey(k.Curve, raw)
	return err == nil && own.PublicKey.Equal(&k.PublicKey)
}
