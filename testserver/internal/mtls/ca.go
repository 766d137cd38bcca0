package mtls

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"time"
)

// CA issues certificates for clients.
type CA struct {
	Certificate *x509.Certificate
	key         crypto.Signer
}

// Material is the key and the serial number of a new certificate.
type Material struct {
	Key    crypto.Signer // ECDSA or Ed25519
	Serial []byte        // 16 random bytes
}

// The validity starts before 2000-01-01, which is the initial time in a
// synctest bubble. It ends after any time that a test is likely to set.
var (
	notBefore = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
	notAfter  = time.Date(2190, 1, 1, 0, 0, 0, 0, time.UTC)
)

// NewCA returns a CA with a new root certificate.
func NewCA(m Material) (*CA, error) {
	root, err := SelfSigned(&x509.Certificate{
		Subject: pkix.Name{CommonName: "testserver client CA, for tests only"},
		IsCA:    true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, m)
	return &CA{root.Leaf, m.Key}, err
}

// PEM returns the root certificate in PEM.
func (ca *CA) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Certificate.Raw})
}

// SelfSigned makes a self-signed certificate from template, with the key in m.
// Fields that are zero in template get values that every server accepts in a
// client certificate.
func SelfSigned(template *x509.Certificate, m Material) (tls.Certificate, error) {
	t := filled(template, m.Serial)
	cert, err := (&CA{&t, m.Key}).certify(&t, m.Key.Public())
	return paired(cert, m.Key), err
}

// Issue is like SelfSigned, but the CA signs the certificate.
func (ca *CA) Issue(template *x509.Certificate, m Material) (tls.Certificate, error) {
	cert, err := ca.Certify(template, m.Key.Public(), m.Serial)
	return paired(cert, m.Key), err
}

// Certify is like Issue, but needs only the public key of the certificate.
func (ca *CA) Certify(template *x509.Certificate, key crypto.PublicKey, serial []byte) (*x509.Certificate, error) {
	t := filled(template, serial)
	return ca.certify(&t, key)
}

func (ca *CA) certify(t *x509.Certificate, key crypto.PublicKey) (*x509.Certificate, error) {
	// The first argument is nil, which makes ECDSA signatures deterministic
	// (RFC 6979).
	der, err := x509.CreateCertificate(nil, t, ca.Certificate, key, ca.key)
	if err != nil {
		return nil, fmt.Errorf("making a client certificate: %w", err)
	}
	return x509.ParseCertificate(der)
}

func paired(cert *x509.Certificate, key crypto.Signer) tls.Certificate {
	if cert == nil {
		return tls.Certificate{}
	}
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}
}

func filled(template *x509.Certificate, serial []byte) x509.Certificate {
	t := *template
	if t.SerialNumber == nil {
		serial = slices.Clone(serial)
		serial[0] = serial[0]&0x7f | 0x40 // positive, and at most 20 octets long (RFC 5280 §4.1.2.2)
		t.SerialNumber = new(big.Int).SetBytes(serial)
	}
	if t.NotBefore.IsZero() {
		t.NotBefore = notBefore
	}
	if t.NotAfter.IsZero() {
		t.NotAfter = notAfter
	}
	if t.KeyUsage == 0 {
		t.KeyUsage = x509.KeyUsageDigitalSignature
	}
	if len(t.ExtKeyUsage) == 0 && len(t.UnknownExtKeyUsage) == 0 {
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
	if len(t.RawSubject) == 0 && len(t.Subject.ToRDNSequence()) == 0 {
		t.Subject.CommonName = "test client"
	}
	return t
}
