package jwks_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
)

// known makes a Remote that knows the key "a" of a site.
func known(t *testing.T, options jwks.Options) (*site, *jwks.Remote) {
	t.Helper()
	s := newSite(says(set(freshEC("a"))))
	r := s.remote(t, options)
	has(t, r, "a")
	return s, r
}

// gaps are the times from the end of each request, which takes no time, to the
// next one, from the request with a number on.
func (s *site) gaps(from int) (list []time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := from + 1; i < len(s.times); i++ {
		list = append(list, s.times[i].Sub(s.times[i-1]))
	}
	return list
}

// A server that is down is asked after 1, 2, 4, 8, 16 and 32 seconds and then
// each minute, or up to half earlier, however many tokens arrive.
func TestK01AServerThatIsDownIsAskedEverMoreSeldom(t *testing.T) {
	for name, down := range map[string]answer{
		"K01/while it answers 503": status(503, ""), "K01/while it is refused": refused, "K01/while its set is empty": says(`{"keys":[]}`),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const tick = 100 * time.Millisecond
				s, r := known(t, jwks.Options{})
				s.becomes(down)
				time.Sleep(5 * time.Minute)
				for end := time.Now().Add(time.Hour); time.Now().Before(end); time.Sleep(tick) {
					hasIn(t, r, "a", 0)
					synctest.Wait()
				}
				gaps, want := s.gaps(1), time.Second
				for i, got := range gaps {
					if got < want/2 || got > want+tick {
						t.Errorf("retry %d after %v, want %v or up to half earlier", i+1, got, want)
					}
					want = min(2*want, time.Minute)
				}
				// By the pauses above: at least 59 more of a minute, at most 119 of half one.
				if n := len(gaps); n < 6+58 || n > 6+119 {
					t.Errorf("got %d retries in an hour", n)
				}
				if got := r.Stats(); got.Fetches != len(gaps)+2 || total(got) != len(gaps)+1 || got.Keys != 1 {
					t.Errorf("got %+v, want each of the %d retries counted", got, len(gaps))
				}

				// What is over is forgotten: the next outage begins with a second.
				s.becomes(says(set(freshEC("a"))))
				time.Sleep(time.Minute)
				has(t, r, "a")
				s.becomes(down)
				time.Sleep(5 * time.Minute)
				has(t, r, "a")
				before := s.count()
				time.Sleep(time.Second)
				has(t, r, "a")
				if got := s.count() - before; got != 1 {
					t.Errorf("got %d requests a second into the next outage, want 1", got)
				}
			})
		})
	}
}

func TestK01AServerThatAsksToBeLeftAloneIs(t *testing.T) {
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
				s, r := known(t, jwks.Options{MaxAge: time.Hour})
				time.Sleep(5 * time.Minute)
				s.becomes(headed(status(test.status, ""), "Retry-After", test.value))
				hasNot(t, r, "new", jwks.ErrUnavailable)
				s.becomes(says(set(freshEC("a"), freshEC("new"))))

				pass(test.want)
				hasNot(t, r, "new", jwks.ErrUnavailable)
				hasIn(t, r, "a", 0)
				if got := s.count(); got != 2 {
					t.Errorf("a moment early: got %d requests, want 2", got)
				}
				time.Sleep(time.Nanosecond)
				hasIn(t, r, "new", 0)
			})
		})
	}
}

// Whichever need it was that the server refused, it is left alone for all.
func TestRetryAfterHoldsForEveryCause(t *testing.T) {
	for _, age := range []time.Duration{
		10 * time.Second, // less than the pause
		time.Hour,
	} {
		t.Run(age.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, r := known(t, jwks.Options{MaxAge: age})
				time.Sleep(age)
				s.becomes(headed(status(503, ""), "Retry-After", "300"))
				has(t, r, "a")
				for range 2999 {
					time.Sleep(100 * time.Millisecond)
					hasIn(t, r, "a", 0)
					hasNot(t, r, "new", jwks.ErrUnavailable)
					synctest.Wait()
				}
				if got := s.count(); got != 2 {
					t.Errorf("got %d requests in 5 minutes, want none after the one that was refused", got)
				}
				s.becomes(says(set(freshEC("a"), freshEC("new"))))
				time.Sleep(100 * time.Millisecond)
				hasIn(t, r, "new", 0)
			})
		})
	}
}

func TestK25ASetThatIsTooOldIsNotUsed(t *testing.T) {
	for name, test := range map[string]struct {
		configured, want time.Duration
	}{
		"K25/a day if nothing is said": {0, 24 * time.Hour},
		"K25/an hour":                  {time.Hour, time.Hour},
		"K25/thirty days":              {30 * 24 * time.Hour, 30 * 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, r := known(t, jwks.Options{MaxStale: test.configured})
				s.becomes(refused)
				pass(test.want)
				hasIn(t, r, "a", 0)
				if _, err := r.Snapshot(); err != nil {
					t.Errorf("a moment early: got %v, want the set", err)
				}
				time.Sleep(time.Nanosecond)
				hasNot(t, r, "a", jwks.ErrUnavailable)
				if set, err := r.Snapshot(); set != nil || !errors.Is(err, jwks.ErrUnavailable) {
					t.Errorf("got %v and %v, want none to judge by", set, err)
				}
				if got := r.Stats(); got.Age != test.want {
					t.Errorf("got %+v, want an age of %v", got, test.want)
				}
				s.becomes(says(set(freshEC("b"))))
				time.Sleep(time.Second)
				hasIn(t, r, "b", 0)
				hasNot(t, r, "a", jwks.ErrUnknownKey)
			})
		})
	}
	t.Run("K25/a set that is confirmed is as good as new", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(tagged(`"1"`, set(freshEC("a"))))
			r := s.remote(t, jwks.Options{MaxStale: time.Hour})
			has(t, r, "a")
			time.Sleep(48 * time.Hour)
			hasIn(t, r, "a", 0)
			if got := r.Stats().NotModified; got != 1 {
				t.Errorf("got %d answers of 304, want 1", got)
			}
		})
	})
}

// Once nothing can be judged, nobody is served by a pause that was agreed on
// when something could.
func TestK25ASetThatIsTooOldIsAskedForEachSecond(t *testing.T) {
	for name, down := range map[string]answer{
		"K25/whatever the back-off was":     refused,
		"K25/whatever the server asked for": headed(status(503, ""), "Retry-After", "300"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const stale = time.Hour
				s, r := known(t, jwks.Options{MaxStale: stale})
				s.becomes(down)
				for r.Stats().Age < stale-10*time.Second {
					hasIn(t, r, "a", 0)
					synctest.Wait()
					time.Sleep(time.Second)
				}
				time.Sleep(stale - r.Stats().Age)
				hasNot(t, r, "a", jwks.ErrUnavailable)
				s.becomes(says(set(freshEC("a"))))
				time.Sleep(time.Second)
				hasIn(t, r, "a", 0)
			})
		})
	}
}

// Without a key the server is asked each second, or up to half of one earlier,
// whatever it says.
func TestK24AColdStartIsRetriedEachSecond(t *testing.T) {
	for name, test := range map[string]struct {
		answer      answer
		least, want time.Duration
	}{
		"K24/while it is refused":                  {refused, 0, time.Second},
		"K24/while it asks to be left alone":       {headed(status(503, ""), "Retry-After", "3600"), 0, time.Second},
		"K24/though new keys may cause few":        {refused, time.Hour, time.Second},
		"K24/sooner where new keys may cause more": {refused, 200 * time.Millisecond, 200 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const tick = time.Millisecond
				s := newSite(test.answer)
				r := s.remote(t, jwks.Options{MinInterval: test.least})
				for range 10_000 {
					hasNot(t, r, "a", jwks.ErrUnavailable)
					time.Sleep(tick)
				}
				for _, got := range s.gaps(0) {
					if got < test.want/2 || got > test.want+tick {
						t.Errorf("got a retry after %v, want %v or up to half earlier", got, test.want)
					}
				}
				s.becomes(says(set(freshEC("a"))))
				time.Sleep(test.want)
				hasIn(t, r, "a", 0)
			})
		})
	}
}

// A server that is back is noticed within 2 s; one that hung, once that attempt
// is over, since its connection tells nobody.
func TestK24AServerThatIsBackIsNoticed(t *testing.T) {
	for name, test := range map[string]struct {
		down answer
		want time.Duration
	}{
		"K24/one that was refused": {refused, time.Second},
		"K24/one that hung":        {hangs, 6 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const outage = 10*time.Second + 350*time.Millisecond
				s := newSite(test.down)
				r := s.remote(t, jwks.Options{})
				begin := time.Now()
				time.AfterFunc(outage, func() { s.becomes(says(set(freshEC("a")))) })
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
					t.Errorf("ready %v after the server was, want %v at most", got, test.want)
				}
			})
		})
	}
}
