package redis_test

import (
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/bearerguard/bearerguard/adapters/redisstore"
	glue "github.com/bearerguard/bearerguard/proof/redis"
)

func Example() {
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379", ContextTimeoutEnabled: true})
	defer func() { _ = client.Close() }()
	secret := make([]byte, 32) // from your secret store
	store, err := redisstore.New(redisstore.Config{
		Do:       glue.WithGoRedis(client), // or another client, see below
		Secret:   secret,                   // 32 random bytes, the same on all machines
		OnOutage: redisstore.Refuse,        // DPoP requests get 503 while Redis is down
	})
	fmt.Println(store.Stats().Commands, err)
	// Output: 0 <nil>
}
