package token_test

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

func TestAPrivateKeyIsReadFromAFile(t *testing.T) {
	ec, _ := keyring(t, catalogue.ES384, token.RandomSource()).Signing("")
	weak, _ := keyring(t, catalogue.RS256, token.RandomSource()).Signing("")
	block := func(kind string, der []byte, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(ec.Private)
	inPKCS8 := block("PRIVATE KEY", pkcs8, err)
	sec1, err := x509.MarshalECPrivateKey(ec.Private.(*ecdsa.PrivateKey))
	inSEC1 := block("EC PARAMETERS", []byte{5}, nil) + block("EC PRIVATE KEY", sec1, err)
	public, err := x509.MarshalPKIXPublicKey(ec.Private.Public())
	inJWK, err2 := ec.JWK(true)
	if err2 != nil {
		t.Fatal(err2)
	}
	for name, tt := range map[string]struct {
		text string
		want catalogue.Alg // "" means an error
	}{
		"PKCS #8":            {inPKCS8, catalogue.ES384},
		"SEC 1":              {inSEC1, catalogue.ES384},
		"PKCS #1":            {block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(weak.Private.(*rsa.PrivateKey)), nil), catalogue.RS256},
		"text before PEM":    {"# my key\n" + inPKCS8, catalogue.ES384},
		"a JWK":              {string(inJWK), catalogue.ES384},
		"a JWK Set":          {`{"keys":[` + string(inJWK) + `]}`, catalogue.ES384},
		"an empty JWK Set":   {`{"keys":[]}`, ""},
		"a public key":       {block("PUBLIC KEY", public, err), ""},
		"a truncated key":    {block("PRIVATE KEY", pkcs8[:20], nil), ""},
		"only EC PARAMETERS": {block("EC PARAMETERS", []byte{5}, nil), ""},
		"an empty file":      {"", ""},
	} {
		key, err := token.ParseKey([]byte(tt.text))
		if key.Alg != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: got %q, %v, want %q", name, key.Alg, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "BEGIN") {
			t.Errorf("%s: got an error that quotes the key: %v", name, err)
		}
	}
}
