package journal

import (
	"fmt"
	"io"
	"slices"
	"sync"
)

// maxEvents bounds what is remembered, some 3 MB.
const maxEvents = 10_000

// Audit is the account of what was done with tokens: JSON lines to a writer, and
// the last 10 000 events in memory. Its methods may be called from any
// goroutine. Make one with [NewAudit].
type Audit struct {
	line   sync.Mutex // held while writing, and taken before list: both have one order
	w      io.Writer
	broken bool // the last line has no end

	list   sync.Mutex
	events []Event // a ring once it is full
	oldest int
	err    error
}

// NewAudit returns an Audit that makes one call of w.Write for each event, one
// at a time. With a nil w it only remembers.
func NewAudit(w io.Writer) *Audit { return &Audit{w: w} }

// Record adds e. Nothing about it can fail the caller: what goes wrong is for
// [Audit.Err]. An event of an unknown Kind is not recorded.
func (a *Audit) Record(e Event) {
	a.line.Lock()
	defer a.line.Unlock()
	if !isKind(e.Kind) {
		a.fail(fmt.Errorf("audit log: there is no kind of event %q", e.Kind))
		return
	}
	e.Time = e.Time.UTC().Round(0) // without the monotonic clock, so that equal times are equal
	e.Fingerprint = hidden(e.Fingerprint)
	e.Scopes = slices.Clone(e.Scopes)
	a.remember(e)
	if a.w != nil {
		a.fail(a.write(&e))
	}
}

// write goes on after an error: a disk that was full need not stay so.
func (a *Audit) write(e *Event) error {
	text, err := e.line()
	if err != nil {
		return err
	}
	if a.broken {
		text = append([]byte("\n"), text...)
	}
	n, err := a.w.Write(text)
	if n > 0 {
		a.broken = n < len(text)
	}
	switch {
	case err != nil:
		return fmt.Errorf("audit log: %w", err)
	case n < len(text):
		return fmt.Errorf("audit log: %w", io.ErrShortWrite)
	}
	return nil
}

func (a *Audit) fail(err error) {
	a.list.Lock()
	defer a.list.Unlock()
	if a.err == nil {
		a.err = err
	}
}

func (a *Audit) remember(e Event) {
	a.list.Lock()
	defer a.list.Unlock()
	if len(a.events) < maxEvents {
		a.events = append(a.events, e)
		return
	}
	a.events[a.oldest] = e
	a.oldest = (a.oldest + 1) % maxEvents
}

// Events is what is remembered, the oldest first. It waits for no writer.
func (a *Audit) Events() []Event {
	a.list.Lock()
	defer a.list.Unlock()
	events := slices.Concat(a.events[a.oldest:], a.events[:a.oldest])
	for i := range events {
		events[i].Scopes = slices.Clone(events[i].Scopes)
	}
	return events
}

// Reset forgets the events. What was written stays.
func (a *Audit) Reset() {
	a.list.Lock()
	defer a.list.Unlock()
	a.events, a.oldest = nil, 0
}

// Err is the first thing that went wrong, nil for nothing.
func (a *Audit) Err() error {
	a.list.Lock()
	defer a.list.Unlock()
	return a.err
}
