package listen_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/url"
	"testing"

	"github.com/bearerguard/bearerguard/testserver/internal/listen"
)

// root returns the root certificate of l, and a pool that contains only that
// certificate.
func root(t *testing.T, l *listen.Listener) (*x509.Certificate, *x509.CertPool) {
	t.Helper()
	block, rest := pem.Decode(l.CACertPEM)
	if block == nil || len(rest) > 0 {
		t.Fatalf("got %q, want one certificate in PEM", l.CACertPEM)
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(c)
	return c, pool
}

// handshake makes a TLS handshake with l. The client trusts roots and expects a
// certificate for name.
func handshake(t *testing.T, l *listen.Listener, name string, roots *x509.CertPool) error {
	t.Helper()
	d := tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: name}}
	u, err := url.Parse(l.URL)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := d.DialContext(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", u.Port()))
	if err != nil {
		return err
	}
	return conn.Close()
}

func TestTheCertificateIsGoodOnlyForItsNames(t *testing.T) {
	l, _, _ := serving(t, listen.Config{TLS: true}, host)
	_, roots := root(t, l)
	for name, good := range map[string]bool{"127.0.0.1": true, "::1": true, "localhost": true, "as.example": false, "127.0.0.2": false} {
		if err := handshake(t, l, name, roots); (err == nil) != good {
			t.Errorf("%s: got %v, want it taken: %t", name, err, good)
		}
	}
	if err := handshake(t, l, "localhost", nil); err == nil {
		t.Error("got a handshake with a client that trusts the system's roots, want an error")
	}
}

func TestTheCertificateNamesTheHostOfTheURL(t *testing.T) {
	for u, host := range map[string]string{"https://as.example/tenant": "as.example", "https://192.0.2.1:8443": "192.0.2.1", "https://127.0.0.1:1": "127.0.0.1"} {
		l, client, _ := serving(t, listen.Config{TLS: true, URL: u}, host2xx)
		resp, _ := get(t, client, u)
		leaf := resp.TLS.PeerCertificates[0]
		if err := leaf.VerifyHostname(host); err != nil {
			t.Errorf("%s: got %v, want it named", u, err)
		}
		if n := len(leaf.IPAddresses) + len(leaf.DNSNames); host == "127.0.0.1" && n != 3 || host != "127.0.0.1" && n != 4 {
			t.Errorf("%s: got %v and %v, want each name once", u, leaf.IPAddresses, leaf.DNSNames)
		}
		if ca, _ := root(t, l); len(leaf.AuthorityKeyId) == 0 || !bytes.Equal(leaf.AuthorityKeyId, ca.SubjectKeyId) {
			t.Errorf("%s: got a certificate of the root %x, want that of %x", u, leaf.AuthorityKeyId, ca.SubjectKeyId)
		}
	}
}

func host2xx(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

// counting returns a configuration with reproducible random bytes. They differ
// between calls, but not between runs.
func counting() listen.Config {
	var calls byte
	random := func(_ string, n int) []byte {
		calls++
		return bytes.Repeat([]byte{calls}, n)
	}
	key := func() (crypto.Signer, error) { return ecdsa.ParseRawPrivateKey(elliptic.P256(), random("", 32)) }
	return listen.Config{TLS: true, URL: "https://as.example", InMemory: true, Random: random, Key: key}
}

func TestTheCertificateIsMadeOfTheBytesAndKeysThatAreGiven(t *testing.T) {
	a, b, c := opened(t, counting()), opened(t, counting()), opened(t, listen.Config{TLS: true, InMemory: true})
	if !bytes.Equal(a.CACertPEM, b.CACertPEM) {
		t.Error("got two certificates of the same bytes, want one")
	}
	if bytes.Equal(a.CACertPEM, c.CACertPEM) {
		t.Error("got the same certificate of random bytes, want another")
	}
	ca, _ := root(t, a)
	want, _ := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{1}, 32))
	if !want.PublicKey.Equal(ca.PublicKey) {
		t.Errorf("got the key %v, want the first that Key gave", ca.PublicKey)
	}
	if ca.SerialNumber.Sign() <= 0 || len(ca.SerialNumber.Bytes()) > 20 {
		t.Errorf("got the serial number %v, want a positive one of at most 20 octets: RFC 5280 §4.1.2.2", ca.SerialNumber)
	}
	if plain := opened(t, listen.Config{InMemory: true}); plain.CACertPEM != nil {
		t.Errorf("got the certificate %s without TLS, want none", plain.CACertPEM)
	}
}

func TestAKeyThatCannotBeMadeLeavesNothingOpen(t *testing.T) {
	broken := errors.New("no key")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	if _, err := listen.Open(listen.Config{Addr: addr, TLS: true, Key: func() (crypto.Signer, error) { return nil, broken }}); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Error("got a connection, want the port closed")
	}
}
