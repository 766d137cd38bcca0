package main

import (
	"errors"
	"maps"
	"sync"
	"time"
)

// store stores each encrypted session until its expiry time. Replace it with
// your database: a table with the columns key, value and time is enough.
type store interface {
	get(key string) ([]byte, error) // errNoRecord if the record does not exist or has expired
	put(key string, value []byte, until time.Time) error
	remove(key string) error
}

var errNoRecord = errors.New("no such record")

// memory is a store whose content is lost when the program ends.
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

// put stores a record and removes all expired records. It checks every record
// to find the expired ones, which is slow if there are very many records.
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
