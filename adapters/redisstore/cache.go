package redisstore

import (
	"context"
	"encoding/base64"
	"strconv"
	"time"
)

// answer returns where an introspection answer is: its group, and the key in
// it. The key is a hash of a token; with the HMAC, a reader of Redis cannot
// check whether a token that it knows was used.
func (s *Store) answer(k keys, key string) (g *group, name string) {
	sum := derive(k.names, key)
	return s.groups[sum[0]%groups], "answer:" + base64.RawURLEncoding.EncodeToString(sum)
}

// Get implements introspect.Cache. A value that was not sealed for this key is
// counted, and reported as missing. So is a value that Redis could not return:
// after an error, a client would not use the store for a while, although the
// other nodes of a cluster may work. The error is nil unless ctx has ended.
func (s *Store) Get(ctx context.Context, key string) ([]byte, bool, error) {
	for _, k := range s.keys {
		g, name := s.answer(k, key)
		answer, err := s.do(ctx, g, "GET", name)
		if err != nil || answer == nil {
			continue
		}
		sealed, _ := text(answer) // "" does not open
		if value, ok := s.open(ctx, g.tag+name, sealed); ok {
			return value, true, nil
		}
	}
	return nil, false, ctx.Err()
}

// Set implements introspect.Cache. A ttl below a millisecond stores nothing.
// As in Get, the error is nil unless ctx has ended.
func (s *Store) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if ttl < time.Millisecond {
		return nil
	}
	g, name := s.answer(s.keys[0], key)
	_, _ = s.do(ctx, g, "SET", name, s.keys[0].seal(g.tag+name, value), "PX", strconv.FormatInt(ttl.Milliseconds(), 10))
	return ctx.Err()
}
