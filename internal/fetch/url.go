package fetch

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

// The errors of [CheckURL] and [CheckIssuer].
var (
	ErrNotURL   = errors.New("must be an absolute URL with a host and without user information or a fragment (an issuer must not have a query either)")
	ErrInsecure = errors.New("must be an https URL (http is allowed only for loopback addresses, or with InsecureHTTP)")
)

// CheckURL returns an error if requests must not be sent to an endpoint with
// the given URL. The scheme must be https. It may be http if the host is
// localhost or a loopback address, or insecure is true. An endpoint may have a
// query (RFC 6749 §3.1), but an issuer must not: see [CheckIssuer].
func CheckURL(raw string, insecure bool) error {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.User != nil || strings.Contains(raw, "#") {
		return ErrNotURL
	}
	switch {
	case u.Scheme == "https":
		return nil
	case u.Scheme != "http":
		return ErrInsecure
	case insecure || loopback(u.Hostname()):
		return nil
	}
	return ErrInsecure
}

// CheckIssuer checks an issuer identifier by the rules of [CheckURL]. In
// addition, the identifier must not have a query (RFC 8414 §2).
func CheckIssuer(raw string, insecure bool) error {
	if strings.Contains(raw, "?") {
		return ErrNotURL
	}
	return CheckURL(raw, insecure)
}

// ErrNotText is the error of [CheckText].
var ErrNotText = errors.New("must be printable ASCII without spaces")

// CheckText checks an issuer identifier that is compared but never used as a
// URL. The identifier must be printable ASCII without spaces, so that
// identifiers that look equal have the same bytes.
func CheckText(raw string) error {
	if raw == "" || strings.ContainsFunc(raw, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return ErrNotText
	}
	return nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
