package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
)

// ClientHeader is the header field in which a test client identifies itself, if
// several test clients share a server. The field is not part of OAuth and does
// not authenticate the client.
const ClientHeader = "Testserver-Client"

// These are the limits for the record of one request: the number of fields, the
// number of values of a field, and the number of bytes of a value.
const (
	maxFields = 64
	maxValues = 8
	MaxText   = 256
)

// harmless are the header fields that are recorded unchanged. All other fields
// are redacted, because nobody knows the names of all fields that can contain a
// token.
var harmless = []string{
	"Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Connection", "Content-Length", "Content-Type",
	"Date", "Expect", "Host", "If-Modified-Since", "Origin", "Pragma", "User-Agent",
}

// schemes are the authentication schemes that Redact leaves unchanged. It
// replaces only the credentials after such a scheme (RFC 9110 §11.4).
var schemes = []string{"basic", "bearer", "dpop"}

// Fingerprint returns the first 8 bytes of the SHA-256 of secret in hex. It
// identifies the secret without revealing it.
func Fingerprint(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:8])
}

// Redact returns h with fingerprints instead of values that could be secrets.
// It leaves out ClientHeader. It limits the number of fields, and the number
// and size of their values.
func Redact(h http.Header) http.Header {
	redacted := http.Header{}
	for name, values := range h {
		if name == ClientHeader || len(name) > MaxText || len(redacted) == maxFields {
			continue
		}
		for _, v := range values[:min(len(values), maxValues)] {
			redacted[name] = append(redacted[name], redact(name, v))
		}
	}
	return redacted
}

func redact(name, value string) string {
	switch {
	case slices.Contains(harmless, name):
		return Short(value)
	case name == "Authorization":
		// The fingerprint covers only the token, so that it equals the
		// fingerprint of this token in other logs.
		scheme, credentials, ok := strings.Cut(value, " ")
		if ok && slices.Contains(schemes, strings.ToLower(scheme)) {
			return scheme + " " + Fingerprint(strings.Trim(credentials, " "))
		}
	}
	return Fingerprint(value)
}

// Short returns text, or its fingerprint if it is longer than MaxText.
func Short(text string) string {
	if len(text) > MaxText {
		return Fingerprint(text)
	}
	return text
}

// Caller returns the value of ClientHeader in r, shortened by Short, or "" if
// the field is absent.
func Caller(r *http.Request) string { return Short(r.Header.Get(ClientHeader)) }
