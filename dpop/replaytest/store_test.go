package replaytest_test

import (
	"context"
	"errors"
	"sync"
	"time"
)

// store is a simple store. Tests plant faults by replacing its functions.
type store struct {
	mu      sync.Mutex
	entries map[string]time.Time // when they expire
	closed  bool

	name     func(key [32]byte, until time.Time) string
	lifetime func(time.Duration) time.Duration
	first    func(ctx context.Context, s *store, name string, lifetime time.Duration) (bool, error)
}

func newStore() *store {
	return &store{
		entries:  make(map[string]time.Time),
		name:     func(key [32]byte, _ time.Time) string { return string(key[:]) },
		lifetime: func(d time.Duration) time.Duration { return d },
		first:    firstWriterWins,
	}
}

func (s *store) First(ctx context.Context, key [32]byte, until time.Time) (bool, error) {
	return s.first(ctx, s, s.name(key, until), s.lifetime(time.Until(until)))
}

func (s *store) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

// has reports whether the name has a replay entry that has not expired. The
// caller must hold s.mu.
func (s *store) has(name string) bool {
	end, exists := s.entries[name]
	return exists && time.Now().Before(end)
}

func (s *store) add(name string, lifetime time.Duration) { s.entries[name] = time.Now().Add(lifetime) }

var errStore = errors.New("the store is unavailable")

func firstWriterWins(ctx context.Context, s *store, name string, lifetime time.Duration) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed, lifetime <= 0, ctx.Err() != nil:
		return false, errStore
	case s.has(name):
		return false, nil
	}
	s.add(name, lifetime)
	return true, nil
}
