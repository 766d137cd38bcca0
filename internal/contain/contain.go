// Package contain limits the damage that foreign code (callbacks, sources,
// loggers, transports, parsers) can do. Panics of such code do not end the
// program, its error messages do not reach our logs, and it cannot flood the
// logs.
package contain

import (
	"runtime/debug"
	"sync/atomic"
)

// Panic calls f. It returns nil, or the stack if f panicked. The value of the
// panic is dropped, because it may contain secrets. With GODEBUG=panicnil=1,
// that value may even be nil. Panic therefore does not use it to detect a
// panic.
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

// PlainError marks an error whose text quotes no request or answer and may
// therefore be logged. The mark does not apply to errors that wrap a
// PlainError.
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
