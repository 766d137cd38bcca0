package middleware

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// Credentials contain the token that a caller presents over any transport, and
// the proofs that the token belongs to the caller. They print as "[redacted]".
type Credentials struct {
	Token string // an access token, without "Bearer " or "DPoP "

	// The following fields are for tokens that are bound to a key (RFC 9449
	// §7.1). Scheme is "Bearer" or "DPoP"; "" means "Bearer". Method is the
	// method of the request. URL is an absolute URL below one of
	// Config.Origins, or only the escaped path of the request as it arrives at
	// the API. If URL is only a path, it is appended to each of Config.Origins.
	// Proofs contains the values of all DPoP fields of the request.
	Scheme string
	Method string
	URL    string
	Proofs []string

	// CertificateThumbprint is for tokens that are bound to a certificate (RFC
	// 8705 §3). It is the [clientcert.Thumbprint] of the certificate that the
	// client presented, or "".
	CertificateThumbprint string
}

// presentsSame reports whether the request still contains the credentials that
// the outer route has checked. Middleware between the two routes may have
// changed them.
func (d *decision) presentsSame() bool {
	outer := &d.outer.credentials
	if outer.CertificateThumbprint != "" && d.findCertificate() != nil {
		return false
	}
	return outer.equal(&d.credentials)
}

// equal reports whether two credentials are the same, except for Method and
// URL.
func (c *Credentials) equal(other *Credentials) bool {
	return c.Token == other.Token && c.Scheme == other.Scheme && c.CertificateThumbprint == other.CertificateThumbprint && slices.Equal(c.Proofs, other.Proofs)
}

// Format implements [fmt.Formatter]. It prints "[redacted]" for every verb.
func (Credentials) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue implements [slog.LogValuer].
func (Credentials) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON implements [encoding/json.Marshaler]. It returns "[redacted]",
// because some loggers encode values as JSON.
func (Credentials) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

const redacted = "[redacted]"

const (
	authorization = "Authorization"
	proofField    = "Dpop" // canonical name of the field DPoP
)

// present stores the credentials of a caller and determines scheme and token.
func (d *decision) present(c Credentials) {
	d.credentials = c
	d.credentials.URL, _, _ = strings.Cut(c.URL, "?")
	switch {
	case c.Scheme == "" || strings.EqualFold(c.Scheme, schemeBearer):
		d.scheme = schemeBearer
	case d.v.dpop != nil && strings.EqualFold(c.Scheme, schemeDPoP):
		d.scheme = schemeDPoP
	default:
		return // treat an unsupported scheme like a missing token
	}
	d.token = c.Token
}

// readCredentials reads the token from the only permitted place: the
// Authorization field (RFC 6750 §2.1), or the field that Config.TokenHeader
// names. A token in the query is never used, because URLs are often logged (RFC
// 9700 §4.3.2). A request with a token in both the header and the query is
// ambiguous (RFC 6750 §2) and is refused. The body is not read, because the
// handler needs it.
func (d *decision) readCredentials() error {
	fields := d.request.Header[d.v.tokenHeader]
	if len(fields) > 1 {
		return ErrTwoTokens // a proxy and this module could choose different fields
	}
	field, scheme := "", ""
	if len(fields) == 1 {
		field = trimmed(fields[0]) // net/http does not trim the fields of HTTP/2 requests
		scheme = field[:tokenLength(field)]
	}
	isBearer := scheme == schemeBearer || strings.EqualFold(scheme, schemeBearer)
	isDPoP := !isBearer && d.v.dpop != nil && strings.EqualFold(scheme, schemeDPoP)
	isBare := !isBearer && field != "" && d.v.tokenHeader != authorization
	if !isBearer && !isDPoP && !isBare {
		if d.optional {
			d.anonymous, d.repeated = true, never
			return nil
		}
		return ErrNoToken
	}
	d.scheme = schemeBearer
	text := field[len(scheme):]
	token := strings.TrimLeft(text, " ")
	switch {
	case isBare:
		text, token = "", field
	case isDPoP:
		d.scheme = schemeDPoP
	}
	switch {
	case token == text, token == "":
		return ErrRequest
	case d.request.URL != nil && hasParameter(d.request.URL.RawQuery, "access_token"):
		return ErrTwoTokens
	}
	d.credentials = Credentials{Token: token, Scheme: d.scheme}
	if isDPoP {
		d.credentials.Method, d.credentials.URL = d.request.Method, d.request.URL.EscapedPath()
		d.credentials.Proofs = d.request.Header[proofField]
	}
	if d.outer != nil && d.presentsSame() {
		d.reuse(d.outer.verified)
		d.met = len(d.outer.need) // the outer routes have already checked these requirements
		return nil
	}
	d.token = token
	return nil
}

// trimmed returns a field without surrounding white space.
func trimmed(field string) string {
	if field != "" && field[0] > ' ' && field[len(field)-1] > ' ' {
		return field // the usual case
	}
	return strings.Trim(field, " \t")
}

// reuse makes the decision use a token that is already verified. After this
// call, only the steps that every route repeats are run.
func (d *decision) reuse(t *Token) {
	d.verified, d.repeated = t, perRoute
	if t != nil {
		d.claims.expiry = t.Expiry
	}
}

func (d *decision) checkLength() error {
	switch {
	case d.token == "":
		return ErrNoToken
	case len(d.token) > d.v.maxTokenBytes:
		return ErrTooLong
	}
	return nil
}

// checkCharacters refuses a token that contains forbidden characters. It runs
// after the cache lookup, because cached tokens have already passed this check.
// If it refuses the token, it clears d.token, so that the log contains no
// fingerprint of the refused text.
func (d *decision) checkCharacters() error {
	if !d.v.isTokenText(d.token) {
		d.token = ""
		return ErrRequest
	}
	return nil
}

// hasParameter reports whether any URL parser could find a parameter with this
// name in a query. [net/url.URL.Query] is not sufficient. It drops parameters
// with a semicolon or an invalid escape, and it drops all parameters if there
// are too many. Other parsers accept these parameters. hasParameter therefore
// also splits the query at semicolons, and finds a name that contains invalid
// escapes.
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

// couldBe reports whether a parser could decode the percent-encoded text as the
// given name. The parser skips the first bytes of each invalid escape. dropped
// is the number of these bytes: 1 (the percent sign) or 3.
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

// hexDigit returns the value of a hexadecimal digit, or -1.
func hexDigit(c byte) int { return strings.IndexByte("0123456789abcdef", c|0x20) }

// tokenLength returns the length of the token at the beginning of s. Here, a
// token is a word as defined in RFC 9110 §5.6.2, such as "Bearer".
func tokenLength(s string) int {
	for i := range len(s) {
		if !tokenBytes[s[i]] {
			return i
		}
	}
	return len(s)
}

// isTokenText reports whether a token contains only permitted characters. These
// do not include double quotes and commas, so a token cannot be mistaken for
// two tokens, or for parameters of the header field.
func (v *Verifier) isTokenText(token string) bool {
	if isB64Token(token) {
		return true
	}
	isOther := func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune("\",;\\", c) }
	return v.introspecting != nil && v.introspecting.OpaqueSyntax == VSCHAR && token != "" && !strings.ContainsFunc(token, isOther)
}

// isB64Token reports whether s is a b64token (RFC 6750 §2.1).
func isB64Token(s string) bool {
	body := strings.TrimRight(s, "=")
	for i := range len(body) {
		if !b64TokenBytes[body[i]] {
			return false
		}
	}
	return body != ""
}

var (
	tokenBytes    = alphanumericAnd("!#$%&'*+-.^_`|~")
	b64TokenBytes = alphanumericAnd("-._~+/")
)

func alphanumericAnd(others string) (set [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" + others) {
		set[c] = true
	}
	return set
}
