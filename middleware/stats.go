package middleware

import (
	"github.com/bearerguard/bearerguard/internal/contain"
	"github.com/bearerguard/bearerguard/jwks"
)

// Stats is a snapshot of a Verifier, for metrics. It does not cover
// introspection.
type Stats struct {
	// Keys has the statistics of the key set of each issuer, by the URL of the
	// issuer. Sources of other packages and issuers under IntrospectAll have no
	// entry.
	Keys map[string]jwks.Stats

	// Of Config.TokenCache: the tokens in it and, since the start, the
	// signatures that it saved (Hits), those that had to be verified (Misses),
	// and the tokens that it evicted. All are 0 without a cache.
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
