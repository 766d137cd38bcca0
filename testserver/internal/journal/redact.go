package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
)

// ClientHeader names one of the clients that share a server. It is not a part of OAuth,
// and proves nothing.
const ClientHeader = "Testserver-Client"

// Bounds of what is kept of one request.
const (
	maxFields = 64
	maxValues = 8
	MaxText   = 256
)

// harmless are the fields that are kept as they came. It lists these because
// nobody can list the names under which somebody sends a token.
var harmless = []string{
	"Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Connection", "Content-Length", "Content-Type",
	"Date", "Expect", "Host", "If-Modified-Since", "Origin", "Pragma", "User-Agent",
}

// schemes are those after which the credentials begin (RFC 9110 §11.4).
var schemes = []string{"basic", "bearer", "dpop"}

// Fingerprint names a secret without showing it.
func Fingerprint(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:8])
}

// Redact is h with a fingerprint in place of each value that could be worth
// something, and without what would fill the memory.
func Redact(h http.Header) http.Header {
	kept := http.Header{}
	for name, values := range h {
		if name == ClientHeader || len(name) > MaxText || len(kept) == maxFields {
			continue
		}
		for _, v := range values[:min(len(values), maxValues)] {
			kept[name] = append(kept[name], redact(name, v))
		}
	}
	return kept
}

func redact(name, value string) string {
	switch {
	case slices.Contains(harmless, name):
		return Short(value)
	case name == "Authorization":
		// The token's own fingerprint is the one that others log.
		scheme, credentials, ok := strings.Cut(value, " ")
		if ok && slices.Contains(schemes, strings.ToLower(scheme)) {
			return scheme + " " + Fingerprint(strings.Trim(credentials, " "))
		}
	}
	return Fingerprint(value)
}

// Short keeps text of the length of a test's own, and nothing longer.
func Short(text string) string {
	if len(text) > MaxText {
		return Fingerprint(text)
	}
	return text
}

// Caller is the client that r names in ClientHeader, "" for none.
func Caller(r *http.Request) string { return Short(r.Header.Get(ClientHeader)) }
