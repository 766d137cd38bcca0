package cachetest_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"
)

// store is a simple in-memory store. A test plants a fault by replacing get or
// set.
type store struct {
	mu     sync.Mutex
	values map[string]value

	get func(ctx context.Context, s *store, key string) ([]byte, bool, error)
	set func(ctx context.Context, s *store, key string, value []byte, ttl time.Duration) error
}

type value struct {
	bytes []byte
	end   time.Time
}

func newStore() *store {
	return &store{values: make(map[string]value), get: read, set: write}
}

func (s *store) Get(ctx context.Context, key string) ([]byte, bool, error) { return s.get(ctx, s, key) }

func (s *store) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return s.set(ctx, s, key, value, ttl)
}

var errStore = errors.New("the store is unavailable")

func read(ctx context.Context, s *store, key string) ([]byte, bool, error) {
	if ctx.Err() != nil {
		return nil, false, errStore
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.values[key]
	return bytes.Clone(v.bytes), ok && time.Now().Before(v.end), nil
}

func write(ctx context.Context, s *store, key string, bytesOf []byte, ttl time.Duration) error {
	if ctx.Err() != nil {
		return errStore
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[key] = value{bytes.Clone(bytesOf), time.Now().Add(ttl)}
	return nil
}
