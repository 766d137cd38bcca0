package cachetest_test

import (
	"testing"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/introspect/cachetest"
)

func ExampleRun() {
	_ = func(t *testing.T) { // func TestStore(t *testing.T)
		cachetest.Run(t, func(*testing.T) introspect.Cache {
			return newStore() // your own store
		})
	}
	// Output:
}
