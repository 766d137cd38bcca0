// Package dpop contains the policy of an API for DPoP proofs (RFC 9449), and
// the [Transport] with which a client makes proofs.
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
// [Policy.Complete] reports all faults of a policy at once. This package does
// not check proofs: a verifier of package middleware checks them.
//
// # Replay protection
//
// An attacker who sees a request, for example in a log, can send its token and
// proof again until the proof is too old. A [Replay] remembers which proofs
// were used, so that each proof is accepted only once.
//
// For each request, the Replay stores one replay entry. The default is a
// [Memory], in which an entry needs about a microsecond and 28 to 38 bytes. A
// Memory has room for 1 000 000 entries. If MaxAge and the clock skew have
// their defaults, this is enough for about 5 000 requests a second. One client
// may use a quarter of the entries, which is enough for about 1 250 requests a
// second. A Replay in a shared store costs at least one round trip per request.
//
// If a Memory is full or a store is unavailable, the response is 503. It is not
// invalid_dpop_proof, because the proof may be valid. The verifier does not
// accept the proof, and does not evict another entry to make room. Otherwise,
// attackers could switch the protection off. A verifier stores entries only for
// valid proofs of valid tokens, so clients without a token cannot fill the
// store.
//
// Entries expire by the clock of the machine. If the clock jumps forward and
// back again, entries can expire too early.
//
// # Nonces
//
// A client chooses the time in its proofs. Malware that can use the key for a
// moment can therefore make proofs for later use. With [Nonces], a proof must
// contain a value that the API issued recently. The API then does not rely on
// the client's clock. A client without a current nonce must repeat one request.
// A client with a current nonce receives the next nonce with a response.
//
// # Several machines, and restarts
//
// All machines of an API need the same secret and period in [NewNonces].
// Otherwise, they refuse each other's nonces. When the secret changes, each
// client repeats one request.
//
// The entries of a Memory exist in only one process, and are lost in a restart.
// A proof can therefore be used once on each machine, and again after a
// restart. There are two remedies:
//
//   - A Replay that all machines share. Package replaytest tests it.
//   - Nonces with a short period. Another machine then accepts the proof for at
//     most three periods. In a single process, a secret that is generated at
//     random at each start makes restarts harmless.
//
// A Replay in Redis first checks that the given time, until, has not passed. It
// then needs one command:
//
//	SET dpop:v1:<key in hexadecimal> 1 NX PXAT <until in milliseconds, rounded up>
package dpop
