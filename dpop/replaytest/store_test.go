package replaytest_test

import (
	"context"
	"errors"
	"sync"
	"time"
)

// store is a simple store with places where faults can be planted.
type store struct {
	mu     sync.Mutex
	marks  map[string]time.Time
	closed bool

	name     func(key [32]byte, until time.Time) string
	lifetime func(time.Duration) time.Duration
	first    func(ctx context.Context, s *store, name string, lifetime time.Duration) (bool, error)
}

func newStore() *store {
	return &store{
		marks:    make(map[string]time.Time),
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

// marked reports whether the name has a mark that has not expired. The caller
// must hold s.mu.
func (s *store) marked(name string) bool {
	end, exists := s.marks[name]
	return exists && time.Now().Before(end)
}

func (s *store) mark(name string, lifetime time.Duration) { s.marks[name] = time.Now().Add(lifetime) }

var errStore = errors.New("the store is unavailable")

func firstWriterWins(ctx context.Context, s *store, name string, lifetime time.Duration) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed, lifetime <= 0, ctx.Err() != nil:
		return false, errStore
	case s.marked(name):
		return false, nil
	}
	s.mark(name, lifetime)
	return true, nil
}
