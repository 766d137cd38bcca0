package clientcert_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/clientcert"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	//go:embed testdata/rfc9440.pem
	published string

	//go:embed testdata/v1.pem
	version1 string
)

// chain contains the certificates of RFC 9440, appendix A. The base64 of the
// first certificate contains "+", "/" and "=". The hash of this certificate is
// the output of openssl dgst -sha256.
var (
	chain        = certificates(published)
	leaf, issuer = base64Of(0), base64Of(1)
)

const (
	leafHash       = "bfaf1f7e070f9fa8dd62905f158da73f84a1136624fbafcc9393c8f7287a69eb"
	leafThumbprint = "v68ffgcPn6jdYpBfFY2nP4ShE2Yk-6_Mk5PI9yh6aes"
)

func certificates(text string) (blocks []*pem.Block) {
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return blocks
		}
		blocks = append(blocks, block)
	}
}

func base64Of(i int) string { return base64.StdEncoding.EncodeToString(chain[i].Bytes) }

// pemOf returns one or more of the certificates as PEM.
func pemOf(which ...int) string {
	var all strings.Builder
	for _, i := range which {
		all.Write(pem.EncodeToMemory(chain[i]))
	}
	return all.String()
}

// escaped percent-encodes every character except letters, digits and "-._~", as
// nginx does.
func escaped(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// escapedByALB does the same as escaped, but does not encode "+", "=" and "/".
func escapedByALB(text string) string {
	return strings.NewReplacer("%2B", "+", "%3D", "=", "%2F", "/").Replace(escaped(text))
}

var proxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}

// forwarded returns a request from a trusted proxy, with a header field for
// each value.
func forwarded(t testing.TB, header string, values ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.RemoteAddr = "192.0.2.1:4711"
	for _, value := range values {
		r.Header.Add(header, value)
	}
	return r
}

// field is a test case: the value of a header field, and the expected result.
type field struct {
	name, value string
	want        string // the thumbprint, or "" without a certificate
	wrong       error  // expected error, or nil
}

// check tests each field in a request from a trusted proxy.
func check(t *testing.T, f clientcert.Forwarded, fields []field) {
	t.Helper()
	if err := f.Check(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range fields {
		t.Run(tt.name, func(t *testing.T) {
			got, err := f.Thumbprint(forwarded(t, f.Header, tt.value))
			if got != tt.want || !errors.Is(err, tt.wrong) || err != nil && tt.wrong == nil {
				t.Errorf("got %q and %v, want %q and %v", got, err, tt.want, tt.wrong)
			}
		})
	}
}

// identity returns a new key and its certificate. The parameter from is the
// identity of the signer, or nil for a self-signed certificate.
func identity(t *testing.T, name string, from *tls.Certificate) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true, IsCA: from == nil,
	}
	made := &tls.Certificate{PrivateKey: key}
	parent, signer := template, any(key)
	if from != nil {
		parent, signer = from.Leaf, from.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	made.Certificate = [][]byte{der}
	if made.Leaf, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return made
}
