// Package redisstore stores in Redis or Valkey what the machines of an API
// share: which DPoP proofs were used, introspection answers, and which tokens
// are revoked.
//
//	store, err := redisstore.New(redisstore.Config{Do: do, Secret: secret})
//	…
//	middleware.Config{DPoP: &dpop.Policy{Replay: store}, …}
//	introspect.Config{Cache: store, …}
//	revoke.Config{Feed: store, …}
//
// It does not depend on a Redis client: [Config.Do] sends a command with the
// client that the program already has. docs/scale.md shows Do for go-redis,
// rueidis and valkey-go, and a complete program. The package requires Redis 7.0
// or Valkey 7.2, or a later version. Each command has one key, so a cluster
// works.
//
// # Failures
//
// A value that is forged in Redis never makes a token valid: introspection
// answers and revocations are sealed with [Config.Secret]. A sealed value that
// was changed, or copied to another key or another prefix, is counted in
// Stats.Rejected. If it is an introspection answer, it is ignored. If it is a
// revocation, it counts as lag. The end time of an entry in the revocation feed
// is not sealed: if it was moved to the past, the entry is skipped. An attacker
// with write access to Redis can therefore make the machines forget used proofs
// and revocations, and respond with 503.
//
// If a command fails or takes longer than [Config.Timeout], introspection
// treats the answer as not cached. For proofs, [Config.OnOutage] decides. The
// keys are divided into 33 groups. After three commands in a row without a
// reply from Redis, commands for the same group fail immediately for a second.
// An error reply, for example from a full Redis, counts as a reply.
//
// Set maxmemory-policy to noeviction, because the eviction of single replay
// entries is not detected.
//
// # Lost memory
//
// For each used proof, a replay entry is stored. After Redis is emptied, or
// restarts without its data or with old data, used proofs look new. To detect
// this, each process increments a counter in Redis after it has stored replay
// entries. Under [Refuse], after such a loss, proofs that may have been used
// before the loss are refused with 503 for [Config.ProofWindow] at most. The
// counter costs a second command per proof. Concurrent requests share this
// command. A new Redis looks as if it had been emptied: see [Store.Initialize].
//
// A process detects only the loss of its own replay entries. After a restart
// with old data, or a failover that has lost the last writes, a proof can
// therefore be used once on another machine. This is possible until the process
// that stored the replay entry handles its next proof in the same group of
// keys. If this process ends before that, the loss is not detected. The loss is
// also not detected if another process happens to use the same one of 4096
// counters, and neither process has noticed that they share a counter.
//
// The counter is usually incremented a millisecond after a replay entry was
// stored. If the entry is lost before that, it looks as if it had never been
// stored. This loss is not detected, and the proof can be used once more on
// another machine.
//
// The counters expire 30 days after the last proofs. The next proofs are then
// refused, as after a loss.
//
// The revocation feed has an epoch, which changes if the feed has lost entries.
// After a change, every machine publishes the revocations that it has in
// memory. If Redis is too full to store a new epoch, only the machines that
// have detected the loss publish their revocations.
package redisstore
