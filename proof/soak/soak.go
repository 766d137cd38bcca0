package main

import (
	"context"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// soak runs the first stage, the load.
func soak(ctx context.Context, c config) (*report, error) {
	r := &report{goroutines: [2]int{runtime.NumGoroutine()}}
	if err := r.measure(ctx, c); err != nil {
		return nil, err
	}
	r.goroutines[1] = settled(r.goroutines[0], runtime.NumGoroutine)
	return r, nil
}

// measure starts the servers and the load, waits for the duration, and stops
// them.
func (r *report) measure(ctx context.Context, c config) error {
	as, err := testserver.Start(context.WithoutCancel(ctx)) // the server must still answer the last requests after ctx has ended
	if err != nil {
		return err
	}
	defer as.Close()
	v, err := newVerifier(ctx, as, c.minInterval)
	if err != nil {
		return err
	}
	url, stop, err := serveAPI(c.guard(v))
	if err != nil {
		return err
	}
	defer stop()
	transport := &http.Transport{MaxIdleConnsPerHost: c.workers}
	defer transport.CloseIdleConnections()

	keys := newRing(as, c)
	w := newInjector(as, keys, c)
	l := &load{url: url, client: &http.Client{Transport: transport, Timeout: time.Minute}, ring: keys, injector: w}
	r.heap[0] = heap()
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, c.duration)
	defer cancel()
	var all sync.WaitGroup
	all.Go(func() { keys.run(ctx) })
	all.Go(func() { w.run(ctx) })
	all.Go(func() {
		wait(ctx, c.duration/4)
		r.heap[1] = heap()
	})
	for i := range c.workers {
		all.Go(func() { l.worker(ctx, i) })
	}
	all.Wait()
	r.took = time.Since(began)
	transport.CloseIdleConnections()
	r.heap[2] = heap()
	r.score(as, l)
	return nil
}

// score copies the results into the report.
func (r *report) score(as *testserver.Server, l *load) {
	for v := range l.verdicts {
		r.verdicts[v] = int(l.verdicts[v].Load())
	}
	r.excusedGood, r.wrongs = int(l.excusedGood.Load()), l.wrongs
	r.rotations = l.ring.rotations
	r.injected, r.met, r.kinds = l.injector.injected, l.injector.met, len(l.injector.faults)
	r.fetches = as.Count(testserver.EndpointJWKS)
	r.metadata = as.Count(testserver.EndpointDiscovery) + as.Count(testserver.EndpointASMetadata)
	for i, h := range []*histogram{&l.normal, &l.duringFault} {
		r.p50[i], r.p99[i] = h.quantile(0.5), h.quantile(0.99)
	}
}

// heap returns the size of the live heap in bytes.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // only the second collection empties a sync.Pool
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// settled calls count until the result is at most the earlier value (before),
// or until two seconds have passed. It returns the last result of count.
func settled(before int, count func() int) int {
	const tries, interval = 200, 10 * time.Millisecond
	for range tries {
		if count() <= before {
			break
		}
		time.Sleep(interval)
	}
	return count()
}
