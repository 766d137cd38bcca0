package clientcert_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/clientcert"
)

// read returns the thumbprint of a field, or "" if the field is refused.
func read(t *testing.T, f clientcert.Forwarded, value string) string {
	t.Helper()
	got, err := f.Thumbprint(forwarded(t, f.Header, value))
	if got != "" && err != nil {
		t.Fatalf("got %q together with %v", got, err)
	}
	return got
}

// sha256Of returns the thumbprint of a certificate in DER.
func sha256Of(der []byte) string {
	sum := sha256.Sum256(der)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// FuzzRFC9440 checks that an accepted field is one byte sequence, and that the
// result is the thumbprint of its content. Other encodings of it must be
// refused, but newlines are ignored.
func FuzzRFC9440(f *testing.F) {
	own := clientcert.Forwarded{Header: "Client-Cert", Format: clientcert.RFC9440, Trusted: proxies}
	for _, seed := range []string{
		":" + leaf + ":", " :" + issuer + ": ", "::", ":", leaf, ":" + leaf + ":, :" + issuer + ":", ":" + leaf + "," + issuer + ":", ":" + nonCanonical(leaf) + ":",
		":" + strings.TrimRight(leaf, "=") + ":", ":" + urlSafe(leaf) + ":", ":" + leaf + ":;a", "*" + leaf + "*",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got := read(t, own, value)
		if got == "" {
			return
		}
		inner, isOpened := strings.CutPrefix(strings.Trim(value, " \t"), ":")
		inner, isClosed := strings.CutSuffix(inner, ":")
		if !isOpened || !isClosed {
			t.Fatalf("accepted %q, want only a field with a colon at both ends", value)
		}
		der, err := base64.StdEncoding.DecodeString(inner)
		if err != nil || sha256Of(der) != got {
			t.Fatalf("got %q for %q, want the hash of its content", got, value)
		}
		again := base64.StdEncoding.EncodeToString(der)
		if lines := strings.NewReplacer("\r", "", "\n", ""); lines.Replace(inner) != again {
			t.Errorf("accepted %q, want only %q", inner, again)
		}
		if second := read(t, own, ":"+again+":"); second != got {
			t.Errorf("got %q for the same certificate, want %q", second, got)
		}
	})
}

// leafOf decodes the first certificate of a field. It is independent of the
// code under test and less strict: it ignores later text.
func leafOf(t *testing.T, value string) []byte {
	t.Helper()
	text, err := url.PathUnescape(value)
	if err != nil {
		t.Fatalf("accepted %q, which has a wrong escape", value)
	}
	text, _, _ = strings.Cut(strings.Replace(text, "-----BEGIN CERTIFICATE-----", "", 1), "-----END")
	text, _, _ = strings.Cut(text, ",")
	der, err := base64.StdEncoding.DecodeString(strings.Trim(strings.TrimSpace(text), `"`))
	if err != nil {
		t.Fatalf("accepted %q, which is not base64: %v", value, err)
	}
	return der
}

// FuzzEscapedPEM checks that the result is the thumbprint of the first
// certificate. A field with several certificates must be refused unless Chain
// is set. A field with only the first certificate must be accepted in the
// encoding of each proxy.
func FuzzEscapedPEM(f *testing.F) {
	for _, seed := range []string{
		escaped(pemOf(0)), escapedByALB(pemOf(0, 1)), url.QueryEscape(leaf) + "," + url.QueryEscape(issuer), leaf, `"` + leaf + `"`, `""`, `"`, pemOf(1, 0),
		escaped(pemOf(0)) + "," + escaped(pemOf(1)), "-----BEGIN CERTIFICATE-----" + pemOf(0), nonCanonical(leaf), strings.Replace(leaf, "+", " ", 1), "%", leaf + ",",
	} {
		f.Add(seed)
	}
	alone, withChain := clientcert.HAProxy("X-Client-Cert", proxies), clientcert.Traefik(proxies)
	f.Fuzz(func(t *testing.T, value string) {
		got, chained := read(t, alone, value), read(t, withChain, value)
		if got != "" && got != chained {
			t.Fatalf("got %q for %q, and %q with a chain", got, value, chained)
		}
		if chained == "" {
			return
		}
		der := leafOf(t, value)
		if sha256Of(der) != chained {
			t.Fatalf("got %q for %q, want the hash of the first certificate", chained, value)
		}
		text, _ := url.PathUnescape(strings.Trim(value, " \t"))
		if text = strings.TrimRight(strings.TrimSpace(text), ", \r\n"); got != "" && (strings.Count(text, "-----BEGIN") > 1 || strings.Contains(text, ",")) {
			t.Errorf("accepted %q, which has more than one certificate", value)
		}
		text = base64.StdEncoding.EncodeToString(der)
		pem := "-----BEGIN CERTIFICATE-----\n" + text + "\n-----END CERTIFICATE-----\n"
		for _, form := range []string{escaped(pem), escapedByALB(pem), url.QueryEscape(text), text} {
			if len(form) > 16<<10 { // escaping can triple the length
				continue
			}
			if second := read(t, alone, form); second != chained {
				t.Errorf("got %q for the same certificate as %q, want %q", second, form, chained)
			}
		}
	})
}

// pairs returns the keys and values of an XFCC field. In a field that is not
// JSON, it ignores quotes and splits at every separator.
func pairs(value string) (keys, values []string) {
	var elements []map[string]any
	var one map[string]any
	switch {
	case json.Unmarshal([]byte(value), &elements) == nil:
	case json.Unmarshal([]byte(value), &one) == nil:
		elements = append(elements, one)
	}
	for _, element := range elements {
		for name, content := range element {
			text, _ := content.(string)
			keys, values = append(keys, name), append(values, text)
		}
	}
	if len(elements) > 0 {
		return keys, values
	}
	for _, pair := range strings.FieldsFunc(strings.ReplaceAll(value, `\`, ""), func(c rune) bool { return c == ',' || c == ';' }) {
		key, content, _ := strings.Cut(strings.Trim(pair, ` "`), "=")
		keys, values = append(keys, key), append(values, strings.Trim(content, ` "`))
	}
	return keys, values
}

// FuzzXFCC checks that the result is the thumbprint of a Hash or Cert in the
// field. An accepted field without quotes must not contain Hash or Cert twice.
// A field that contains only the Hash of the same certificate must give the
// same result.
func FuzzXFCC(f *testing.F) {
	cert := `Cert="` + escaped(pemOf(0)) + `"`
	for _, seed := range []string{
		envoyURI, envoyTwo, envoyDNS, hash, hash + ";" + cert, cert, hash + ";URI=a;Hash=" + otherHash, `Subject="CN=\";Hash=` + otherHash + `";` + hash,
		`[{"Hash":"` + leafHash + `"}]`, `{"hash":"` + leafHash + `","Cert":"` + escaped(pemOf(0)) + `"}`, "[]", "{}", `[{"Hash":"` + leafHash + `"},{}]`, "By=;URI=", ",", ";", `a="`, `Has\h=;` + hash,
	} {
		f.Add(seed)
	}
	own := clientcert.Envoy(proxies)
	f.Fuzz(func(t *testing.T, value string) {
		got := read(t, own, value)
		if got == "" {
			return
		}
		sum, err := base64.RawURLEncoding.DecodeString(got)
		if err != nil || len(sum) != sha256.Size {
			t.Fatalf("got %q, want a thumbprint", got)
		}
		value = strings.Trim(value, " \t")
		keys, values := pairs(value)
		isMeant := func(content string) bool {
			return strings.EqualFold(content, hex.EncodeToString(sum)) || read(t, clientcert.Nginx("X", proxies), content) == got
		}
		if !slices.ContainsFunc(values, isMeant) {
			t.Errorf("got %q for %q, which has no such Hash or Cert", got, value)
		}
		if isText := value[0] != '[' && value[0] != '{'; isText && !strings.Contains(value, `"`) {
			for _, name := range []string{"hash", "cert"} {
				isNamed := func(key string) bool { return strings.EqualFold(key, name) }
				if at := slices.IndexFunc(keys, isNamed); at >= 0 && slices.ContainsFunc(keys[at+1:], isNamed) {
					t.Errorf("accepted %q, which has %s twice", value, name)
				}
			}
		}
		if second := read(t, own, "Hash="+hex.EncodeToString(sum)); second != got {
			t.Errorf("got %q for the same hash, want %q", second, got)
		}
	})
}
