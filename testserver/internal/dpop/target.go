package dpop

import (
	"net/url"
	"slices"
	"strings"
)

// isTarget reports whether htu is one of the URLs of the request. It ignores
// queries and fragments, and compares normal forms (RFC 9449 §4.3).
func (r Request) isTarget(htu string) bool {
	target, ok := normal(htu)
	return ok && slices.ContainsFunc(r.URLs, func(own string) bool {
		own, ok := normal(own)
		return ok && own == target
	})
}

// normal returns the normal form of an absolute http or https URL (RFC 3986
// §6.2.2, §6.2.3), without its query and its fragment.
func normal(raw string) (string, bool) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return "", false
	}
	u = new(url.URL).ResolveReference(u) // removes dot segments
	host, path := strings.ToLower(u.Host), u.EscapedPath()
	host = strings.TrimSuffix(host, map[string]string{"http": ":80", "https": ":443"}[u.Scheme])
	if path == "" {
		path = "/"
	}
	return u.Scheme + "://" + host + normalEscapes(path), true
}

// normalEscapes decodes the percent-escapes of unreserved characters, and
// writes all other escapes in upper case. All escapes in path must be valid.
func normalEscapes(path string) string {
	const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] != '%' {
			b.WriteByte(path[i])
			continue
		}
		escape := path[i : i+3]
		if c, err := url.PathUnescape(escape); err == nil && strings.Contains(unreserved, c) {
			escape = c
		}
		i += 2
		if len(escape) > 1 {
			escape = strings.ToUpper(escape)
		}
		b.WriteString(escape)
	}
	return b.String()
}
