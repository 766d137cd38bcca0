package middleware

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
)

// Credentials are what a caller presents, whatever carried them here. They
// print as "[redacted]".
type Credentials struct {
	Token string // an access token, without "Bearer "
}

// Format implements [fmt.Formatter], for every verb.
func (Credentials) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue implements [slog.LogValuer].
func (Credentials) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON implements [encoding/json.Marshaler], for loggers that marshal.
func (Credentials) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

const redacted = "[redacted]"

// credentials reads the one place a token may be in, the Authorization field
// (RFC 6750 §2.1). A token in the query is never used, since URLs end up in
// logs (RFC 9700 §4.3.2); beside one in the header it makes the request
// ambiguous (RFC 6750 §2). The body is not looked at: it is the handler's.
func (v *Verifier) credentials(r *http.Request) (Credentials, error) {
	fields := r.Header["Authorization"]
	switch len(fields) {
	case 0:
		return Credentials{}, ErrNoToken
	case 1:
	default:
		// Which one counts would differ between a proxy and us.
		return Credentials{}, ErrTwoTokens
	}
	field := strings.Trim(fields[0], " \t") // HTTP/2 leaves the spaces that HTTP/1.1 strips
	scheme := field[:tokenLength(field)]
	if !strings.EqualFold(scheme, "Bearer") {
		return Credentials{}, ErrNoToken
	}
	text := field[len(scheme):]
	token := strings.TrimLeft(text, " ")
	// One that is too long goes on, to be refused as that, unread.
	if token == text || len(token) <= v.maxTokenBytes && !isB64Token(token) {
		return Credentials{}, ErrRequest
	}
	if r.URL != nil && r.URL.RawQuery != "" && r.URL.Query().Has("access_token") {
		return Credentials{}, ErrTwoTokens
	}
	return Credentials{Token: token}, nil
}

// tokenLength returns how many bytes of s make the leading token of RFC 9110
// §5.6.2.
func tokenLength(s string) int {
	for i := range len(s) {
		if !alphanumeric(s[i]) && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(s[i])) {
			return i
		}
	}
	return len(s)
}

// isB64Token reports whether s is a b64token (RFC 6750 §2.1).
func isB64Token(s string) bool {
	body := strings.TrimRight(s, "=")
	for i := range len(body) {
		if !alphanumeric(body[i]) && !strings.ContainsRune("-._~+/", rune(body[i])) {
			return false
		}
	}
	return body != ""
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
