package mtls_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/testserver/internal/mtls"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func material(t *testing.T) mtls.Material {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial := make([]byte, 16)
	_, _ = rand.Read(serial)
	return mtls.Material{Key: key, Serial: serial}
}

func newCA(t *testing.T) *mtls.CA {
	t.Helper()
	ca, err := mtls.NewCA(material(t))
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func issued(t *testing.T, ca *mtls.CA, template *x509.Certificate) tls.Certificate {
	t.Helper()
	cert, err := ca.Issue(template, material(t))
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestVerifySaysWhyAChainIsRefused(t *testing.T) {
	ca, other := newCA(t), newCA(t)
	server := &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	for name, tt := range map[string]struct {
		cert tls.Certificate
		want mtls.Why
	}{
		"a certificate of the CA":            {issued(t, ca, &x509.Certificate{}), mtls.Trusted},
		"a certificate of another CA":        {issued(t, other, &x509.Certificate{}), mtls.Unknown},
		"a self-signed certificate":          {tls.Certificate{Leaf: named(t, &x509.Certificate{})}, mtls.Unknown},
		"a certificate that has expired":     {issued(t, ca, &x509.Certificate{NotAfter: noon.Add(-time.Second)}), mtls.Untimely},
		"a certificate that is for later":    {issued(t, ca, &x509.Certificate{NotBefore: noon.Add(time.Second)}), mtls.Untimely},
		"a certificate of a server":          {issued(t, ca, server), mtls.Unfit},
		"a certificate with the CA's names":  {issued(t, other, &x509.Certificate{Subject: ca.Certificate.Subject}), mtls.Unknown},
		"the certificate of the CA as a key": {tls.Certificate{Leaf: ca.Certificate}, mtls.Trusted},
	} {
		if got := mtls.Verify([]*x509.Certificate{tt.cert.Leaf}, []*x509.Certificate{ca.Certificate}, noon); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}

func TestVerifyFollowsTheChainThatTheClientPresents(t *testing.T) {
	root := newCA(t)
	m := material(t)
	between, err := root.Issue(&x509.Certificate{Subject: pkix.Name{CommonName: "between"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, m)
	if err != nil {
		t.Fatal(err)
	}
	leafKey := material(t)
	der, err := x509.CreateCertificate(rand.Reader, named(t, &x509.Certificate{}), between.Leaf, leafKey.Key.Public(), m.Key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := []*x509.Certificate{root.Certificate}
	if got := mtls.Verify([]*x509.Certificate{leaf, between.Leaf}, roots, noon); got != mtls.Trusted {
		t.Errorf("got %v, want it trusted", got)
	}
	if got := mtls.Verify([]*x509.Certificate{leaf}, roots, noon); got != mtls.Unknown {
		t.Errorf("got %v without the CA between, want it unknown", got)
	}
}

func TestARegisteredKeyStandsForItsCertificates(t *testing.T) {
	ca, m := newCA(t), material(t)
	certify := func(cn string) *x509.Certificate {
		cert, err := ca.Certify(&x509.Certificate{Subject: pkix.Name{CommonName: cn}}, m.Key.Public(), material(t).Serial)
		if err != nil {
			t.Fatal(err)
		}
		return cert
	}
	old, renewed, other := certify("a"), certify("a"), named(t, &x509.Certificate{})
	sum := sha256.Sum256(old.Raw)
	for name, tt := range map[string]struct {
		key  jose.JSONWebKey
		want [3]bool // matches old, renewed, other
	}{
		"x5c":             {jose.JSONWebKey{Key: m.Key.Public(), Certificates: []*x509.Certificate{old}}, [3]bool{true, false, false}},
		"x5c and a CA":    {jose.JSONWebKey{Key: m.Key.Public(), Certificates: []*x509.Certificate{old, ca.Certificate}}, [3]bool{true, false, false}},
		"x5t#S256":        {jose.JSONWebKey{Key: m.Key.Public(), CertificateThumbprintSHA256: sum[:]}, [3]bool{true, false, false}},
		"a public key":    {jose.JSONWebKey{Key: m.Key.Public()}, [3]bool{true, true, false}},
		"the other's key": {jose.JSONWebKey{Key: other.PublicKey}, [3]bool{false, false, true}},
	} {
		keys := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{tt.key}}
		if got := [3]bool{mtls.IsRegistered(old, keys), mtls.IsRegistered(renewed, keys), mtls.IsRegistered(other, keys)}; got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}

// The certificate and its thumbprint are from RFC 8705, appendix A.
func TestThumbprintOfTheRFC(t *testing.T) {
	const certificate = `-----BEGIN CERTIFICATE-----
MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAx
ODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqG
SM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ
/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwID
SQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOV
bUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY=
-----END CERTIFICATE-----`
	certs, err := mtls.ParsePEM([]byte(certificate))
	if err != nil || len(certs) != 1 {
		t.Fatalf("got %d certificates and %v, want one", len(certs), err)
	}
	if got, want := mtls.Thumbprint(certs[0]), "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestParsePEM(t *testing.T) {
	ca, other := newCA(t), newCA(t)
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")})
	certs, err := mtls.ParsePEM(append(append(ca.PEM(), key...), other.PEM()...))
	if err != nil || len(certs) != 2 || !certs[0].Equal(ca.Certificate) || !certs[1].Equal(other.Certificate) {
		t.Errorf("got %d certificates and %v, want both", len(certs), err)
	}
	for text, want := range map[string]string{
		"":          "want a certificate in PEM",
		string(key): "want a certificate in PEM",
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})): "a certificate is malformed",
	} {
		if _, err := mtls.ParsePEM([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func TestARequestWithoutTLSPresentsNothing(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	if got := mtls.Presented(r); got != nil {
		t.Errorf("got %v, want nothing", got)
	}
	cert := named(t, &x509.Certificate{})
	r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{cert}}
	if got := mtls.Presented(r); len(got) != 1 || got[0] != cert {
		t.Errorf("got %v, want the certificate", got)
	}
	if text := mtls.Thumbprint(cert); len(text) != base64.RawURLEncoding.EncodedLen(sha256.Size) {
		t.Errorf("got %q, want a hash in base64url", text)
	}
}
