// Command fleet runs ten processes of examples/api behind HAProxy. The
// processes share a Redis. The command sends load to them while processes and
// servers fail, and judges every answer.
//
//	make fleet                                # two minutes
//	make fleet FLEET="-duration 20s -seed 7"
//	go run ./fleet -h                         # from proof/redis; explains the verdicts
//
// A token is a JWT, an opaque token, or a JWT that is bound to a key and sent
// with a proof. The seed determines when each fault begins and which processes
// the fault affects.
package main

// help defines the verdicts. judge.go and window.go implement them.
const help = `Fleet sends load to ten processes of examples/api behind HAProxy, which share a
Redis, while processes and servers fail, and judges every answer. It exits 1 if a
figure in the table does not hold.

  wrong acceptance  200 for a token that is expired or forged, or that was revoked
                    more than a second before it was sent. A token that is revoked
                    while a process cannot read revocations may be accepted for
                    MaxLag, ten seconds, but only until two seconds after the end
                    of the fault. If Redis was emptied, it may be accepted until
                    20 seconds after that.
  replay accepted   200 for a proof that got 200 before, also at another process,
                    after a restart, or after Redis has lost its data.
  wrong rejection   Anything except 200 for a good token, or except 401 for a bad
                    one. 401 for a good token is always wrong. 503s that a policy
                    explains, and lost connections, are counted separately.
  503               A 503 is explained in these cases, which depend on the
                    process that answers. It is never explained for a token
                    that is expired or forged:
                    - proofs while Redis cannot be reached, and two seconds longer
                    - proofs that were made before Redis was emptied or within 80
                      seconds after it, by the client's clock, and two seconds longer
                    - proofs when Redis took more than 50 ms, in one of a hundred
                      requests, because the load uses all of the machine
                    - any token while revocations were not read for MaxLag; after
                      Redis was emptied, for 20 seconds at most
                    - opaque tokens while introspection is down, and four seconds
                      longer
  lost connection   No answer, or a 5xx of the proxy, within a second after a process
                    was killed; at most two for each worker and killed process.

Clocks: a third of the JWTs and proofs have dates that are 20 s too early, and a
third 20 s too late, as from an issuer or client with a wrong clock. -skew sets
the clocks of two processes: it builds examples/api with a package time whose
clock is wrong. Answers of introspection are then shared only by processes whose
clocks agree, so their number is not judged.

After each fault, every process that it affects must accept a token again.

A revocation counts from the time at which revoke.List.Add of another machine has
returned. The last 200 revoked tokens, and up to 4096 used proofs, are sent
again.

Flags:
`
