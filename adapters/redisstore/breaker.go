package redisstore

import (
	"sync"
	"time"
)

// Limits of the breaker.
const (
	maxFailures = 3           // number of unanswered commands in a row before a pause
	pause       = time.Second // time between two commands during a pause
)

// breaker pauses the commands of a group after failures, so that requests do
// not wait for a Redis that does not respond. An error reply is not a failure:
// a full Redis rejects writes, but still serves reads. Each group has its own
// breaker, because one node of a cluster can fail while the others work.
type breaker struct {
	mu       sync.Mutex
	failures int // consecutive
	retryAt  time.Time
}

// begin reports whether a command may be sent. After maxFailures failures in a
// row, it lets one command through per second, until Redis answers one.
func (b *breaker) begin(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < maxFailures {
		return true
	}
	if now.Before(b.retryAt) {
		return false
	}
	b.retryAt = now.Add(pause)
	return true
}

// end records whether Redis has answered a command.
func (b *breaker) end(now time.Time, answered bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if answered {
		b.failures = 0
		return
	}
	b.failures++
	b.retryAt = now.Add(pause)
}
