package interop_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"
)

const proxyName = "proxy.example.com"

func newECKey(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newRSAKey(t *testing.T, bits int) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// newCertificate returns a certificate that both clients and servers can use.
// The certificate is for the DNS name proxyName and for the IP addresses in
// addresses. If issuer is nil, the certificate is self-signed. Otherwise, it is
// followed by the certificates of the issuer.
func newCertificate(t *testing.T, key crypto.Signer, subject string, issuer *tls.Certificate, addresses ...string) tls.Certificate {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{Organization: []string{subject}, CommonName: subject}, DNSNames: []string{proxyName},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	for _, address := range addresses {
		template.IPAddresses = append(template.IPAddresses, net.IP(netip.MustParseAddrPort(address).Addr().AsSlice()))
	}
	parent, signer, chain := template, crypto.PrivateKey(key), [][]byte{nil}
	if issuer != nil {
		parent, signer, chain = issuer.Leaf, issuer.PrivateKey, append(chain, issuer.Certificate...)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	chain[0] = der
	return tls.Certificate{Certificate: chain, PrivateKey: key, Leaf: leaf}
}

func toKeyPEM(t *testing.T, certificate tls.Certificate) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func toPEM(certificate tls.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Leaf.Raw})
}

// pair writes a certificate and its key and returns the paths.
func pair(t *testing.T, certificate tls.Certificate) (certFile, keyFile string) {
	t.Helper()
	return write(t, toPEM(certificate)), write(t, toKeyPEM(t, certificate))
}

// write creates a file with the given text and returns the path of the file.
func write(t *testing.T, text []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// newTLSClients returns clients for HTTP/1.1 and HTTP/2. The clients present
// their own certificate, regardless of which authorities the server requests.
// If own is the zero value, the clients do not present a certificate.
func newTLSClients(t *testing.T, server, own tls.Certificate) []client {
	roots := x509.NewCertPool()
	roots.AddCert(server.Leaf)
	var http1, http2 http.Protocols
	http1.SetHTTP1(true)
	http2.SetHTTP2(true)
	clients := []client{newClient(t, "HTTP/1.1", &http1), newClient(t, "HTTP/2.0", &http2)}
	for _, c := range clients {
		c.Transport.(*http.Transport).TLSClientConfig = &tls.Config{
			RootCAs: roots, ServerName: proxyName, MinVersion: tls.VersionTLS12,
			GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &own, nil },
		}
	}
	return clients
}
