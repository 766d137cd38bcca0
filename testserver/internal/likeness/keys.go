package likeness

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/internal/shapes"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// moduli lists the moduli of RSA keys whose private keys were discarded.
//
//go:embed moduli.txt
var moduli string

// KeySet returns a [token.KeySet] that writes a key set like that of the
// imitated server. The mock server's own keys come first. They have the members
// that the imitated server's signing key has. For each other key of the
// imitated server, one generated key follows. The generated keys sign nothing.
func (l *Likeness) KeySet() (set token.KeySet, err error) {
	signing, others := shapes.Key{Alg: string(Alg(l.shape))}, l.shape.Keys
	if len(others) > 0 && others[0].Alg != "" {
		signing, others = others[0], others[1:]
	}
	rest, err := l.decoys(others)
	if err != nil {
		return set, err
	}
	set.Name = l.name(signing)
	set.Write = func(keys []token.Key) ([]byte, error) {
		all := []map[string]any{}
		for _, key := range keys {
			jwk, err := l.signing(signing, key)
			if err != nil {
				return nil, err
			}
			all = append(all, jwk)
		}
		if l.shape.Keys != nil && len(l.shape.Keys) == 0 {
			all = all[:0] // the shape publishes no keys
		}
		whole := map[string]any{"keys": append(all, rest...)}
		l.filling(l.server.Now()).Put(whole, l.shape.Set...)
		return json.Marshal(whole)
	}
	return set, nil
}

// name returns a function that makes key IDs as the imitated server does: from
// the thumbprint of the certificate, or from a hash in standard base64. If that
// server makes key IDs in another way, name returns nil.
func (l *Likeness) name(k shapes.Key) func(token.Key) (string, error) {
	kid, _ := shapes.Lookup(k.Members, "kid")
	thumb, _ := shapes.Lookup(k.Members, "x5t")
	text, isText := kid.(string)
	switch {
	case isText && kid == thumb:
		return func(key token.Key) (string, error) {
			members, err := l.certificates.members(key.Private.Public(), key.Private)
			if err != nil {
				return "", err
			}
			return members["x5t"].(string), nil
		}
	case isText && strings.ContainsAny(text, "+/="):
		return func(key token.Key) (string, error) {
			spki, err := x509.MarshalPKIXPublicKey(key.Private.Public())
			sum := sha256.Sum256(spki)
			return base64.StdEncoding.EncodeToString(sum[:]), err
		}
	}
	return nil
}

// signing returns the JWK of a key of the mock server. It adds the members that
// the signing key of the imitated server has. The key itself stays the same.
// kid and alg keep their values, but are left out if the imitated server omits
// them.
func (l *Likeness) signing(of shapes.Key, key token.Key) (map[string]any, error) {
	text, err := key.JWK(false)
	if err != nil {
		return nil, err
	}
	var jwk map[string]any
	if err := json.Unmarshal(text, &jwk); err != nil {
		return nil, err
	}
	members := slices.DeleteFunc(slices.Clone(of.Members), func(m shapes.Member) bool {
		return m.Value != nil && (m.Name == "kid" || m.Name == "alg" && string(key.Alg) != of.Alg)
	})
	return jwk, l.dress(jwk, members, key.Private.Public(), key.Private)
}

// decoys returns a JWK for each key in others. These are the keys of the
// imitated server that do not sign tokens.
func (l *Likeness) decoys(others []shapes.Key) (list []map[string]any, err error) {
	unused, source := strings.Fields(moduli), l.server.Source.Fork("likeness keys")
	for _, k := range others {
		jwk := map[string]any{}
		var public crypto.PublicKey
		if k.Alg != "" {
			key, left, err := decoy(catalogue.Alg(k.Alg), unused, source)
			if err != nil {
				return nil, err
			}
			unused, public = left, key
			if jwk, err = described(public, k.Alg); err != nil {
				return nil, err
			}
		}
		if err := l.dress(jwk, k.Members, public, nil); err != nil {
			return nil, err
		}
		list = append(list, jwk)
	}
	return list, nil
}

// dress writes the members in list into jwk. If a member describes a
// certificate, its value comes from a valid certificate for the key.
func (l *Likeness) dress(jwk map[string]any, list []shapes.Member, public crypto.PublicKey, signer crypto.Signer) error {
	l.filling(l.server.Now()).Put(jwk, list...)
	for _, m := range list {
		if m.Value == nil || public == nil || !slices.Contains(certificateMembers, m.Name) {
			continue
		}
		certificate, err := l.certificates.members(public, signer)
		if err != nil {
			return err
		}
		jwk[m.Name] = certificate[m.Name]
	}
	return nil
}

func described(public crypto.PublicKey, alg string) (jwk map[string]any, err error) {
	k := jose.JSONWebKey{Key: public, Algorithm: alg, Use: "sig"}
	sum, err := k.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, err
	}
	k.KeyID = base64.RawURLEncoding.EncodeToString(sum)[:16]
	text, err := k.MarshalJSON()
	if err != nil {
		return nil, err
	}
	return jwk, json.Unmarshal(text, &jwk)
}

// decoy returns a public key whose private key is not used. It also returns the
// moduli that are left for later calls. If alg is an RSA algorithm and moduli
// is not empty, the key has the first modulus, because generating an RSA key
// takes longer than most tests.
func decoy(alg catalogue.Alg, moduli []string, source *token.Source) (crypto.PublicKey, []string, error) {
	if isRSA := strings.HasPrefix(string(alg), "RS") || strings.HasPrefix(string(alg), "PS"); isRSA && len(moduli) > 0 {
		n, err := base64.RawURLEncoding.DecodeString(moduli[0])
		if err != nil {
			return nil, nil, err
		}
		return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537}, moduli[1:], nil
	}
	key, err := token.NewKey(alg, "", source)
	if err != nil {
		return nil, nil, err
	}
	if key.Private == nil {
		return nil, nil, fmt.Errorf("a key of the shape is for %s: a key set cannot contain a shared secret", alg)
	}
	return key.Private.Public(), moduli, nil
}
