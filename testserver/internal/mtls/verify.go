package mtls

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"time"
)

// ParsePEM returns the certificates in text, which is one or more blocks of
// PEM.
func ParsePEM(text []byte) (certs []*x509.Certificate, err error) {
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		if block.Type == "CERTIFICATE" {
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, errors.New("a certificate is malformed")
			}
			certs = append(certs, cert)
		}
		text = rest
	}
	if len(certs) == 0 {
		return nil, errors.New("want a certificate in PEM, which begins with -----BEGIN CERTIFICATE-----")
	}
	return certs, nil
}

// Why is the reason for refusing a certificate chain, or Trusted if the chain
// is valid.
type Why int

// The reasons.
const (
	Trusted  Why = iota
	Untimely     // a certificate has expired, or is not valid yet
	Unknown      // no trusted CA has issued the certificate
	Unfit        // the certificate is not for clients, or the chain has some other fault
)

// Verify verifies the certificates that a client has presented (RFC 8705 §2.1).
// The chain must end at one of roots.
func Verify(chain []*x509.Certificate, roots []*x509.Certificate, now time.Time) Why {
	trusted, between := x509.NewCertPool(), x509.NewCertPool()
	for _, root := range roots {
		trusted.AddCert(root)
	}
	for _, cert := range chain[1:] {
		between.AddCert(cert)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{
		Roots: trusted, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	switch invalid, ok := errors.AsType[x509.CertificateInvalidError](err); {
	case err == nil:
		return Trusted
	case ok && invalid.Reason == x509.Expired:
		return Untimely
	case ok:
		return Unfit
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return Unknown
	}
	return Unfit
}
