package snippets

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"net/url"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestClientWithACertificate(t *testing.T) {
	as := testserver.New(t, testserver.TLS())
	cert := as.ClientCertificate(&x509.Certificate{Subject: pkix.Name{CommonName: "billing"}})
	billing := as.AddClient(testserver.Client{
		ID: "billing", AuthMethod: "tls_client_auth",
		TLS: testserver.ClientTLS{SubjectDN: "CN=billing", BoundTokens: true},
	})
	response, err := as.MTLSClient(cert).PostForm(as.MTLSEndpoint(testserver.EndpointToken),
		url.Values{"client_id": {billing.ID}, "grant_type": {"client_credentials"}})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != 200 {
		t.Errorf("got %d, want a token", response.StatusCode)
	}
}
