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
	if r.URL != nil && hasParameter(r.URL.RawQuery, "access_token") {
		return Credentials{}, ErrTwoTokens
	}
	return Credentials{Token: token}, nil
}

// hasParameter reports whether a query has a parameter of a name in some reading
// of it. [net/url.URL.Query] would not tell: it drops a parameter with a semicolon
// or a bad escape, and all of too many, which others do not. Here a semicolon
// separates too, and a bad escape hides no name.
func hasParameter(query, name string) bool {
	for begin, i := 0, 0; i <= len(query); i++ {
		if i < len(query) && query[i] != '&' && query[i] != ';' {
			continue
		}
		parameter := query[begin:i]
		if begin = i + 1; parameter == "" || parameter[0] != name[0] && parameter[0] != '%' {
			continue
		}
		parameter, _, _ = strings.Cut(parameter, "=")
		if couldBe(parameter, name, 1) || couldBe(parameter, name, 3) {
			return true
		}
	}
	return false
}

// couldBe reports whether percent-encoded text decodes to name, if of an escape
// that is none the first bytes are dropped: its percent sign, or all three.
func couldBe(text, name string, dropped int) bool {
	for text != "" {
		c, length := text[0], 1
		if c == '%' {
			if len(text) < 3 || hexDigit(text[1]) < 0 || hexDigit(text[2]) < 0 {
				text = text[min(dropped, len(text)):]
				continue
			}
			c, length = byte(hexDigit(text[1])<<4|hexDigit(text[2])), 3 //nolint:gosec // two digits
		}
		if name == "" || c != name[0] {
			return false
		}
		text, name = text[length:], name[1:]
	}
	return name == ""
}

// hexDigit returns the value of a digit, or a negative number.
func hexDigit(c byte) int { return strings.IndexByte("0123456789abcdef", c|0x20) }

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
