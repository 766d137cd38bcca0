package clientcert

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"net/http"
)

// Source finds the certificate of the client that sent a request. It is called
// concurrently. If a Source has a method Check() error, as [Forwarded] does,
// the constructor of a verifier calls this method and reports its error.
type Source interface {
	// Thumbprint returns the thumbprint of the client's certificate, as
	// [Thumbprint] does, or "" if the client presented no certificate. It
	// returns an error if the certificate cannot be determined.
	Thumbprint(r *http.Request) (string, error)
}

// TLS is a Source that uses the certificate of the request's own connection. If
// the client presents a chain, this is the first certificate (RFC 8446 §4.4.2).
// On a resumed connection, this is the certificate of the original connection.
var TLS Source = connection{}

type connection struct{}

func (connection) Thumbprint(r *http.Request) (string, error) {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return "", nil
	}
	return Thumbprint(r.TLS.PeerCertificates[0]), nil
}

// Thumbprint returns the SHA-256 thumbprint of a certificate in base64url
// without padding. This is the format of x5t#S256 in the cnf of a token (RFC
// 8705 §3.1).
func Thumbprint(certificate *x509.Certificate) string { return thumbprint(certificate.Raw) }

func thumbprint(der []byte) string {
	sum := sha256.Sum256(der)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
