package token_test

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/mtls"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// clientCertificate returns a certificate of a client, and the CA that has
// issued it.
func clientCertificate(t *testing.T) (*x509.Certificate, *mtls.CA) {
	t.Helper()
	material := func() mtls.Material {
		m, err := token.CertificateMaterial(token.RandomSource())
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	ca, err := mtls.NewCA(material())
	if err != nil {
		t.Fatal(err)
	}
	cert, err := ca.Issue(&x509.Certificate{}, material())
	if err != nil {
		t.Fatal(err)
	}
	return cert.Leaf, ca
}

// cnfOf returns the cnf in the claims of a token.
func cnfOf(t *testing.T, claims string) map[string]any {
	t.Helper()
	var o struct {
		CNF map[string]any `json:"cnf"`
	}
	if err := json.Unmarshal([]byte(claims), &o); err != nil {
		t.Fatal(err)
	}
	return o.CNF
}

func TestEachCertificateDefectChangesOnlyTheBinding(t *testing.T) {
	cert, ca := clientCertificate(t)
	m, h := minter(t, catalogue.ES256, token.RandomSource())
	m.ClientCA = func() (*mtls.CA, error) { return ca, nil }
	base64url := base64.RawURLEncoding.EncodeToString
	sum, key, issuer, old := sha256.Sum256(cert.Raw), sha256.Sum256(cert.RawSubjectPublicKeyInfo), sha256.Sum256(ca.Certificate.Raw), sha1.Sum(cert.Raw)
	want := map[catalogue.Defect]map[string]any{
		"cert-other":    nil, // nil: any wrong thumbprint
		"cert-same-key": nil,
		"cert-key-hash": {"x5t#S256": base64url(key[:])},
		"cert-issuer":   {"x5t#S256": base64url(issuer[:])},
		"cert-sha1":     {"x5t": base64url(old[:])},
		"cert-hex":      {"x5t#S256": hex.EncodeToString(sum[:])},
		"cert-padded":   {"x5t#S256": base64url(sum[:]) + "="},
		"cert-number":   {"x5t#S256": 7.0},
	}
	for _, d := range token.CertificateCatalogue() {
		for _, opaque := range []bool{false, true} {
			var dpop token.Key
			text := mint(t, m, func(draft *token.Draft) {
				draft.Opaque, draft.Defect = opaque, &d
				dpop = newKey(t, catalogue.ES256, "")
				draft.BindTo(dpop)
				draft.BindToCertificate(cert)
			})
			claims, isOpaque := h.claims[text]
			if isOpaque != opaque {
				t.Errorf("%s: got an opaque token %v, want %v", d.Name, isOpaque, opaque)
			}
			if !opaque {
				payload, err := base64.RawURLEncoding.DecodeString(strings.Split(text, ".")[1])
				if err != nil {
					t.Fatal(err)
				}
				claims = string(payload)
			}
			got := cnfOf(t, claims)
			if jkt, _ := got["jkt"].(string); len(jkt) != 43 {
				t.Errorf("%s: got %v, want the binding to the key unchanged", d.Name, got)
			}
			delete(got, "jkt")
			if want[d.Name] != nil {
				if fmt.Sprint(got) != fmt.Sprint(want[d.Name]) {
					t.Errorf("%s: got %v, want %v", d.Name, got, want[d.Name])
				}
				continue
			}
			if other, _ := got["x5t#S256"].(string); len(other) != 43 || other == base64url(sum[:]) {
				t.Errorf("%s: got %v, want another thumbprint", d.Name, got)
			}
		}
		bare := mint(t, m, func(draft *token.Draft) { draft.Defect = &d })
		if !strings.Contains(bare, ".") {
			t.Errorf("%s: got %q without a certificate, want a JWT", d.Name, bare)
		}
	}
}

func TestEveryCertificateDefectIsInTheCatalogueOnce(t *testing.T) {
	var names []catalogue.Defect
	for _, d := range token.CertificateCatalogue() {
		names = append(names, d.Name)
		if !strings.Contains(d.Wrong, "RFC ") || !strings.HasSuffix(d.Wrong, ".") || !strings.HasSuffix(d.Fix, ".") || !strings.HasPrefix(string(d.Name), "cert-") {
			t.Errorf("%s: got %q and %q, want sentences with an RFC", d.Name, d.Wrong, d.Fix)
		}
		if status, code := d.Name.Expect(); status != 401 || code != "invalid_token" || !d.Name.IsCertificateDefect() || d.Name.IsProofDefect() {
			t.Errorf("%s: got %d %s, want 401 invalid_token", d.Name, status, code)
		}
		if slices.Contains(catalogue.AllDefects(), d.Name) {
			t.Errorf("%s: got it in the defects of all tokens", d.Name)
		}
	}
	if !slices.Equal(names, catalogue.CertificateDefects) {
		t.Errorf("got %q, want %q", names, catalogue.CertificateDefects)
	}
}

func TestOnlyParsedCertificatesBindTokens(t *testing.T) {
	m, _ := minter(t, catalogue.ES256, token.RandomSource())
	for name, cert := range map[string]*x509.Certificate{"nil": nil, "a template": {}} {
		if _, err := m.Mint(func(d *token.Draft) { d.BindToCertificate(cert) }); !strings.Contains(errorText(err), "BoundToCertificate: the certificate is nil or was not parsed") {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
	}
}

func TestBoundCertificateReadsTheThumbprint(t *testing.T) {
	for claims, want := range map[string]struct {
		thumbprint string
		bound      bool
	}{
		`{}`:                             {"", false},
		`{"cnf":{"jkt":"a"}}`:            {"", false},
		`{"cnf":"x5t#S256"}`:             {"", false},
		`{"cnf":{"x5t#S256":"a"}}`:       {"a", true},
		`{"cnf":{"x5t#S256":7}}`:         {"", true},
		`{"cnf":{"x5t#S256":null}}`:      {"", true},
		`{"cnf":{"x5t#s256":"a"}}`:       {"", false},
		`{"cnf":{"x5t":"b"},"x":"a"}`:    {"", false},
		`{"x5t#S256":"a","cnf":{"a":1}}`: {"", false},
	} {
		o, err := token.ParseObject([]byte(claims))
		if err != nil {
			t.Fatal(err)
		}
		if got, bound := token.BoundCertificate(o); got != want.thumbprint || bound != want.bound {
			t.Errorf("%s: got %q, %v, want %q, %v", claims, got, bound, want.thumbprint, want.bound)
		}
	}
}
