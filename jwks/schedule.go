package jwks

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/bearerguard/bearerguard/internal/fetch"
)

// schedule decides when a set is renewed, and how long it serves.
type schedule struct {
	maxAge, maxStale time.Duration // see Options
	minInterval      time.Duration // that unknown key IDs get one attempt in, in the long run
	burst            int           // of attempts that they get at once
}

// state is what is known after an attempt. It is never changed. Its times
// carry the monotonic clock, so a step of the wall clock neither delays nor
// repeats a fetch.
type state struct {
	set     *Set          // nil until a fetch succeeded
	fetched time.Time     // when the attempt began that brought or confirmed it
	fresh   time.Duration // what its server said of its age, negative for nothing
	maxAge  time.Duration // what that comes to

	began, ended time.Time     // of the last attempt
	owed         time.Time     // until when what was spent on unknown key IDs is paid off, an interval for each attempt
	err          error         // of the last attempt
	failed       int           // attempts in a row
	backoff      time.Duration // after err: while a set is known
	retryAfter   time.Duration // after err: asked for by Retry-After
	coldBackoff  time.Duration // after err: while none is
	lost         error         // why the metadata could not be had, though an older one served

	fetches, notModified int
	failures             map[string]int // never changed either
}

func (s *state) age(now time.Time) time.Duration { return now.Sub(s.fetched) }

// usable reports whether tokens may be judged by the set.
func (p schedule) usable(s *state, now time.Time) bool {
	return s.set != nil && s.age(now) < p.maxStale
}

// pause is how long the server is left in peace after an attempt that failed.
// While nothing can be judged that is short, whatever the server says.
func (p schedule) pause(s *state, now time.Time) time.Duration {
	if !p.usable(s, now) {
		return s.coldBackoff
	}
	return max(s.backoff, s.retryAfter)
}

// next is when an attempt may be made.
func (p schedule) next(s *state, now time.Time) time.Time { return s.ended.Add(p.pause(s, now)) }

// due reports whether an attempt should be made without any key missing.
func (p schedule) due(s *state, now time.Time) bool {
	return (s.set == nil || s.age(now) >= s.maxAge/5*4) && !now.Before(p.next(s, now))
}

// old reports whether the set must be renewed before it judges. One that could
// not be renewed judges while we leave the server in peace; and where it took
// its time to fail, while the next attempt lasts too: waiting for a server
// that hangs helps nobody.
func (p schedule) old(s *state, now time.Time) bool {
	if s.set == nil || s.age(now) < s.maxAge {
		return false
	}
	if s.err == nil {
		return true
	}
	atOnce := s.ended.Sub(s.began) < waitLimit
	next := p.next(s, now)
	unused := !now.Before(next.Add(refreshTimeout)) // since: an attempt would have ended by now
	return unused || atOnce && !now.Before(next)
}

// askable reports whether an unknown key ID may cause an attempt. The budget for
// that is its own: a set that was renewed a moment ago, or at start-up, does not
// keep the first new key waiting, and a few invented key IDs do not either. An
// attempt that fails costs nothing, and is repeated as soon as the budget allows
// another one, since any flood could push a longer back-off in front of a new
// key.
func (p schedule) askable(s *state, now time.Time) bool {
	if !p.usable(s, now) {
		return !now.Before(p.next(s, now))
	}
	credit := time.Duration(p.burst-1) * p.minInterval
	return !now.Add(credit).Before(s.owed) && !now.Before(s.ended.Add(max(min(s.backoff, p.minInterval), s.retryAfter)))
}

// spend takes an attempt for an unknown key ID out of the budget.
func (p schedule) spend(s *state, now time.Time) {
	if s.owed.Before(now) {
		s.owed = now
	}
	s.owed = s.owed.Add(p.minInterval)
}

// succeed is the state after an attempt that brought a set, or confirmed the
// one that is there if set is nil.
func (p schedule) succeed(before *state, set *Set, fresh time.Duration) *state {
	after := *before
	after.err, after.failed, after.backoff, after.retryAfter, after.coldBackoff = nil, 0, 0, 0, 0
	if set != nil {
		if before.set != nil {
			set.adopt(before.set)
		}
		after.set, after.fresh = set, fresh
	} else {
		after.notModified++
		if fresh >= 0 {
			after.fresh = fresh
		}
	}
	switch {
	case p.maxAge != 0:
		after.maxAge = p.maxAge
	case after.fresh < 0:
		after.maxAge = unsaidAge
	default:
		after.maxAge = min(max(after.fresh, shortestAge), longestAge)
	}
	after.maxAge = jitter(min(after.maxAge, p.maxStale), 10)
	return &after
}

// fail is the state after an attempt that failed.
func (p schedule) fail(before *state, err error) *state {
	after := *before
	after.err = err
	after.failed++
	after.backoff = jitter(min(firstBackoff<<min(after.failed-1, 10), longestBackoff), 2)
	after.coldBackoff = jitter(min(firstBackoff, p.minInterval), 2)
	after.retryAfter = 0
	if refused, ok := errors.AsType[fetch.StatusError](err); ok {
		after.retryAfter = min(refused.RetryAfter, longestRetryAfter)
	}
	return &after
}

// jitter takes up to one part of so many off, at random.
func jitter(d time.Duration, parts int64) time.Duration {
	return d - time.Duration(rand.Int64N(int64(d)/parts+1)) //nolint:gosec // who guesses it learns when we renew
}
