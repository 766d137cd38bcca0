// Package dpop is the policy of an API on DPoP proofs (RFC 9449), and the
// [Transport] with which a client makes them.
//
// With DPoP, a client has a private key, and the authorization server binds
// tokens to that key with the claim cnf.jkt. For each request, the client signs
// a proof: a small JWT about the method, the URL, the time and the token. A
// stolen token is useless without the key.
//
//	policy := dpop.Policy{
//		Required: true,                                // no bearer tokens
//		Nonces:   dpop.NewNonces(secret, time.Minute), // no proofs that were made in advance
//	}
//
// [Policy.Complete] reports all faults at once. A verifier checks proofs under
// a policy; this package does not.
//
// # Replay protection
//
// An attacker who sees a request, for example in a log, can send its token and
// proof again until the proof is too old. A [Replay] remembers which proofs
// were used, so that each is accepted once.
//
// The protection costs one mark for each request. A [Memory], the default,
// needs about a microsecond and 28 to 38 bytes for it. Its 1 000 000 marks are
// enough for about 5 000 requests a second if MaxAge and the clock skew have
// their defaults, and a quarter of them for about 1 250 requests a second by
// one client. A Replay in a shared store costs one round trip.
//
// If a Memory is full or a store is unavailable, the answer is 503. The proof
// may be good, so it is not called invalid. If it were accepted, or if another
// mark were evicted for it, attackers could switch the protection off. A
// verifier marks only valid proofs of valid tokens, so clients without a token
// cannot fill the store.
//
// Marks end by the clock of the machine. A clock that jumps forward and back
// again can end them too early.
//
// # Nonces
//
// A client chooses the time in its proofs. Malware that can use the key for a
// moment can therefore make proofs for later. With [Nonces], a proof must
// contain a value that the API issued recently. The client's clock is then not
// needed. The cost is one repeated request when a client has no current nonce;
// otherwise it receives the next nonce with an answer.
//
// # Several machines, and restarts
//
// All machines of an API need the same secret and period in [NewNonces].
// Otherwise, they refuse each other's nonces. When the secret changes, clients
// repeat one request.
//
// The marks of a Memory are visible in one process only, and a restart forgets
// them. A proof can then be used once on each machine, and again after a
// restart. There are two remedies:
//
//   - A Replay that all machines share. Package replaytest checks it.
//   - Nonces with a short period. They limit the time in which another machine
//     accepts the proof to three periods. In a single process, a secret that is
//     made at random at the start makes restarts harmless.
//
// In Redis, a mark is one command, after a check that until has not passed:
//
//	SET dpop:v1:<key in hexadecimal> 1 NX PXAT <until in milliseconds, rounded up>
package dpop
