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

func TestIntrospectionThatFailsIsNoVerdict(t *testing.T) {
	for name, answer := range map[string]string{
		"I07/401": "401", "I07/403": "403", "I08/500": "500", "I08/503": "503", "I08/429": "429", "I08/404": "404", "I08/204": "204", "I08/302": "302",
		"I08/HTML": "<html>", "I08/nothing": "", "I08/truncated": `{"active":true`, "I09/400": "400", "I02/a string": `{"active":"true"}`,
		"I02/twice": `{"active":false,"active":true}`, "I02/missing": `{}`, "I06/a megabyte": `{"active":true,"x":"` + strings.Repeat("a", 1<<20) + `"}`,
	} {
		for what, m := range modes {
			t.Run(name+", where it is about "+what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					o := always(answer)
					s, maker := asks(t, o, realTime, mode(m))
					maker.Now = time.Now()
					unavailable(t, s.v, handle)
					switch m {
					case middleware.IntrospectOpaque:
						accepted(t, s.v, maker.Good())
					default:
						unavailable(t, s.v, maker.Good())
					}
				})
			})
		}
	}
}

func TestIntrospectionThatHangsCostsTwoSecondsOnce(t *testing.T) {
	t.Run("I20/callers at the same time, and those after them", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := always(`{"active":true,"aud":"api"}`)
			s, _ := asks(t, o, realTime)
			accepted(t, s.v, "active")
			o.mu.Lock()
			o.delay = time.Hour
			o.mu.Unlock()
			begin := time.Now()
			var all sync.WaitGroup
			for i := range 100 {
				all.Go(func() { unavailable(t, s.v, fmt.Sprint("t", i)) })
			}
			all.Wait()
			if took := time.Since(begin); took != 2*time.Second {
				t.Errorf("the first 100 took %v, want 2s", took)
			}
			time.Sleep(2 * time.Second) // in which the server is asked about the token that was active
			synctest.Wait()
			for i := range 1000 {
				unavailable(t, s.v, fmt.Sprint("later", i))
			}
			if took := time.Since(begin); took != 4*time.Second {
				t.Errorf("the 1000 after them took %v", took-4*time.Second)
			}
			t.Logf("100 callers: 2 s each, once; 1000 after them: %v", time.Since(begin)-4*time.Second)

			o.mu.Lock()
			o.delay = 0
			o.mu.Unlock()
			time.Sleep(2*time.Second + 1)
			accepted(t, s.v, handle)
		})
	})
	t.Run("I20/JWTs that are verified here do not wait for it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := always(``)
			o.delay = time.Hour
			s, maker := asks(t, o, realTime)
			maker.Now = time.Now()
			var all sync.WaitGroup
			all.Go(func() { unavailable(t, s.v, handle) })
			synctest.Wait()
			acceptedIn(t, s.v, maker.Good(), 0)
			all.Wait()
		})
	})
}

func TestThreatsOwnCredentials(t *testing.T) {
	t.Run("I07/callers are told nothing of it, the program all", func(t *testing.T) {
		s, _ := asks(t, always("401"))
		h := http.Header{}
		_, err := s.v.Authorize(h, request(t, "Bearer "+handle))
		var refusal *middleware.Error
		if !errors.As(err, &refusal) || refusal.StatusCode() != http.StatusServiceUnavailable || !errors.Is(err, introspect.ErrCredentials) {
			t.Fatalf("got %v, want a 503 for ErrCredentials", err)
		}
		if text := fmt.Sprint(bodyOf(refusal), h); strings.Contains(text, "credential") || h.Get("WWW-Authenticate") != "" {
			t.Errorf("the client is told %s", text)
		}
	})
}

// noNetwork fails the test if anybody is asked for anything.
type noNetwork struct{ t *testing.T }

func (n noNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	n.t.Errorf("%s was requested", r.URL)
	return nil, errors.New("no network")
}

func TestModeAllNeedsNoKeys(t *testing.T) {
	_, maker := local(opaqueIssuer)
	o := always(active(maker))
	s, _ := asks(t, o, mode(middleware.IntrospectAll), func(c *middleware.Config) { c.Client = &http.Client{Transport: noNetwork{t}} })
	if err := s.v.Warm(t.Context()); err != nil {
		t.Errorf("Warm: got %v", err)
	}
	if err := s.v.Healthy(); err != nil {
		t.Errorf("Healthy: got %v", err)
	}
	if stats := s.v.Stats(); len(stats.Keys) != 0 {
		t.Errorf("Stats: got %v", stats)
	}
	o.heard(t)
	passes(t, s, maker.Good())
	passes(t, s, handle)

	// Beside an issuer whose keys cannot be had, one that is asked can judge.
	down := newSetup(t)
	down.as.Close()
	both, _ := asks(t, o, mode(middleware.IntrospectAll), func(c *middleware.Config) {
		c.Issuers = append(c.Issuers, middleware.Issuer{URL: down.Issuer, Keys: remote(t, down.as)})
	})
	if err := both.v.Warm(t.Context()); err == nil || !strings.Contains(err.Error(), down.Issuer) || strings.Contains(err.Error(), opaqueIssuer) {
		t.Errorf("Warm: got %v, want the other issuer's fault alone", err)
	}
	if err := both.v.Healthy(); err != nil {
		t.Errorf("Healthy: got %v, want nil while some tokens can be judged", err)
	}
}
