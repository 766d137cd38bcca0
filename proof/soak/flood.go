package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

// refreshInterval is the shortest time after which the verifier refreshes a key
// set because of its age. The verifier refreshes a set after 80 % of 5 minutes,
// or up to 10 % earlier. The constant is rounded down to whole minutes.
const refreshInterval = 3 * time.Minute

// flood is a large number of different forged tokens.
type flood struct {
	name string
	// token returns the n-th forged token. header and claims are those of a
	// good token, encoded.
	token func(header, claims string, n int64) string
	// reached reports whether the error of Verify shows that the token reached
	// the check that the flood targets.
	reached func(error) bool
	// fetches returns the maximum number of fetches of the key set during the
	// flood. The took argument is the duration of the flood.
	fetches func(took, minInterval time.Duration) int
}

func floods() []flood {
	encode := base64.RawURLEncoding.EncodeToString
	signature := func(n int64) string {
		b := []byte(strings.Repeat("no signature... ", 4)) // 64 bytes, as an ES256 signature; its two numbers are below the order of the curve
		return encode(fmt.Appendf(b[:len(b)-19], "%019d", n))
	}
	return []flood{{
		name: "an unknown kid",
		token: func(_, claims string, n int64) string {
			header := fmt.Sprintf(`{"alg":"ES256","kid":"junk-%d","typ":"at+jwt"}`, n)
			return encode([]byte(header)) + "." + claims + "." + signature(n)
		},
		reached: func(err error) bool { return errors.Is(err, jwks.ErrUnknownKey) },
		fetches: func(took, minInterval time.Duration) int { return int(took/minInterval) + 1 + 4 }, // one per interval, and a burst of jwks.Options.Burst (4)
	}, {
		name:  "a bad signature under a known kid",
		token: func(header, claims string, n int64) string { return header + "." + claims + "." + signature(n) },
		reached: func(err error) bool {
			return errors.Is(err, middleware.ErrSignature) && !errors.Is(err, jwks.ErrUnknownKey)
		},
		fetches: func(took, _ time.Duration) int { return int(took / refreshInterval) },
	}}
}

// run verifies the tokens of the flood with a new verifier in this process,
// without an API or HTTP requests.
func (f flood) run(ctx context.Context, c config) (*floodResult, error) {
	as, err := testserver.Start(context.WithoutCancel(ctx))
	if err != nil {
		return nil, err
	}
	defer as.Close()
	r := &floodResult{name: f.name, tokens: c.floodSize}
	r.goroutines[0], r.descriptors[0] = runtime.NumGoroutine(), descriptors() // counted while the server listens, but has no connections
	v, err := newVerifier(ctx, as, c.minInterval)
	if err != nil {
		return nil, err
	}
	good := as.Token(testserver.AccessTTL(24 * time.Hour)) // a flood may take longer than five minutes
	r.heap[0] = heap()
	fetched := as.Mark()
	began := time.Now()
	if err := f.send(ctx, v, good, r); err != nil {
		return nil, err
	}
	r.took = time.Since(began)
	r.fetches, r.allowed = fetched.Count(testserver.EndpointJWKS), f.fetches(r.took, c.minInterval)

	_, err = v.Verify(ctx, middleware.Credentials{Token: good})
	r.serves = err == nil
	as.Client().CloseIdleConnections()
	r.goroutines[1] = settled(r.goroutines[0], runtime.NumGoroutine)
	r.descriptors[1] = settled(r.descriptors[0], descriptors)
	r.heap[1] = heap()
	runtime.KeepAlive(v)
	return r, nil
}

// send verifies r.tokens forged tokens in GOMAXPROCS goroutines, and counts the
// results in r.
func (f flood) send(ctx context.Context, v *middleware.Verifier, good string, r *floodResult) error {
	header, rest, _ := strings.Cut(good, ".")
	claims, _, _ := strings.Cut(rest, ".")
	var (
		next, accepted, otherRefusals atomic.Int64
		senders                       sync.WaitGroup
	)
	for range runtime.GOMAXPROCS(0) {
		senders.Go(func() {
			for n := next.Add(1); n <= int64(r.tokens) && ctx.Err() == nil; n = next.Add(1) {
				switch _, err := v.Verify(ctx, middleware.Credentials{Token: f.token(header, claims, n)}); {
				case err == nil:
					accepted.Add(1)
				case !f.reached(err):
					otherRefusals.Add(1)
				}
			}
		})
	}
	senders.Wait()
	r.accepted, r.otherRefusals = int(accepted.Load()), int(otherRefusals.Load())
	return ctx.Err()
}
