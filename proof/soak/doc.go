// Soak runs an API under load while everything around it goes wrong, and judges
// every single answer.
//
//	make soak                       # two minutes, then the floods
//	make soak SOAK="-duration 20s"
//	go run ./proof/soak -h       # what counts as wrong
//
// The API is net/http with adapters/httpauth, over TCP. Its authorization server
// rotates its key every second and suffers one fault after the other, and the
// tokens are a mixture of good and hostile ones. Afterwards floods of forged
// tokens show what they cost in memory and in requests to the server.
//
// Latencies and memory are printed as measured. The exit status says whether an
// answer was wrong or a flood exceeded a limit.
package main

// help defines the verdicts. The code for them is judge.go.
const help = `Soak keeps an API under load while its authorization server rotates keys and
suffers faults, and judges every answer. It exits 1 if one is wrong.

  wrong acceptance  A token that must be refused reached the handler (2xx).
  wrong rejection   A good token got anything but 2xx, a hostile one anything but
                    2xx and the refusal that is its due: 401, or 403 for want of
                    a scope. A 503 is wrong too, unless it is excused.
  excused           A 503 of which all of this is true:
                    - a fault keeps the key set away, and the request was sent
                      before its aftermath was over: one minimum interval for the
                      delay of the verifier's next attempt, and one more for that
                      attempt, after the end of the fault; longer by a second
                      where the fault asked for that by Retry-After, and by the
                      five seconds of an exchange where it holds requests;
                    - for a good token: its key was published after that fault
                      began, and no token of that key was accepted before the
                      request was sent.

What excuses nothing: a 401 for a good token; any answer under a key that was
published before the fault, because a fault begins only when a token of the
signing key was accepted and no other key is published; latency shorter than the
minimum interval; metadata that cannot be had while the key set can, because
where that is has been known before. A verifier looks at the metadata again after
its set has failed, so a fault of the metadata is made to be met by one 404 of the
set, which excuses what it would by itself.

A key is published one minimum interval and a quarter before it signs. Tokens of
the last three keys are sent. Five periods later a key is withdrawn, and once a
key is accepted that was published after that, the verifier's set cannot hold the
withdrawn one: its tokens are sent as hostile.

Flags:
`
