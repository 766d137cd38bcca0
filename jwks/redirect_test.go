package jwks_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/testserver"
)

// An attacker who can make a server send redirects must not be able to make the
// client connect to another server.
func TestK07CrossOriginRedirectsAreNotFollowed(t *testing.T) {
	for _, test := range []struct {
		name   string
		secure bool // whether the server that redirects uses https
		to     func(unusedListener) string
	}{
		{"to another port", false, func(l unusedListener) string { return l.url("http") }},
		{"to another port with a user", false, func(l unusedListener) string { return strings.Replace(l.url("http"), "://", "://a:b@", 1) }},
		{"to another name of this host", false, func(l unusedListener) string { return strings.Replace(l.url("http"), "127.0.0.1", "localhost", 1) }},
		{"without a scheme", false, func(l unusedListener) string { return strings.TrimPrefix(l.url("http"), "http:") }},
		{"up to https", false, func(l unusedListener) string { return l.url("https") }},
		{"down to http", true, func(l unusedListener) string { return l.url("http") }},
		{"to another port over TLS", true, func(l unusedListener) string { return l.url("https") }},
	} {
		for _, endpoint := range []testserver.Endpoint{testserver.EndpointJWKS, testserver.EndpointDiscovery} {
			t.Run(fmt.Sprintf("K07/%s of %s", test.name, endpoint), func(t *testing.T) {
				var options []testserver.Option
				if test.secure {
					options = append(options, testserver.TLS())
				}
				as, elsewhere := testserver.New(t, options...), newUnusedListener(t)
				r, err := jwks.Discover(as.Issuer(), jwks.Options{Client: as.Client(), Logger: discardLogger})
				if err != nil {
					t.Fatal(err)
				}
				fault := as.Inject(endpoint, testserver.RedirectTo(test.to(elsewhere)))
				if endpoint == testserver.EndpointDiscovery { // the second well-known location must redirect too
					as.Inject(testserver.EndpointASMetadata, testserver.RedirectTo(test.to(elsewhere)))
				}
				assertKeyError(t, r, as.SigningKey().ID, jwks.ErrUnavailable)
				if got := r.Stats().Failures["redirect"]; got != 1 || fault.Hits() != 1 {
					t.Errorf("got %d refused redirects in %d requests, want 1 in 1", got, fault.Hits())
				}
				elsewhere.checkNoConnection(t)
			})
		}
	}
}

func TestK07RedirectsWithinTheOriginAreFollowedThreeTimes(t *testing.T) {
	for hops, accepted := range map[int]bool{0: true, 1: true, 3: true, 4: false} {
		t.Run(fmt.Sprintf("K07/%d", hops), func(t *testing.T) {
			s := newSite(func(r *http.Request) (*http.Response, error) {
				var hop int
				if _, err := fmt.Sscanf(r.URL.RawQuery, "hop=%d", &hop); err != nil && r.URL.RawQuery != "" {
					t.Errorf("got the query %q, want none or the number of the redirect", r.URL.RawQuery)
				}
				if hop == hops {
					return respondOK(set(freshEC("a")))(r)
				}
				return withHeader(status(http.StatusFound, ""), "Location", fmt.Sprintf("%s?hop=%d", keysURL, hop+1))(r)
			})
			r := s.remote(t, jwks.Options{})
			if accepted {
				assertKey(t, r, "a")
			} else {
				assertKeyError(t, r, "a", jwks.ErrUnavailable)
			}
			if got, want := s.count(), min(hops, 3)+1; got != want {
				t.Errorf("got %d requests, want %d", got, want)
			}
		})
	}
}
