package middleware

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/bearerguard/bearerguard/internal/fetch"
)

// checkOrigins returns the faults of Origins, Resource and Metadata.
func (c Config) checkOrigins() (faults []error) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }

	var normal []string
	for i, origin := range c.Origins {
		one, err := normalOrigin(origin)
		switch j := slices.Index(normal, one); {
		case err != nil:
			fault("Origins[%d]: %w", i, err)
		case j >= 0:
			fault("Origins[%d] is the same URL as Origins[%d]", i, j)
		}
		normal = append(normal, one)
	}
	switch {
	case c.Resource != "" && (len(c.Origins) == 0 || c.Resource != c.Origins[0]):
		fault("Resource must equal Origins[0] or be empty")
	case len(c.Origins) > 0 && c.Resource == "" && c.hasOtherAudience(c.resource()):
		fault("an audience differs from the normal form of Origins[0], which the metadata names as the resource: use that form as the audience or, if the difference is intended, set Resource to Origins[0]")
	}
	return append(faults, c.checkMetadata()...)
}

// resource returns the resource identifier in the metadata: the normal form of
// the first origin. If the path of the origin is only a slash, the slash is
// kept, because clients compare the identifier byte for byte (RFC 9728 §3.3).
func (c Config) resource() string {
	raw := c.Origins[0]
	normal, err := normalOrigin(raw)
	switch {
	case err != nil:
		return raw
	case strings.HasSuffix(raw, "/") && strings.Count(normal, "/") == 2:
		return normal + "/"
	}
	return normal
}

// hasOtherAudience reports whether the tokens of some issuer may name an
// audience other than the resource.
func (c Config) hasOtherAudience(resource string) bool {
	if c.Audience != "" && c.Audience != resource {
		return true
	}
	return slices.ContainsFunc(c.Issuers, func(i Issuer) bool {
		return len(i.Audiences) > 0 && !slices.Contains(i.Audiences, resource)
	})
}

// normalOrigin returns the normal form of an origin (RFC 3986 §6.2.2, §6.2.3).
// If the path is only a slash, the normal form omits it. The path may contain
// only characters that are never percent-encoded and have no special meaning in
// the routes of any framework.
func normalOrigin(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || fetch.CheckText(raw) != nil || strings.ContainsAny(raw, "?#") {
		return "", errNotOrigin
	}
	u.Host = strings.ToLower(u.Host)
	switch err := fetch.CheckURL(u.String(), false); {
	case errors.Is(err, fetch.ErrInsecure):
		return "", errScheme
	case err != nil:
		return "", errNotOrigin
	}
	host := u.Hostname()
	if strings.HasPrefix(u.Host, "[") {
		address, err := netip.ParseAddr(host)
		if err != nil || !address.Is6() || address.Zone() != "" {
			return "", errNotOrigin
		}
		host = "[" + address.String() + "]"
	} else if !consistsOf(host, &hostBytes) || strings.HasSuffix(host, ".") {
		return "", errNotOrigin
	}
	if text := u.Port(); text != "" {
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil || port == 0 {
			return "", errNotOrigin
		}
		if u.Scheme == "https" && port != 443 || u.Scheme == "http" && port != 80 {
			host += ":" + strconv.FormatUint(port, 10)
		}
	}
	if path := u.EscapedPath(); !consistsOf(path, &pathBytes) || strings.Contains(path, "//") {
		return "", errNotOrigin
	}
	path := new(url.URL).ResolveReference(u).Path // without dot segments
	if path == "/" {
		path = ""
	}
	return u.Scheme + "://" + host + path, nil
}

func consistsOf(text string, set *[256]bool) bool {
	for i := range len(text) {
		if !set[text[i]] {
			return false
		}
	}
	return true
}

var (
	hostBytes = alphanumericAnd("-._")
	pathBytes = alphanumericAnd("-._~/")
)

var (
	errNotOrigin = errors.New("must be a URL like https://api.example.com/v1. The host must not end in a dot. The path may contain only letters, digits and -._~ between single slashes. User information, a query and a fragment are not allowed")
	errNotPage   = errors.New("must be an absolute URL with a host and without user information, in printable ASCII (a query and a fragment are allowed)")
	errScheme    = errors.New("must be an https URL (http is allowed only for loopback addresses)")
)
