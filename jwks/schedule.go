package jwks

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/bearerguard/bearerguard/internal/fetch"
)

// schedule decides when a set is renewed, and how long it is used.
type schedule struct {
	maxAge, maxStale time.Duration // see Options
	minInterval      time.Duration // average time between attempts for unknown key IDs
	burst            int           // number of attempts for unknown key IDs that may start without a delay between them
}

// state is the result of an attempt: the set, and the times that control the
// next attempts. It is immutable. Its times are monotonic, so a change of the
// wall clock neither delays nor repeats a fetch.
type state struct {
	set     *Set          // nil until a fetch succeeds
	fetched time.Time     // start of the attempt that fetched or confirmed the set
	fresh   time.Duration // lifetime from the server, negative if unspecified
	maxAge  time.Duration // age up to which the set is used without waiting, with jitter

	began, ended time.Time     // when the latest attempt ran
	spentUntil   time.Time     // when the budget for unknown key IDs is full again; schedule.spend adds minInterval
	err          error         // error of the latest attempt
	failed       int           // consecutive failed attempts
	backoff      time.Duration // delay after err if a set is usable
	retryAfter   time.Duration // delay that Retry-After requests
	coldBackoff  time.Duration // delay after err if no set is usable
	metadataErr  error         // metadata error; the attempt then used the URL found earlier

	fetches, notModified int
	failures             map[string]int // immutable
}

func (s *state) age(now time.Time) time.Duration { return now.Sub(s.fetched) }

// usable reports whether tokens may be verified with the set.
func (p schedule) usable(s *state, now time.Time) bool {
	return s.set != nil && s.age(now) < p.maxStale
}

// backoff returns the delay after a failed attempt. If no set is usable, the
// delay is short, and Retry-After is ignored.
func (p schedule) backoff(s *state, now time.Time) time.Duration {
	if !p.usable(s, now) {
		return s.coldBackoff
	}
	return max(s.backoff, s.retryAfter)
}

// retryAt returns when the next attempt is allowed.
func (p schedule) retryAt(s *state, now time.Time) time.Time { return s.ended.Add(p.backoff(s, now)) }

// due reports whether the set is missing or old enough for a renewal, and the
// back-off after a failure has passed.
func (p schedule) due(s *state, now time.Time) bool {
	return (s.set == nil || s.age(now) >= s.maxAge/5*4) && !now.Before(p.retryAt(s, now))
}

// tooOld reports whether callers must wait for a renewal of the set. After a
// failed renewal, the old set is used during the back-off. If the last attempt
// took waitLimit or longer to fail, the server probably hangs. The old set is
// then used during the next attempt too, so that callers do not wait for it.
func (p schedule) tooOld(s *state, now time.Time) bool {
	if s.set == nil || s.age(now) < s.maxAge {
		return false
	}
	if s.err == nil {
		return true
	}
	atOnce := s.ended.Sub(s.began) < waitLimit
	retryAt := p.retryAt(s, now)
	idle := !now.Before(retryAt.Add(refreshTimeout)) // a caller after retryAt would have begun an attempt, which would have ended by now
	return idle || atOnce && !now.Before(retryAt)
}

// mayRefresh reports whether an unknown key ID may cause an attempt. Attempts
// for unknown key IDs have a separate budget, so neither a recent renewal nor a
// few made-up key IDs delay the first new key. A failed attempt does not use
// the budget, but it delays the next attempt by s.backoff or minInterval,
// whichever is shorter, or by Retry-After if that is longer. If the delay could
// exceed minInterval without a Retry-After, a flood of made-up key IDs could
// delay a new key.
func (p schedule) mayRefresh(s *state, now time.Time) bool {
	if !p.usable(s, now) {
		return !now.Before(p.retryAt(s, now))
	}
	credit := time.Duration(p.burst-1) * p.minInterval
	return !now.Add(credit).Before(s.spentUntil) && !now.Before(s.ended.Add(max(min(s.backoff, p.minInterval), s.retryAfter)))
}

// spend subtracts one attempt from the budget for unknown key IDs.
func (p schedule) spend(s *state, now time.Time) {
	if s.spentUntil.Before(now) {
		s.spentUntil = now
	}
	s.spentUntil = s.spentUntil.Add(p.minInterval)
}

// succeed returns the state after a successful attempt. A nil set means that
// the server confirmed the current set (304).
func (p schedule) succeed(before *state, set *Set, fresh time.Duration) *state {
	after := *before
	after.err, after.failed, after.backoff, after.retryAfter, after.coldBackoff = nil, 0, 0, 0, 0
	if set != nil {
		if before.set != nil {
			set.reuseKeys(before.set)
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
		after.maxAge = defaultAge
	default:
		after.maxAge = min(max(after.fresh, minServerAge), maxServerAge)
	}
	after.maxAge = jitter(min(after.maxAge, p.maxStale), 10)
	return &after
}

// fail returns the state after a failed attempt.
func (p schedule) fail(before *state, err error) *state {
	after := *before
	after.err = err
	after.failed++
	after.backoff = jitter(min(firstBackoff<<min(after.failed-1, 10), maxBackoff), 2)
	after.coldBackoff = jitter(min(firstBackoff, p.minInterval), 2)
	after.retryAfter = 0
	if refused, ok := errors.AsType[fetch.StatusError](err); ok {
		after.retryAfter = min(refused.RetryAfter, maxRetryAfter)
	}
	return &after
}

// jitter reduces d at random by up to 1/parts.
func jitter(d time.Duration, parts int64) time.Duration {
	return d - time.Duration(rand.Int64N(int64(d)/parts+1)) //nolint:gosec // a guess reveals only when the set is renewed
}
