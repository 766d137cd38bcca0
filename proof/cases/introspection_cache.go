package cases

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/testserver"
)

func aTokenThatIsRevokedPassesWhileItsAnswerIsKept(t *testing.T, frameworks []Framework) {
	revoke := func(t *testing.T, change func(*setup)) (*asking, request, testserver.Mark) {
		a := newAsking(t, frameworks, testserver.New(t), change)
		token := a.opaque()
		a.sends(t, at("/read", "Bearer "+token), alice("/read"))
		before := a.as.Mark()
		a.as.Revoke(token)
		return a, at("/read", "Bearer "+token), before
	}
	t.Run("I10/nothing is kept: refused at once", func(t *testing.T) {
		a, r, before := revoke(t, func(*setup) {})
		a.sends(t, r, inactive)
		asked(t, before, len(a.lines))
	})
	t.Run("I10/an hour: passes, and nobody is asked", func(t *testing.T) {
		a, r, before := revoke(t, keeping)
		a.sends(t, r, alice("/read"))
		asked(t, before, 0)
	})
	t.Run("I10/a moment: refused when that is over", func(t *testing.T) {
		a, r, _ := revoke(t, func(s *setup) { s.MaxTTL = 100 * time.Millisecond })
		for deadline := time.Now().Add(timeout); ; {
			if got, err := a.lines[0].send(t, "GET", r).verdict(); err == nil && got == inactive {
				break
			} else if err != nil || got != alice("/read") || time.Now().After(deadline) {
				t.Fatalf("got %+v, %v, want the token to pass and then to be refused", got, err)
			}
		}
		a.sends(t, r, inactive)
	})
}

// An answer that is kept is an answer about the token, not about the request
// that asked for it.
func anAnswerThatIsKeptIsJudgedForEachRequest(t *testing.T, frameworks []Framework) {
	t.Run("I11/scopes, by each route", func(t *testing.T) {
		a := newAsking(t, frameworks, testserver.New(t), keeping)
		token := "Bearer " + a.opaque()
		before := a.as.Mark()
		a.sends(t, at("/read", token), alice("/read"))
		a.sends(t, at("/nested/route", token), lacking("read write"))
		a.sends(t, at("/either", token), lacking("write"))
		a.sends(t, at("/oneof", token), lacking("pay eu"))
		a.sends(t, at("/optional", token), alice("/optional"))
		asked(t, before, 1)
	})
	t.Run("I11/exp and nbf, at the time of each request", func(t *testing.T) {
		var ahead atomic.Int64 // of the verifier's clock, which is not that of the one who keeps the answer
		a := newAsking(t, frameworks, testserver.New(t), keeping, func(s *setup) {
			s.verifier.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		})
		r := at("/read", "Bearer "+a.opaque(testserver.ExpiresIn(10*time.Minute)))
		before := a.as.Mark()
		for shift, want := range map[time.Duration]verdict{
			0: alice("/read"), 9 * time.Minute: alice("/read"), 11 * time.Minute: badToken("token is expired"), -11 * time.Minute: badToken("token is not valid yet"),
		} {
			ahead.Store(int64(shift))
			a.sends(t, r, want)
		}
		asked(t, before, 1)
	})
	t.Run("I11/audience, where two APIs share what is kept", func(t *testing.T) {
		as := testserver.New(t)
		shared, err := introspect.New(introspect.Config{
			Issuer: as.Issuer(), Auth: introspect.Basic(as.DefaultClient().ID, as.DefaultClient().Secret), Client: as.Client(), MaxTTL: time.Hour,
		})
		if err != nil {
			t.Fatal(err)
		}
		one := newAsking(t, frameworks, as, func(s *setup) { s.asker = shared })
		two := newAsking(t, frameworks, as, func(s *setup) { s.asker, s.verifier.Audience, s.verifier.Realm = shared, "another", realm })
		r := at("/read", "Bearer "+one.opaque())
		one.sends(t, r, alice("/read"))
		two.sends(t, r, badToken("token audience is not accepted"))
		if got := as.Count(testserver.EndpointIntrospect); got != 1 {
			t.Errorf("got %d questions, want the first one's alone", got)
		}
	})
}

// store is a shared cache, as several instances of a program have it.
type store struct{ entries sync.Map }

func (s *store) Get(_ context.Context, key string) ([]byte, bool, error) {
	value, ok := s.entries.Load(key)
	if !ok {
		return nil, false, nil
	}
	return value.([]byte), true, nil
}

func (s *store) Set(_ context.Context, key string, value []byte, _ time.Duration) error {
	s.entries.Store(key, value)
	return nil
}

func anAnswerIsKeptForOneTokenOfOneServer(t *testing.T, frameworks []Framework) {
	t.Run("I12/two servers with one handle, and one store", func(t *testing.T) {
		common := new(store)
		sharing := func(s *setup) { s.MaxTTL, s.Cache = time.Hour, common }
		one, two := newAsking(t, frameworks, testserver.New(t), sharing), newAsking(t, frameworks, testserver.New(t), sharing)
		r := at("/read", "Bearer handle")
		one.as.SetIntrospection("handle", said())
		one.sends(t, r, alice("/read"))
		two.sends(t, r, inactive)
		two.as.SetIntrospection("other", said("sub", "bob"))
		one.as.SetIntrospection("other", said())
		r = at("/read", "Bearer other")
		two.sends(t, r, ok("/read", "bob"))
		one.sends(t, r, alice("/read"))
		common.entries.Range(func(key, value any) bool {
			if strings.Contains(key.(string), "handle") || strings.Contains(string(value.([]byte)), "handle") {
				t.Error("the store was told a token")
			}
			return true
		})
	})
	t.Run("I12/texts that look alike", func(t *testing.T) {
		a := newAsking(t, frameworks, testserver.New(t), keeping)
		const known = "Handle.0123456789"
		a.as.SetIntrospection(known, said())
		a.sends(t, at("/read", "Bearer "+known), alice("/read"))
		before := a.as.Mark()
		others := []string{known + "0", known[:16], strings.ToLower(known), known + "=", known + "==", known + "/", "A" + known, "handle", strings.Repeat(known, 2)}
		for _, other := range others {
			a.sends(t, at("/read", "Bearer "+other), inactive)
		}
		asked(t, before, len(others))
	})
}

func aFloodOfUnknownTokensPushesNoGoodOneOut(t *testing.T, frameworks []Framework) {
	t.Run("I13/each is asked about once", func(t *testing.T) {
		a := newAsking(t, frameworks, testserver.New(t), keeping)
		good := at("/read", "Bearer "+a.opaque())
		a.sends(t, good, alice("/read"))
		before := a.as.Mark()
		const flood = 20 // and each over all lines, well within the time that a no is kept
		for i := range flood {
			a.sends(t, at("/read", fmt.Sprintf("Bearer %s-%d", canary, i)), inactive)
		}
		a.sends(t, good, alice("/read"))
		asked(t, before, flood)
	})
}

func manyRequestsWithOneTokenAreOneQuestion(t *testing.T, frameworks []Framework) {
	t.Run("I14/over all adapters at once", func(t *testing.T) {
		a := newAsking(t, frameworks, testserver.New(t), keeping)
		release := make(chan struct{})
		a.as.Inject(testserver.EndpointIntrospect, held(release))
		r := at("/read", "Bearer "+a.opaque())
		var all sync.WaitGroup
		all.Go(func() {
			a.atOnce(func(_ int, line *line) {
				if line.protocol == "HTTP/1.1" { // which opens a connection for each request
					for range 20 {
						all.Go(func() { line.gives(t, r, alice("/read")) })
					}
				}
				line.gives(t, r, alice("/read"))
			})
		})
		if err := a.as.Await(t.Context(), testserver.EndpointIntrospect, 1); err != nil {
			t.Fatal(err)
		}
		close(release)
		all.Wait()
		if got := a.as.Count(testserver.EndpointIntrospect); got != 1 {
			t.Errorf("got %d questions, want 1", got)
		}
	})
}

func noAnswerIsGivenToAnotherToken(t *testing.T, frameworks []Framework) {
	for name, change := range map[string]func(*setup){"that are kept": keeping, "that are not kept": func(*setup) {}} {
		t.Run("I15/answers "+name, func(t *testing.T) {
			const users = 40
			a := newAsking(t, frameworks, testserver.New(t), change)
			handle := func(i int) string { return fmt.Sprintf("handle-%d", i) }
			for i := range users {
				a.as.SetIntrospection(handle(i), said("sub", fmt.Sprint("user", i), "active", i%5 != 0))
			}
			a.atOnce(func(seed int, line *line) {
				random := rand.New(rand.NewPCG(uint64(seed), 1))
				for _, i := range append(random.Perm(users), random.Perm(users)...) {
					want := ok("/read", fmt.Sprint("user", i))
					if i%5 == 0 {
						want = inactive
					}
					line.gives(t, at("/read", "Bearer "+handle(i)), want)
				}
			})
		})
	}
}
