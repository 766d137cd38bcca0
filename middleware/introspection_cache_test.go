package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/scopes"
)

// realTime makes a verifier use time.Now, as the introspection cache does. In a
// synctest bubble, time.Now is the fake clock.
func realTime(c *middleware.Config) { c.Now = nil }

// answerNow returns an introspection answer about a token that was issued now.
func answerNow(pairs ...string) string {
	return active(forge.Maker{Issuer: opaqueIssuer, Audience: "api", Now: time.Now()}, pairs...)
}

func in(d time.Duration) string { return fmt.Sprint(time.Now().Add(d).Unix()) }

func caching(o *introspectionStub, ttl time.Duration) func(*middleware.Config) {
	return func(c *middleware.Config) {
		client, err := introspect.New(introspect.Config{
			Endpoint: opaqueEndpoint, Auth: introspect.Basic("api", "secret"), Client: &http.Client{Transport: o}, Logger: quiet, MaxTTL: ttl,
		})
		if err != nil {
			panic(err)
		}
		c.Issuers[0].Introspection = client
	}
}

func TestThreatsRevokedWhileKept(t *testing.T) {
	for name, m := range map[string]middleware.IntrospectionMode{"an opaque token": middleware.IntrospectOpaque, "a JWT": middleware.IntrospectJWTs} {
		t.Run("I10/"+name+" that is revoked passes for the TTL and no longer", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := stubAnswering(answerNow("exp", in(time.Hour)))
				s, maker := introspectingSetup(t, o, realTime, mode(m), caching(o, 10*time.Second))
				token := handle
				if m == middleware.IntrospectJWTs {
					maker.Now = time.Now()
					token = maker.Good()
				}
				assertPasses(t, s, token)
				o.replace(func(string) string { return `{"active":false}` })
				time.Sleep(10*time.Second - 1)
				assertPasses(t, s, token)
				time.Sleep(time.Nanosecond)
				assertRefused(t, s, token, middleware.ErrInactive)
			})
		})
	}
	t.Run("I10/without a TTL it is refused at once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := stubAnswering(answerNow())
			s, _ := introspectingSetup(t, o, realTime, caching(o, -1))
			assertPasses(t, s, handle)
			o.replace(func(string) string { return `{"active":false}` })
			assertRefused(t, s, handle, middleware.ErrInactive)
		})
	})
}

// A token whose introspection answer is cached is still checked on every use.
func TestThreatsHitsAreJudgedAgain(t *testing.T) {
	t.Run("I11/exp, although the answer is cached", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			later := time.Duration(0)
			o := stubAnswering(answerNow("exp", in(10*time.Minute)))
			s, _ := introspectingSetup(t, o, caching(o, time.Hour), func(c *middleware.Config) { c.Now = func() time.Time { return time.Now().Add(later) } })
			assertPasses(t, s, handle)
			later = 10*time.Minute + 30*time.Second - 1
			assertPasses(t, s, handle)
			later = 10*time.Minute + 30*time.Second
			assertRefused(t, s, handle, middleware.ErrExpired)
			o.assertReceived(t, handle)
		})
	})
	t.Run("I11/nbf, which may be reached while the answer is cached", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := stubAnswering(answerNow("nbf", in(45*time.Second)))
			s, _ := introspectingSetup(t, o, realTime, caching(o, time.Hour))
			assertRefused(t, s, handle, middleware.ErrNotYetValid)
			time.Sleep(15*time.Second - 1)
			assertRefused(t, s, handle, middleware.ErrNotYetValid)
			time.Sleep(time.Nanosecond)
			assertPasses(t, s, handle)
			o.assertReceived(t, handle)
		})
	})
	t.Run("I11/scopes, for this route", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := stubAnswering(answerNow("scope", `"read"`))
			s, _ := introspectingSetup(t, o, realTime)
			for range 2 {
				for _, tt := range []struct {
					need scopes.Requirement
					want error
				}{{scopes.All("read"), nil}, {scopes.All("write"), middleware.ErrRequirement}, {scopes.All("read", "write"), middleware.ErrRequirement}, {scopes.Any("read", "x"), nil}} {
					if _, err := s.v.Authorize(http.Header{}, request(t, "Bearer "+handle), tt.need); !errors.Is(err, tt.want) {
						t.Errorf("got %v, want %v", err, tt.want)
					}
				}
			}
			o.assertReceived(t, handle)
		})
	})
	// Two verifiers that use one introspection client share its cached answers,
	// but each verifier makes its own decision.
	for name, tt := range map[string]struct {
		answer []string
		other  func(*middleware.Config)
		want   error
	}{
		"aud, for this API":    {[]string{}, func(c *middleware.Config) { c.Audience = "another" }, middleware.ErrAudience},
		"iss, for this issuer": {[]string{}, func(c *middleware.Config) { c.Issuers[0].URL = "https://another.example" }, middleware.ErrIssuer},
		"a deny-list":          {[]string{"jti", `"id-9"`}, func(c *middleware.Config) { c.Revoked = denyList("id-9") }, middleware.ErrRevoked},
		"the skew":             {[]string{"iat", "946684820"}, func(c *middleware.Config) { c.ClockSkew = -1 }, middleware.ErrNotYetValid},
	} {
		t.Run("I11/"+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := stubAnswering(answerNow(tt.answer...))
				client := o.client(t)
				shares := func(c *middleware.Config) { c.Issuers[0].Introspection = client }
				one, _ := introspectingSetup(t, o, realTime, shares)
				two, _ := introspectingSetup(t, o, realTime, shares, tt.other)
				for range 2 {
					assertPasses(t, one, handle)
					assertRefused(t, two, handle, tt.want)
				}
				o.assertReceived(t, handle)
			})
		})
	}
	t.Run("I11/cnf, token_type and all other reasons to refuse an answer", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			for want, pairs := range map[error][]string{
				middleware.ErrConfirmation: {"cnf", "{}"}, middleware.ErrType: {"token_type", `"mac"`}, middleware.ErrAudience: {"aud", `"x"`},
				middleware.ErrIssuer: {"iss", `"x"`}, middleware.ErrMalformed: {"sub", "1"},
			} {
				o := stubAnswering(answerNow(pairs...))
				s, _ := introspectingSetup(t, o, realTime)
				for range 3 {
					assertRefused(t, s, handle, want)
				}
				o.assertReceived(t, handle)
			}
		})
	})
}

func TestThreatsVerifiersDoNotShareAnswers(t *testing.T) {
	t.Run("I12/the same token at two issuers is two tokens", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			one, two := stubAnswering(answerNow("sub", `"alice"`)), stubAnswering(`{"active":false}`)
			a, _ := introspectingSetup(t, one, realTime)
			b, _ := introspectingSetup(t, two, realTime)
			for range 2 {
				if token := assertPasses(t, a, handle); token.Subject != "alice" {
					t.Errorf("got the subject %q, want alice", token.Subject)
				}
				assertRefused(t, b, handle, middleware.ErrInactive)
			}
			one.assertReceived(t, handle)
			two.assertReceived(t, handle)
		})
	})
	t.Run("I12/a handler's changes to a token are not visible to other requests", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := stubAnswering(answerNow("aud", `["api","x"]`))
			s, _ := introspectingSetup(t, o, realTime)
			for range 3 {
				token := assertPasses(t, s, handle)
				if token.Audience[0] != "api" || token.Subject != "alice" {
					t.Errorf("got the audience %q and the subject %q, which another request has changed", token.Audience, token.Subject)
				}
				token.Audience[0], token.Subject = "x", "mallory"
			}
			o.assertReceived(t, handle)
		})
	})
}

// Each token has a different subject. Whatever the order of requests, answers
// and failures, no request receives the subject of another request's token.
func TestThreatsAnswersNeverMeet(t *testing.T) {
	for seed := range uint64(10) {
		t.Run(fmt.Sprintf("I15/order %d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 15))
				var mu sync.Mutex
				roll := func(n int) int {
					mu.Lock()
					defer mu.Unlock()
					return random.IntN(n)
				}
				exp := in(time.Hour)
				o := &introspectionStub{answer: func(token string) string {
					if roll(8) == 0 {
						return "500"
					}
					return answerNow("sub", `"of-`+token+`"`, "exp", exp, "scope", `"read `+token+`"`)
				}}
				s, _ := introspectingSetup(t, o, realTime, caching(o, 2*time.Second))
				var all sync.WaitGroup
				passed := 0
				for range 500 {
					all.Go(func() {
						time.Sleep(time.Duration(roll(20000)) * time.Millisecond)
						token := fmt.Sprint("t", roll(10))
						ctx, cancel := context.WithCancel(t.Context())
						defer cancel()
						if roll(5) == 0 {
							time.AfterFunc(time.Duration(roll(1000))*time.Millisecond, cancel)
						}
						o.mu.Lock()
						o.delay = time.Duration(len(o.tokens)%7) * 100 * time.Millisecond
						o.mu.Unlock()
						r, err := s.v.Authorize(http.Header{}, request(t, "Bearer "+token).WithContext(ctx), scopes.All(token))
						if err != nil {
							if !errors.Is(err, middleware.ErrUnavailable) {
								t.Errorf("%s: got %v, want a token or ErrUnavailable", token, err)
							}
							return
						}
						mu.Lock()
						passed++
						mu.Unlock()
						if got := middleware.TokenFrom(r.Context()); got.Subject != "of-"+token || strings.Count(got.Scopes.String(), "t") != 1 {
							t.Errorf("the request with %s received the subject %q and the scopes %q", token, got.Subject, got.Scopes)
						}
					})
				}
				all.Wait()
				time.Sleep(2 * time.Second)
				if passed < 100 {
					t.Errorf("got %d accepted requests, want at least 100", passed)
				}
			})
		})
	}
}

func TestThreatsOneCallForManyRequests(t *testing.T) {
	t.Run("I14/1 000 requests with one opaque token are one call", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := stubAnswering(answerNow())
			o.delay = time.Second
			s, _ := introspectingSetup(t, o, realTime)
			var all sync.WaitGroup
			for range 1000 {
				all.Go(func() { assertPasses(t, s, handle) })
			}
			all.Wait()
			o.assertReceived(t, handle)
			t.Logf("1000 requests caused %d calls of the introspection endpoint", len(o.received()))
		})
	})
	t.Run("I14/one that is canceled does not fail the others", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := stubAnswering(answerNow())
			o.delay = time.Second
			s, _ := introspectingSetup(t, o, realTime)
			ctx, leave := context.WithCancel(t.Context())
			var all sync.WaitGroup
			all.Go(func() {
				if _, err := s.v.Verify(ctx, middleware.Credentials{Token: handle}); !errors.Is(err, middleware.ErrUnavailable) {
					t.Errorf("got %v, want ErrUnavailable", err)
				}
			})
			synctest.Wait()
			for range 10 {
				all.Go(func() { assertPasses(t, s, handle) })
			}
			synctest.Wait()
			leave()
			all.Wait()
			o.assertReceived(t, handle)
		})
	})
}
