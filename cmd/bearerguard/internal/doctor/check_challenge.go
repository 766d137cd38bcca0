package doctor

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/bearerguard/bearerguard/internal/challenge"
	"github.com/bearerguard/bearerguard/internal/fetch"
)

// parseChallenges parses the field lines of WWW-Authenticate, and skips each
// line that it cannot parse. It returns the parsed challenges and the first
// error.
func parseChallenges(lines []string) (all []challenge.Challenge, fault error) {
	for _, line := range lines {
		list, err := challenge.Parse(line)
		all, fault = append(all, list...), cmp.Or(fault, err)
	}
	return all, fault
}

// asksForToken reports whether a challenge asks for an access token.
func asksForToken(c challenge.Challenge) bool {
	return strings.EqualFold(c.Scheme, "Bearer") || strings.EqualFold(c.Scheme, "DPoP")
}

// challenges checks the API's answer to a request without a token, and returns
// the challenges in this answer. If the status is 404 or 405, it returns nil.
func (x *examination) challenges(a answer) []challenge.Challenge {
	switch {
	case a.status == http.StatusUnauthorized:
		x.pass(aboutStatus, "")
	case a.status >= 300 && a.status < 400:
		x.fail(aboutStatus, finding{problem: "the API redirects", want: "401", got: fmt.Sprintf("%d to %s", a.status, a.header.Get("Location")),
			remedy: "Answer a request without a token with 401 and a challenge: a login page is for browsers. If the redirect only adds a slash, give the URL with the slash."})
	case a.status < 300:
		x.fail(aboutStatus, finding{problem: "the route needs no token", want: "401", got: fmt.Sprint(a.status),
			remedy: "Give the URL of a route that needs a token, or protect this one."})
	case a.status == http.StatusNotFound, a.status == http.StatusMethodNotAllowed:
		x.fail(aboutStatus, finding{problem: "the route does not answer GET with 401", want: "401", got: fmt.Sprint(a.status),
			remedy: "Give the URL of a protected GET route."})
		x.skip(aboutChallenge)
		x.noRoute = true
		return nil
	default:
		x.fail(aboutStatus, finding{problem: "a request without a token is not answered with 401", want: "401", got: fmt.Sprint(a.status),
			remedy: "Check the token before anything else, and answer with 401 and a challenge if it is missing."})
	}
	fields := a.header.Values("WWW-Authenticate")
	challenges, err := parseChallenges(fields)
	asks := false
	for _, c := range challenges {
		asks = asks || asksForToken(c)
	}
	switch {
	case len(fields) == 0:
		x.fail(aboutChallenge, finding{problem: "the challenge is missing", want: "WWW-Authenticate: Bearer …",
			remedy: `Send WWW-Authenticate: Bearer resource_metadata="…" with the 401. Does a proxy remove the field?`})
	case err != nil:
		x.fail(aboutChallenge, finding{problem: "the challenge cannot be parsed", got: strings.Join(fields, " | "),
			remedy: "Put commas between parameters, and quotes around values (RFC 9110 §11.6.1)."})
	case !asks:
		x.fail(aboutChallenge, finding{problem: "no challenge asks for an access token", want: "Bearer or DPoP", got: strings.Join(fields, " | "),
			remedy: `Send WWW-Authenticate: Bearer resource_metadata="…" too.`})
	default:
		x.pass(aboutChallenge, strings.Join(fields, " | "))
	}
	return challenges
}

// hostOf returns the host and the port of a URL, as written.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// pointer checks the parameter resource_metadata of the challenges, and returns
// the URL in it. It returns "" if no challenge has the parameter, or if the URL
// must not be requested.
func (x *examination) pointer(challenges []challenge.Challenge) string {
	named := pointers(challenges)
	if x.noRoute {
		x.skip(aboutPointer)
		return ""
	}
	if len(named) == 0 {
		x.fail(aboutPointer, finding{problem: "no challenge has resource_metadata", want: fmt.Sprintf("resource_metadata=%q", wellKnown(x.base)),
			remedy: "Add the parameter to the challenge, with the URL of the metadata. If the path of the resource is only the beginning of the requested path, use the path of the resource."})
		return ""
	}
	first := named[0]
	barred := x.barred(first)
	switch {
	case len(named) > 1:
		x.fail(aboutPointer, finding{problem: "the challenges have different values of resource_metadata", got: strings.Join(named, ", "), remedy: "Send the same resource_metadata in each challenge."})
	case fetch.CheckURL(first, true) != nil:
		x.fail(aboutPointer, finding{problem: "resource_metadata is not an absolute URL", got: first,
			remedy: "Write an absolute URL from the configuration, with scheme, host and path and without a fragment."})
	case barred != "":
		x.fail(aboutPointer, finding{problem: "resource_metadata " + barred, got: first, remedy: publicURL})
	case !strings.EqualFold(hostOf(first), x.base.Host):
		x.warn(aboutPointer, finding{problem: "the challenge names metadata of another host than the URL that was requested", want: x.base.Host, got: first,
			remedy: "Give the URL by which clients call the API. If you gave this URL, correct the URL in the configuration of the API: clients discard the metadata of another host."})
	default:
		x.pass(aboutPointer, first)
	}
	if barred != "" {
		return ""
	}
	return first
}
