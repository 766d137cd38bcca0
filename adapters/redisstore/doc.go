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
// rueidis and valkey-go, and a complete program. Redis 7.0 or later is
// required, or Valkey 7.2. Each command has one key, so a cluster works.
//
// # Failures
//
// Redis never decides that a token is good: its values are sealed with
// [Config.Secret]. A value that was changed, or copied to another key or
// another prefix, is counted. Such an answer is ignored, and such a revocation
// counts as lag. The time at which an entry of the feed ends is not sealed: if
// it was moved to the past, the entry is skipped. An attacker who can write to
// Redis can make the machines forget proofs and revocations, and answer 503.
//
// If a command fails or takes longer than [Config.Timeout], its answer is
// missing for introspection. For proofs, [Config.OnOutage] decides. The keys
// are divided into 33 parts. After three commands in a row to which Redis has
// not answered, commands for the same part fail at once for a second. An error
// reply, for example of a full Redis, counts as an answer.
//
// Set maxmemory-policy to noeviction, because the eviction of single marks is
// not noticed.
//
// # Lost memory
//
// If Redis is emptied, or restarts without its data or with old data, used
// proofs would look new. To notice this, each process increases a number in
// Redis after its marks. Under [Refuse], proofs that may have been used before
// are then refused with 503 for [Config.ProofWindow] at most. The number costs
// a second command per proof, which concurrent requests share. A new Redis is
// empty, too: see [Store.Initialize].
//
// A process notices only that its own marks are missing. After a restart with
// old data, or a failover that has lost the last writes, a proof can therefore
// be used once on another machine, until the process that marked it handles its
// next proof in the same part of the keys. If this process ends before that,
// the loss is not noticed. The loss is also not noticed if another process has
// by chance chosen the same one of 4096 numbers, and neither process has
// noticed this yet.
//
// A mark that is lost before the number is increased, usually a millisecond
// later, looks like one that was never made. This loss is not noticed, and a
// proof that is handled in that moment can be used once more on another
// machine.
//
// The numbers expire 30 days after the last proofs. The next proofs are then
// refused, as after a loss.
//
// The feed of revocations has an epoch, which changes if the feed has lost its
// memory. Every machine then publishes the revocations that it knows. If Redis
// is too full to store another epoch, only the machines that have noticed the
// loss do so.
package redisstore
