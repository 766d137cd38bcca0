// Package contain limits the damage that foreign code (callbacks, sources,
// loggers, transports, parsers) can do: its panics do not end the program, its
// texts do not reach our logs, and it cannot flood them.
package contain

import (
	"runtime/debug"
	"sync/atomic"
)

// Panic calls f and returns nil, or the stack if f panicked. The value of the
// panic is dropped: it may contain anything, and with GODEBUG=panicnil=1 it is
// nil.
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

// PlainError marks an error whose text quotes no request or answer, so its text
// may be logged. The mark does not extend to errors that wrap it.
type PlainError struct{ Err error }

// Error returns the text of Err.
func (p PlainError) Error() string { return p.Err.Error() }

// Unwrap returns Err.
func (p PlainError) Unwrap() error { return p.Err }

// Change detects changes of a state, so that each is logged once. It is safe
// for concurrent use. The zero value is in the state "".
type Change struct{ state atomic.Pointer[string] }

// To enters a state and reports whether it differs from the last one.
func (c *Change) To(state string) bool {
	is := func(last *string) bool { return last == nil && state == "" || last != nil && *last == state }
	return !is(c.state.Load()) && !is(c.state.Swap(&state))
}
