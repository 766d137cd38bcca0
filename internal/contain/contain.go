// Package contain limits the damage that code outside this module can do.
// Examples are callbacks, sources, loggers, transports and parsers. If such
// code panics, the program continues. Error texts of such code are not logged.
// Such code cannot flood the logs.
package contain

import (
	"runtime/debug"
	"sync/atomic"
)

// Panic calls f. If f panics, Panic returns the stack. Otherwise it returns
// nil. It drops the value of the panic, because the value may contain secrets.
// It also does not use the value to detect a panic, because with
// GODEBUG=panicnil=1 the value may be nil.
func Panic(f func()) (stack []byte) {
	returned := false
	defer func() {
		if _ = recover(); !returned {
			stack = debug.Stack()
		}
	}()
	f()
	returned = true
	return nil
}

// PlainError marks an error whose text may be logged, because Err quotes
// nothing from a request or response. An error that wraps a PlainError adds its
// own text, which may quote anything and must not be logged.
type PlainError struct{ Err error }

// Error returns the text of Err.
func (p PlainError) Error() string { return p.Err.Error() }

// Unwrap returns Err.
func (p PlainError) Unwrap() error { return p.Err }

// Change detects changes of a state, so that each change is logged once. It is
// safe for concurrent use. The initial state is "".
type Change struct{ state atomic.Pointer[string] }

// To sets the state and reports whether the state has changed.
func (c *Change) To(state string) bool {
	is := func(last *string) bool { return last == nil && state == "" || last != nil && *last == state }
	return !is(c.state.Load()) && !is(c.state.Swap(&state))
}
