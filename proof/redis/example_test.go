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
	do := glue.WithGoRedis(client)
	secret := make([]byte, 32) // from your secret store
	store, err := redisstore.New(redisstore.Config{
		Do:       do,                // sends a command with your client of Redis: see Clients
		Secret:   secret,            // 32 random bytes, the same on all machines
		OnOutage: redisstore.Refuse, // DPoP requests get 503 while Redis is down
	})
	fmt.Println(store.Stats().Commands, err)
	// Output: 0 <nil>
}

func Example_localOnly() {
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379", ContextTimeoutEnabled: true})
	defer func() { _ = client.Close() }()
	do := glue.WithGoRedis(client)
	secret := make([]byte, 32) // from your secret store
	store, err := redisstore.New(redisstore.Config{
		Do:       do,
		Secret:   secret,
		Prefix:   "orders:",            // this Redis is shared with other APIs
		OnOutage: redisstore.LocalOnly, // while Redis is down, each machine knows only the proofs that it has seen
	})
	fmt.Println(store.Stats().Commands, err)
	// Output: 0 <nil>
}
