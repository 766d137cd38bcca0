package main

import (
	"context"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// soak is the first stage.
func soak(ctx context.Context, c config) (*report, error) {
	r := &report{goroutines: [2]int{runtime.NumGoroutine()}}
	if err := r.measure(ctx, c); err != nil {
		return nil, err
	}
	r.goroutines[1] = settled(r.goroutines[0], runtime.NumGoroutine)
	return r, nil
}

// measure starts everything, lets it run, and stops it again.
func (r *report) measure(ctx context.Context, c config) error {
	as, err := testserver.Start(context.WithoutCancel(ctx)) // the last answers come after ctx has ended
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
	w := newWeather(as, keys, c)
	l := &load{url: url, client: &http.Client{Transport: transport, Timeout: time.Minute}, ring: keys, weather: w}
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

// score reads the result out of what ran.
func (r *report) score(as *testserver.Server, l *load) {
	for v := range l.verdicts {
		r.verdicts[v] = int(l.verdicts[v].Load())
	}
	r.excusedGood, r.wrongs = int(l.excusedGood.Load()), l.wrongs
	r.rotations = l.ring.rotations
	r.injected, r.met, r.kinds = l.weather.injected, l.weather.met, len(l.weather.faults)
	r.fetches = as.Count(testserver.EndpointJWKS)
	r.metadata = as.Count(testserver.EndpointDiscovery) + as.Count(testserver.EndpointASMetadata)
	for i, h := range []*histogram{&l.calm, &l.troubled} {
		r.p50[i], r.p99[i] = h.quantile(0.5), h.quantile(0.99)
	}
}

// heap is what is alive on the heap.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // what pools held has had its second chance
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// settled counts something that takes a moment to go down to what it was.
func settled(before int, count func() int) int {
	const tries, pause = 200, 10 * time.Millisecond
	for range tries {
		if count() <= before {
			break
		}
		time.Sleep(pause)
	}
	return count()
}
