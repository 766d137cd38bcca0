// Package guarded makes a value and its lock one thing: the value is reached by
// taking the lock, so that no comment has to say which functions hold it.
//
// It knows nothing of what it guards.
package guarded

import "sync"

// Value is a T behind a lock. The zero Value guards the zero T.
type Value[T any] struct {
	mu      sync.RWMutex
	value   T
	changed func()
}

// Lock returns the value to read and change, until unlock.
func (v *Value[T]) Lock() (value *T, unlock func()) {
	v.mu.Lock()
	return &v.value, v.unlock
}

// RLock returns the value to read, until unlock. Others may read it too.
func (v *Value[T]) RLock() (value *T, unlock func()) {
	v.mu.RLock()
	return &v.value, v.mu.RUnlock
}

// OnChange calls f after each hold of Lock, which is taken to have changed the
// value. It is set before the value is shared.
func (v *Value[T]) OnChange(f func()) { v.changed = f }

func (v *Value[T]) unlock() {
	v.mu.Unlock()
	if v.changed != nil {
		v.changed()
	}
}
