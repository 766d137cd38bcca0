package jws_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bearerguard/bearerguard/internal/jws"
)

// The tests of this package share these keys. They are generated only once,
// because generating RSA keys is slow.
var (
	rsaKey = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	p256   = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
	p384   = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)) })
	p521   = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader)) })
	edKey  = sync.OnceValue(func() ed25519.PrivateKey { _, key, err := ed25519.GenerateKey(rand.Reader); return must(key, err) })
	secret = bytes.Repeat([]byte{7}, 64)
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// signer returns the private and the public half of a key for an algorithm.
func signer(algorithm string) (private, public any) {
	switch algorithm {
	case "ES256":
		return p256(), &p256().PublicKey
	case "ES384":
		return p384(), &p384().PublicKey
	case "ES512":
		return p521(), &p521().PublicKey
	case "EdDSA", "Ed25519":
		return edKey(), edKey().Public()
	case "HS256", "HS384", "HS512":
		return secret, secret
	}
	return rsaKey(), &rsaKey().PublicKey
}

func everyAlgorithm() []string {
	return slices.Concat(asymmetric(), []string{"Ed25519", "HS256", "HS384", "HS512"})
}

func asymmetric() (names []string) {
	for _, algorithm := range jws.Asymmetric() {
		names = append(names, algorithm.Name)
	}
	return names
}

// message returns a parsed token with the given algorithm. It calls sign with
// the token's signing input to get the signature.
func message(t *testing.T, algorithm string, sign func(input string) []byte) *jws.Message {
	t.Helper()
	header, err := json.Marshal(map[string]string{"alg": algorithm})
	if err != nil {
		t.Fatal(err)
	}
	input := encode(string(header)) + "." + encode(`{"sub":"a"}`)
	m, err := jws.Parse(input + "." + base64.RawURLEncoding.EncodeToString(sign(input)))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// signed returns a parsed token with a valid signature of the given algorithm.
func signed(t *testing.T, algorithm string) *jws.Message {
	t.Helper()
	private, _ := signer(algorithm)
	return message(t, algorithm, func(input string) []byte {
		return must(jwt.GetSigningMethod(jws.Find(algorithm).Name).Sign(input, private))
	})
}

func TestVerifyAcceptsEveryAlgorithmWithItsKey(t *testing.T) {
	for _, algorithm := range everyAlgorithm() {
		t.Run(algorithm, func(t *testing.T) {
			_, public := signer(algorithm)
			m := signed(t, algorithm)
			if err := m.Verify(public); err != nil {
				t.Errorf("got %v, want nil", err)
			}
			for i := 0; i < len(m.Signature); i += 1 + len(m.Signature)/16 {
				m.Signature[i] ^= 1
				if err := m.Verify(public); !errors.Is(err, jws.ErrSignature) {
					t.Errorf("bit 0 of byte %d changed: got %v, want %v", i, err, jws.ErrSignature)
				}
				m.Signature[i] ^= 1
			}
			m.SigningInput += "A"
			if err := m.Verify(public); !errors.Is(err, jws.ErrSignature) {
				t.Errorf("signing input changed: got %v, want %v", err, jws.ErrSignature)
			}
		})
	}
}

func TestVerifyRefusesKeysOfOtherTypes(t *testing.T) {
	keys := []struct {
		name string
		key  any
	}{
		{"an RSA key", &rsaKey().PublicKey},
		{"a P-256 key", &p256().PublicKey},
		{"a P-384 key", &p384().PublicKey},
		{"a P-521 key", &p521().PublicKey},
		{"an Ed25519 key", edKey().Public()},
		{"a secret", secret},
		{"an empty secret", []byte{}},
		{"a secret as text", string(secret)},
		{"no key", nil},
		{"a private RSA key", rsaKey()},
		{"a private EC key", p256()},
		{"a private Ed25519 key", edKey()},
		{"an RSA key by value", rsaKey().PublicKey},
		{"an Ed25519 key of the wrong length", edKey().Public().(ed25519.PublicKey)[:31]},
		{"the constant for alg none of golang-jwt", jwt.UnsafeAllowNoneSignatureType},
	}
	for _, algorithm := range everyAlgorithm() {
		_, public := signer(algorithm)
		m := signed(t, algorithm)
		for _, k := range keys {
			if fits, ok := public.(interface{ Equal(crypto.PublicKey) bool }); ok && fits.Equal(k.key) {
				continue
			}
			if bytesOf, ok := k.key.([]byte); ok && slices.Equal(bytesOf, secret) && algorithm[:2] == "HS" {
				continue
			}
			t.Run(algorithm+" with "+k.name, func(t *testing.T) {
				if err := m.Verify(k.key); !errors.Is(err, jws.ErrSignature) {
					t.Errorf("got %v, want %v", err, jws.ErrSignature)
				}
			})
		}
	}
}

func TestVerifyRefusesAnotherAlgorithmsSignature(t *testing.T) {
	for _, signedAs := range everyAlgorithm() {
		for _, claimed := range everyAlgorithm() {
			if jws.Find(signedAs) == jws.Find(claimed) {
				continue
			}
			m := signed(t, signedAs)
			m.Header.Algorithm = claimed
			_, public := signer(signedAs)
			if err := m.Verify(public); !errors.Is(err, jws.ErrSignature) {
				t.Errorf("signed as %s, verified as %s: got %v, want %v", signedAs, claimed, err, jws.ErrSignature)
			}
		}
	}
}

// Unknown algorithms include spellings of "none" and algorithms that other
// packages may register with golang-jwt.
func TestVerifyRefusesUnknownAlgorithms(t *testing.T) {
	for _, algorithm := range []string{
		"none", "None", "NONE", "nOnE", "none ", " none", "rs256", "Rs256", "RS256 ", "RS256\u0000", "ＲＳ２５６", "RS1", "RS128", "PS257",
		"ES256K", "ES224", "ES521", "eddsa", "EDDSA", "ed25519", "Ed448", "HS1", "hs256", "RSA-OAEP", "RSA1_5", "dir", "A256KW",
		"ML-DSA-44", "SHA256", "RS256,none", "../RS256",
	} {
		t.Run(algorithm, func(t *testing.T) {
			m := message(t, algorithm, func(string) []byte { return []byte("signature") })
			for _, key := range []any{&rsaKey().PublicKey, secret, nil, jwt.UnsafeAllowNoneSignatureType} {
				if err := m.Verify(key); !errors.Is(err, jws.ErrAlgorithm) {
					t.Errorf("with %T: got %v, want %v", key, err, jws.ErrAlgorithm)
				}
			}
			if jws.Find(algorithm) != nil {
				t.Errorf("Find: got an algorithm, want nil")
			}
		})
	}
	if err := (&jws.Message{}).Verify(nil); !errors.Is(err, jws.ErrAlgorithm) {
		t.Errorf("a message without algorithm: got %v, want %v", err, jws.ErrAlgorithm)
	}
}

// Threat J03: a public key must never be used as an HMAC secret.
func TestVerifyDoesNotUseAPublicKeyAsASecret(t *testing.T) {
	public := &rsaKey().PublicKey
	spki := must(x509.MarshalPKIXPublicKey(public))
	pkcs1 := x509.MarshalPKCS1PublicKey(public)
	spkiPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki})
	for name, key := range map[string][]byte{
		"SPKI in PEM":                       spkiPEM,
		"SPKI in PEM without final newline": bytes.TrimSpace(spkiPEM),
		"SPKI in DER":                       spki,
		"PKCS 1 in PEM":                     pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs1}),
		"PKCS 1 in DER":                     pkcs1,
		"the modulus":                       public.N.Bytes(),
		"a JWK":                             []byte(`{"kty":"RSA","n":"` + base64.RawURLEncoding.EncodeToString(public.N.Bytes()) + `","e":"AQAB"}`),
	} {
		t.Run(name, func(t *testing.T) {
			m := message(t, "HS256", func(input string) []byte {
				mac := hmac.New(sha256.New, key)
				mac.Write([]byte(input))
				return mac.Sum(nil)
			})
			if err := m.Verify(key); err != nil {
				t.Fatalf("the forged token itself is invalid: %v", err)
			}
			if err := m.Verify(public); !errors.Is(err, jws.ErrSignature) {
				t.Errorf("got %v, want %v", err, jws.ErrSignature)
			}
		})
	}
}

// RFC 7518 §3.5: the salt must be as long as the hash.
func TestVerifyAcceptsOneSaltLength(t *testing.T) {
	for algorithm, hash := range map[string]crypto.Hash{"PS256": crypto.SHA256, "PS384": crypto.SHA384, "PS512": crypto.SHA512} {
		for _, tt := range []struct {
			name string
			salt int
			want error
		}{
			{"the length of the hash", hash.Size(), nil},
			{"one byte less", hash.Size() - 1, jws.ErrSignature},
			{"one byte more", hash.Size() + 1, jws.ErrSignature},
			{"one byte", 1, jws.ErrSignature},
			{"20 bytes, a usual default", 20, jws.ErrSignature},
			{"the longest possible", 256 - hash.Size() - 2, jws.ErrSignature},
		} {
			t.Run(algorithm+" with a salt of "+tt.name, func(t *testing.T) {
				m := message(t, algorithm, func(input string) []byte {
					digest := hash.New()
					digest.Write([]byte(input))
					return must(rsa.SignPSS(rand.Reader, rsaKey(), hash, digest.Sum(nil), &rsa.PSSOptions{SaltLength: tt.salt}))
				})
				if err := m.Verify(&rsaKey().PublicKey); !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
			})
		}
	}
}

func TestTheMethodsOfGolangJWTAreNotChanged(t *testing.T) {
	if jws.Find("PS256").Method == jwt.SigningMethod(jwt.SigningMethodPS256) || jwt.SigningMethodPS256.VerifyOptions.SaltLength != rsa.PSSSaltLengthAuto {
		t.Error("the salt length of golang-jwt's own method was changed, which other packages use")
	}
}

func TestEd25519IsAnotherNameForEdDSA(t *testing.T) {
	for _, name := range everyAlgorithm() {
		want := name
		if name == "Ed25519" {
			want = "EdDSA"
		}
		if got := jws.Find(name); got == nil || got.Name != want {
			t.Errorf("%s: got %v, want %s", name, got, want)
		}
	}
}

// Threats J06 and J07: ECDSA signatures with special values of r and s. n is
// the order of P-256.
func TestVerifySpecialECDSASignatures(t *testing.T) {
	n := elliptic.P256().Params().N
	zero, one := new(big.Int), big.NewInt(1)
	pair := func(r, s *big.Int) func(string) []byte {
		return func(string) []byte { return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...) }
	}
	sign := func(input string) []byte { return must(jwt.SigningMethodES256.Sign(input, p256())) }
	half := func(input string) (r, s *big.Int) {
		both := sign(input)
		return new(big.Int).SetBytes(both[:32]), new(big.Int).SetBytes(both[32:])
	}
	for _, tt := range []struct {
		name string
		sign func(input string) []byte
		want error
	}{
		{"r and s zero", pair(zero, zero), jws.ErrSignature},
		{"r zero", pair(zero, one), jws.ErrSignature},
		{"s zero", pair(one, zero), jws.ErrSignature},
		{"r and s one", pair(one, one), jws.ErrSignature},
		{"r and s the order", pair(n, n), jws.ErrSignature},
		{"r and s one below the order", pair(new(big.Int).Sub(n, one), new(big.Int).Sub(n, one)), jws.ErrSignature},
		{"r and s one above the order", pair(new(big.Int).Add(n, one), new(big.Int).Add(n, one)), jws.ErrSignature},
		{"the order as r and s one", pair(n, one), jws.ErrSignature},
		{"a byte too few", func(input string) []byte { return sign(input)[:63] }, jws.ErrSignature},
		{"a byte too many", func(input string) []byte { return append(sign(input), 0) }, jws.ErrSignature},
		{"a leading zero too many", func(input string) []byte { return append([]byte{0}, sign(input)...) }, jws.ErrSignature},
		{"DER", func(input string) []byte {
			r, s := half(input)
			return must(asn1.Marshal(struct{ R, S *big.Int }{r, s}))
		}, jws.ErrSignature},
		{"the mirrored s, which is another valid signature", func(input string) []byte {
			r, s := half(input)
			return pair(r, s.Sub(n, s))(input)
		}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := message(t, "ES256", tt.sign).Verify(&p256().PublicKey); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestTheTableOfAlgorithms(t *testing.T) {
	if got := asymmetric(); len(got) != 10 || slices.ContainsFunc(got, func(name string) bool { return strings.HasPrefix(name, "HS") }) {
		t.Errorf("got %q, want 10 algorithms without a shared secret", got)
	}
	for _, name := range everyAlgorithm() {
		a := jws.Find(name)
		if !slices.Contains(jws.Fitting(a.KeyType, a.Curve), a.Name) {
			t.Errorf("%s: Fitting does not return this algorithm for its own type and curve of keys", name)
		}
		if got := a.Method.Alg(); got != a.Name {
			t.Errorf("%s: got the method %s", name, got)
		}
		if bits := strings.TrimLeft(name, "RSPEH"); a.Hash != 0 && fmt.Sprint(a.Hash.Size()*8) != bits {
			t.Errorf("%s: got a hash of %d bytes", name, a.Hash.Size())
		}
	}
	if got := jws.Fitting("RSA", "P-256"); got != nil {
		t.Errorf("got %q for an RSA key with a curve, want none", got)
	}
}
