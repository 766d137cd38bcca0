package journal

import (
	"fmt"
	"io"
	"slices"
	"sync"
)

// maxEvents limits the number of events in memory. At the limit, they take
// about 3 MB.
const maxEvents = 10_000

// Audit is a log of events such as the issue or the revocation of a token. It
// writes each event as a line of JSON to a writer, and keeps the last 10 000
// events in memory. It is safe for concurrent use. Use [NewAudit] to make an
// Audit.
type Audit struct {
	line   sync.Mutex // held while writing, and locked before list; keeps w and events in the same order
	w      io.Writer
	broken bool // the last line is incomplete

	list   sync.Mutex
	events []Event // a ring buffer once it is full
	oldest int
	err    error
}

// NewAudit returns an Audit that calls w.Write once for each event, never
// concurrently. If w is nil, events are stored only in memory.
func NewAudit(w io.Writer) *Audit { return &Audit{w: w} }

// Record adds e to the log. It does not return errors of the writer, which
// [Audit.Err] returns. An event with an unknown Kind is not recorded.
func (a *Audit) Record(e Event) {
	a.line.Lock()
	defer a.line.Unlock()
	if !isKind(e.Kind) {
		a.fail(fmt.Errorf("audit log: unknown kind of event %q", e.Kind))
		return
	}
	e.Time = e.Time.UTC().Round(0) // removes the monotonic reading, which == would compare
	e.Fingerprint = hidden(e.Fingerprint)
	e.Scopes = slices.Clone(e.Scopes)
	a.remember(e)
	if a.w != nil {
		a.fail(a.write(&e))
	}
}

// write writes an event as one line. After a failed write, it still tries to
// write later events, because a full disk may have space again.
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

// Events returns the events in memory, oldest first. It does not wait for the
// writer.
func (a *Audit) Events() []Event {
	a.list.Lock()
	defer a.list.Unlock()
	events := slices.Concat(a.events[a.oldest:], a.events[:a.oldest])
	for i := range events {
		events[i].Scopes = slices.Clone(events[i].Scopes)
	}
	return events
}

// Reset drops the events in memory. Lines that were already written to the
// writer stay there.
func (a *Audit) Reset() {
	a.list.Lock()
	defer a.list.Unlock()
	a.events, a.oldest = nil, 0
}

// Err returns the first error of the log, or nil.
func (a *Audit) Err() error {
	a.list.Lock()
	defer a.list.Unlock()
	return a.err
}
