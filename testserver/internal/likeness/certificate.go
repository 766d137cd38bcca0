package likeness

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // x5t is a SHA-1 (RFC 7517 §4.8)
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"sync"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// certificateMembers are the members of JWKs and JOSE headers that describe a
// certificate (RFC 7517 §4.7 to §4.9).
var certificateMembers = []string{"x5c", "x5t", "x5t#S256", "x5tS256"} // x5tS256 is a nonstandard spelling

// certificates makes one certificate for each key. Later calls for the same key
// return the same certificate.
type certificates struct {
	source *token.Source

	mu    sync.Mutex
	other crypto.Signer     // signs certificates that cannot be self-signed
	made  map[string][]byte // DER certificate, by DER public key
}

// members returns the certificate members for a key. The certificate is
// self-signed if signer is an RSA, ECDSA or Ed25519 private key. Otherwise the
// certificate is signed with a different, generated key.
func (c *certificates) members(public crypto.PublicKey, signer crypto.Signer) (map[string]any, error) {
	der, err := c.certificate(public, signer)
	if err != nil {
		return nil, err
	}
	short, long := sha1.Sum(der), sha256.Sum256(der) //nolint:gosec // as above
	thumb := base64.RawURLEncoding.EncodeToString(long[:])
	return map[string]any{
		"x5c": []string{base64.StdEncoding.EncodeToString(der)},
		"x5t": base64.RawURLEncoding.EncodeToString(short[:]), "x5t#S256": thumb, "x5tS256": thumb,
	}, nil
}

func (c *certificates) certificate(public crypto.PublicKey, signer crypto.Signer) ([]byte, error) {
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if der, ok := c.made[string(spki)]; ok {
		return der, nil
	}
	switch signer.(type) {
	case *rsa.PrivateKey, *ecdsa.PrivateKey, ed25519.PrivateKey:
	default:
		if signer, err = c.unpublishedKey(); err != nil {
			return nil, err
		}
	}
	sum := sha256.Sum256(spki)
	sum[0] = sum[0]&0x7f | 0x40 // positive, and always of the same length
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(sum[:16]),
		Subject:      pkix.Name{CommonName: "testserver, for tests only"},
		NotBefore:    time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2190, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	// The first argument is nil, which makes ECDSA signatures deterministic
	// (RFC 6979).
	der, err := x509.CreateCertificate(nil, template, template, public, signer)
	if err != nil {
		return nil, err
	}
	if c.made == nil {
		c.made = map[string][]byte{}
	}
	c.made[string(spki)] = der
	return der, nil
}

func (c *certificates) unpublishedKey() (crypto.Signer, error) {
	if c.other == nil {
		key, err := token.NewKey(catalogue.ES256, "", c.source.Fork("likeness certificates"))
		if err != nil {
			return nil, err
		}
		c.other = key.Private
	}
	return c.other, nil
}
