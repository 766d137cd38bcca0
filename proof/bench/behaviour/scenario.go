package main

import (
	"context"
	"fmt"
)

// scenario is a column of the table.
type scenario struct {
	name string
	play func(ctx context.Context, t *trial) (fmt.Stringer, error)
}

// scenarios returns the columns of the table. In every scenario except the
// last, the verifier has already accepted a good token.
func scenarios(p pace) []scenario {
	flood, ttl := "fetches in "+short(p.flood), "TTL "+short(p.ttl)
	return []scenario{
		{"random-kid flood: " + flood, randomKids},
		{"bad-signature flood: " + flood, badSignatures},
		{"JWKS answers 503, " + ttl, keysUnavailable},
		{"JWKS hangs, " + ttl, keysHang},
		{"new kid accepted", newKey},
		{"new kid after 3 junk kids accepted", newKeyAfterJunk},
		{"removed key refused, " + ttl, removedKey},
		{"server down at start: accepted once it is up", coldStart},
	}
}
