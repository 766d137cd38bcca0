package clientcert_test

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net"
	"net/http"
	"testing"

	"github.com/bearerguard/bearerguard/clientcert"
)

func TestThumbprint(t *testing.T) {
	certificate, err := x509.ParseCertificate(chain[0].Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if got := clientcert.Thumbprint(certificate); got != leafThumbprint {
		t.Errorf("got %q, want %q", got, leafThumbprint)
	}
}

// serveTLS starts an API that asks for certificates, and returns its URL.
func serveTLS(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := answering(t, clientcert.TLS)
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*identity(t, "api.example", nil)}, ClientAuth: tls.RequestClientCert}
	go server.ServeTLS(listener, "", "") //nolint:errcheck // until it is closed
	return "https://" + listener.Addr().String()
}

// dialer returns a transport that presents the given certificates. It opens a
// new connection for each request.
func dialer(t *testing.T, version uint16, own ...tls.Certificate) *http.Transport {
	t.Helper()
	transport := &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{
			InsecureSkipVerify: true, MaxVersion: version, Certificates: own, ClientSessionCache: tls.NewLRUClientSessionCache(0),
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

func TestTLS(t *testing.T) {
	url := serveTLS(t)
	authority := identity(t, "authority.example", nil)
	own, second := identity(t, "client.example", authority), identity(t, "client.example", authority)
	withChain := *own
	withChain.Certificate = append(withChain.Certificate, authority.Certificate...)
	thumbprint := func(c *tls.Certificate) string {
		sum := sha256.Sum256(c.Certificate[0])
		return base64.RawURLEncoding.EncodeToString(sum[:])
	}
	for version, of := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		for _, tt := range []struct {
			name string
			own  []tls.Certificate
			want string
		}{
			{"no certificate", nil, ""},
			{"a certificate", []tls.Certificate{*own}, thumbprint(own)},
			{"another certificate of the same name", []tls.Certificate{*second}, thumbprint(second)},
			{"a certificate with its issuer", []tls.Certificate{withChain}, thumbprint(own)},
		} {
			t.Run(version+"/"+tt.name, func(t *testing.T) {
				client := &http.Client{Transport: dialer(t, of, tt.own...)}
				for _, resumed := range []bool{false, true, true} {
					got, response := ask(t, client, url)
					if want := tt.want + " <nil>"; got != want {
						t.Errorf("got %q, want %q", got, want)
					}
					if response.TLS.Version != of || response.TLS.DidResume != resumed {
						t.Errorf("got the version %x, resumed %t, want %x and %t", response.TLS.Version, response.TLS.DidResume, of, resumed)
					}
				}
			})
		}
	}
}

func TestTLSOverHTTP2(t *testing.T) {
	url := serveTLS(t)
	own := identity(t, "client.example", nil)
	transport := dialer(t, 0, *own)
	transport.DisableKeepAlives, transport.ForceAttemptHTTP2 = false, true
	for range 2 { // two requests on one connection
		got, response := ask(t, &http.Client{Transport: transport}, url)
		if want := clientcert.Thumbprint(own.Leaf) + " <nil>"; got != want || response.ProtoMajor != 2 {
			t.Errorf("got %q over %s, want %q over HTTP/2.0", got, response.Proto, want)
		}
	}
}

// TLS ignores header fields. A request without TLS has no certificate.
func TestTLSIgnoresFields(t *testing.T) {
	for _, header := range []string{"Client-Cert", "X-Forwarded-Client-Cert", "X-Client-Cert", "Ssl-Client-Cert"} {
		if got, err := clientcert.TLS.Thumbprint(forwarded(t, header, hash)); got != "" || err != nil {
			t.Errorf("%s: got %q and %v, want none", header, got, err)
		}
	}
	r := forwarded(t, "Client-Cert")
	r.TLS = &tls.ConnectionState{HandshakeComplete: true}
	if got, err := clientcert.TLS.Thumbprint(r); got != "" || err != nil {
		t.Errorf("got %q and %v without certificates, want none", got, err)
	}
}
