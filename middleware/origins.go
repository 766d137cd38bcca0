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
	case len(c.Origins) > 0 && c.Resource == "" && c.hasOtherAudience(c.Origins[0]):
		fault("an audience differs from Origins[0], which the metadata names as the resource: use Origins[0] as the audience or, if the difference is intended, set Resource to Origins[0]")
	}
	return append(faults, c.checkMetadata()...)
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
	if err := fetch.CheckURL(u.String(), false); err != nil {
		return "", err
	}
	host := u.Hostname()
	if strings.HasPrefix(u.Host, "[") {
		address, err := netip.ParseAddr(host)
		if err != nil || !address.Is6() || address.Zone() != "" {
			return "", errNotOrigin
		}
		host = "[" + address.String() + "]"
	} else if !consistsOf(host, &hostBytes) {
		return "", errNotOrigin
	}
	if text := u.Port(); text != "" {
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
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

var errNotOrigin = errors.New("must be a URL without query, fragment and user info, whose path consists of letters, digits and -._~ between single slashes")
