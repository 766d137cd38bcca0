package registry

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// CheckRedirect returns an error if uri must not be registered as a redirect
// URI. The URI must be absolute and must not contain a fragment (RFC 6749
// §3.1.2) or a user name. Schemes that browsers do not navigate to, such as
// javascript: and data:, are refused.
func CheckRedirect(uri string) error {
	p, err := url.Parse(uri)
	switch {
	case err != nil || p.Scheme == "" || !IsVisible(uri) || strings.Contains(uri, " "):
		return fmt.Errorf("redirect URI %q is not an absolute URI", uri)
	case slices.Contains([]string{"javascript", "data", "vbscript", "file", "blob", "about"}, p.Scheme):
		return fmt.Errorf("redirect URI %q: the scheme %s is not allowed, because browsers run or show such a URI instead of navigating to it", uri, p.Scheme)
	case strings.Contains(uri, "#"):
		return fmt.Errorf("redirect URI %q has a fragment (RFC 6749 §3.1.2)", uri)
	case p.User != nil:
		return fmt.Errorf("redirect URI %q contains user information", uri)
	case p.Scheme == "http" || p.Scheme == "https":
		if p.Host == "" {
			return fmt.Errorf("redirect URI %q has no host", uri)
		}
	}
	return nil
}

// CheckLogoutURI returns an error if logout tokens cannot be sent to uri
// (OpenID Connect Back-Channel Logout 1.0 §2.2).
func CheckLogoutURI(uri string) error {
	if err := CheckRedirect(uri); err != nil || !strings.HasPrefix(uri, "http://") && !strings.HasPrefix(uri, "https://") {
		return fmt.Errorf("backchannel_logout_uri %q must be an absolute http or https URI without a user name and without a fragment", uri)
	}
	return nil
}

func sameLoopback(own, uri string) bool {
	host, rest, ok := CutLoopback(own)
	otherHost, otherRest, otherOK := CutLoopback(uri)
	return ok && otherOK && host == otherHost && rest == otherRest
}

// loopbacks are the origins of redirect URIs whose port may vary. A redirect
// URI must begin with exactly one of these spellings. A URL parser would accept
// other spellings too.
var loopbacks = []string{
	"http://127.0.0.1", "http://localhost", "http://[::1]",
	"https://127.0.0.1", "https://localhost", "https://[::1]",
}

// CutLoopback returns the origin of a loopback URI without the port, and the
// rest of the URI after the port. For any other URI, ok is false.
func CutLoopback(uri string) (origin, rest string, ok bool) {
	for _, origin := range loopbacks {
		rest, found := strings.CutPrefix(uri, origin)
		if !found {
			continue
		}
		if after, found := strings.CutPrefix(rest, ":"); found {
			digits := len(after) - len(strings.TrimLeft(after, "0123456789"))
			if _, err := strconv.ParseUint(after[:digits], 10, 16); err != nil {
				return "", "", false
			}
			rest = after[digits:]
		}
		if rest == "" || rest[0] == '/' || rest[0] == '?' {
			return origin, rest, true
		}
	}
	return "", "", false
}
