package jwks_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
)

// warmRemote returns a simulated server whose key set has the key "a", and a
// Remote that has fetched this set.
func warmRemote(t *testing.T, options jwks.Options) (*site, *jwks.Remote) {
	t.Helper()
	s := newSite(respondOK(set(freshEC("a"))))
	r := s.remote(t, options)
	assertKey(t, r, "a")
	return s, r
}

// gaps returns the times between consecutive requests. The parameter from is
// the index of the first request.
func (s *site) gaps(from int) (list []time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := from + 1; i < len(s.times); i++ {
		list = append(list, s.times[i].Sub(s.times[i-1]))
	}
	return list
}

// During an outage, the delays between retries are 1, 2, 4, 8, 16 and 32
// seconds and then a minute, each reduced at random by up to a half. Tokens
// with known key IDs do not shorten them.
func TestK01RetriesBackOffDuringAnOutage(t *testing.T) {
	for name, down := range map[string]answer{
		"K01/while it answers 503": status(503, ""), "K01/while it refuses connections": connectionRefused, "K01/while its set is empty": respondOK(`{"keys":[]}`),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const tick = 100 * time.Millisecond
				s, r := warmRemote(t, jwks.Options{})
				s.setAnswer(down)
				time.Sleep(5 * time.Minute)
				for end := time.Now().Add(time.Hour); time.Now().Before(end); time.Sleep(tick) {
					assertKeyAfter(t, r, "a", 0)
					synctest.Wait()
				}
				gaps, want := s.gaps(1), time.Second
				for i, got := range gaps {
					if got < want/2 || got > want+tick {
						t.Errorf("retry %d after %v, want %v or up to half earlier", i+1, got, want)
					}
					want = min(2*want, time.Minute)
				}
				// The first six delays add up to 63 seconds. At least 58 more
				// retries follow within the hour, one a minute. If each delay
				// is reduced by half, the first six add up to 31.5 seconds, and
				// at most 118 more retries follow.
				if n := len(gaps); n < 6+58 || n > 6+118 {
					t.Errorf("got %d retries in an hour, want 64 to 124", n)
				}
				if got := r.Stats(); got.Fetches != len(gaps)+2 || total(got) != len(gaps)+1 || got.Keys != 1 {
					t.Errorf("got %+v, want each of the %d retries counted", got, len(gaps))
				}

				// A success resets the back-off: the next outage starts with a
				// delay of a second.
				s.setAnswer(respondOK(set(freshEC("a"))))
				time.Sleep(time.Minute)
				assertKey(t, r, "a")
				s.setAnswer(down)
				time.Sleep(5 * time.Minute)
				assertKey(t, r, "a")
				before := s.count()
				time.Sleep(time.Second)
				assertKey(t, r, "a")
				if got := s.count() - before; got != 1 {
					t.Errorf("got %d requests one second into the next outage, want 1", got)
				}
			})
		})
	}
}

func TestK01RetryAfterIsRespected(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		value  string
		want   time.Duration
	}{
		{"seconds", 503, "120", 2 * time.Minute},
		{"seconds, with 429", 429, "120", 2 * time.Minute},
		{"seconds, with 500", 500, "120", 2 * time.Minute},
		{"seconds, with 403", 403, "120", 2 * time.Minute},
		{"a date", 503, "Sat, 01 Jan 2000 00:07:00 GMT", 2 * time.Minute},
		{"5 minutes", 503, "300", 5 * time.Minute},
		{"a second over 5 minutes", 503, "301", 5 * time.Minute},
		{"a day", 503, "86400", 5 * time.Minute},
		{"a year, by date", 503, "Mon, 01 Jan 2001 00:00:00 GMT", 5 * time.Minute},
	} {
		t.Run("K01/Retry-After/"+test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, r := warmRemote(t, jwks.Options{MaxAge: time.Hour})
				time.Sleep(5 * time.Minute)
				s.setAnswer(withHeader(status(test.status, ""), "Retry-After", test.value))
				assertKeyError(t, r, "new", jwks.ErrUnavailable)
				s.setAnswer(respondOK(set(freshEC("a"), freshEC("new"))))

				sleepJustUnder(test.want)
				assertKeyError(t, r, "new", jwks.ErrUnavailable)
				assertKeyAfter(t, r, "a", 0)
				if got := s.count(); got != 2 {
					t.Errorf("just before: got %d requests, want 2", got)
				}
				time.Sleep(time.Nanosecond)
				assertKeyAfter(t, r, "new", 0)
			})
		})
	}
}

// Retry-After delays both kinds of fetch: renewals, and fetches for unknown key
// IDs.
func TestRetryAfterAppliesToEveryCause(t *testing.T) {
	for _, age := range []time.Duration{
		10 * time.Second, // less than Retry-After
		time.Hour,
	} {
		t.Run(age.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, r := warmRemote(t, jwks.Options{MaxAge: age})
				time.Sleep(age)
				s.setAnswer(withHeader(status(503, ""), "Retry-After", "300"))
				assertKey(t, r, "a")
				for range 2999 {
					time.Sleep(100 * time.Millisecond)
					assertKeyAfter(t, r, "a", 0)
					assertKeyError(t, r, "new", jwks.ErrUnavailable)
					synctest.Wait()
				}
				if got := s.count(); got != 2 {
					t.Errorf("got %d requests in 5 minutes, want no more after the refused one", got)
				}
				s.setAnswer(respondOK(set(freshEC("a"), freshEC("new"))))
				time.Sleep(100 * time.Millisecond)
				assertKeyAfter(t, r, "new", 0)
			})
		})
	}
}

func TestK25StaleSetIsNotUsed(t *testing.T) {
	for name, test := range map[string]struct {
		configured, want time.Duration
	}{
		"K25/a day by default": {0, 24 * time.Hour},
		"K25/an hour":          {time.Hour, time.Hour},
		"K25/thirty days":      {30 * 24 * time.Hour, 30 * 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, r := warmRemote(t, jwks.Options{MaxStale: test.configured})
				s.setAnswer(connectionRefused)
				sleepJustUnder(test.want)
				assertKeyAfter(t, r, "a", 0)
				if _, err := r.Snapshot(); err != nil {
					t.Errorf("just before: got %v, want the set", err)
				}
				time.Sleep(time.Nanosecond)
				assertKeyError(t, r, "a", jwks.ErrUnavailable)
				if set, err := r.Snapshot(); set != nil || !errors.Is(err, jwks.ErrUnavailable) {
					t.Errorf("got %v and %v, want no set and ErrUnavailable", set, err)
				}
				if got := r.Stats(); got.Age != test.want {
					t.Errorf("got %+v, want an age of %v", got, test.want)
				}
				s.setAnswer(respondOK(set(freshEC("b"))))
				time.Sleep(time.Second)
				assertKeyAfter(t, r, "b", 0)
				assertKeyError(t, r, "a", jwks.ErrUnknownKey)
			})
		})
	}
	t.Run("K25/a confirmed set counts as new", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(withETag(`"1"`, set(freshEC("a"))))
			r := s.remote(t, jwks.Options{MaxStale: time.Hour})
			assertKey(t, r, "a")
			time.Sleep(48 * time.Hour)
			assertKeyAfter(t, r, "a", 0)
			if got := r.Stats().NotModified; got != 1 {
				t.Errorf("got %d answers of 304, want 1", got)
			}
		})
	})
}

// Once the set is too old to be used, retries ignore the earlier back-off and
// Retry-After.
func TestK25StaleSetIsRetriedEverySecond(t *testing.T) {
	for name, down := range map[string]answer{
		"K25/whatever the back-off was":     connectionRefused,
		"K25/whatever the server asked for": withHeader(status(503, ""), "Retry-After", "300"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const stale = time.Hour
				s, r := warmRemote(t, jwks.Options{MaxStale: stale})
				s.setAnswer(down)
				for r.Stats().Age < stale-10*time.Second {
					assertKeyAfter(t, r, "a", 0)
					synctest.Wait()
					time.Sleep(time.Second)
				}
				time.Sleep(stale - r.Stats().Age)
				assertKeyError(t, r, "a", jwks.ErrUnavailable)
				s.setAnswer(respondOK(set(freshEC("a"))))
				time.Sleep(time.Second)
				assertKeyAfter(t, r, "a", 0)
			})
		})
	}
}

// Without a usable key, the delay between retries is a second or MinInterval,
// whichever is shorter. This delay is reduced at random by up to a half.
// Retry-After is ignored.
func TestK24ColdStartIsRetriedEverySecond(t *testing.T) {
	for name, test := range map[string]struct {
		answer      answer
		least, want time.Duration
	}{
		"K24/while it refuses connections":      {connectionRefused, 0, time.Second},
		"K24/despite Retry-After":               {withHeader(status(503, ""), "Retry-After", "3600"), 0, time.Second},
		"K24/despite a longer MinInterval":      {connectionRefused, time.Hour, time.Second},
		"K24/sooner with a shorter MinInterval": {connectionRefused, 200 * time.Millisecond, 200 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const tick = time.Millisecond
				s := newSite(test.answer)
				r := s.remote(t, jwks.Options{MinInterval: test.least})
				for range 10_000 {
					assertKeyError(t, r, "a", jwks.ErrUnavailable)
					time.Sleep(tick)
				}
				for _, got := range s.gaps(0) {
					if got < test.want/2 || got > test.want+tick {
						t.Errorf("got a retry after %v, want %v or up to half earlier", got, test.want)
					}
				}
				s.setAnswer(respondOK(set(freshEC("a"))))
				time.Sleep(test.want)
				assertKeyAfter(t, r, "a", 0)
			})
		})
	}
}

// A Remote notices within about a second that the server has recovered. If the
// server hung before, the Remote notices the recovery after the hanging attempt
// has ended.
func TestK24RecoveryIsNoticed(t *testing.T) {
	for name, test := range map[string]struct {
		down answer
		want time.Duration
	}{
		"K24/after refused connections": {connectionRefused, time.Second},
		"K24/after hanging":             {hang, 6 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const outage = 10*time.Second + 350*time.Millisecond
				s := newSite(test.down)
				r := s.remote(t, jwks.Options{})
				begin := time.Now()
				time.AfterFunc(outage, func() { s.setAnswer(respondOK(set(freshEC("a")))) })
				for time.Since(begin) < time.Minute {
					_, err := r.Key(t.Context(), "a", "ES256")
					if err == nil {
						break
					}
					if !errors.Is(err, jwks.ErrUnavailable) {
						t.Errorf("got %v, want ErrUnavailable", err)
					}
					time.Sleep(10 * time.Millisecond)
				}
				if got := time.Since(begin) - outage; got < 0 || got > test.want+10*time.Millisecond {
					t.Errorf("the Remote was ready %v after the server, want %v at most", got, test.want)
				}
			})
		})
	}
}
