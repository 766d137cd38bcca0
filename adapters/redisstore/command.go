package redisstore

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/bearerguard/bearerguard/internal/contain"
)

// groups is the number of key groups, not counting the group of the revocation
// feed. The keys of a group have the same hash tag, and therefore the same hash
// slot. A node of a cluster has either all keys of a group or none.
const groups = 32

// group is the set of all keys with the same hash tag.
type group struct {
	tag      string        // prefix of each key
	running  chan struct{} // limits concurrent commands
	breaker  breaker
	history  history
	extended atomic.Int64 // Unix time at which extensionDue was last true
}

// maxRunning is the maximum number of commands of a group that run at a time.
const maxRunning = 256

func newGroup(tag string) *group {
	return &group{tag: tag, running: make(chan struct{}, maxRunning), history: history{number: newNumber()}}
}

var (
	errPaused = errors.New("redisstore: the last commands failed; commands are paused for up to a second")
	errAnswer = errors.New("redisstore: Redis gave an unexpected answer")
)

// redisError wraps an error of the client. The text of that error is not
// printed, because it may contain an argument of the command.
type redisError struct {
	reason string
	err    error
}

func (e redisError) Error() string { return "redisstore: Redis is unavailable: " + e.reason }
func (e redisError) Unwrap() error { return e.err }

// do sends a command to the node of a group. It waits for the reply for at most
// Config.Timeout.
func (s *Store) do(ctx context.Context, g *group, command, key string, args ...any) (any, error) {
	return s.doWithin(ctx, s.config.Timeout, g, command, key, args...)
}

// doWithin does the same as do, but with the given timeout. After the timeout,
// it returns even if Config.Do ignores its context. Canceling ctx does not
// cancel a command that has started. Otherwise, a client that cancels its
// requests could cause a pause of the commands for all clients.
func (s *Store) doWithin(ctx context.Context, timeout time.Duration, g *group, command, key string, args ...any) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !g.breaker.begin(time.Now()) {
		s.counted.paused.Add(1)
		return nil, errPaused
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	s.counted.commands.Add(1)
	answer, err := contain.Within(ctx, g.running, func(ctx context.Context) (any, error) {
		return s.config.Do(ctx, append([]any{command, g.tag + key}, args...)...)
	})
	g.breaker.end(time.Now(), err == nil || errorReply.MatchString(err.Error()))
	if err != nil {
		s.counted.failures.Add(1)
		failure := redisError{reason(ctx, err), err}
		s.noteFailure(ctx, g, key, failure.reason)
		return nil, failure
	}
	return answer, nil
}

// text returns a string reply as a string. Some clients return such a reply as
// []byte.
func text(answer any) (string, error) {
	switch value := answer.(type) {
	case string:
		return value, nil
	case []byte:
		return string(value), nil
	}
	return "", errAnswer
}

// milliseconds formats a duration in whole milliseconds. The result is longer
// than d, by at most a millisecond.
func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds()+1, 10) }

// lastingFor is the lifetime of the counters, the stream and the epoch. Use of
// these keys extends it. extendAfter is the minimum time between two extensions
// by a process. There are two exceptions: each read of the epoch extends the
// epoch, and each new entry extends the stream.
const (
	lastingFor  = 30 * 24 * time.Hour
	extendAfter = time.Hour
)

// extensionDue returns true at most once an hour. If it returns true, the
// caller must extend the lifetime of the group's counters, or of the stream. If
// the extension fails, it is repeated an hour later, or another process extends
// the lifetime.
func (g *group) extensionDue() bool {
	now, last := time.Now().Unix(), g.extended.Load()
	return now-last >= int64(extendAfter/time.Second) && g.extended.CompareAndSwap(last, now)
}
