// Package guarded combines a value with its lock, so that no function can use
// the value without the lock.
//
// It does not depend on the types of values.
package guarded

import "sync"

// Value is a T with a lock. The zero Value contains the zero T.
type Value[T any] struct {
	mu      sync.RWMutex
	value   T
	changed func()
}

// Lock locks the value for reading and writing, and returns it. The caller must
// call unlock.
func (v *Value[T]) Lock() (value *T, unlock func()) {
	v.mu.Lock()
	return &v.value, v.unlock
}

// RLock locks the value for reading, and returns it. Several readers can have
// the lock at the same time. The caller must call unlock.
func (v *Value[T]) RLock() (value *T, unlock func()) {
	v.mu.RLock()
	return &v.value, v.mu.RUnlock
}

// OnChange makes f run each time a caller of Lock unlocks the value, even if
// the value has not changed. Call OnChange before the value is shared.
func (v *Value[T]) OnChange(f func()) { v.changed = f }

func (v *Value[T]) unlock() {
	v.mu.Unlock()
	if v.changed != nil {
		v.changed()
	}
}
