package testserver

import (
	"crypto/tls"
	"crypto/x509"
	"iter"
	"slices"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/mtls"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// BoundTo binds the token to the client's key k for DPoP: the thumbprint of k
// (RFC 7638) is in cnf.jkt (RFC 9449 §6). The introspection response also has
// cnf, and its token_type is DPoP. k, for example from [GenerateKey], must not
// be a key for an HS algorithm.
//
// If [With] adds one of [ProofDefects], a proof with this defect may contain a
// key that differs from k. The token is then bound to the key in the proof. The
// token itself is good, so the API can refuse the request only because of the
// defect of the proof.
func BoundTo(k Key) TokenOption {
	return tokenOption(func(d *token.Draft) { d.BindTo(k) })
}

// BoundToCertificate binds the token to the TLS certificate of a client: the
// SHA-256 thumbprint of cert is in cnf["x5t#S256"] (RFC 8705 §3.1). The
// introspection response also has cnf, and its token_type is Bearer. If
// [BoundTo] is used, too, cnf also has jkt, and the token_type is DPoP. cert
// is, for example, the Leaf of a tls.Certificate from [ClientCertificate].
//
// If [With] adds one of [CertificateDefects], the binding is wrong, so an API
// must refuse a request that presents cert. With "cert-issuer" and a cert from
// [Server.ClientCertificate], cnf has the thumbprint of the CA.
func BoundToCertificate(cert *x509.Certificate) TokenOption {
	return tokenOption(func(d *token.Draft) { d.BindToCertificate(cert) })
}

// CertificateDefects yields every defect of the binding to a TLS certificate
// that a correct API refuses. To test such a defect, present the certificate
// that was passed to [BoundToCertificate] in the request. Without
// BoundToCertificate, a token with such a defect is bound to a certificate that
// does not exist.
func CertificateDefects() iter.Seq[Defect] { return slices.Values(catalogue.CertificateDefects) }

// Proof returns the values of the DPoP header fields of one request. Normally
// this is one proof with the current time, signed with k (RFC 9449 §4.2). Every
// call makes a new proof:
//
//	token := s.Token(testserver.BoundTo(k))
//	r.Header.Set("Authorization", "DPoP "+token)
//	r.Header["Dpop"] = testserver.Proof(k, "GET", "https://api.example.com/orders", token)
//
//	header  {"typ":"dpop+jwt","alg":"ES256","jwk":…}
//	claims  {"jti":16 random bytes in base64url,"htm":method,"htu":url,"iat":now,"ath":hash of the token}
//
// url is the URL that the client requests. The htu claim is this URL without
// query and fragment. The access token can be a JWT or opaque, from any server.
// If accessToken is "", the proof has no ath.
//
// Options change the proof as they change a token: Claim("nonce", n) adds a
// nonce, and Claim("iat", time) sets another time. [Claim] and [Without] change
// any claim, and [JOSEHeader] and [Typ] change the header. [SignedWith] signs
// with another key, but does not change jwk. [With] adds one of [ProofDefects].
// With some of these defects, Proof returns no value or two values. Proof
// panics if an argument is invalid.
func Proof(k Key, method, url, accessToken string, opts ...TokenOption) []string {
	p := token.Proof{Key: k, Method: method, URL: url, Token: accessToken, Now: time.Now()}
	fields, err := p.Fields(editBy(opts))
	if err != nil {
		panic("testserver.Proof: " + err.Error())
	}
	return fields
}

// ProofDefects yields every defect of DPoP proofs that a correct API refuses.
// With the defect "dpop-replayed", all proofs of a key have the same jti, so
// the API must refuse all of them except the first. An API that does not use
// nonces accepts "dpop-nonce-missing" and "dpop-nonce-foreign". An API that
// uses nonces may accept "dpop-iat-old" and "dpop-iat-future". The defect
// "dpop-jti-long" is not included, because a correct API may accept it.
func ProofDefects() iter.Seq[Defect] { return slices.Values(catalogue.ProofDefects) }

// ClientCertificate makes a self-signed TLS certificate of a client, with a new
// P-256 key. Register it for self_signed_tls_client_auth, or bind tokens to it
// with [BoundToCertificate] to test an API. For a certificate from a CA, use
// [Server.ClientCertificate].
//
// The template has the same fields as for [x509.CreateCertificate], and may be
// nil. ClientCertificate replaces zero fields with values that suit a client.
// It panics if the template is invalid.
func ClientCertificate(template *x509.Certificate) tls.Certificate {
	m, err := token.CertificateMaterial(token.RandomSource())
	var cert tls.Certificate
	if err == nil {
		cert, err = mtls.SelfSigned(orEmpty(template), m)
	}
	if err != nil {
		panic("testserver.ClientCertificate: " + err.Error())
	}
	return cert
}

// ClientCertificate is like the function [ClientCertificate], but the
// certificate is signed by the server's own CA for clients. The server trusts
// this CA for tls_client_auth. An API that verifies the certificates of its
// clients can trust it, too: see [Server.ClientCACertPEM]. Two servers have the
// same CA only if they have the same [Seed].
//
//	cert := s.ClientCertificate(&x509.Certificate{Subject: pkix.Name{CommonName: "billing"}})
//	s.AddClient(testserver.Client{ID: "billing", AuthMethod: "tls_client_auth",
//		TLS: testserver.ClientTLS{SubjectDN: "CN=billing", BoundTokens: true}})
//	resp, err := s.MTLSClient(cert).PostForm(s.MTLSEndpoint(testserver.EndpointToken),
//		url.Values{"client_id": {"billing"}, "grant_type": {"client_credentials"}})
func (s *Server) ClientCertificate(template *x509.Certificate) tls.Certificate {
	s.helper()
	cert, err := s.oauth.IssueCertificate(orEmpty(template))
	if err != nil {
		s.fail("ClientCertificate: %v", err)
	}
	return cert
}

func orEmpty(template *x509.Certificate) *x509.Certificate {
	if template == nil {
		return &x509.Certificate{}
	}
	return template
}

// ClientCACertPEM returns the root certificate, in PEM, of the CA that signs
// the certificates of [Server.ClientCertificate].
func (s *Server) ClientCACertPEM() []byte {
	s.helper()
	ca, err := s.oauth.ClientCA()
	if err != nil { // cannot happen: the server makes the key and the certificate itself
		s.fail("ClientCACertPEM: %v", err)
		return nil
	}
	return ca.PEM()
}
