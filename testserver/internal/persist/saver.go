package persist

import (
	"sync"
	"time"
)

// minPause is the least time between the end of one write and the next, so that
// a busy server does not spend its time on the disk. A killed process loses the
// changes of that time.
const minPause = 100 * time.Millisecond

// Saver saves after changes: at once after the first, and then in intervals for
// as long as there are more. One save runs at a time. Make one with [NewSaver].
type Saver struct {
	save   func() error
	report func(error)
	stop   chan struct{}
	done   sync.WaitGroup
	turn   chan struct{} // holds the one that saves; taken before mu

	mu      sync.Mutex
	changes uint64 // so far
	tried   uint64 // those that the last save had seen
	saved   uint64 // those that the last save that succeeded had seen
	failing bool
	running bool
	closed  bool
}

// NewSaver returns a Saver that calls save, which takes the state as it then is.
// When saving begins to fail report is called with the reason, and not again
// until it has succeeded in between. It may be nil.
func NewSaver(save func() error, report func(error)) *Saver {
	return &Saver{save: save, report: report, stop: make(chan struct{}), turn: make(chan struct{}, 1)}
}

// Changed notes a change and does not wait. A change whose save failed is saved
// with the next one.
func (s *Saver) Changed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes++
	if s.running || s.closed {
		return
	}
	s.running = true
	s.done.Go(s.run)
}

// run saves until a pause brings no more changes.
func (s *Saver) run() {
	for more := true; more; {
		began := time.Now()
		_ = s.Flush() // it has reported the error
		// A state that is slow to write leaves half of the time to the server.
		pause := time.NewTimer(max(minPause, time.Since(began)))
		select {
		case <-pause.C:
		case <-s.stop:
			pause.Stop()
		}
		s.mu.Lock()
		more = s.changes != s.tried && !s.closed
		s.running = more
		s.mu.Unlock()
	}
}

// Flush returns when all changes before it are saved, or with the reason why
// they could not be.
func (s *Saver) Flush() error {
	begins, err := s.attempt()
	if begins && s.report != nil {
		s.report(err) // holding no lock, so that it may do what it wants
	}
	return err
}

func (s *Saver) attempt() (begins bool, err error) {
	s.mu.Lock()
	wanted := s.changes
	s.mu.Unlock()
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	s.mu.Lock()
	if s.saved >= wanted { // by the one that had the turn: later changes are for others
		s.mu.Unlock()
		return false, nil
	}
	seen := s.changes
	s.tried = seen
	s.mu.Unlock()

	err = s.save()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.saved = seen
	}
	begins = err != nil && !s.failing
	s.failing = err != nil
	return begins, err
}

// Close is Flush and an end: later changes wait for another Close. Its error
// says that what was saved last is not what there is now.
func (s *Saver) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.stop)
	}
	s.mu.Unlock()
	s.done.Wait()
	return s.Flush()
}
