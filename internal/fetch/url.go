package fetch

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

// The faults of a configured or discovered URL.
var (
	ErrNotURL   = errors.New("not an absolute URL with a host and without user information, query or fragment")
	ErrInsecure = errors.New("not https (http is for loopback addresses, or where InsecureHTTP is set)")
)

// CheckURL reports whether an endpoint may be asked: https, or http when the
// host is a loopback address or insecure is set. A query is allowed in
// endpoints (RFC 8414 §2), not in issuers; see [CheckIssuer].
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

// CheckIssuer is [CheckURL] for an issuer identifier, which has no query
// (RFC 8414 §2).
func CheckIssuer(raw string, insecure bool) error {
	if strings.Contains(raw, "?") {
		return ErrNotURL
	}
	return CheckURL(raw, insecure)
}

// ErrNotText is the fault of an identifier that cannot be compared safely.
var ErrNotText = errors.New("not printable ASCII without spaces")

// CheckText is for an issuer identifier that nothing is fetched from. It may be
// any text that two people would write in the same way.
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
