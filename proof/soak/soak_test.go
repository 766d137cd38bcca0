package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quick returns the configuration of a short run with real sockets and the
// system clock.
func quick(duration time.Duration) config {
	c := defaults()
	c.duration, c.workers = duration, 4
	c.minInterval, c.period = 200*time.Millisecond, 500*time.Millisecond
	c.faultFor, c.faultFreeFor = 400*time.Millisecond, 0
	c.floodSize = 0
	return c
}

func TestSoak(t *testing.T) {
	var out strings.Builder
	// If a run was too short, the test repeats it with a longer duration. On a
	// busy machine, a run of about a second may end before the first fault.
	for _, duration := range []time.Duration{1200 * time.Millisecond, 6 * time.Second, 30 * time.Second} {
		c := quick(duration)
		c.floodSize = 500
		out.Reset()
		ok, err := run(t.Context(), &out, c)
		if err != nil {
			t.Fatal(err)
		}
		if ok || !strings.Contains(out.String(), "the run was too short") {
			break
		}
	}
	t.Log(out.String())
	if !strings.HasSuffix(out.String(), "\n\nok\n") {
		t.Error("got a failure, want ok in the last line")
	}
	if strings.Contains(out.String(), "eyJ") {
		t.Error("a token is printed")
	}
}

// every returns a handler that passes every n-th request to the handler other,
// and the rest to the handler next.
func every(n int64, other, next http.Handler) http.Handler {
	var count atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if count.Add(1)%n == 0 {
			other.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func TestSoakFindsFaultyAPIs(t *testing.T) {
	status := func(code int) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
	}
	for _, tt := range []struct {
		name  string
		guard func(*middleware.Verifier) func(http.Handler) http.Handler
		want  string
	}{
		{
			"an API without protection",
			func(*middleware.Verifier) func(http.Handler) http.Handler {
				return func(next http.Handler) http.Handler { return next }
			},
			`204 No Content for token "expired"`,
		},
		{
			"an API that refuses some good tokens",
			func(v *middleware.Verifier) func(http.Handler) http.Handler {
				return func(next http.Handler) http.Handler {
					return requireScope(v)(every(3, status(http.StatusUnauthorized), next))
				}
			},
			`401 Unauthorized for token "good"`,
		},
		{
			"an API that is sometimes unavailable although the key is cached",
			func(v *middleware.Verifier) func(http.Handler) http.Handler {
				return func(next http.Handler) http.Handler {
					return requireScope(v)(every(3, status(http.StatusServiceUnavailable), next))
				}
			},
			`503 Service Unavailable for token "good"`,
		},
		{
			"an API that panics on bad tokens",
			func(v *middleware.Verifier) func(http.Handler) http.Handler {
				return func(next http.Handler) http.Handler {
					guarded := requireScope(v)(next)
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						rec := httptest.NewRecorder()
						if guarded.ServeHTTP(rec, r); rec.Code == http.StatusUnauthorized {
							panic(http.ErrAbortHandler)
						}
						guarded.ServeHTTP(w, r)
					})
				}
			},
			`no answer for token "`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := quick(150 * time.Millisecond)
			c.guard = tt.guard
			var out strings.Builder
			ok, err := run(t.Context(), &out, c)
			if ok || err != nil {
				t.Errorf("got %v, %v, want a failure", ok, err)
			}
			if !strings.Contains(out.String(), tt.want) {
				t.Errorf("got\n%s\nwant %s in it", out.String(), tt.want)
			}
		})
	}
}

func TestSoakCanBeInterrupted(t *testing.T) {
	c := quick(time.Hour)
	c.floodSize = 1
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	var out strings.Builder
	if _, err := run(ctx, &out, c); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"requests  ", "interrupted: the rest was skipped"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got\n%s\nwant %s in it", out.String(), want)
		}
	}
	if strings.Contains(out.String(), "unknown kid") {
		t.Error("a flood was sent")
	}
}

func TestFloodFindsExceededLimits(t *testing.T) {
	c := quick(0)
	c.floodSize = 10
	for _, tt := range []struct {
		name   string
		change func(*flood)
		want   string
	}{
		{
			"tokens that are refused too early",
			func(f *flood) { f.token = func(header, _ string, _ int64) string { return header + ".e30.AA" } },
			"10 tokens were refused for another reason",
		},
		{
			"more fetches than allowed",
			func(f *flood) { f.fetches = func(_, _ time.Duration) int { return 0 } },
			"upstream fetches, want at most 0",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := floods()[0]
			tt.change(&f)
			result, err := f.run(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(result.failures(), "\n"); !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q in it", got, tt.want)
			}
		})
	}

	t.Run("a token that is accepted", func(t *testing.T) {
		as := testserver.New(t)
		v, err := newVerifier(t.Context(), as, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		good := as.Token()
		f := flood{token: func(_, _ string, _ int64) string { return good }}
		result := &floodResult{tokens: 10}
		if err := f.send(t.Context(), v, good, result); err != nil || result.accepted != 10 {
			t.Errorf("got %d accepted, %v, want 10", result.accepted, err)
		}
	})
}
