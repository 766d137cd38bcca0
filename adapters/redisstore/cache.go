package redisstore

import (
	"context"
	"encoding/base64"
	"strconv"
	"time"
)

// maxAnswerTimeout is the maximum time that Get and Set wait for one command.
// It is shorter than the quarter of a second for which an introspect.Client
// waits. If one node of a cluster hangs, Get reports a miss in time. Otherwise
// the client would treat the whole Store as failed.
const maxAnswerTimeout = 100 * time.Millisecond

// answerKey returns the group and the name of an introspection answer in Redis.
// The given key is a hash of the token. The name is an HMAC of this hash, so
// that an attacker who can only read Redis cannot test whether a token was
// used.
func (s *Store) answerKey(k keys, key string) (g *group, name string) {
	sum := derive(k.names, key)
	return s.groups[sum[0]%groups], "answer:" + base64.RawURLEncoding.EncodeToString(sum)
}

// Get implements introspect.Cache. If a value was not sealed for this key, Get
// reports a miss and counts the value in Stats.Rejected. Get also reports a
// miss if a command fails. If it returned an error instead, an
// introspect.Client would not use the Store for a while, although the other
// nodes of a cluster may work. Get returns an error only if ctx has ended.
func (s *Store) Get(ctx context.Context, key string) ([]byte, bool, error) {
	for _, k := range s.keys {
		g, name := s.answerKey(k, key)
		answer, err := s.doWithin(ctx, min(s.config.Timeout, maxAnswerTimeout), g, "GET", name)
		if err != nil || answer == nil {
			continue
		}
		sealed, _ := text(answer) // if text fails, s.open rejects ""
		if value, ok := s.open(ctx, g.tag+name, sealed); ok {
			return value, true, nil
		}
	}
	return nil, false, ctx.Err()
}

// Set implements introspect.Cache. If ttl is less than a millisecond, Set
// stores nothing. Set returns an error only if ctx has ended.
func (s *Store) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if ttl < time.Millisecond {
		return nil
	}
	g, name := s.answerKey(s.keys[0], key)
	lifetime := strconv.FormatInt(ttl.Milliseconds(), 10) // rounded down, so that the answer does not outlive ttl
	_, _ = s.doWithin(ctx, min(s.config.Timeout, maxAnswerTimeout), g, "SET", name, s.keys[0].seal(g.tag+name, value), "PX", lifetime)
	return ctx.Err()
}
