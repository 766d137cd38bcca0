// Package bounded provides a map that drops its oldest entries, so that the
// memory of a server is limited no matter which requests it gets.
//
// It does not depend on the types of the entries.
package bounded

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
)

// Limit is the maximum number of entries of a Map. The documentation of package
// testserver states the value.
const Limit = 100_000

// Map holds at most Limit entries. If more are added, it drops the oldest. The
// zero Map is empty. A Map is not safe for concurrent use.
type Map[K comparable, V any] struct {
	entries map[K]V
	order   []K // a ring buffer once it is full; it may contain deleted keys
	oldest  int
}

// Get returns the value of key.
func (m *Map[K, V]) Get(key K) (V, bool) {
	v, ok := m.entries[key]
	return v, ok
}

// Put sets the value of key. If key is new and the map is full, Put drops the
// oldest entry. If key is not new, the age of its entry does not change.
func (m *Map[K, V]) Put(key K, v V) {
	if m.entries == nil {
		m.entries = map[K]V{}
	}
	if _, known := m.entries[key]; !known {
		if len(m.order) < Limit {
			m.order = append(m.order, key)
		} else {
			delete(m.entries, m.order[m.oldest])
			m.order[m.oldest] = key
			m.oldest = (m.oldest + 1) % Limit
		}
	}
	m.entries[key] = v
}

// Delete removes key.
func (m *Map[K, V]) Delete(key K) { delete(m.entries, key) }

// All yields the entries, oldest first.
func (m *Map[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for i := range m.order {
			key := m.order[(m.oldest+i)%len(m.order)]
			if v, ok := m.entries[key]; ok && !yield(key, v) {
				return
			}
		}
	}
}

// Sweep calls dead with each value. It removes the entries for which dead
// returns true.
func (m *Map[K, V]) Sweep(dead func(V) bool) {
	order := make([]K, 0, len(m.order))
	for key, v := range m.All() {
		if dead(v) {
			delete(m.entries, key)
			continue
		}
		order = append(order, key)
	}
	m.order, m.oldest = order, 0
}

type entry[K comparable, V any] struct {
	Key   K
	Value V
}

// MarshalJSON writes the entries, oldest first.
func (m Map[K, V]) MarshalJSON() ([]byte, error) {
	list := []entry[K, V]{}
	for key, v := range m.All() {
		list = append(list, entry[K, V]{key, v})
	}
	return json.Marshal(list)
}

// UnmarshalJSON reads the output of MarshalJSON. Unknown members are an error.
func (m *Map[K, V]) UnmarshalJSON(text []byte) error {
	var list []entry[K, V]
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(&list); err != nil {
		return err
	}
	*m = Map[K, V]{}
	for _, e := range list {
		m.Put(e.Key, e.Value)
	}
	if len(m.entries) != len(list) {
		return errors.New("an entry is repeated, or there are too many entries")
	}
	return nil
}
