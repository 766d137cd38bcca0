package clientcert_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"net/url"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/clientcert"
)

// others returns DER structures that are not certificates, such as a private
// key. Each map key is the type of the PEM block for the structure.
func others(t *testing.T) map[string][]byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{"a.example"}}, key)
	if err != nil {
		t.Fatal(err)
	}
	authority := &x509.Certificate{KeyUsage: x509.KeyUsageCRLSign, SubjectKeyId: []byte{1}}
	list, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(1)}, authority, key)
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{"PRIVATE KEY": private, "PUBLIC KEY": public, "CERTIFICATE REQUEST": request, "X509 CRL": list}
}

// urlSafe converts standard base64 to URL-safe base64.
func urlSafe(text string) string { return strings.NewReplacer("+", "-", "/", "_").Replace(text) }

// nonCanonical sets an unused bit in the last character of a base64 text.
func nonCanonical(text string) string {
	body := strings.TrimRight(text, "=")
	last := body[len(body)-1]
	return body[:len(body)-1] + string(last+1) + text[len(body):]
}

func TestRFC9440(t *testing.T) {
	f := clientcert.Forwarded{Header: "Client-Cert", Format: clientcert.RFC9440, Trusted: proxies}
	fields := []field{
		{"the example of appendix A", ":" + leaf + ":", leafThumbprint, nil},
		{"white space around it", " \t:" + leaf + ":\t", leafThumbprint, nil},
		{"a certificate of version 1", ":" + base64.StdEncoding.EncodeToString(certificates(version1)[0].Bytes) + ":", "EWGVll_TpCAGfV_2FyT_XMERjZlpXUuPu7Y3rqBlaCk", nil},
		{"an empty field", "", "", nil},
		{"white space only", " \t", "", nil},
		{"an empty sequence", "::", "", nil},
		{"no colons", leaf, "", clientcert.ErrMalformed},
		{"no colon at the end", ":" + leaf, "", clientcert.ErrMalformed},
		{"no colon at the beginning", leaf + ":", "", clientcert.ErrMalformed},
		{"one colon", ":", "", clientcert.ErrMalformed},
		{"three colons", ":::", "", clientcert.ErrMalformed},
		{"quotes instead of colons", `"` + leaf + `"`, "", clientcert.ErrMalformed},
		{"quotes inside the colons", `:"` + leaf + `":`, "", clientcert.ErrMalformed},
		{"white space inside the colons", ": " + leaf + ":", "", clientcert.ErrMalformed},
		{"two certificates", ":" + leaf + ":, :" + issuer + ":", "", clientcert.ErrSeveral},
		{"the certificate twice", ":" + leaf + ":,:" + leaf + ":", "", clientcert.ErrSeveral},
		{"two certificates in a sequence", ":" + leaf + "," + issuer + ":", "", clientcert.ErrSeveral},
		{"a certificate and a comma", ":" + leaf + ":,", "", clientcert.ErrSeveral},
		{"a parameter", ":" + leaf + ":;a=1", "", clientcert.ErrMalformed},
		{"escaped PEM, as from nginx", escaped(pemOf(0)), "", clientcert.ErrMalformed},
		{"escaped PEM in colons", ":" + escaped(pemOf(0)) + ":", "", clientcert.ErrMalformed},
		{"PEM in colons", ":" + pemOf(0) + ":", "", clientcert.ErrMalformed},
		{"the hash", ":" + leafHash + ":", "", clientcert.ErrMalformed},
	}
	for name, text := range wrongBase64(t) {
		fields = append(fields, field{name, ":" + text + ":", "", clientcert.ErrMalformed})
	}
	check(t, f, fields)
}

// wrongBase64 returns texts that are not the base64 of one certificate.
func wrongBase64(t *testing.T) map[string]string {
	t.Helper()
	encode := base64.StdEncoding.EncodeToString
	der := chain[0].Bytes
	wrong := map[string]string{
		"a space instead of a plus sign":      strings.Replace(leaf, "+", " ", 1),
		"URL-safe base64":                     urlSafe(leaf),
		"bits after the content":              nonCanonical(leaf),
		"no padding":                          strings.TrimRight(leaf, "="),
		"too much padding":                    leaf + "=",
		"half of the text":                    leaf[:len(leaf)/2],
		"a byte after the DER":                encode(append(der[:len(der):len(der)], 0)),
		"a certificate after the DER":         encode(append(der[:len(der):len(der)], chain[1].Bytes...)),
		"two texts":                           leaf + issuer,
		"DER without its last byte":           encode(der[:len(der)-1]),
		"DER without its outer sequence":      encode(der[4:]),
		"a sequence without a signature":      encode([]byte{0x30, 4, 0x30, 0, 0x30, 0}),
		"an empty sequence of DER":            encode([]byte{0x30, 0}),
		"a null byte":                         encode([]byte{0}),
		"base64 of base64":                    encode([]byte(leaf)),
		"base64 of PEM":                       encode([]byte(pemOf(0))),
		"text":                                "none",
		"a character from another script":     "М" + leaf[1:],
		"an escape that is not hex":           "%zz" + leaf,
		"a certificate that is escaped twice": escaped(escaped(leaf)),
	}
	for name, der := range others(t) {
		wrong["a "+name] = encode(der)
	}
	return wrong
}

func TestEscapedPEM(t *testing.T) {
	crlf := strings.ReplaceAll(pemOf(0), "\n", "\r\n")
	fields := []field{
		{"nginx", escaped(pemOf(0)), leafThumbprint, nil},
		{"nginx without the last newline", escaped(strings.TrimSpace(pemOf(0))), leafThumbprint, nil},
		{"nginx, escapes in lower case", strings.NewReplacer("%2B", "%2b", "%2F", "%2f", "%3D", "%3d", "%0A", "%0a").Replace(escaped(pemOf(0))), leafThumbprint, nil},
		{"nginx with CRLF", escaped(crlf), leafThumbprint, nil},
		{"PEM without newlines", escaped(strings.ReplaceAll(pemOf(0), "\n", "")), leafThumbprint, nil},
		{"the leaf from ALB", escapedByALB(pemOf(0)), leafThumbprint, nil},
		{"Traefik 2", url.QueryEscape(leaf), leafThumbprint, nil},
		{"Traefik 3", leaf, leafThumbprint, nil},
		{"HAProxy", leaf, leafThumbprint, nil},
		{"quotes", `"` + leaf + `"`, "", clientcert.ErrMalformed},
		{"PEM that is not escaped", pemOf(0), leafThumbprint, nil},
		{"an empty field", "", "", nil},
		{"white space", " \t ", "", nil},
		{"one quote", `"`, "", clientcert.ErrMalformed},
		{"white space in quotes", `" "`, "", clientcert.ErrMalformed},
		{"a quote at the beginning", `"` + leaf, "", clientcert.ErrMalformed},
		{"a quote at the end", leaf + `"`, "", clientcert.ErrMalformed},
		{"an escaped quote", `"` + leaf + `\""`, "", clientcert.ErrMalformed},
		{"colons, as in RFC 9440", ":" + leaf + ":", "", clientcert.ErrMalformed},
		{"text before PEM", "a" + escaped(pemOf(0)), "", clientcert.ErrMalformed},
		{"text after PEM", escaped(pemOf(0)) + "a", "", clientcert.ErrMalformed},
		{"a line before PEM", escaped("subject=CN%3Da\n" + pemOf(0)), "", clientcert.ErrMalformed},
		{"the end of PEM is missing", escaped(strings.Split(pemOf(0), "-----END")[0]), "", clientcert.ErrMalformed},
		{"the beginning of PEM is missing", escaped(strings.SplitAfter(pemOf(0), "CERTIFICATE-----\n")[1]), "", clientcert.ErrMalformed},
		{"the beginning of PEM twice", "-----BEGIN CERTIFICATE-----" + escaped(pemOf(0)), "", clientcert.ErrMalformed},
		{"empty PEM", "-----BEGIN CERTIFICATE----------END CERTIFICATE-----", "", clientcert.ErrMalformed},
		{"a header in PEM", escaped(strings.Replace(pemOf(0), "\n", "\nA: b\n\n", 1)), "", clientcert.ErrMalformed},
		{"lines that are joined by spaces", strings.ReplaceAll(pemOf(0), "\n", " "), "", clientcert.ErrMalformed},
		{"lines that are joined by tabs", strings.ReplaceAll(pemOf(0), "\n", "\t"), "", clientcert.ErrMalformed},
		{"a plus sign that became a space", strings.Replace(escaped(pemOf(0)), "%2B", "%20", 1), "", clientcert.ErrMalformed},
	}
	for name, text := range wrongBase64(t) {
		fields = append(fields, field{name, text, "", clientcert.ErrMalformed})
	}
	for name, der := range others(t) {
		block := pem.EncodeToMemory(&pem.Block{Type: name, Bytes: der})
		fields = append(fields, field{name + " in PEM", escaped(string(block)), "", clientcert.ErrMalformed})
		block = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
		fields = append(fields, field{name + " in PEM of a certificate", escaped(string(block)), "", clientcert.ErrMalformed})
	}
	alone, withChain := clientcert.Nginx("X-Client-Cert", proxies), clientcert.Traefik(proxies)
	t.Run("one certificate", func(t *testing.T) { check(t, alone, fields) })
	t.Run("one certificate where a chain is accepted", func(t *testing.T) { check(t, withChain, fields) })

	chains := map[string]string{
		"the chain from ALB":       escapedByALB(pemOf(0, 1, 2)),
		"the chain from Traefik 2": url.QueryEscape(leaf) + "," + url.QueryEscape(issuer),
		"the chain from Traefik 3": leaf + "," + issuer + "," + base64Of(2),
		"two PEM blocks, by comma": escaped(strings.TrimSpace(pemOf(0)) + "," + pemOf(1)),
		"the certificate twice":    escaped(pemOf(0, 0)),
	}
	fields = []field{{"a comma before it", "," + leaf, "", clientcert.ErrMalformed}, {"a comma after it", leaf + ",", "", clientcert.ErrSeveral}}
	var refused []field
	for name, value := range chains {
		fields = append(fields, field{name, value, leafThumbprint, nil})
		refused = append(refused, field{name, value, "", clientcert.ErrSeveral})
	}
	t.Run("a chain", func(t *testing.T) { check(t, withChain, fields) })
	t.Run("a chain where one certificate is accepted", func(t *testing.T) { check(t, alone, refused) })
}

// Each preset has the field and the format that its proxy uses.
func TestPresets(t *testing.T) {
	for _, tt := range []struct {
		name          string
		f             clientcert.Forwarded
		header, value string
	}{
		{"Envoy", clientcert.Envoy(proxies), "X-Forwarded-Client-Cert", "Hash=" + leafHash},
		{"nginx", clientcert.Nginx("x-client-cert", proxies), "X-Client-Cert", escaped(pemOf(0))},
		{"ALB", clientcert.ALB(proxies), "X-Amzn-Mtls-Clientcert-Leaf", escapedByALB(pemOf(0))},
		{"Traefik", clientcert.Traefik(proxies), "X-Forwarded-Tls-Client-Cert", url.QueryEscape(leaf) + "," + url.QueryEscape(issuer)},
		{"HAProxy", clientcert.HAProxy("X-SSL-Client-DER", proxies), "X-Ssl-Client-Der", leaf},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.f.Check(); err != nil {
				t.Error(err)
			}
			r := forwarded(t, tt.header, tt.value)
			if got, err := tt.f.Thumbprint(r); got != leafThumbprint || err != nil {
				t.Errorf("got %q and %v, want %q", got, err, leafThumbprint)
			}
			r.RemoteAddr = "198.51.100.1:4711"
			if got, err := tt.f.Thumbprint(r); got != "" || !errors.Is(err, clientcert.ErrUntrusted) {
				t.Errorf("got %q and %v from another peer, want %v", got, err, clientcert.ErrUntrusted)
			}
		})
	}
}
