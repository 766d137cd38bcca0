package mtls

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Presented returns the certificates that the client of r has presented, the
// client's own certificate first. TLS has verified only that the client has the
// private key of the first certificate.
func Presented(r *http.Request) []*x509.Certificate {
	if r.TLS == nil {
		return nil
	}
	return r.TLS.PeerCertificates
}

// Thumbprint returns the value of x5t#S256 for a certificate (RFC 8705 §3.1).
func Thumbprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// IsTimely reports whether the certificate is valid at now.
func IsTimely(cert *x509.Certificate, now time.Time) bool {
	return !now.Before(cert.NotBefore) && !now.After(cert.NotAfter)
}

// IsRegistered reports whether one of the client's registered keys matches the
// certificate (RFC 8705 §2.2). A key with x5c or x5t#S256 matches only the
// certificate that this member describes. A key with neither member matches all
// certificates that contain the key.
func IsRegistered(cert *x509.Certificate, keys jose.JSONWebKeySet) bool {
	return slices.ContainsFunc(keys.Keys, func(k jose.JSONWebKey) bool {
		sum := sha256.Sum256(cert.Raw)
		switch {
		case len(k.Certificates) > 0:
			return k.Certificates[0].Equal(cert)
		case len(k.CertificateThumbprintSHA256) > 0:
			return bytes.Equal(k.CertificateThumbprintSHA256, sum[:])
		}
		public, ok := k.Key.(interface{ Equal(x crypto.PublicKey) bool })
		return ok && public.Equal(cert.PublicKey)
	})
}
