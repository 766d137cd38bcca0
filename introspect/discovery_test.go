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

// count returns how often each path was asked.
func (s *site) count() map[string]int {
	by := make(map[string]int)
	for _, c := range s.seen() {
		by[c.url[len(issuer):]]++
	}
	return by
}

func TestTheEndpointIsFoundOnceForManyTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(paths(map[string]answer{
			wellKnown: after(time.Second, says(metadata("/found"))), "/found": says(`{"active":true}`),
		}))
		c := newClient(t, s, discovering)
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() { isActive(t, c, fmt.Sprint(token, i)) })
		}
		all.Wait()
		if got := s.count(); got[wellKnown] != 1 || got["/found"] != 100 || len(got) != 2 {
			t.Errorf("got requests %v, want metadata once and 100 tokens", got)
		}
	})
}

func TestTheEndpointIsLookedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		by := map[string]answer{wellKnown: says(metadata("/old")), "/old": says(`{"active":true}`)}
		s := newSite(paths(by))
		c := newClient(t, s, discovering, always)
		isActive(t, c, token)
		s.becomes(paths(map[string]answer{wellKnown: says(metadata("/new")), "/new": says(`{"active":false}`), "/old": by["/old"]}))
		time.Sleep(5*time.Minute - 1)
		isActive(t, c, token)
		time.Sleep(time.Nanosecond)
		isInactive(t, c, token)
		isInactive(t, c, token)
		if got := s.count(); got[wellKnown] != 2 || got["/old"] != 2 || got["/new"] != 2 {
			t.Errorf("got requests %v, want the old endpoint for five minutes", got)
		}
	})
}

func TestTheEndpointThatIsKnownServesWhileMetadataAreMissing(t *testing.T) {
	for name, failure := range map[string]answer{
		"refused": refused, "an error": status(500, ``), "not there": status(404, ``), "not JSON": says(`<xml/>`),
		"without the endpoint":     says(`{"issuer":"` + issuer + `"}`),
		"of another issuer":        says(`{"issuer":"https://evil.example","introspection_endpoint":"https://evil.example/"}`),
		"hanging":                  hangs,
		"naming a plain endpoint":  says(`{"issuer":"` + issuer + `","introspection_endpoint":"http://as.example.com/introspect"}`),
		"moved to another address": redirects(302, "https://evil.example/"),
	} {
		t.Run("metadata are "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(paths(map[string]answer{wellKnown: says(metadata("/found")), "/found": says(`{"active":true}`)}))
				c := newClient(t, s, discovering, always)
				isActive(t, c, token)
				s.becomes(paths(map[string]answer{wellKnown: failure, "/found": after(900*time.Millisecond, says(`{"active":true}`))}))
				time.Sleep(5 * time.Minute)
				before := s.count()[wellKnown]
				for range 20 {
					isActive(t, c, token)
				}
				if got := s.count()[wellKnown] - before; got != 1 {
					t.Errorf("metadata were asked for %d times more, want once", got)
				}
			})
		})
	}
}

func TestNothingIsAskedWithoutMetadata(t *testing.T) {
	for name, failure := range map[string]answer{
		"refused": refused, "an error": status(500, ``), "not there": status(404, ``), "forbidden": status(403, ``), "not JSON": says(`<xml/>`),
		"without the endpoint": says(`{"issuer":"` + issuer + `"}`),
		"of another issuer":    says(`{"issuer":"https://evil.example","introspection_endpoint":"https://evil.example/"}`),
		"hanging":              hangs,
	} {
		t.Run("metadata are "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(failure)
				c := newClient(t, s, discovering)
				begin := time.Now()
				for range 100 {
					isUnknown(t, c, token, introspect.ErrUnavailable)
				}
				if took := time.Since(begin); took > 10*time.Second {
					t.Errorf("100 requests took %v, want what five cost", took)
				}
				if got := len(s.seen()); got > 10 {
					t.Errorf("the server was asked %d times for 100 tokens, want it left alone", got)
				}
				time.Sleep(2*time.Second + 1)
				s.becomes(paths(map[string]answer{wellKnown: says(metadata("/found")), "/found": says(`{"active":true}`)}))
				isActive(t, c, token)
			})
		})
	}
}

func TestAnEndpointThatIsGivenIsNotLookedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(says(`{"active":true}`))
		c := newClient(t, s, always, func(c *introspect.Config) { c.Issuer = issuer })
		for range 3 {
			isActive(t, c, token)
			time.Sleep(time.Hour)
		}
		if got := s.count(); got["/introspect"] != 3 || len(got) != 1 {
			t.Errorf("got requests %v, want the endpoint alone", got)
		}
	})
}
