package main

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/testserver"
)

// byHost sends the requests to one host through one transport, and all other
// requests through another.
type byHost struct {
	host       string
	at, others http.RoundTripper
}

func (b byHost) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == b.host {
		return b.at.RoundTrip(r)
	}
	return b.others.RoundTrip(r)
}

// TestBoundTokens tests tokens that are bound to the service's certificate.
func TestBoundTokens(t *testing.T) {
	as := testserver.New(t, testserver.TLS())
	named := &x509.Certificate{Subject: pkix.Name{CommonName: "service"}}
	own, renewed, other := as.ClientCertificate(named), as.ClientCertificate(named), as.ClientCertificate(nil)
	selfSigned := testserver.ClientCertificate(named)
	jwks, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: selfSigned.Leaf.PublicKey, Certificates: []*x509.Certificate{selfSigned.Leaf}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []testserver.Client{
		{ID: "by-name", AuthMethod: "tls_client_auth", TLS: testserver.ClientTLS{SubjectDN: "CN=service", BoundTokens: true}},
		{ID: "by-key", AuthMethod: "self_signed_tls_client_auth", JWKS: jwks, TLS: testserver.ClientTLS{BoundTokens: true}},
		{ID: "by-secret", Secret: "by-secret", TLS: testserver.ClientTLS{BoundTokens: true}},
	} {
		as.AddClient(c)
	}

	address := program.Address(t)
	host, _, _ := net.SplitHostPort(address)
	server := testserver.ClientCertificate(&x509.Certificate{IPAddresses: []net.IP{net.ParseIP(host)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	certFile, keyFile := files(t, server)
	startAPI(t, as, "SSL_CERT_FILE="+write(t, as.CACertPEM()), "MTLS_LISTEN="+address, "MTLS_CERT_FILE="+certFile, "MTLS_KEY_FILE="+keyFile)
	trusting := as.Client().Transport.(*http.Transport).Clone()
	trusting.TLSClientConfig.RootCAs = trusting.TLSClientConfig.RootCAs.Clone()
	trusting.TLSClientConfig.RootCAs.AddCert(server.Leaf)
	t.Cleanup(trusting.CloseIdleConnections)

	const (
		ok      = "GET /items: 200"
		refused = "GET /items: 401\n"
	)
	for name, test := range map[string]struct {
		client, secret string
		token, api     tls.Certificate // certificates for token requests and the API
		status         int
		printed        string
	}{
		"tls_client_auth":                          {"by-name", "", own, own, 0, ok},
		"self_signed_tls_client_auth":              {"by-key", "", selfSigned, selfSigned, 0, ok},
		"client_secret_basic":                      {"by-secret", "by-secret", other, other, 0, ok},
		"another certificate at the API":           {"by-name", "", own, other, 1, refused},
		"a renewed certificate at the API":         {"by-name", "", own, renewed, 1, refused},
		"another certificate for a token":          {"by-name", "", other, own, 1, `the token endpoint answered 401, error "invalid_client"`},
		"another self-signed certificate":          {"by-key", "", own, own, 1, `the token endpoint answered 401, error "invalid_client"`},
		"the secret of a client with certificates": {"by-name", "by-secret", own, own, 1, `the token endpoint answered 401, error "invalid_client"`},
	} {
		t.Run(name, func(t *testing.T) {
			changes := map[string]string{
				"API_URL": "https://" + address, "OAUTH_TOKEN_ENDPOINT": as.MTLSEndpoint(testserver.EndpointToken),
				"OAUTH_CLIENT_ID": test.client, "OAUTH_CLIENT_SECRET": test.secret,
			}
			changes["CLIENT_CERT_FILE"], changes["CLIENT_KEY_FILE"] = files(t, test.token)
			status, printed := serviceOver(t, as, changes, func(c config) http.RoundTripper {
				atAPI := c
				atAPI.certificate = &test.api
				return byHost{address, atAPI.bind(trusting), c.bind(trusting)}
			})
			if status != test.status || !strings.Contains(printed, test.printed) {
				t.Errorf("got status %d, want %d and %q\n%s", status, test.status, test.printed, printed)
			}
		})
	}
}

// TestTheCertificateIsPresentedToEveryServer tests that the service presents a
// self-signed certificate even to a server that asks only for certificates from
// a named authority.
func TestTheCertificateIsPresentedToEveryServer(t *testing.T) {
	own, authority := testserver.ClientCertificate(nil), testserver.ClientCertificate(&x509.Certificate{Subject: pkix.Name{CommonName: "authority"}})
	named := x509.NewCertPool()
	named.AddCert(authority.Leaf)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TLS.PeerCertificates) != 1 || !r.TLS.PeerCertificates[0].Equal(own.Leaf) {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert, ClientCAs: named, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	client := &http.Client{Transport: config{certificate: &own}.bind(server.Client().Transport)}
	t.Cleanup(client.CloseIdleConnections)
	response, err := client.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("got %d, want 200", response.StatusCode)
	}
}
