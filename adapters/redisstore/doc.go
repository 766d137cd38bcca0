// Package redisstore keeps in Redis or Valkey what the machines of an API
// share: which DPoP proofs were used, the answers about opaque tokens, and
// which tokens are revoked.
//
//	store, err := redisstore.New(redisstore.Config{Do: do, Secret: secret})
//	…
//	middleware.Config{DPoP: &dpop.Policy{Replay: store}, …}
//	introspect.Config{Cache: store, …}
//	revoke.Config{Feed: store, …}
//
// It does not depend on a client of Redis: [Config.Do] sends a command with the
// client that the program already has. docs/scale.md shows Do for go-redis,
// rueidis and valkey-go. Redis 7.0 or later is required, or Valkey. Each
// command has one key, so a cluster works. Each key has a lifetime.
//
// # Failures
//
// Redis never decides that a token is good: its values are sealed with
// [Config.Secret], and a value that was changed, copied to another key or
// another prefix is ignored and counted. An attacker who can delete keys can
// make the machines forget proofs and revocations.
//
// A command that fails or takes longer than [Config.Timeout] is a missing
// answer for introspection, and [Config.OnOutage] for proofs. After three
// failures in a row, commands to the same part of the cluster fail at once for
// a second.
//
// Set maxmemory-policy to noeviction. Redis must not evict marks or
// revocations, and a Redis that does this is not noticed.
//
// # Lost memory
//
// If Redis is emptied, restarts without its data or with old data, used proofs
// would look new. A counter in Redis shows this. Under [Refuse], proofs that
// may have been used before are refused with 503 for [Config.ProofWindow] at
// most. This costs a second command per proof. Concurrent requests share it. A
// new Redis is empty, too: see [Store.Initialize].
//
// The feed of revocations has an epoch, which then changes. Every machine
// publishes what it knows.
package redisstore
