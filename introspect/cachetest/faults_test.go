package cachetest_test

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/internal/suite"
	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/introspect/cachetest"
)

// The names of the checks.
const (
	absent       = "a missing key is not an error"
	comesBack    = "a value comes back"
	others       = "other keys are not affected"
	lastCounts   = "the last value counts"
	copies       = "values are not shared with the caller"
	atOnce       = "many values at once"
	afterStop    = "a canceled call is an error or works"
	expires      = "a value expires"
	lasts        = "a value lasts"
	lastLifetime = "the last lifetime counts"
)

func planted(fault func(*store)) func() introspect.Cache {
	return func() introspect.Cache {
		s := newStore()
		fault(s)
		return s
	}
}

func keyed(name func(string) string) func() introspect.Cache {
	return planted(func(s *store) {
		s.get = func(ctx context.Context, s *store, key string) ([]byte, bool, error) { return read(ctx, s, name(key)) }
		s.set = func(ctx context.Context, s *store, key string, value []byte, ttl time.Duration) error {
			return write(ctx, s, name(key), value, ttl)
		}
	})
}

func valued(change func([]byte) []byte) func() introspect.Cache {
	return planted(func(s *store) {
		s.set = func(ctx context.Context, s *store, key string, value []byte, ttl time.Duration) error {
			return write(ctx, s, key, change(value), ttl)
		}
	})
}

func lifetime(change func(time.Duration) time.Duration) func() introspect.Cache {
	return planted(func(s *store) {
		s.set = func(ctx context.Context, s *store, key string, value []byte, ttl time.Duration) error {
			return write(ctx, s, key, value, change(ttl))
		}
	})
}

var faults = map[string]suite.Planted[introspect.Cache]{
	"a missing key is an error": {
		planted(func(s *store) {
			s.get = func(ctx context.Context, s *store, key string) ([]byte, bool, error) {
				value, ok, err := read(ctx, s, key)
				if !ok {
					err = errStore
				}
				return value, ok, err
			}
		}),
		[]string{absent, others, expires, lastLifetime},
	},
	"a missing key is an empty value": {
		planted(func(s *store) {
			s.get = func(ctx context.Context, s *store, key string) ([]byte, bool, error) {
				value, _, err := read(ctx, s, key)
				return value, true, err
			}
		}),
		[]string{absent, others, expires, lastLifetime},
	},
	"an empty value is a missing key": {
		planted(func(s *store) {
			s.get = func(ctx context.Context, s *store, key string) ([]byte, bool, error) {
				value, ok, err := read(ctx, s, key)
				return value, ok && len(value) > 0, err
			}
		}),
		[]string{comesBack, lastCounts},
	},
	"nothing is ever stored": {
		planted(func(s *store) {
			s.set = func(context.Context, *store, string, []byte, time.Duration) error { return nil }
		}),
		[]string{comesBack, others, lastCounts, copies, atOnce, afterStop, lasts, lastLifetime},
	},
	"errors are swallowed": {
		planted(func(s *store) {
			s.get = func(ctx context.Context, s *store, key string) ([]byte, bool, error) {
				value, ok, _ := read(ctx, s, key)
				return value, ok, nil
			}
		}),
		[]string{afterStop},
	},
	"errors of Set are swallowed": {
		planted(func(s *store) {
			s.set = func(ctx context.Context, s *store, key string, value []byte, ttl time.Duration) error {
				_ = write(ctx, s, key, value, ttl)
				return nil
			}
		}),
		[]string{afterStop},
	},
	"the first value stays": {
		planted(func(s *store) {
			s.set = func(ctx context.Context, s *store, key string, value []byte, ttl time.Duration) error {
				if _, ok, err := read(ctx, s, key); ok || err != nil {
					return err
				}
				return write(ctx, s, key, value, ttl)
			}
		}),
		[]string{lastCounts, lastLifetime},
	},
	"a value keeps its first lifetime": {
		planted(func(s *store) {
			s.set = func(ctx context.Context, s *store, key string, value []byte, ttl time.Duration) error {
				s.mu.Lock()
				old, exists := s.values[key]
				s.mu.Unlock()
				if exists {
					ttl = time.Until(old.end)
				}
				return write(ctx, s, key, value, ttl)
			}
		}),
		[]string{lastLifetime},
	},
	"a lifetime is only made longer": {
		planted(func(s *store) {
			s.set = func(ctx context.Context, s *store, key string, value []byte, ttl time.Duration) error {
				s.mu.Lock()
				old := s.values[key]
				s.mu.Unlock()
				return write(ctx, s, key, value, max(ttl, time.Until(old.end)))
			}
		}),
		[]string{lastLifetime},
	},
	"Set keeps the slice": {
		planted(func(s *store) {
			s.set = func(_ context.Context, s *store, key string, bytesOf []byte, ttl time.Duration) error {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.values[key] = value{bytesOf, time.Now().Add(ttl)}
				return nil
			}
		}),
		[]string{copies},
	},
	"Get returns the slice": {
		planted(func(s *store) {
			s.get = func(_ context.Context, s *store, key string) ([]byte, bool, error) {
				s.mu.Lock()
				defer s.mu.Unlock()
				v, ok := s.values[key]
				return v.bytes, ok && time.Now().Before(v.end), nil
			}
		}),
		[]string{copies},
	},
	"concurrent calls fail": {
		planted(func(s *store) {
			var one sync.Mutex
			s.set = func(ctx context.Context, s *store, key string, value []byte, ttl time.Duration) error {
				if !one.TryLock() {
					return errStore
				}
				time.Sleep(time.Millisecond)
				one.Unlock()
				return write(ctx, s, key, value, ttl)
			}
		}),
		[]string{atOnce},
	},
	"a value is text":                             {valued(func(v []byte) []byte { return bytes.ToValidUTF8(v, []byte("?")) }), []string{comesBack}},
	"a value is trimmed":                          {valued(bytes.TrimSpace), []string{comesBack}},
	"a value ends at a NUL byte":                  {valued(func(v []byte) []byte { v, _, _ = bytes.Cut(v, []byte{0}); return v }), []string{comesBack}},
	"a value ends at a line end":                  {valued(func(v []byte) []byte { v, _, _ = bytes.Cut(v, []byte{'\n'}); return v }), []string{comesBack}},
	"a value is cut to 64 KiB":                    {valued(func(v []byte) []byte { return v[:min(len(v), 64<<10)] }), []string{comesBack}},
	"all keys are one":                            {keyed(func(string) string { return "" }), []string{others, lastLifetime}},
	"the end of a key is cut off":                 {keyed(func(key string) string { return key[:63] }), []string{others}},
	"the beginning of a key is cut off":           {keyed(func(key string) string { return key[1:] }), []string{others}},
	"a value never expires":                       {lifetime(func(time.Duration) time.Duration { return 24 * time.Hour }), []string{expires, lastLifetime}},
	"milliseconds are taken for seconds":          {lifetime(func(d time.Duration) time.Duration { return d * 1000 }), []string{expires, lastLifetime}},
	"seconds are taken for milliseconds":          {lifetime(func(d time.Duration) time.Duration { return d / 1000 }), []string{lasts}},
	"a lifetime is rounded up to seconds":         {lifetime(func(d time.Duration) time.Duration { return (d + time.Second - 1).Truncate(time.Second) }), []string{expires, lastLifetime}},
	"a lifetime is limited to half a second":      {lifetime(func(d time.Duration) time.Duration { return min(d, time.Second/2) }), []string{lasts}},
	"a value of less than a second is never gone": {lifetime(func(d time.Duration) time.Duration { return max(d, time.Second) }), []string{expires, lastLifetime}},
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPlantedFaultsAreFound(t *testing.T) {
	suite.FindsPlantedFaults(t, cachetest.Checks, faults)
}

func TestAStorePasses(t *testing.T) {
	t.Parallel()
	cachetest.Run(t, func(*testing.T) introspect.Cache { return newStore() })
}

func TestAStoreThatIsSharedByTheSubtestsPasses(t *testing.T) {
	t.Parallel()
	shared := newStore()
	cachetest.Run(t, func(*testing.T) introspect.Cache { return shared })
}

func TestRunExplainsEachFailure(t *testing.T) {
	t.Parallel()
	suite.Explains(t, func(t *testing.T) {
		cachetest.Run(t, func(*testing.T) introspect.Cache {
			s := newStore()
			s.get = func(ctx context.Context, s *store, _ string) ([]byte, bool, error) { return read(ctx, s, "") }
			s.set = func(ctx context.Context, s *store, _ string, value []byte, ttl time.Duration) error {
				return write(ctx, s, "", value, ttl*1000)
			}
			return s
		})
	},
		"--- FAIL: TestRunExplainsEachFailure/other_keys_are_not_affected",
		"a key that differs in one place or more: Get returned true, want false",
		"The store must compare whole keys.",
		"--- FAIL: TestRunExplainsEachFailure/time/a_value_expires",
		"101ms after a value was written for 1ms: Get returned true, want false.",
		"Check the unit of the lifetime.",
	)
}
