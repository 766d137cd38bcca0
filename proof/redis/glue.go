// Package redis tests redisstore with real servers and clients. The tests kill,
// pause and empty a Redis, use a cluster of three nodes, and use each client
// library in docs/scale.md.
package redis

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"
	"github.com/valkey-io/valkey-go"
)

// WithGoRedis sends commands with go-redis. The options of the client need
// ContextTimeoutEnabled.
func WithGoRedis(client redis.UniversalClient) func(ctx context.Context, args ...any) (any, error) {
	return func(ctx context.Context, args ...any) (any, error) {
		answer, err := client.Do(ctx, args...).Result()
		if errors.Is(err, redis.Nil) {
			return nil, nil //nolint:nilnil // the answer nil
		}
		return answer, err
	}
}

// WithRueidis sends commands with rueidis.
func WithRueidis(client rueidis.Client) func(ctx context.Context, args ...any) (any, error) {
	return func(ctx context.Context, args ...any) (any, error) {
		command := client.B().Arbitrary(args[0].(string)).Keys(args[1].(string))
		for _, arg := range args[2:] {
			command = command.Args(arg.(string))
		}
		answer, err := client.Do(ctx, command.Build()).ToAny()
		if rueidis.IsRedisNil(err) {
			return nil, nil //nolint:nilnil // the answer nil
		}
		return answer, err
	}
}

// WithValkey sends commands with valkey-go.
func WithValkey(client valkey.Client) func(ctx context.Context, args ...any) (any, error) {
	return func(ctx context.Context, args ...any) (any, error) {
		command := client.B().Arbitrary(args[0].(string)).Keys(args[1].(string))
		for _, arg := range args[2:] {
			command = command.Args(arg.(string))
		}
		answer, err := client.Do(ctx, command.Build()).ToAny()
		if valkey.IsValkeyNil(err) {
			return nil, nil //nolint:nilnil // the answer nil
		}
		return answer, err
	}
}
