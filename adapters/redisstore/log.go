package redisstore

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"time"

	"github.com/bearerguard/bearerguard/internal/contain"
)

// kind is a kind of event in the log.
type kind int

const (
	unavailable kind = iota
	lost
	rejected
	tooLong
	otherType
	kinds // number of kinds
)

var messages = [kinds]string{
	unavailable: "redis is unavailable",
	lost:        "redis has lost its data: proofs that may have been used before are handled as OnOutage says",
	rejected:    "redis contains a value that was not sealed with the secret for its key",
	tooLong:     "a proof was refused because it would be accepted for longer than ProofWindow: increase ProofWindow",
	otherType:   "redis has a key of another type: delete this key, and find out what writes to keys with this Prefix",
}

// note logs an event, unless an event of the same kind was logged less than a
// minute ago.
func (s *Store) note(ctx context.Context, k kind, args ...any) {
	now, last := time.Now().Unix(), s.logged[k].Load()
	if now-last < 60 || !s.logged[k].CompareAndSwap(last, now) {
		return
	}
	contain.Panic(func() { // a Logger must not end the process
		s.config.Logger.WarnContext(ctx, messages[k], args...) //nolint:sloglint // a constant, from the table above
	})
}

// noteFailure logs that a command has failed. The log names a key of a wrong
// type that cannot be used until it is deleted. It does not name other keys,
// because they are replaced or expire. The names of these keys also contain
// hashes of proofs and tokens.
func (s *Store) noteFailure(ctx context.Context, g *group, key, reason string) {
	if reason == "WRONGTYPE" && slices.Contains([]string{stepsKey, streamKey, epochKey}, key) {
		s.note(ctx, otherType, "key", g.tag+key)
		return
	}
	s.note(ctx, unavailable, "reason", reason)
}

// errorReply matches the text of an error reply and captures its first word,
// such as READONLY. It does not match the text of io.EOF, which is "EOF".
var errorReply = regexp.MustCompile(`^([A-Z]{3,20}) `)

// reason describes an error of the client in words that are safe to log.
func reason(ctx context.Context, err error) string {
	if reply := errorReply.FindStringSubmatch(err.Error()); reply != nil {
		return reply[1]
	}
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		return "timeout"
	}
	return "no connection, or another failure of the client"
}
