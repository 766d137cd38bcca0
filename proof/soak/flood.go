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

// renewalsPer is how often a set is renewed for its age at most, while nobody
// asks for an unknown key: 80 % of 5 minutes, less a tenth.
const renewalsPer = 3 * time.Minute

// flood is a crowd of forged tokens, each another one.
type flood struct {
	name string
	// token makes the n-th out of the parts of a good one.
	token func(header, claims string, n int64) string
	// reached reports whether a refusal shows that the check was reached which
	// the flood is for.
	reached func(error) bool
	// fetches is how many it may cause in a time.
	fetches func(took, minInterval time.Duration) int
}

func floods() []flood {
	encode := base64.RawURLEncoding.EncodeToString
	signature := func(n int64) string {
		b := []byte(strings.Repeat("no signature... ", 4)) // as long as one of ES256, and both halves below the order
		return encode(fmt.Appendf(b[:len(b)-19], "%019d", n))
	}
	return []flood{{
		name: "an unknown kid",
		token: func(_, claims string, n int64) string {
			header := fmt.Sprintf(`{"alg":"ES256","kid":"junk-%d","typ":"at+jwt"}`, n)
			return encode([]byte(header)) + "." + claims + "." + signature(n)
		},
		reached: func(err error) bool { return errors.Is(err, jwks.ErrUnknownKey) },
		fetches: func(took, minInterval time.Duration) int { return int(took/minInterval) + 1 + 4 }, // and jwks.Options.Burst at once
	}, {
		name:  "a bad signature under a known kid",
		token: func(header, claims string, n int64) string { return header + "." + claims + "." + signature(n) },
		reached: func(err error) bool {
			return errors.Is(err, middleware.ErrSignature) && !errors.Is(err, jwks.ErrUnknownKey)
		},
		fetches: func(took, _ time.Duration) int { return int(took / renewalsPer) },
	}}
}

// run sends the flood through a fresh verifier, in process.
func (f flood) run(ctx context.Context, c config) (*flooded, error) {
	as, err := testserver.Start(context.WithoutCancel(ctx))
	if err != nil {
		return nil, err
	}
	defer as.Close()
	r := &flooded{name: f.name, tokens: c.floodSize}
	r.goroutines[0], r.descriptors[0] = runtime.NumGoroutine(), descriptors() // with a listener, without connections
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

// send makes the tokens and has them judged, by as many senders as can run at
// once.
func (f flood) send(ctx context.Context, v *middleware.Verifier, good string, r *flooded) error {
	header, rest, _ := strings.Cut(good, ".")
	claims, _, _ := strings.Cut(rest, ".")
	var (
		next, accepted, strays atomic.Int64
		senders                sync.WaitGroup
	)
	for range runtime.GOMAXPROCS(0) {
		senders.Go(func() {
			for n := next.Add(1); n <= int64(r.tokens) && ctx.Err() == nil; n = next.Add(1) {
				switch _, err := v.Verify(ctx, middleware.Credentials{Token: f.token(header, claims, n)}); {
				case err == nil:
					accepted.Add(1)
				case !f.reached(err):
					strays.Add(1)
				}
			}
		})
	}
	senders.Wait()
	r.accepted, r.strays = int(accepted.Load()), int(strays.Load())
	return ctx.Err()
}
