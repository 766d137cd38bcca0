package introspect_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
)

const wellKnown = "/.well-known/openid-configuration"

func metadata(endpoint string) string {
	return fmt.Sprintf(`{"issuer":%q,"introspection_endpoint":%q,"userinfo_endpoint":%q}`, issuer, issuer+endpoint, issuer+"/userinfo")
}

// count returns the number of requests for each path.
func (s *site) count() map[string]int {
	by := make(map[string]int)
	for _, c := range s.received() {
		by[c.url[len(issuer):]]++
	}
	return by
}

func TestEndpointIsDiscoveredOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(byPath(map[string]answer{
			wellKnown: delayed(time.Second, respondOK(metadata("/found"))), "/found": respondOK(`{"active":true}`),
		}))
		c := newClient(t, s, withDiscovery)
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() { assertActive(t, c, fmt.Sprint(token, i)) })
		}
		all.Wait()
		if got := s.count(); got[wellKnown] != 1 || got["/found"] != 100 || len(got) != 2 {
			t.Errorf("got requests %v, want 1 for metadata and 100 for tokens", got)
		}
	})
}

func TestEndpointIsDiscoveredAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		by := map[string]answer{wellKnown: respondOK(metadata("/old")), "/old": respondOK(`{"active":true}`)}
		s := newSite(byPath(by))
		c := newClient(t, s, withDiscovery, noCache)
		assertActive(t, c, token)
		s.setAnswer(byPath(map[string]answer{wellKnown: respondOK(metadata("/new")), "/new": respondOK(`{"active":false}`), "/old": by["/old"]}))
		time.Sleep(5*time.Minute - 1)
		assertActive(t, c, token)
		time.Sleep(time.Nanosecond)
		assertInactive(t, c, token)
		assertInactive(t, c, token)
		if got := s.count(); got[wellKnown] != 2 || got["/old"] != 2 || got["/new"] != 2 {
			t.Errorf("got requests %v, want the old endpoint used for five minutes", got)
		}
	})
}

func TestDiscoveredEndpointIsUsedWithoutMetadata(t *testing.T) {
	for name, failure := range map[string]answer{
		"refused": connectionRefused, "an error": status(500, ``), "missing": status(404, ``), "not JSON": respondOK(`<xml/>`),
		"without the endpoint":         respondOK(`{"issuer":"` + issuer + `"}`),
		"of another issuer":            respondOK(`{"issuer":"https://evil.example","introspection_endpoint":"https://evil.example/"}`),
		"hanging":                      hang,
		"naming a plain endpoint":      respondOK(`{"issuer":"` + issuer + `","introspection_endpoint":"http://as.example.com/introspect"}`),
		"redirected to another server": redirect(302, "https://evil.example/"),
	} {
		t.Run("metadata is "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(byPath(map[string]answer{wellKnown: respondOK(metadata("/found")), "/found": respondOK(`{"active":true}`)}))
				c := newClient(t, s, withDiscovery, noCache)
				assertActive(t, c, token)
				s.setAnswer(byPath(map[string]answer{wellKnown: failure, "/found": delayed(900*time.Millisecond, respondOK(`{"active":true}`))}))
				time.Sleep(5 * time.Minute)
				before := s.count()[wellKnown]
				for range 20 {
					assertActive(t, c, token)
				}
				if got := s.count()[wellKnown] - before; got != 1 {
					t.Errorf("got %d more requests for metadata, want 1", got)
				}
			})
		})
	}
}

func TestNoQueriesWithoutMetadata(t *testing.T) {
	for name, failure := range map[string]answer{
		"refused": connectionRefused, "an error": status(500, ``), "missing": status(404, ``), "forbidden": status(403, ``), "not JSON": respondOK(`<xml/>`),
		"without the endpoint": respondOK(`{"issuer":"` + issuer + `"}`),
		"of another issuer":    respondOK(`{"issuer":"https://evil.example","introspection_endpoint":"https://evil.example/"}`),
		"hanging":              hang,
	} {
		t.Run("metadata is "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(failure)
				c := newClient(t, s, withDiscovery)
				begin := time.Now()
				for range 100 {
					assertUnavailable(t, c, token, introspect.ErrUnavailable)
				}
				if took := time.Since(begin); took > 10*time.Second {
					t.Errorf("100 requests took %v, want the time of five", took)
				}
				if got := len(s.received()); got > 10 {
					t.Errorf("got %d requests for 100 tokens, want 10 at most", got)
				}
				time.Sleep(2*time.Second + 1)
				s.setAnswer(byPath(map[string]answer{wellKnown: respondOK(metadata("/found")), "/found": respondOK(`{"active":true}`)}))
				assertActive(t, c, token)
			})
		})
	}
}

func TestConfiguredEndpointIsNotDiscovered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(respondOK(`{"active":true}`))
		c := newClient(t, s, noCache, func(c *introspect.Config) { c.Issuer = issuer })
		for range 3 {
			assertActive(t, c, token)
			time.Sleep(time.Hour)
		}
		if got := s.count(); got["/introspect"] != 3 || len(got) != 1 {
			t.Errorf("got requests %v, want only the endpoint", got)
		}
	})
}
