package middleware

import (
	"github.com/bearerguard/bearerguard/internal/contain"
	"github.com/bearerguard/bearerguard/jwks"
)

// Stats describe a Verifier at one moment, for metrics. Introspection is not
// counted here.
type Stats struct {
	// Keys is what the key set of each issuer knows of itself, by the URL of the
	// issuer. Sources of other packages have none, nor has an issuer under
	// IntrospectAll.
	Keys map[string]jwks.Stats

	// Of Config.TokenCache: the tokens in it, and since the start the signatures
	// that need not be computed again, those that had to be, and the tokens that
	// made room for others. All are 0 without a cache.
	Tokens, Hits, Misses, Evictions int
}

// Stats returns what the Verifier knows of itself. It never waits.
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
	if m := v.memory; m != nil {
		stats.Tokens = m.tokens.EstimatedSize()
		stats.Hits, stats.Misses, stats.Evictions = int(m.hits.Load()), int(m.misses.Load()), int(m.evictions.Load())
	}
	return stats
}
