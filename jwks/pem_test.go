package jwks_test

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
)

func pemBlock(kind string, der []byte, err error) string {
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func publicPEM(key any) string {
	der, err := x509.MarshalPKIXPublicKey(key)
	return pemBlock("PUBLIC KEY", der, err)
}

// expiredCertificate returns an expired, self-signed certificate.
func expiredCertificate(key *ecdsa.PrivateKey) string {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Unix(1, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return pemBlock("CERTIFICATE", der, err)
}

func rsaPublic(n *big.Int) *rsa.PublicKey { return &rsa.PublicKey{N: n, E: 65537} }

func TestPEMKeyAlgorithms(t *testing.T) {
	ed, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec := newEC(elliptic.P256())
	rsaAlgorithms := []string{"PS256", "PS384", "PS512", "RS256", "RS384", "RS512"}
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"P-256":                   {publicPEM(&ec.PublicKey), []string{"ES256"}},
		"P-384":                   {publicPEM(&newEC(elliptic.P384()).PublicKey), []string{"ES384"}},
		"P-521":                   {publicPEM(&newEC(elliptic.P521()).PublicKey), []string{"ES512"}},
		"Ed25519":                 {publicPEM(ed), []string{"Ed25519", "EdDSA"}},
		"RSA":                     {publicPEM(rsaPublic(modulus(2048))), rsaAlgorithms},
		"RSA in PKCS #1":          {pemBlock("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(rsaPublic(modulus(2048))), nil), rsaAlgorithms},
		"an expired certificate":  {expiredCertificate(ec), []string{"ES256"}},
		"CRLF line endings":       {strings.ReplaceAll(publicPEM(ed), "\n", "\r\n"), []string{"Ed25519", "EdDSA"}},
		"surrounding white space": {"\n\t " + publicPEM(ed) + "\n\n", []string{"Ed25519", "EdDSA"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := jwks.PEM(map[string]string{"k1": tt.text})
			if err != nil {
				t.Fatal(err)
			}
			if got := served(s, "k1"); !slices.Equal(got, tt.want) {
				t.Errorf("got a key for %v, want %v", got, tt.want)
			}
			if got := served(s, "k2"); got != nil {
				t.Errorf("got a key for %v with an unknown key ID, want none", got)
			}
		})
	}
	t.Run("each key ID has its own key", func(t *testing.T) {
		other := newEC(elliptic.P256())
		s, err := jwks.PEM(map[string]string{"a": publicPEM(&ec.PublicKey), "b": publicPEM(&other.PublicKey), "c": expiredCertificate(ec)})
		if err != nil {
			t.Fatal(err)
		}
		for id, want := range map[string]*ecdsa.PublicKey{"a": &ec.PublicKey, "b": &other.PublicKey, "c": &ec.PublicKey} {
			if got, err := s.Key(t.Context(), id, "ES256"); err != nil || !want.Equal(got) {
				t.Errorf("%s: got %v and error %v, want the key with this ID", id, got, err)
			}
		}
		if _, err := s.Key(t.Context(), "", "ES256"); !errors.Is(err, jwks.ErrUnfitKey) {
			t.Errorf("got %v without a key ID, want %v", err, jwks.ErrUnfitKey)
		}
	})
}

func TestPEMRefusesKeys(t *testing.T) {
	ec := newEC(elliptic.P256())
	good := publicPEM(&ec.PublicKey)
	private, err := x509.MarshalPKCS8PrivateKey(ec)
	privatePEM := pemBlock("PRIVATE KEY", private, err)
	sec1, err := x509.MarshalECPrivateKey(ec)
	x25519, ecdhErr := ecdh.X25519().GenerateKey(rand.Reader)
	if ecdhErr != nil {
		t.Fatal(ecdhErr)
	}
	der, _ := pem.Decode([]byte(good))
	const (
		notPEM   = "must be a single PEM block"
		weak     = "RSA key must have 2048 to 8192 bits"
		material = "key material is missing or malformed"
		secret   = "private or symmetric"
		kind     = "type, curve or algorithm is not supported"
	)
	for name, tt := range map[string]struct{ text, want string }{
		"nothing":                             {"", notPEM},
		"text":                                {canary, notPEM},
		"a JWK":                               {encoded(freshEC(canary)), notPEM},
		"a private key":                       {privatePEM, secret},
		"a private key in SEC 1":              {pemBlock("EC PRIVATE KEY", sec1, err), secret},
		"an encrypted private key":            {pemBlock("ENCRYPTED PRIVATE KEY", private, nil), secret},
		"a private key marked as public":      {pemBlock("PUBLIC KEY", private, nil), material},
		"another type":                        {pemBlock("CERTIFICATE REQUEST", der.Bytes, nil), notPEM},
		"two blocks":                          {good + good, notPEM},
		"a private key after the block":       {good + privatePEM, notPEM},
		"text before the block":               {canary + "\n" + good, notPEM},
		"text after the block":                {good + canary, notPEM},
		"a malformed block before a good one": {"-----BEGIN PUBLIC KEY-----\n" + good, notPEM},
		"a block without an end":              {strings.Split(good, "-----END")[0], notPEM},
		"a block with a header":               {strings.Replace(good, "KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\n\n", 1), notPEM},
		"a PKIX key as PKCS #1":               {pemBlock("RSA PUBLIC KEY", der.Bytes, nil), material},
		"a key marked as a certificate":       {pemBlock("CERTIFICATE", der.Bytes, nil), material},
		"bytes after the key":                 {pemBlock("PUBLIC KEY", append(slices.Clone(der.Bytes), 0), nil), material},
		"no bytes":                            {pemBlock("PUBLIC KEY", nil, nil), material},
		"P-224":                               {publicPEM(&newEC(elliptic.P224()).PublicKey), kind},
		"X25519":                              {publicPEM(x25519.PublicKey()), kind},
		"Ed25519 of small order":              {publicPEM(ed25519.PublicKey(append([]byte{1}, make([]byte, 31)...))), material},
		"a short RSA key":                     {publicPEM(rsaPublic(modulus(2047))), weak},
		"a long RSA key":                      {publicPEM(rsaPublic(modulus(8193))), weak},
		"an RSA key of CVE-2017-15361":        {publicPEM(rsaPublic(rocaLike(2048))), "ROCA"},
		"an RSA key with the exponent 1":      {publicPEM(&rsa.PublicKey{N: modulus(2048), E: 1}), weak},
		"an RSA key with an even exponent":    {publicPEM(&rsa.PublicKey{N: modulus(2048), E: 65536}), weak},
		"an RSA key with an even modulus":     {publicPEM(rsaPublic(new(big.Int).SetBit(modulus(2048), 0, 0))), weak},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := jwks.PEM(map[string]string{"a": good, "b" + canary: tt.text, "c": good})
			if s != nil || !errors.Is(err, jwks.ErrConfig) || !strings.HasPrefix(err.Error(), "jwks: configuration: key 2: ") ||
				!strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), canary) {
				t.Errorf("got %v, %v, want %q for key 2 and no quoted input", s, err, tt.want)
			}
		})
	}
	t.Run("every fault is reported at once, by position", func(t *testing.T) {
		_, err := jwks.PEM(map[string]string{"c": "x", "": good, "b": good, "a\n": good})
		const id = "jwks: configuration: key %d: key ID is not printable ASCII of at most 256 bytes\n"
		if want := fmt.Sprintf(id+id, 1, 2) + "jwks: configuration: key 4: must be a single PEM block"; err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	})
	t.Run("an empty map is refused", func(t *testing.T) {
		if s, err := jwks.PEM(nil); s != nil || !errors.Is(err, jwks.ErrNoKeys) {
			t.Errorf("got %v, %v, want %v", s, err, jwks.ErrNoKeys)
		}
	})
	t.Run("100 keys are accepted, 101 are not", func(t *testing.T) {
		keys := make(map[string]string)
		for i := range 100 {
			keys[fmt.Sprint(i)] = good
		}
		if _, err := jwks.PEM(keys); err != nil {
			t.Error(err)
		}
		keys["one more"] = good
		if _, err := jwks.PEM(keys); !errors.Is(err, jwks.ErrConfig) {
			t.Errorf("got %v, want %v", err, jwks.ErrConfig)
		}
	})
}
