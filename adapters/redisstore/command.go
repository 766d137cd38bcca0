package redisstore

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bearerguard/bearerguard/internal/contain"
)

// groups is the number of hash tags. All keys of a group are in one hash slot
// of a cluster, so a node has all of them or none.
const groups = 32

// group is the keys with one hash tag.
type group struct {
	tag     string // begins each key
	breaker breaker
	history history
	lasting lasting
}

// Limits of the breaker.
const (
	maxFailures = 3           // failed commands in a row after which commands are paused
	pause       = time.Second // between two attempts while commands are paused
)

var (
	errPaused = errors.New("redisstore: the last commands failed; commands are paused for up to a second")
	errRedis  = errors.New("redisstore: Redis is unavailable")
	errAnswer = errors.New("redisstore: Redis gave an unexpected answer")
)

// breaker pauses the commands of a group after failures, so that requests do
// not wait for a Redis that does not answer. Each group has its own, because
// one node of a cluster can fail alone.
type breaker struct {
	mu       sync.Mutex
	failures int // in a row
	retryAt  time.Time
}

// begin reports whether a command may be sent. During the pause, it lets one
// command through per second.
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

func (b *breaker) end(now time.Time, succeeded bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if succeeded {
		b.failures = 0
		return
	}
	b.failures++
	b.retryAt = now.Add(pause)
}

// do sends a command to the node of a group. A caller that cancels its context
// does not cancel the command: a client could otherwise cancel requests to make
// commands fail, and so pause them for all clients.
func (s *Store) do(ctx context.Context, g *group, command, key string, args ...any) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", errRedis, err)
	}
	if !g.breaker.begin(time.Now()) {
		s.counted.paused.Add(1)
		return nil, errPaused
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.Timeout)
	defer cancel()
	succeeded := false
	defer func() { g.breaker.end(time.Now(), succeeded) }() // also if Do panics
	s.counted.commands.Add(1)
	answer, err := s.config.Do(ctx, append([]any{command, g.tag + key}, args...)...)
	if succeeded = err == nil; !succeeded {
		s.counted.failures.Add(1)
		s.note(ctx, unavailable, "reason", reason(ctx, err))
		return nil, fmt.Errorf("%w: %w", errRedis, err)
	}
	return answer, nil
}

// errorCode is the first word of an error reply, such as READONLY.
var errorCode = regexp.MustCompile(`^[A-Z]{3,20}\b`)

// reason returns what may be logged of an error of the client.
func reason(ctx context.Context, err error) string {
	if code := errorCode.FindString(err.Error()); code != "" {
		return code
	}
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		return "timeout"
	}
	return "no connection, or another failure of the client"
}

// text returns an answer that is a string. Clients differ in its type.
func text(answer any) (string, error) {
	switch value := answer.(type) {
	case string:
		return value, nil
	case []byte:
		return string(value), nil
	}
	return "", errAnswer
}

// milliseconds formats a duration, rounded up.
func milliseconds(d time.Duration) string {
	return strconv.FormatInt((d + time.Millisecond - 1).Milliseconds(), 10)
}

// lasting extends the lifetime of a key that must outlive its last use.
type lasting struct{ extended atomic.Int64 } // Unix time

const (
	lastingFor  = 30 * 24 * time.Hour
	extendAfter = time.Hour
)

// extend extends the lifetime of a key, once an hour. A failure only means that
// the next process extends it.
func (s *Store) extend(ctx context.Context, g *group, key string) {
	now, last := time.Now().Unix(), g.lasting.extended.Load()
	if now-last >= int64(extendAfter/time.Second) && g.lasting.extended.CompareAndSwap(last, now) {
		_, _ = s.do(ctx, g, "PEXPIRE", key, milliseconds(lastingFor))
	}
}

// kind is a kind of event in the log.
type kind int

const (
	unavailable kind = iota
	lost
	rejected
	kinds // number of kinds
)

var messages = [kinds]string{
	unavailable: "redis is unavailable",
	lost:        "redis has lost its memory: proofs that may have been used before are handled as OnOutage says",
	rejected:    "redis contains a value that was not sealed with the secret for its key",
}

// note is the Unix time at which a kind of event was last logged.
type note struct{ logged atomic.Int64 }

// note logs an event, unless one of its kind was logged less than a minute ago.
func (s *Store) note(ctx context.Context, k kind, args ...any) {
	now, last := time.Now().Unix(), s.notes[k].logged.Load()
	if now-last < 60 || !s.notes[k].logged.CompareAndSwap(last, now) {
		return
	}
	contain.Panic(func() { // a Logger must not end the process
		s.config.Logger.WarnContext(ctx, messages[k], args...) //nolint:sloglint // a constant, from the table above
	})
}
