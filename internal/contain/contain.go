// Package contain keeps what others have written (callbacks, sources, loggers,
// transports, parsers) from ending the program by a panic, from getting words
// of theirs into our logs, and from filling those.
package contain

import (
	"runtime/debug"
	"sync/atomic"
)

// Panic calls f and returns nil, or the stack of the panic that ended it. The
// value of the panic is dropped: it may hold anything, and with
// GODEBUG=panicnil=1 it is nil.
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

// PlainError is an error whose text quotes nothing of a request or an answer, so that
// it may be logged whole. That holds only for itself, not for what wraps it.
type PlainError struct{ Err error }

// Error returns the text of Err.
func (p PlainError) Error() string { return p.Err.Error() }

// Unwrap returns Err.
func (p PlainError) Unwrap() error { return p.Err }

// Change finds out whether a state is a new one, so that each is logged once. It
// is safe for concurrent use; the zero value is in the state "".
type Change struct{ state atomic.Pointer[string] }

// To enters a state and reports whether it is another one than the last.
func (c *Change) To(state string) bool {
	is := func(last *string) bool { return last == nil && state == "" || last != nil && *last == state }
	return !is(c.state.Load()) && !is(c.state.Swap(&state))
}
