package cachetest

import (
	"context"

	"github.com/bearerguard/bearerguard/introspect"
)

// Failed returns the names of the checks that find a fault in a store.
func Failed(ctx context.Context, open func() introspect.Cache) (names []string) {
	for _, c := range checks {
		if c.fault(ctx, open()) != nil {
			names = append(names, c.name)
		}
	}
	return names
}

// Checks returns the names of all checks.
func Checks() (names []string) {
	for _, c := range checks {
		names = append(names, c.name)
	}
	return names
}
