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
// The package does not depend on a Redis client: [Config.Do] sends a command
// with the client that the program already has. docs/scale.md shows Do for
// go-redis, rueidis and valkey-go, and a complete program. The package requires
// Redis 7.0 or Valkey 7.2, or a later version. It works with a cluster, because
// each command has only one key.
//
// # Failures
//
// A value that is forged in Redis does not make a token valid, because
// introspection answers and revocations are sealed with [Config.Secret]. If a
// sealed value was changed, or copied to another key or another prefix, it is
// counted in Stats.Rejected. If the value is an introspection answer, the Store
// ignores it. If the value is a revocation, it counts as lag. There is one
// exception: the end time of an entry in the revocation feed is read before the
// seal is checked. If an attacker moves this time to the past, the machines
// skip the entry. An attacker with write access to Redis can therefore make the
// machines forget revocations. The attacker can also make them forget used
// proofs or respond with 503.
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
// # Lost data
//
// For each used proof, a replay entry is stored. After Redis is emptied, or
// restarts without its data or with old data, used proofs look new. To detect
// this under [Refuse], each process increments a counter in Redis after it has
// stored replay entries. A proof that may have been used before such a loss is
// then refused with 503. These refusals last for [Config.ProofWindow] at most.
// The counter costs a second command per proof. Concurrent requests share this
// command. A new Redis looks as if it had been emptied: see [Store.Initialize].
// Under [LocalOnly], the counter is not used, and such a loss is not detected.
//
// A process detects only the loss of its own replay entries. After a restart
// with old data, or a failover that has lost the last writes, a proof can
// therefore be used once on another machine. This is possible until the process
// that stored the replay entry handles its next proof in the same group of
// keys. If this process ends before that, the loss is not detected. Two
// processes may also share one of the 4096 counters by chance. Until one of
// them notices this, a loss can remain undetected.
//
// The counter is usually incremented a millisecond after a replay entry was
// stored. If Redis loses the entry before that, the entry looks as if it had
// never been stored. This loss is not detected, and the proof can be used once
// more on another machine.
//
// The counters expire after 30 days without a proof. This looks like a loss, so
// the next proofs are refused.
//
// The revocation feed has an epoch, which changes if the feed has lost entries.
// After a change, every machine publishes the revocations that it has in
// memory. If Redis is too full to store a new epoch, only the machines that
// have detected the loss publish their revocations.
package redisstore
