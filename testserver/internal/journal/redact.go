package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
)

// ClientHeader is the header field that names one of several test clients that
// share a server. The field is not part of OAuth and does not authenticate the
// client.
const ClientHeader = "Testserver-Client"

// Limits for the record of one request.
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

// schemes are the authentication schemes whose names are followed by
// credentials (RFC 9110 §11.4).
var schemes = []string{"basic", "bearer", "dpop"}

// Fingerprint returns the first 8 bytes of the SHA-256 of secret in hex. It
// identifies the secret without revealing it.
func Fingerprint(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:8])
}

// Redact returns h with fingerprints instead of values that could be secrets,
// and with limited size.
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

// Caller returns the client that r names in ClientHeader, or "" if r does not
// have the field.
func Caller(r *http.Request) string { return Short(r.Header.Get(ClientHeader)) }
