package middleware_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
)

func TestFailedIntrospectionIsUnavailable(t *testing.T) {
	for name, answer := range map[string]string{
		"I07/401": "401", "I07/403": "403", "I08/500": "500", "I08/503": "503", "I08/429": "429", "I08/404": "404", "I08/204": "204", "I08/302": "302",
		"I08/HTML": "<html>", "I08/nothing": "", "I08/truncated": `{"active":true`, "I09/400": "400", "I02/a string": `{"active":"true"}`,
		"I02/twice": `{"active":false,"active":true}`, "I02/missing": `{}`, "I06/a megabyte": `{"active":true,"x":"` + strings.Repeat("a", 1<<20) + `"}`,
	} {
		for what, m := range modes {
			t.Run(name+", where it is about "+what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					o := stubAnswering(answer)
					s, maker := introspectingSetup(t, o, realTime, mode(m))
					maker.Now = time.Now()
					assertUnavailable(t, s.v, handle)
					switch m {
					case middleware.IntrospectOpaque:
						assertAccepted(t, s.v, maker.Good())
					default:
						assertUnavailable(t, s.v, maker.Good())
					}
				})
			})
		}
	}
}

func TestIntrospectionThatHangsCostsTwoSecondsOnce(t *testing.T) {
	t.Run("I20/concurrent callers, and later ones", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := stubAnswering(`{"active":true,"aud":"api"}`)
			s, _ := introspectingSetup(t, o, realTime)
			assertAccepted(t, s.v, "active")
			o.mu.Lock()
			o.delay = time.Hour
			o.mu.Unlock()
			begin := time.Now()
			var all sync.WaitGroup
			for i := range 100 {
				all.Go(func() { assertUnavailable(t, s.v, fmt.Sprint("t", i)) })
			}
			all.Wait()
			if took := time.Since(begin); took != 2*time.Second {
				t.Errorf("the first 100 requests took %v, want 2s", took)
			}
			time.Sleep(2 * time.Second) // meanwhile introspect.Client probes with the token "active"
			synctest.Wait()
			for i := range 1000 {
				assertUnavailable(t, s.v, fmt.Sprint("later", i))
			}
			if took := time.Since(begin); took != 4*time.Second {
				t.Errorf("the next 1000 requests took %v, want no wait", took-4*time.Second)
			}
			t.Logf("the first 100 requests waited 2 s each, the next 1000 requests %v in total", time.Since(begin)-4*time.Second)

			o.mu.Lock()
			o.delay = 0
			o.mu.Unlock()
			time.Sleep(2*time.Second + 1)
			assertAccepted(t, s.v, handle)
		})
	})
	t.Run("I20/JWTs that are verified locally do not wait for it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := stubAnswering(``)
			o.delay = time.Hour
			s, maker := introspectingSetup(t, o, realTime)
			maker.Now = time.Now()
			var all sync.WaitGroup
			all.Go(func() { assertUnavailable(t, s.v, handle) })
			synctest.Wait()
			assertAcceptedWithin(t, s.v, maker.Good(), 0)
			all.Wait()
		})
	})
}

func TestThreatsOwnCredentials(t *testing.T) {
	t.Run("I07/only the program sees the cause, not the caller", func(t *testing.T) {
		s, _ := introspectingSetup(t, stubAnswering("401"))
		h := http.Header{}
		_, err := s.v.Authorize(h, request(t, "Bearer "+handle))
		var refusal *middleware.Error
		if !errors.As(err, &refusal) || refusal.StatusCode() != http.StatusServiceUnavailable || !errors.Is(err, introspect.ErrCredentials) {
			t.Fatalf("got %v, want a 503 for ErrCredentials", err)
		}
		if text := fmt.Sprint(bodyOf(refusal), h); strings.Contains(text, "credential") || h.Get("WWW-Authenticate") != "" {
			t.Errorf("the client receives %s", text)
		}
	})
}

// noNetwork is a transport that fails the test on every request.
type noNetwork struct{ t *testing.T }

func (n noNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	n.t.Errorf("%s was requested", r.URL)
	return nil, errors.New("no network")
}

func TestModeAllNeedsNoKeys(t *testing.T) {
	_, maker := localIssuer(opaqueIssuer)
	o := stubAnswering(active(maker))
	s, _ := introspectingSetup(t, o, mode(middleware.IntrospectAll), func(c *middleware.Config) { c.Client = &http.Client{Transport: noNetwork{t}} })
	if err := s.v.Warm(t.Context()); err != nil {
		t.Errorf("Warm: got %v", err)
	}
	if err := s.v.Healthy(); err != nil {
		t.Errorf("Healthy: got %v", err)
	}
	if stats := s.v.Stats(); len(stats.Keys) != 0 {
		t.Errorf("Stats: got %v", stats)
	}
	o.assertReceived(t)
	assertPasses(t, s, maker.Good())
	assertPasses(t, s, handle)

	// If the keys of one issuer are unavailable, tokens of another issuer can
	// still be introspected.
	down := newSetup(t)
	down.as.Close()
	both, _ := introspectingSetup(t, o, mode(middleware.IntrospectAll), func(c *middleware.Config) {
		c.Issuers = append(c.Issuers, middleware.Issuer{URL: down.Issuer, Keys: remote(t, down.as)})
	})
	if err := both.v.Warm(t.Context()); err == nil || !strings.Contains(err.Error(), down.Issuer) || strings.Contains(err.Error(), opaqueIssuer) {
		t.Errorf("Warm: got %v, want only the fault of the other issuer", err)
	}
	if err := both.v.Healthy(); err != nil {
		t.Errorf("Healthy: got %v, want nil while some tokens can be verified", err)
	}
	assertRefused(t, both, down.Good(), middleware.ErrUnavailable)
	assertPasses(t, both, maker.Good())
	assertPasses(t, both, handle)
}
