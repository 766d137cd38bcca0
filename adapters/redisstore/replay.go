package redisstore

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"time"
)

// ErrLost is returned for a proof that may have been used before Redis lost its
// data. The verifier responds with 503.
var ErrLost = errors.New("redisstore: Redis has lost its data, so the proof may have been used before")

var errTooLong = errors.New("redisstore: the proof would be accepted for longer than ProofWindow")

// First implements [dpop.Replay].
func (s *Store) First(ctx context.Context, key [32]byte, until time.Time) (bool, error) {
	return s.FirstOf(ctx, "", key, until)
}

// FirstOf does the same as First, and limits the replay entries of one client
// as [dpop.Memory.FirstOf] does. The limit applies to each process: with n
// machines, a client can have n times as many replay entries in Redis.
//
// Under [LocalOnly], an outage of Redis does not cause an error.
func (s *Store) FirstOf(ctx context.Context, client string, key [32]byte, until time.Time) (bool, error) {
	lifetime := time.Until(until)
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case s.config.OnOutage == Refuse && lifetime > s.config.ProofWindow: // otherwise the proof could be used again after a loss
		s.counted.tooLong.Add(1)
		s.note(ctx, tooLong)
		return false, errTooLong
	}
	if first, err := s.config.Local.FirstOf(ctx, client, key, until); !first || err != nil {
		return false, err
	}
	g := s.groups[key[0]%groups]
	first, err := s.storeEntry(ctx, g, key, lifetime)
	switch {
	case s.config.OnOutage == Refuse && first && err == nil:
		return s.confirm(ctx, g, until)
	case s.config.OnOutage == LocalOnly && err != nil:
		s.counted.localOnly.Add(1)
		return true, nil //nolint:nilerr // the policy: what this process knows decides
	}
	return first, err
}

// storeEntry stores a replay entry in Redis, and reports whether the entry is
// new. The lifetime is relative, so a wrong clock of Redis does not matter,
// unless it is set forward while the entry exists. The value is random. A Redis
// client may repeat the command after a lost reply. The repeated command then
// finds its own value, which does not count as a replay. The key is a hash. Its
// first half is enough to identify a proof, as in a [dpop.Memory].
func (s *Store) storeEntry(ctx context.Context, g *group, key [32]byte, lifetime time.Duration) (bool, error) {
	value := rand.Text()[:12]
	name := "proof:" + base64.RawURLEncoding.EncodeToString(key[:16])
	answer, err := s.do(ctx, g, "SET", name, value, "NX", "GET", "PX", milliseconds(lifetime))
	if err != nil || answer == nil {
		return err == nil, err
	}
	found, err := text(answer)
	return err == nil && found == value, err
}

// confirm returns ErrLost if the proof may have been used before the last loss
// of replay entries of the group. Call confirm after the replay entry of the
// proof was stored.
func (s *Store) confirm(ctx context.Context, g *group, until time.Time) (bool, error) {
	lostAt, err := s.lostAt(context.WithoutCancel(ctx), g)
	if err != nil {
		return false, err
	}
	if !until.After(lostAt.Add(s.config.ProofWindow)) {
		s.counted.refused.Add(1)
		return false, ErrLost
	}
	return true, nil
}
