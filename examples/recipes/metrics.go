package recipes

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bearerguard/bearerguard/middleware"
)

// Decisions registers a histogram of all decisions. Use the returned function
// as Config.Observe.
func Decisions(registry prometheus.Registerer) func(context.Context, middleware.Observation) {
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "bearerguard_decision_seconds",
		Help:    "Time to decide about a token, including the wait for keys.",
		Buckets: prometheus.ExponentialBuckets(20e-6, 5, 8), // 20 µs to 1.6 s
	}, []string{"issuer", "reason"}) // both labels have few values
	registry.MustRegister(seconds)
	return func(_ context.Context, o middleware.Observation) {
		seconds.WithLabelValues(o.Issuer, o.Reason).Observe(o.Duration.Seconds())
	}
}

var (
	cachedTokens  = prometheus.NewDesc("bearerguard_cached_tokens", "Tokens in the cache.", nil, nil)
	cacheHits     = prometheus.NewDesc("bearerguard_cache_hits_total", "Signatures that were not verified again.", nil, nil)
	cacheMisses   = prometheus.NewDesc("bearerguard_cache_misses_total", "Signatures that were verified.", nil, nil)
	keys          = prometheus.NewDesc("bearerguard_keys", "Usable keys of an issuer.", []string{"issuer"}, nil)
	keysAge       = prometheus.NewDesc("bearerguard_keys_age_seconds", "Time since the keys were confirmed.", []string{"issuer"}, nil)
	fetchFailures = prometheus.NewDesc("bearerguard_fetch_failures_total", "Failed fetches of keys.", []string{"issuer", "class"}, nil)
)

// Stats reports the current [middleware.Verifier.Stats] as metrics whenever
// metrics are collected. Register one Stats for each Verifier. For a second
// Verifier, wrap the registry with [prometheus.WrapRegistererWith] and a label,
// because a registry refuses the same metrics twice.
type Stats struct{ Verifier *middleware.Verifier }

// Describe implements [prometheus.Collector].
func (s Stats) Describe(ch chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{cachedTokens, cacheHits, cacheMisses, keys, keysAge, fetchFailures} {
		ch <- desc
	}
}

// Collect implements [prometheus.Collector].
func (s Stats) Collect(ch chan<- prometheus.Metric) {
	send := func(desc *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, kind, value, labels...)
	}
	stats := s.Verifier.Stats()
	send(cachedTokens, prometheus.GaugeValue, float64(stats.Tokens))
	send(cacheHits, prometheus.CounterValue, float64(stats.Hits))
	send(cacheMisses, prometheus.CounterValue, float64(stats.Misses))
	for issuer, set := range stats.Keys {
		send(keys, prometheus.GaugeValue, float64(set.Keys), issuer)
		send(keysAge, prometheus.GaugeValue, set.Age.Seconds(), issuer)
		for class, n := range set.Failures {
			send(fetchFailures, prometheus.CounterValue, float64(n), issuer, class)
		}
	}
}
