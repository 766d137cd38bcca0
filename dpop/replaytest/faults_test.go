package replaytest_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/dpop/replaytest"
	"github.com/bearerguard/bearerguard/internal/suite"
)

const (
	once       = "a key is first once"
	others     = "other keys are not affected"
	atOnce     = "one of many concurrent calls is first"
	otherTime  = "another until makes no difference"
	survives   = "a replay entry survives many others"
	afterStop  = "a canceled call does not lose its replay entry"
	inPast     = "a time that has passed is not first twice"
	fraction   = "a replay entry lasts for a fraction of a second"
	holds      = "a replay entry lasts until its time"
	notShorter = "a replay does not shorten the lifetime of the entry"
)

type firstFunc = func(ctx context.Context, s *store, name string, lifetime time.Duration) (bool, error)

var faults = map[string]suite.Planted[dpop.Replay]{
	"an upsert that always reports success": {
		first(func(_ context.Context, s *store, name string, lifetime time.Duration) (bool, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.add(name, lifetime)
			return true, nil
		}),
		[]string{once, atOnce, otherTime, survives, afterStop, inPast, fraction, holds, notShorter},
	},
	"an upsert that overwrites entries that have expired": {
		first(func(_ context.Context, s *store, name string, lifetime time.Duration) (bool, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			exists := s.has(name)
			if !exists {
				s.add(name, lifetime)
			}
			return !exists, nil
		}),
		[]string{inPast},
	},
	"every key is reported as a replay": {
		first(func(context.Context, *store, string, time.Duration) (bool, error) { return false, nil }),
		[]string{once, others, atOnce, otherTime, survives, afterStop, fraction, holds, notShorter},
	},
	"reading and storing are two operations": {
		first(func(ctx context.Context, s *store, name string, lifetime time.Duration) (bool, error) {
			s.mu.Lock()
			exists := s.has(name)
			s.mu.Unlock()
			time.Sleep(time.Microsecond)
			if exists {
				return false, nil
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if lifetime <= 0 || ctx.Err() != nil {
				return false, errStore
			}
			s.add(name, lifetime)
			return true, nil
		}),
		[]string{atOnce},
	},
	"the error of a call is swallowed, and the proof accepted": {
		first(func(ctx context.Context, s *store, name string, lifetime time.Duration) (bool, error) {
			first, err := firstWriterWins(ctx, s, name, lifetime)
			return first || err != nil, nil
		}),
		[]string{afterStop, inPast},
	},
	"the error of a call is swallowed, and the proof refused": {
		first(func(ctx context.Context, s *store, name string, lifetime time.Duration) (bool, error) {
			first, _ := firstWriterWins(ctx, s, name, lifetime)
			return first, nil
		}),
		[]string{afterStop},
	},
	"a canceled call stores an entry, and reports a replay": {
		first(func(ctx context.Context, s *store, name string, lifetime time.Duration) (bool, error) {
			first, err := firstWriterWins(context.WithoutCancel(ctx), s, name, lifetime)
			return first && ctx.Err() == nil, err
		}),
		[]string{afterStop},
	},
	"an error comes with true": {
		first(func(ctx context.Context, s *store, name string, lifetime time.Duration) (bool, error) {
			first, err := firstWriterWins(ctx, s, name, lifetime)
			return first || err != nil, err
		}),
		[]string{afterStop},
	},
	"each replay is an error": {
		first(func(ctx context.Context, s *store, name string, lifetime time.Duration) (bool, error) {
			first, err := firstWriterWins(ctx, s, name, lifetime)
			if !first {
				return false, errStore
			}
			return first, err
		}),
		[]string{once, atOnce, otherTime, survives, fraction, holds, notShorter},
	},
	"each call sets the lifetime": {
		first(func(ctx context.Context, s *store, name string, lifetime time.Duration) (bool, error) {
			first, err := firstWriterWins(ctx, s, name, lifetime)
			if !first && err == nil {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.add(name, lifetime)
			}
			return first, err
		}),
		[]string{notShorter},
	},
	"entries beyond 1000 evict others": {
		first(func(ctx context.Context, s *store, name string, lifetime time.Duration) (bool, error) {
			first, err := firstWriterWins(ctx, s, name, lifetime)
			s.mu.Lock()
			defer s.mu.Unlock()
			if len(s.entries) > 1000 {
				clear(s.entries)
			}
			return first, err
		}),
		[]string{survives},
	},
	"until is ignored, and entries last for a second": {
		lifetime(func(time.Duration) time.Duration { return time.Second }),
		[]string{holds, notShorter},
	},
	"a lifetime in milliseconds is taken for microseconds": {
		lifetime(func(d time.Duration) time.Duration { return d / 1000 }),
		[]string{holds},
	},
	"a lifetime in seconds is taken for milliseconds": {
		lifetime(func(d time.Duration) time.Duration { return d.Truncate(time.Second) / 1000 }),
		[]string{fraction, holds},
	},
	"a lifetime is rounded down to seconds": {
		lifetime(func(d time.Duration) time.Duration { return d.Truncate(time.Second) }),
		[]string{fraction, holds},
	},
	"a lifetime is rounded to the nearest second, and is at least one": {
		lifetime(func(d time.Duration) time.Duration { return max(d.Round(time.Second), time.Second) }),
		[]string{holds},
	},
	"a lifetime is limited to a second": {
		lifetime(func(d time.Duration) time.Duration { return min(d, time.Second) }),
		[]string{holds, notShorter},
	},
	"a key is cut to 4 bytes": {
		name(func(key [32]byte, _ time.Time) string { return string(key[:4]) }),
		[]string{others},
	},
	"a key is cut to 15 bytes": {
		name(func(key [32]byte, _ time.Time) string { return string(key[:15]) }),
		[]string{others},
	},
	"keys are compared without case": {
		name(func(key [32]byte, _ time.Time) string { return string(bytes.ToLower(key[:])) }),
		[]string{others},
	},
	"keys are made valid UTF-8": {
		name(func(key [32]byte, _ time.Time) string { return string([]rune(string(key[:]))) }),
		[]string{others},
	},
	"keys end at a NUL byte": {
		name(func(key [32]byte, _ time.Time) string {
			text, _, _ := strings.Cut(string(key[:]), "\x00")
			return text
		}),
		[]string{others},
	},
	"keys end at a newline": {
		name(func(key [32]byte, _ time.Time) string {
			text, _, _ := strings.Cut(string(key[:]), "\n")
			return text
		}),
		[]string{others},
	},
	"keys are trimmed": {
		name(func(key [32]byte, _ time.Time) string { return strings.TrimSpace(string(key[:])) }),
		[]string{others},
	},
	"until is a part of the key": {
		name(func(key [32]byte, until time.Time) string { return until.String() + string(key[:]) }),
		[]string{otherTime, notShorter},
	},
	"all keys are one": {
		name(func([32]byte, time.Time) string { return "" }),
		[]string{others, atOnce, otherTime, survives, fraction, holds},
	},
	"the store is unavailable": {
		planted(func(s *store) { s.closed = true }),
		[]string{once, others, atOnce, otherTime, survives, fraction, holds, notShorter},
	},
}

func planted(fault func(*store)) func() dpop.Replay {
	return func() dpop.Replay {
		s := newStore()
		fault(s)
		return s
	}
}

func first(f firstFunc) func() dpop.Replay { return planted(func(s *store) { s.first = f }) }

func lifetime(f func(time.Duration) time.Duration) func() dpop.Replay {
	return planted(func(s *store) { s.lifetime = f })
}

func name(f func([32]byte, time.Time) string) func() dpop.Replay {
	return planted(func(s *store) { s.name = f })
}

func TestPlantedFaultsAreFound(t *testing.T) {
	suite.FindsPlantedFaults(t, replaytest.Checks, faults)
}

func TestCorrectStoresHaveNoFault(t *testing.T) {
	suite.FindsNoFault(t, replaytest.Checks, map[string]func() dpop.Replay{
		"the store in which the faults are planted": func() dpop.Replay { return newStore() },
		"Memory": func() dpop.Replay { return dpop.NewMemory(0) },
		"lifetimes are rounded up": func() dpop.Replay {
			s := newStore()
			s.lifetime = func(d time.Duration) time.Duration { return (d + time.Second - 1).Truncate(time.Second) }
			return s
		},
		"a canceled call still stores its entry": func() dpop.Replay {
			s := newStore()
			s.first = func(ctx context.Context, s *store, name string, lifetime time.Duration) (bool, error) {
				return firstWriterWins(context.WithoutCancel(ctx), s, name, lifetime)
			}
			return s
		},
	})
}
