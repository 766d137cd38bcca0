package listen

import (
	"sync"
	"time"
)

// tally counts running handlers and connections. A WaitGroup is not suitable:
// its Wait has no timeout, and Add must not raise the count from zero during
// Wait.
type tally struct {
	mu   sync.Mutex
	n    int
	zero chan struct{}
}

func (t *tally) add(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n += n
	if t.n == 0 && t.zero != nil {
		close(t.zero)
		t.zero = nil
	}
}

// wait reports whether the count reached zero within d.
func (t *tally) wait(d time.Duration) bool {
	t.mu.Lock()
	if t.n == 0 {
		t.mu.Unlock()
		return true
	}
	zero := make(chan struct{})
	t.zero = zero
	t.mu.Unlock()

	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-zero:
		return true
	case <-timer.C:
		return false
	}
}
