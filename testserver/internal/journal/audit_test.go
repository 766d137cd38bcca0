package journal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

// writer is an io.Writer that records what is written to it. A test can make it
// accept only the first bytes of each write, or return an error.
type writer struct {
	calls []string
	short int   // how many bytes each Write accepts; 0 means all
	err   error // returned by Write
}

func (w *writer) Write(p []byte) (int, error) {
	n := len(p)
	if w.short > 0 {
		n = min(n, w.short)
	}
	w.calls = append(w.calls, string(p[:n]))
	return n, w.err
}

var noon = time.Date(2026, 1, 2, 12, 0, 0, 5e8, time.FixedZone("", 3600))

func TestEventIsOneLineInAFixedOrder(t *testing.T) {
	for _, tt := range []struct {
		name  string
		event journal.Event
		want  string
	}{
		{"with everything", journal.Event{
			Time: noon, Kind: journal.Refreshed, ClientID: "web", Sub: "alice", Fingerprint: "0123456789abcdef",
			Family: "f1", Scopes: []string{"a", "b"}, Reason: "grace",
		}, `{"time":"2026-01-02T11:00:00.5Z","kind":"refreshed","client_id":"web","sub":"alice",` +
			`"fingerprint":"0123456789abcdef","family":"f1","scopes":["a","b"],"reason":"grace"}`},
		{"with only its kind", journal.Event{Time: noon, Kind: journal.Denied},
			`{"time":"2026-01-02T11:00:00.5Z","kind":"denied"}`},
		{"with line breaks", journal.Event{Time: noon, Kind: journal.Used, Sub: "a\nb\u2028"},
			`{"time":"2026-01-02T11:00:00.5Z","kind":"used","sub":"a\nb\u2028"}`},
		{"with a token instead of a fingerprint", journal.Event{Time: noon, Kind: journal.Issued, Fingerprint: "eyJ.e30.c2ln"},
			`{"time":"2026-01-02T11:00:00.5Z","kind":"issued","fingerprint":"49da1ec229e8c521"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var w writer
			a := journal.NewAudit(&w)
			a.Record(tt.event)
			if len(w.calls) != 1 || w.calls[0] != tt.want+"\n" {
				t.Errorf("got %q, want one write of %q and a line break", w.calls, tt.want)
			}
			if err := a.Err(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestKindsOfEvents(t *testing.T) {
	for _, kind := range []string{"issued", "refreshed", "reuse_detected", "revoked", "introspected", "used", "denied", "pushed", "registered", "unregistered"} {
		a := journal.NewAudit(nil)
		a.Record(journal.Event{Kind: kind})
		if err := a.Err(); err != nil || len(a.Events()) != 1 {
			t.Errorf("%s: got %v, %v, want it recorded", kind, a.Events(), err)
		}
	}
	for _, kind := range []string{"", "Issued", "deleted"} {
		var w writer
		a := journal.NewAudit(&w)
		a.Record(journal.Event{Kind: kind})
		if len(a.Events()) != 0 || len(w.calls) != 0 {
			t.Errorf("%q: got %v and %q, want nothing", kind, a.Events(), w.calls)
		}
		wantParts(t, a.Err(), "unknown kind of event", fmt.Sprintf("%q", kind))
	}
}

func TestEventsAreTheLastTenThousand(t *testing.T) {
	a := journal.NewAudit(nil)
	for i := range 10_003 {
		a.Record(journal.Event{Kind: journal.Used, Sub: fmt.Sprint(i)})
	}
	events := a.Events()
	if len(events) != 10_000 || events[0].Sub != "3" || events[9_999].Sub != "10002" {
		t.Errorf("got %d events from %q to %q, want 10000 from 3 to 10002", len(events), events[0].Sub, events[len(events)-1].Sub)
	}
	a.Reset()
	a.Record(journal.Event{Kind: journal.Used, Sub: "new"})
	if events := a.Events(); len(events) != 1 || events[0].Sub != "new" {
		t.Errorf("got %v after Reset, want the new one", events)
	}
}

func TestEventsAreCopies(t *testing.T) {
	a := journal.NewAudit(nil)
	scopes := []string{"a"}
	a.Record(journal.Event{Kind: journal.Used, Scopes: scopes})
	scopes[0] = "changed"
	a.Events()[0].Scopes[0] = "changed"
	if got := a.Events()[0].Scopes; !reflect.DeepEqual(got, []string{"a"}) {
		t.Errorf("got %v, want [a]", got)
	}
}

func TestAFailingWriterDoesNotStopTheLog(t *testing.T) {
	first := errors.New("the first")
	w := &writer{short: 10, err: first}
	a := journal.NewAudit(w)
	a.Record(journal.Event{Time: noon, Kind: journal.Used, Sub: "1"})
	w.short, w.err = 10, nil
	a.Record(journal.Event{Time: noon, Kind: journal.Used, Sub: "2"})
	w.short = 0
	for i := range 2 {
		a.Record(journal.Event{Time: noon, Kind: journal.Used, Sub: fmt.Sprint(3 + i)})
	}
	if !errors.Is(a.Err(), first) {
		t.Errorf("got %v, want the first error", a.Err())
	}
	if got := len(a.Events()); got != 4 {
		t.Errorf("got %d events in memory, want all 4", got)
	}
	// The log ends the incomplete line with a line break, so the following
	// lines are complete.
	lines := strings.Split(strings.Join(w.calls, ""), "\n")
	if len(lines) != 5 || !strings.Contains(lines[2], `"sub":"3"`) || !json.Valid([]byte(lines[2])) || !json.Valid([]byte(lines[3])) {
		t.Errorf("got %q, want the last two lines complete", lines)
	}
}

func TestShortWriteIsAnError(t *testing.T) {
	a := journal.NewAudit(&writer{short: 3})
	a.Record(journal.Event{Kind: journal.Used})
	if !errors.Is(a.Err(), io.ErrShortWrite) {
		t.Errorf("got %v, want %v", a.Err(), io.ErrShortWrite)
	}
}

func TestATimeThatJSONCannotRepresentIsAnErrorOfTheLog(t *testing.T) {
	a := journal.NewAudit(&writer{})
	a.Record(journal.Event{Time: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC), Kind: journal.Used})
	wantParts(t, a.Err(), "audit log", "JSON")
	if len(a.Events()) != 1 {
		t.Error("the event is not in memory")
	}
}

// stuck is a writer that blocks until its channel free is closed.
type stuck struct{ entered, free chan struct{} }

func (s stuck) Write(p []byte) (int, error) {
	close(s.entered)
	<-s.free
	return len(p), nil
}

func TestEventsDoesNotWaitForTheWriter(t *testing.T) {
	w := stuck{make(chan struct{}), make(chan struct{})}
	a := journal.NewAudit(w)
	var wg sync.WaitGroup
	wg.Go(func() { a.Record(journal.Event{Kind: journal.Used}) })
	<-w.entered
	if got := len(a.Events()); got != 1 || a.Err() != nil {
		t.Errorf("got %d events, %v, want 1", got, a.Err())
	}
	close(w.free)
	wg.Wait()
}

func TestManyGoroutinesWriteWholeLines(t *testing.T) {
	var out bytes.Buffer // needs no lock, because Audit writes one line at a time
	a := journal.NewAudit(&out)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 100 {
				a.Record(journal.Event{Time: noon, Kind: journal.Used, Sub: fmt.Sprintf("%d/%d", g, i)})
				_ = a.Events()
			}
		})
	}
	wg.Wait()
	var written []journal.Event
	for line := range strings.Lines(out.String()) {
		var e journal.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		written = append(written, e)
	}
	if len(written) != 800 || !reflect.DeepEqual(written, a.Events()) {
		t.Errorf("got %d lines, want the 800 events in the same order as in memory", len(written))
	}
}

func wantParts(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("got %q, want %q in it", err, part)
		}
	}
}
