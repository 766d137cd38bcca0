package middleware

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/internal/weburl"
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
		fault("an audience differs from the normal form of Origins[0], %q, which the metadata contains as the resource: use this form as the audience or, if the difference is intended, set Resource to Origins[0]", c.resource())
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

// hasOtherAudience reports whether Config.Audience differs from the resource,
// or the Audiences of an issuer lack the resource.
func (c Config) hasOtherAudience(resource string) bool {
	if c.Audience != "" && c.Audience != resource {
		return true
	}
	return slices.ContainsFunc(c.Issuers, func(i Issuer) bool {
		return len(i.Audiences) > 0 && !slices.Contains(i.Audiences, resource)
	})
}

// normalOrigin returns the normal form of an origin (RFC 3986 §6.2.2, §6.2.3).
// If the path is only a slash, the slash is removed. A path may contain only
// characters that are never percent-encoded and have no special meaning in the
// routes of any framework.
func normalOrigin(raw string) (string, error) {
	origin, path, err := weburl.Normal(raw)
	if err != nil || strings.ContainsAny(raw, "?#") {
		return "", errNotOrigin
	}
	if err := fetch.CheckURL(origin, false); errors.Is(err, fetch.ErrInsecure) {
		return "", errScheme
	} else if err != nil {
		return "", errNotOrigin
	}
	_, rest, _ := strings.Cut(raw, "://")
	authority, written, _ := strings.Cut(rest, "/")
	host, _, _ := strings.Cut(authority, ":")
	if strings.HasSuffix(host, ".") || !consistsOf(written, &pathBytes) || strings.HasPrefix(written, "/") || strings.Contains(written, "//") {
		return "", errNotOrigin
	}
	if path == "/" {
		path = ""
	}
	return origin + path, nil
}

func consistsOf(text string, set *[256]bool) bool {
	for i := range len(text) {
		if !set[text[i]] {
			return false
		}
	}
	return true
}

var pathBytes = alphanumericAnd("-._~/")

var (
	errNotOrigin = errors.New("must be a URL like https://api.example.com/v1. The host must not end in a dot. The path may contain only letters, digits and -._~ between single slashes. User information, a query and a fragment are not allowed")
	errNotPage   = errors.New("must be an absolute URL with a host and without user information, in printable ASCII (a query and a fragment are allowed)")
	errScheme    = errors.New("must be an https URL (http is allowed only for loopback addresses)")
)
