package oauth_test

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/oauth"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
)

// writes counts how often the server encodes its state. A test stores the value
// in the state. Each encoding of the state calls MarshalJSON once, which
// increments the value.
type writes int

func (n *writes) MarshalJSON() ([]byte, error) {
	*n++
	return []byte("0"), nil
}

func TestAnIdleServerWritesNoState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, func(c *oauth.Config) { c.State = path })
		defer func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}()
		n := new(writes)
		s.Registry.PutUser(registry.User{Sub: "bob", Claims: map[string]any{"n": n}})
		time.Sleep(time.Second) // wait for the save to finish
		synctest.Wait()
		before := *n
		time.Sleep(time.Minute)
		synctest.Wait()
		if *n != before || before == 0 {
			t.Errorf("got %d writes of the state after the change and %d more without a change, want at least 1 and 0", before, *n-before)
		}
	})
}
