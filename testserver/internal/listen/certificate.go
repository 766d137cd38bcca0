package listen

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"slices"
	"time"
)

// certify makes a root and a separate server certificate, because clients other
// than Go's refuse a server certificate that is also the root.
func (l *Listener) certify(c Config) error {
	if c.Key == nil {
		c.Key = randomKey
	}
	rootKey, err := c.Key()
	if err != nil {
		return err
	}
	serverKey, err := c.Key()
	if err != nil {
		return err
	}

	// The validity starts before 2000-01-01, which is the initial time in a
	// synctest bubble. It ends after any time that a test is likely to set.
	notBefore := time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
	notAfter := time.Date(2190, 1, 1, 0, 0, 0, 0, time.UTC)
	root := &x509.Certificate{
		SerialNumber:          serial(c.Random),
		Subject:               pkix.Name{CommonName: "testserver root, for tests only"},
		NotBefore:             notBefore,
		NotAfter:              notAfter,
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	server := &x509.Certificate{
		SerialNumber: serial(c.Random),
		Subject:      pkix.Name{CommonName: "testserver, for tests only"},
		NotBefore:    notBefore,
		NotAfter:     notAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	u, err := url.Parse(l.URL)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(u.Hostname()); ip == nil {
		server.DNSNames = append(server.DNSNames, u.Hostname())
	} else if !slices.ContainsFunc(server.IPAddresses, ip.Equal) {
		server.IPAddresses = append(server.IPAddresses, ip)
	}

	// The first argument is nil, which makes ECDSA signatures deterministic
	// (RFC 6979).
	rootDER, err := x509.CreateCertificate(nil, root, root, rootKey.Public(), rootKey)
	if err != nil {
		return fmt.Errorf("making the root certificate: %w", err)
	}
	parsed, err := x509.ParseCertificate(rootDER)
	if err != nil {
		return fmt.Errorf("making the root certificate: %w", err)
	}
	// The parent is the parsed root, because only the parsed root has a key
	// identifier. Without the identifier, OpenSSL could not distinguish the
	// roots of several servers, which have the same name.
	serverDER, err := x509.CreateCertificate(nil, server, parsed, serverKey.Public(), rootKey)
	if err != nil {
		return fmt.Errorf("making the server certificate: %w", err)
	}
	l.certificate = &tls.Certificate{Certificate: [][]byte{serverDER}, PrivateKey: serverKey}
	l.roots = x509.NewCertPool()
	l.roots.AddCert(parsed)
	l.CACertPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: rootDER})
	return nil
}

func randomKey() (crypto.Signer, error) {
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

// serial returns a serial number that is positive and at most 16 octets long
// (RFC 5280 §4.1.2.2 allows 20).
func serial(random func(string, int) []byte) *big.Int {
	b := random("certificate serial", 16)
	b[0] = b[0]&0x7f | 0x40
	return new(big.Int).SetBytes(b)
}
