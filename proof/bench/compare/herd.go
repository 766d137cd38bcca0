package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bearerguard/bearerguard/proof/bench/rival"
	"github.com/bearerguard/bearerguard/testserver"
)

const callers = 1000

// herd measures a program that has just started: a thousand callers send the
// same good token, the first token that the verifier receives. Some libraries
// have fetched the keys before, during the set-up.
func herd(ctx context.Context, _ meter) (table, error) {
	t := table{columns: []string{"fetches of keys", "callers refused", "ms until all had an answer"},
		notes: "golang-jwt with keyfunc, go-oidc's metadata and jwx's keys are fetched while the program is set up, before the callers start."}
	for _, r := range rival.Fetching() {
		if err := stampede(ctx, r, &t); err != nil {
			return t, fmt.Errorf("%s: %w", r, err)
		}
	}
	return t, nil
}

func stampede(ctx context.Context, r rival.Rival, t *table) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := open(ctx, "RS256")
	if err != nil {
		return err
	}
	v, err := r.Open(ctx, s.settings)
	if err != nil {
		return err
	}
	token, start := s.as.Token(), make(chan struct{})
	var all sync.WaitGroup
	var refused atomic.Int64
	for range callers {
		all.Go(func() {
			<-start
			if v.Verify(ctx, token) != nil {
				refused.Add(1)
			}
		})
	}
	began := time.Now()
	close(start)
	all.Wait()
	spent := time.Since(began)
	t.add(r.String(), whole(float64(s.as.Count(testserver.EndpointJWKS))), whole(float64(refused.Load())), digits(float64(spent.Microseconds())/1000))
	return nil
}
