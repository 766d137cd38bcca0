package catalogue

import "slices"

// CertificateDefects lists defects of tokens that are bound to a TLS
// certificate (RFC 8705 §3.1). An API that requires certificates refuses a
// token with such a defect, even if the request presents the client's
// certificate.
var CertificateDefects = []Defect{
	"cert-other", "cert-same-key", "cert-key-hash", "cert-issuer", "cert-sha1", "cert-hex", "cert-padded", "cert-number",
}

// IsCertificateDefect reports whether d is a defect of tokens that are bound to
// a certificate.
func (d Defect) IsCertificateDefect() bool { return slices.Contains(CertificateDefects, d) }
