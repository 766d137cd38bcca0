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
	"github.com/bearerguard/bearerguard/revoke"
	"github.com/bearerguard/bearerguard/revoke/feedtest"
	"github.com/bearerguard/bearerguard/testserver"
)

func aRevokedTokenPassesWhileItsAnswerIsCached(t *testing.T, frameworks []Framework) {
	revoke := func(t *testing.T, change func(*setup)) (*introspectionLab, request, testserver.Mark) {
		a := newIntrospectionLab(t, frameworks, testserver.New(t), change)
		token := a.opaque()
		a.assertAnswers(t, at("/read", "Bearer "+token), alice("/read"))
		before := a.as.Mark()
		a.as.Revoke(token)
		return a, at("/read", "Bearer "+token), before
	}
	t.Run("I10/without a cache: refused at once", func(t *testing.T) {
		a, r, before := revoke(t, func(*setup) {})
		a.assertAnswers(t, r, inactive)
		assertIntrospections(t, before, len(a.targets))
	})
	t.Run("I10/cached for an hour: passes without a request", func(t *testing.T) {
		a, r, before := revoke(t, cacheAnswers)
		a.assertAnswers(t, r, alice("/read"))
		assertIntrospections(t, before, 0)
	})
	t.Run("I10/cached for 100 ms: refused after that", func(t *testing.T) {
		a, r, _ := revoke(t, func(s *setup) { s.MaxTTL = 100 * time.Millisecond })
		for deadline := time.Now().Add(timeout); ; {
			if got, err := a.targets[0].send(t, "GET", r).verdict(); err == nil && got == inactive {
				break
			} else if err != nil || got != alice("/read") || time.Now().After(deadline) {
				t.Fatalf("got %+v, %v, want the token accepted at first and then refused", got, err)
			}
		}
		a.assertAnswers(t, r, inactive)
	})
}

func aTokenIsRevokedWhileItIsCached(t *testing.T, frameworks []Framework) {
	list, err := revoke.New(revoke.Config{})
	if err != nil {
		t.Fatal(err)
	}
	a := newIntrospectionLab(t, frameworks, testserver.New(t), cacheAnswers, func(s *setup) { s.verifier.Revocations = list })
	for user, token := range map[string]string{"bob": a.Token(a.Header(), a.Claims("sub", `"bob"`)), "carol": a.opaque(testserver.Subject("carol"))} {
		t.Run("L03/the token of "+user, func(t *testing.T) {
			r := at("/read", "Bearer "+token)
			for range 3 { // caches the token in the verifier that all targets share
				a.assertAnswers(t, r, ok("/read", user))
			}
			all := revoke.Revocation{Issuer: a.Issuer, Kind: revoke.Subject, Value: user, Before: time.Now(), Until: time.Now().Add(time.Hour)}
			if err := list.Add(t.Context(), all); err != nil {
				t.Fatal(err)
			}
			before := a.as.Mark()
			a.assertAnswers(t, r, badToken("token is revoked"))
			assertIntrospections(t, before, 0)
		})
	}
}

// The test does not call List.Run, so the list is out of date: its feed is
// never read.
func aListThatLagsIsUnavailable(t *testing.T, frameworks []Framework) {
	for policy, test := range map[string]struct {
		revoke.OnLag
		want verdict
	}{"Refuse": {revoke.Refuse, unavailable}, "Accept": {revoke.Accept, alice("/read")}} {
		t.Run("L04/"+policy, func(t *testing.T) {
			list, err := revoke.New(revoke.Config{Feed: new(feedtest.Memory), OnLag: test.OnLag})
			if err != nil {
				t.Fatal(err)
			}
			a := newIntrospectionLab(t, frameworks, testserver.New(t), cacheAnswers, func(s *setup) { s.verifier.Revocations = list })
			opaque, revoked := "Bearer "+a.opaque(), a.identified("listed")
			a.assertAnswers(t, at("/read", "Bearer "+a.Good()), test.want)
			a.assertAnswers(t, at("/read", opaque), test.want)
			a.assertAnswers(t, at("/open"), anonymous("/open"))
			a.assertAnswers(t, at("/optional"), anonymous("/optional"))
			if err := list.Add(t.Context(), revoke.Revocation{Issuer: a.Issuer, Kind: revoke.Token, Value: "listed", Until: time.Now().Add(time.Hour)}); err != nil {
				t.Fatal(err)
			}
			a.assertAnswers(t, at("/read", "Bearer "+revoked), badToken("token is revoked"))
		})
	}
}

// The cache stores only the introspection response, not the decision. Each
// request is checked against the requirements of its route.
func aCachedAnswerIsEvaluatedForEachRequest(t *testing.T, frameworks []Framework) {
	t.Run("I11/scopes, by each route", func(t *testing.T) {
		a := newIntrospectionLab(t, frameworks, testserver.New(t), cacheAnswers)
		token := "Bearer " + a.opaque()
		before := a.as.Mark()
		a.assertAnswers(t, at("/read", token), alice("/read"))
		a.assertAnswers(t, at("/nested/route", token), lacking("read write"))
		a.assertAnswers(t, at("/either", token), lacking("write"))
		a.assertAnswers(t, at("/oneof", token), lacking("pay eu"))
		a.assertAnswers(t, at("/optional", token), alice("/optional"))
		assertIntrospections(t, before, 1)
	})
	t.Run("I11/exp and nbf, at the time of each request", func(t *testing.T) {
		var ahead atomic.Int64 // how far the verifier's clock is ahead; the cache uses the real time
		a := newIntrospectionLab(t, frameworks, testserver.New(t), cacheAnswers, func(s *setup) {
			s.verifier.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		})
		r := at("/read", "Bearer "+a.opaque(testserver.ExpiresIn(10*time.Minute)))
		before := a.as.Mark()
		for shift, want := range map[time.Duration]verdict{
			0: alice("/read"), 9 * time.Minute: alice("/read"), 11 * time.Minute: badToken("token is expired"), -11 * time.Minute: badToken("token is not valid yet"),
		} {
			ahead.Store(int64(shift))
			a.assertAnswers(t, r, want)
		}
		assertIntrospections(t, before, 1)
	})
	t.Run("I11/audience, where two APIs share a cache", func(t *testing.T) {
		as := testserver.New(t)
		shared, err := introspect.New(introspect.Config{
			Issuer: as.Issuer(), Auth: introspect.Basic(as.DefaultClient().ID, as.DefaultClient().Secret), Client: as.Client(), MaxTTL: time.Hour,
		})
		if err != nil {
			t.Fatal(err)
		}
		one := newIntrospectionLab(t, frameworks, as, func(s *setup) { s.client = shared })
		two := newIntrospectionLab(t, frameworks, as, func(s *setup) { s.client, s.verifier.Audience, s.verifier.Realm = shared, "another", realm })
		r := at("/read", "Bearer "+one.opaque())
		one.assertAnswers(t, r, alice("/read"))
		two.assertAnswers(t, r, badToken("token audience is not accepted"))
		if got := as.Count(testserver.EndpointIntrospect); got != 1 {
			t.Errorf("got %d introspection requests, want only the request of the first API", got)
		}
	})
}

// store is a cache shared by several instances of a program.
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

func aCachedAnswerBelongsToOneTokenOfOneServer(t *testing.T, frameworks []Framework) {
	t.Run("I12/one token at two servers, with a shared store", func(t *testing.T) {
		common := new(store)
		sharing := func(s *setup) { s.MaxTTL, s.Cache = time.Hour, common }
		one, two := newIntrospectionLab(t, frameworks, testserver.New(t), sharing), newIntrospectionLab(t, frameworks, testserver.New(t), sharing)
		r := at("/read", "Bearer handle")
		one.as.SetIntrospection("handle", introspectionResponse())
		one.assertAnswers(t, r, alice("/read"))
		two.assertAnswers(t, r, inactive)
		two.as.SetIntrospection("other", introspectionResponse("sub", "bob"))
		one.as.SetIntrospection("other", introspectionResponse())
		r = at("/read", "Bearer other")
		two.assertAnswers(t, r, ok("/read", "bob"))
		one.assertAnswers(t, r, alice("/read"))
		common.entries.Range(func(key, value any) bool {
			if strings.Contains(key.(string), "handle") || strings.Contains(string(value.([]byte)), "handle") {
				t.Error("the store contains a token")
			}
			return true
		})
	})
	t.Run("I12/tokens that look alike", func(t *testing.T) {
		a := newIntrospectionLab(t, frameworks, testserver.New(t), cacheAnswers)
		const known = "Handle.0123456789"
		a.as.SetIntrospection(known, introspectionResponse())
		a.assertAnswers(t, at("/read", "Bearer "+known), alice("/read"))
		before := a.as.Mark()
		others := []string{known + "0", known[:16], strings.ToLower(known), known + "=", known + "==", known + "/", "A" + known, "handle", strings.Repeat(known, 2)}
		for _, other := range others {
			a.assertAnswers(t, at("/read", "Bearer "+other), inactive)
		}
		assertIntrospections(t, before, len(others))
	})
}

func aFloodOfUnknownTokensEvictsNoActiveToken(t *testing.T, frameworks []Framework) {
	t.Run("I13/each is introspected once", func(t *testing.T) {
		a := newIntrospectionLab(t, frameworks, testserver.New(t), cacheAnswers)
		good := at("/read", "Bearer "+a.opaque())
		a.assertAnswers(t, good, alice("/read"))
		before := a.as.Mark()
		const flood = 20 // number of unknown tokens; each token is sent to all targets but introspected once
		for i := range flood {
			a.assertAnswers(t, at("/read", fmt.Sprintf("Bearer %s-%d", canary, i)), inactive)
		}
		a.assertAnswers(t, good, alice("/read"))
		assertIntrospections(t, before, flood)
	})
}

func concurrentRequestsShareOneIntrospection(t *testing.T, frameworks []Framework) {
	t.Run("I14/over all adapters at once", func(t *testing.T) {
		a := newIntrospectionLab(t, frameworks, testserver.New(t), cacheAnswers)
		release := make(chan struct{})
		a.as.Inject(testserver.EndpointIntrospect, held(release))
		r := at("/read", "Bearer "+a.opaque())
		var all sync.WaitGroup
		all.Go(func() {
			a.concurrently(func(_ int, target *target) {
				if target.protocol == "HTTP/1.1" { // the HTTP/1.1 client opens a connection for each request
					for range 20 {
						all.Go(func() { target.assertAnswer(t, r, alice("/read")) })
					}
				}
				target.assertAnswer(t, r, alice("/read"))
			})
		})
		if err := a.as.Await(t.Context(), testserver.EndpointIntrospect, 1); err != nil {
			t.Fatal(err)
		}
		close(release)
		all.Wait()
		if got := a.as.Count(testserver.EndpointIntrospect); got != 1 {
			t.Errorf("got %d introspection requests, want 1", got)
		}
	})
}

func noTokenGetsTheAnswerOfAnother(t *testing.T, frameworks []Framework) {
	for name, change := range map[string]func(*setup){"with a cache": cacheAnswers, "without a cache": func(*setup) {}} {
		t.Run("I15/"+name, func(t *testing.T) {
			const users = 40
			a := newIntrospectionLab(t, frameworks, testserver.New(t), change)
			handle := func(i int) string { return fmt.Sprintf("handle-%d", i) }
			for i := range users {
				a.as.SetIntrospection(handle(i), introspectionResponse("sub", fmt.Sprint("user", i), "active", i%5 != 0))
			}
			a.concurrently(func(seed int, target *target) {
				random := rand.New(rand.NewPCG(uint64(seed), 1))
				for _, i := range append(random.Perm(users), random.Perm(users)...) {
					want := ok("/read", fmt.Sprint("user", i))
					if i%5 == 0 {
						want = inactive
					}
					target.assertAnswer(t, at("/read", "Bearer "+handle(i)), want)
				}
			})
		})
	}
}
