// Command soak sends load to an API while its authorization server rotates keys
// and suffers faults, and checks every answer.
//
//	make soak                       # two minutes, then the floods
//	make soak SOAK="-duration 20s"
//	go run ./proof/soak -h       # explains which answers are wrong
//
// The API uses net/http with adapters/httpauth, over TCP. The authorization
// server rotates its key every second, and suffers one kind of fault after
// another. The requests contain good and hostile tokens. Then soak sends floods
// of forged tokens. It measures how much memory each flood takes, and how often
// the verifier fetches the key set during the flood.
//
// soak prints latencies and memory. The exit status is 1 if an answer was wrong
// or a flood exceeded a limit.
package main

// help defines the verdicts. judge.go implements them.
const help = `Soak keeps an API under load while its authorization server rotates keys and
suffers faults, and checks every answer. It exits 1 if an answer is wrong.

  wrong acceptance  A token that must be refused reached the handler (2xx).
  wrong rejection   A good token did not get 2xx, or a hostile one got neither 2xx
                    nor the expected refusal: 401, or 403 if it lacks a scope. A
                    503 is wrong, too, unless it is excused.
  excused           A 503, if both are true:
                    - The key set is unavailable due to a fault, or the request
                      was sent within a grace period after it. The period is two
                      minimum intervals: one for the delay until the verifier's
                      next attempt, and one for that attempt. It is a second
                      longer if the fault sends Retry-After, and five seconds
                      longer, the time limit of a request, if the fault leaves
                      requests unanswered.
                    - For a good token: its key was published after that fault
                      began, and no token of that key was accepted before the
                      request was sent.

Not excused are: a 401 for a good token; a 503 for a key that was published before
the fault, because a fault begins only after a token of the signing key was
accepted and while no other key is published; a 503 due to latency shorter than
the minimum interval; a 503 due to unavailable metadata while the key set is
available, because the verifier has cached the address of the key set. A verifier
fetches the metadata again only after a fetch of the key set has failed. Therefore
a fault of the metadata begins with one 404 of the key set, which excuses no more
than a 404 without a fault of the metadata.

A key is published one and a quarter minimum intervals before it signs. Tokens of
the last three keys are sent. A key is withdrawn five periods later. After a key is
accepted that was published after the withdrawal, the verifier's set cannot contain
the withdrawn key. From then on its tokens are sent as hostile.

Flags:
`
