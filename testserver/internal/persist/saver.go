package persist

import (
	"sync"
	"time"
)

// minInterval is the minimum pause between two automatic saves. It ensures that
// a busy server does not write all the time. If the process is killed during a
// pause, the changes since the last save are lost.
const minInterval = 100 * time.Millisecond

// Saver saves the state after changes. It saves the first change immediately,
// and later changes at intervals. After an interval without a change, it saves
// the next change immediately again. Only one save runs at a time. Use
// [NewSaver] to make a Saver.
type Saver struct {
	save   func() error
	report func(error)
	stop   chan struct{}
	done   sync.WaitGroup
	turn   chan struct{} // a semaphore for save; acquired before mu

	mu      sync.Mutex
	changes uint64 // number of changes so far
	tried   uint64 // number of changes at the last save attempt
	saved   uint64 // number of changes at the last successful save
	failing bool
	running bool
	closed  bool
}

// NewSaver returns a Saver that calls save to save the current state. If save
// fails, the Saver passes the error to report, which may be nil. Of several
// consecutive failures, it reports only the first.
func NewSaver(save func() error, report func(error)) *Saver {
	return &Saver{save: save, report: report, stop: make(chan struct{}), turn: make(chan struct{}, 1)}
}

// Changed records a change and returns without waiting for the save. If the
// save fails, the change is saved together with the next change.
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

// run saves the state once and then after each interval. It returns when an
// interval has passed without a change.
func (s *Saver) run() {
	for more := true; more; {
		began := time.Now()
		_ = s.Flush() // Flush has already reported the error
		// The pause is at least as long as the save before it. Even slow saves
		// therefore take at most half of the time.
		pause := time.NewTimer(max(minInterval, time.Since(began)))
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

// Flush saves all changes that were made before the call. It returns an error
// if these changes could not be saved.
func (s *Saver) Flush() error {
	begins, err := s.attempt()
	if begins && s.report != nil {
		s.report(err) // no lock is held, so report may call the Saver
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
	if s.saved >= wanted { // these changes are already saved, maybe by another Flush
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

// Close stops automatic saving and then calls Flush. Later changes are saved
// only if Flush or Close is called again. If Close returns an error, the
// changes since the last successful save have not been saved.
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
