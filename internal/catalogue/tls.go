package catalogue

// ClientTLS contains the registered metadata about the TLS certificate of one
// client (RFC 8705 §2.1.2, §3.4). A client with the method tls_client_auth sets
// exactly one of the string fields.
type ClientTLS struct {
	SubjectDN string `json:"tls_client_auth_subject_dn,omitzero"`
	SANDNS    string `json:"tls_client_auth_san_dns,omitzero"`
	SANURI    string `json:"tls_client_auth_san_uri,omitzero"`
	SANIP     string `json:"tls_client_auth_san_ip,omitzero"`
	SANEmail  string `json:"tls_client_auth_san_email,omitzero"`

	BoundTokens bool `json:"tls_client_certificate_bound_access_tokens,omitzero"`
}

// BoundTokensMember is the name of [ClientTLS.BoundTokens] in the metadata of
// clients and of the server (RFC 8705 §3.3, §3.4).
const BoundTokensMember = "tls_client_certificate_bound_access_tokens" //nolint:gosec // a name, not a credential

// CertificateName describes a field of [ClientTLS] that identifies the
// certificate of a client.
type CertificateName struct {
	Member, Flag, Field string // names in client metadata, on the command line and in Go
	About               string
	Value               *string
}

// Names returns a description of each field that identifies the certificate.
func (c *ClientTLS) Names() []CertificateName {
	return []CertificateName{
		{"tls_client_auth_subject_dn", "tls-subject-dn", "SubjectDN", "the subject, as an RFC 4514 string", &c.SubjectDN},
		{"tls_client_auth_san_dns", "tls-san-dns", "SANDNS", "a DNS name", &c.SANDNS},
		{"tls_client_auth_san_uri", "tls-san-uri", "SANURI", "a URI", &c.SANURI},
		{"tls_client_auth_san_ip", "tls-san-ip", "SANIP", "an IP address", &c.SANIP},
		{"tls_client_auth_san_email", "tls-san-email", "SANEmail", "an email address", &c.SANEmail},
	}
}
