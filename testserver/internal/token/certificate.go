package token

import (
	"crypto/sha1" //nolint:gosec // for the member x5t (RFC 7515 §4.1.7), which an API must not accept
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/mtls"
)

const (
	confirmation = "/cnf/x5t#S256" // RFC 8705 §3.1
	sha1Member   = "/cnf/x5t"
)

// BindToCertificate binds the token to a TLS certificate. An API must then
// require that the request presents this certificate (RFC 8705 §3). Other
// members of cnf do not change.
func (d *Draft) BindToCertificate(cert *x509.Certificate) {
	if cert == nil || len(cert.Raw) == 0 {
		d.Fail(errors.New("BoundToCertificate: the certificate is nil or was not parsed: give the Leaf of a tls.Certificate"))
		return
	}
	d.Certificate = cert
	d.BindToThumbprint(mtls.Thumbprint(cert))
}

// BindToThumbprint is like BindToCertificate, but its argument is the x5t#S256
// of the certificate.
func (d *Draft) BindToThumbprint(thumbprint string) { d.SetAt(confirmation, thumbprint) }

// BoundCertificate returns the x5t#S256 in the claims of a token, and whether
// the token is bound to a certificate. The thumbprint is "" if the member is
// malformed.
func BoundCertificate(claims Object) (thumbprint string, bound bool) {
	return confirmed(claims, "x5t#S256")
}

// CertificateCatalogue returns all defects of the certificate binding.
// Everything else in a token with one of these defects is valid. The client
// should send the token with the certificate that was passed to
// BindToCertificate.
func CertificateCatalogue() []Defect {
	const compare = "Compare x5t#S256 with the base64url of the SHA-256 of the DER of the client's own certificate, as texts."
	bound := func(name catalogue.Defect, wrong, fix string, to func(*forgery, *x509.Certificate) any) Defect {
		return Defect{Name: name, Wrong: wrong, Fix: fix, introspectable: true, forge: edited(func(f *forgery) {
			if cert := f.presented(); cert != nil {
				f.SetAt(confirmation, to(f, cert))
			}
		})}
	}
	thumbprintOf := func(cert *x509.Certificate) any {
		if cert == nil {
			return nil // f.other has failed
		}
		return mtls.Thumbprint(cert)
	}
	return []Defect{
		bound("cert-other", "The token is bound to another certificate than that of the request, as if it were stolen (RFC 8705 §3).", compare,
			func(f *forgery, _ *x509.Certificate) any { return thumbprintOf(f.other(nil)) }),
		bound("cert-same-key", "The token is bound to another certificate with the same key, such as the one before a renewal (RFC 8705 §3.1).", compare,
			func(f *forgery, cert *x509.Certificate) any { return thumbprintOf(f.other(cert)) }),
		bound("cert-key-hash", "x5t#S256 is the hash of the public key instead of the certificate (RFC 8705 §3.1).", compare,
			func(_ *forgery, cert *x509.Certificate) any { return hashOf(string(cert.RawSubjectPublicKeyInfo)) }),
		bound("cert-issuer", "The token is bound to the certificate of the CA that issued the client's certificate (RFC 8705 §3.1).",
			"Take the first certificate that the client presents, not another one of its chain.",
			func(f *forgery, cert *x509.Certificate) any {
				if ca, err := f.minter.ClientCA(); err == nil && cert.CheckSignatureFrom(ca.Certificate) == nil {
					return mtls.Thumbprint(ca.Certificate)
				}
				return thumbprintOf(f.other(nil))
			}),
		{
			Name: "cert-sha1", introspectable: true,
			Wrong: "The token is bound by x5t, which is a SHA-1 hash, instead of x5t#S256 (RFC 8705 §3.1, RFC 7515 §4.1.7).",
			Fix:   "Accept only members of cnf that the API can check: x5t#S256 of RFC 8705, jkt of RFC 9449.",
			forge: edited(func(f *forgery) {
				if cert := f.presented(); cert != nil {
					sum := sha1.Sum(cert.Raw) //nolint:gosec // see the import
					f.DeleteAt(confirmation)
					f.SetAt(sha1Member, base64.RawURLEncoding.EncodeToString(sum[:]))
				}
			}),
		},
		bound("cert-hex", "x5t#S256 is the right hash, but in hexadecimal instead of base64url (RFC 8705 §3.1).", compare,
			func(_ *forgery, cert *x509.Certificate) any {
				sum := sha256.Sum256(cert.Raw)
				return hex.EncodeToString(sum[:])
			}),
		bound("cert-padded", "x5t#S256 is the right hash, but its base64url has padding (RFC 8705 §3.1, RFC 7515 §2).", compare,
			func(_ *forgery, cert *x509.Certificate) any { return mtls.Thumbprint(cert) + "=" }),
		bound("cert-number", "x5t#S256 is a number (RFC 8705 §3.1).", "Refuse a member of cnf that has the wrong type.",
			func(*forgery, *x509.Certificate) any { return 7 }),
	}
}

// CertificateDefectNames returns the names of all defects of the binding to a
// certificate, for error messages.
func CertificateDefectNames() string { return namesOf(CertificateCatalogue()) }

// presented returns the certificate that the client should present with the
// token. If BindToCertificate was not called, it returns an arbitrary
// certificate.
func (f *forgery) presented() *x509.Certificate {
	if f.Certificate != nil {
		return f.Certificate
	}
	return f.other(nil)
}

// other returns a certificate of a simulated attacker. If like is not nil, the
// certificate has the public key and the subject of like. After an error, other
// returns nil.
func (f *forgery) other(like *x509.Certificate) *x509.Certificate {
	m, err := CertificateMaterial(RandomSource())
	var ca *mtls.CA
	if err == nil {
		ca, err = mtls.NewCA(m)
	}
	if err == nil && like == nil {
		return ca.Certificate
	}
	var cert *x509.Certificate
	if err == nil {
		cert, err = ca.Certify(&x509.Certificate{Subject: like.Subject}, like.PublicKey, m.Serial)
	}
	if err != nil {
		f.Fail(err)
	}
	return cert
}

// CertificateMaterial returns an ECDSA key and a serial number for a new
// certificate.
func CertificateMaterial(src *Source) (mtls.Material, error) {
	key, err := NewKey(catalogue.ES256, "certificate", src)
	return mtls.Material{Key: key.Private, Serial: src.Draw("certificate serial", 16)}, err
}
