package testserver_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net/url"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// A client authenticates with its certificate and gets a token that is bound to
// this certificate.
func ExampleServer_MTLSClient() {
	as := testserver.New(new(testing.T), testserver.TLS())
	defer as.Close()

	cert := as.ClientCertificate(&x509.Certificate{Subject: pkix.Name{CommonName: "billing"}})
	as.AddClient(testserver.Client{
		ID: "billing", AuthMethod: "tls_client_auth",
		TLS: testserver.ClientTLS{SubjectDN: "CN=billing", BoundTokens: true},
	})
	resp, err := as.MTLSClient(cert).PostForm(as.MTLSEndpoint(testserver.EndpointToken),
		url.Values{"client_id": {"billing"}, "grant_type": {"client_credentials"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)
	// Output: 200 OK
}

// To test an API that accepts certificate-bound tokens, use a token with the
// right binding and a token with each wrong binding.
func ExampleBoundToCertificate() {
	as := testserver.New(new(testing.T))
	defer as.Close()

	cert := testserver.ClientCertificate(nil) // for the field Certificates of the client's tls.Config
	good := as.Token(testserver.BoundToCertificate(cert.Leaf))
	for defect := range testserver.CertificateDefects() {
		bad := as.Token(testserver.BoundToCertificate(cert.Leaf), testserver.With(defect))
		status, code := defect.Expect()
		fmt.Println(defect, bad != good, status, code)
	}
	// Output:
	// cert-other true 401 invalid_token
	// cert-same-key true 401 invalid_token
	// cert-key-hash true 401 invalid_token
	// cert-issuer true 401 invalid_token
	// cert-sha1 true 401 invalid_token
	// cert-hex true 401 invalid_token
	// cert-padded true 401 invalid_token
	// cert-number true 401 invalid_token
}
