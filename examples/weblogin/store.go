package main

import (
	"errors"
	"maps"
	"sync"
	"time"
)

// store keeps sealed sessions, each until a time. Put your database here: a table of key, value and time will do.
type store interface {
	get(key string) ([]byte, error) // errNoRecord if there is none, or none any more
	put(key string, value []byte, until time.Time) error
	remove(key string) error
}

var errNoRecord = errors.New("there is no such record")

// memory loses everything at the end of the program.
type memory struct {
	mu      sync.Mutex
	records map[string]record
}

type record struct {
	value []byte
	until time.Time
}

func newMemory() *memory { return &memory{records: map[string]record{}} }

func (m *memory) get(key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.records[key]
	if !ok || !time.Now().Before(r.until) {
		return nil, errNoRecord
	}
	return r.value, nil
}

// put also forgets what is over. It looks at all records for that, which takes a moment with a hundred thousand of them.
func (m *memory) put(key string, value []byte, until time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(m.records, func(_ string, r record) bool { return !now.Before(r.until) })
	m.records[key] = record{value, until}
	return nil
}

func (m *memory) remove(key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.records, key)
	return nil
}
