package jwks_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/jwks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// jwk is a JWK as a JSON object. Tests make it without the code under test.
type jwk map[string]any

// with returns a copy of the key in which one member is changed, or removed if
// value is nil.
func (k jwk) with(name string, value any) jwk {
	c := maps.Clone(k)
	if c[name] = value; value == nil {
		delete(c, name)
	}
	return c
}

func b64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

func encoded(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// set returns a JWK Set as JSON. Keys that are strings are inserted unchanged.
func set(keys ...any) string {
	texts := make([]string, len(keys))
	for i, k := range keys {
		if raw, ok := k.(string); ok {
			texts[i] = raw
		} else {
			texts[i] = encoded(k)
		}
	}
	return `{"keys":[` + strings.Join(texts, ",") + `]}`
}

func mustParse(t testing.TB, text string) *jwks.Set {
	t.Helper()
	s, err := jwks.Parse([]byte(text))
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return s
}

var curveNames = map[elliptic.Curve]string{elliptic.P256(): "P-256", elliptic.P384(): "P-384", elliptic.P521(): "P-521"}

func newEC(curve elliptic.Curve) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

// ecJWK returns the key as a JWK without alg and use.
func ecJWK(kid string, key *ecdsa.PublicKey) jwk {
	point, err := key.Bytes() // the byte 4, then both coordinates in full length
	if err != nil {
		panic(err)
	}
	half := len(point) / 2
	return jwk{"kty": "EC", "crv": curveNames[key.Curve], "kid": kid, "x": b64(point[1 : 1+half]), "y": b64(point[1+half:])}
}

// freshEC returns a valid P-256 key.
func freshEC(kid string) jwk { return ecJWK(kid, &newEC(elliptic.P256()).PublicKey) }

func freshOKP(kid string) jwk {
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return jwk{"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": b64(public)}
}

func rsaJWK(kid string, n *big.Int) jwk {
	return jwk{"kty": "RSA", "kid": kid, "n": b64(n.Bytes()), "e": "AQAB"}
}

// modulus returns an odd number of exactly the given number of bits. The number
// need not be the product of two primes, because a public key does not show its
// factors.
func modulus(bits int) *big.Int {
	source := mathrand.New(mathrand.NewPCG(uint64(bits), 1))
	n := new(big.Int)
	for range (bits + 63) / 64 {
		n.Or(n.Lsh(n, 64), new(big.Int).SetUint64(source.Uint64()))
	}
	n.Mod(n, new(big.Int).Lsh(big.NewInt(1), uint(bits-1)))
	return n.SetBit(n, bits-1, 1).SetBit(n, 0, 1)
}

func freshRSA(kid string) jwk { return rsaJWK(kid, modulus(2048)) }

// algorithms lists all supported algorithms and some unsupported algorithms.
var algorithms = []string{
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
	"HS256", "HS384", "HS512", "none", "None", "", "ES256K", "Ed448", "RSA-OAEP", "rs256",
}

// served returns the algorithms for which the set has a key with this ID.
func served(s *jwks.Set, kid string) []string {
	var list []string
	for _, algorithm := range algorithms {
		if key, err := s.Key(context.Background(), kid, algorithm); err == nil && key != nil {
			list = append(list, algorithm)
		}
	}
	slices.Sort(list)
	return list
}

// total returns the number of failures of all classes.
func total(stats jwks.Stats) (n int) {
	for _, count := range stats.Failures {
		n += count
	}
	return n
}
