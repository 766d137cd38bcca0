package middleware

import (
	"github.com/bearerguard/bearerguard/internal/contain"
	"github.com/bearerguard/bearerguard/jwks"
)

// Stats is a snapshot of a Verifier, for metrics. It does not cover
// introspection.
type Stats struct {
	// Keys maps the URL of each of Config.Issuers to the statistics of its key
	// set. It does not contain issuers that use IntrospectAll, or that set
	// Issuer.Keys to a Source without the method Stats.
	Keys map[string]jwks.Stats

	// These fields describe the cache of Config.TokenCache. Tokens is the
	// current number of cached tokens. The other fields are totals since
	// NewVerifier. Hits counts the signatures that did not have to be verified,
	// Misses counts the signatures that had to be verified, and Evictions
	// counts the evicted tokens. All fields are 0 if the cache is disabled.
	Tokens, Hits, Misses, Evictions int
}

// Stats returns the current statistics. It never blocks.
func (v *Verifier) Stats() Stats {
	stats := Stats{Keys: make(map[string]jwks.Stats)}
	if v.notConstructed() != nil {
		return stats
	}
	for i := range v.issuers {
		if source, ok := v.issuers[i].keys.(interface{ Stats() jwks.Stats }); ok {
			contain.Panic(func() { stats.Keys[v.issuers[i].URL] = source.Stats() })
		}
	}
	if c := v.cache; c != nil {
		stats.Tokens = c.tokens.EstimatedSize()
		stats.Hits, stats.Misses, stats.Evictions = int(c.hits.Load()), int(c.misses.Load()), int(c.evictions.Load())
	}
	return stats
}
