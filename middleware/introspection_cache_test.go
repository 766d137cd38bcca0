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

// realTime runs a verifier by the clock of the bubble, as its cache does.
func realTime(c *middleware.Config) { c.Now = nil }

// answerNow is an answer about a token that was issued now.
func answerNow(pairs ...string) string {
	return active(forge.Maker{Issuer: opaqueIssuer, Audience: "api", Now: time.Now()}, pairs...)
}

func in(d time.Duration) string { return fmt.Sprint(time.Now().Add(d).Unix()) }

func keeps(o *oracle, ttl time.Duration) func(*middleware.Config) {
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
				o := always(answerNow("exp", in(time.Hour)))
				s, maker := asks(t, o, realTime, mode(m), keeps(o, 10*time.Second))
				token := handle
				if m == middleware.IntrospectJWTs {
					maker.Now = time.Now()
					token = maker.Good()
				}
				passes(t, s, token)
				o.becomes(func(string) string { return `{"active":false}` })
				time.Sleep(10*time.Second - 1)
				passes(t, s, token)
				time.Sleep(time.Nanosecond)
				refusedFor(t, s, token, middleware.ErrInactive)
			})
		})
	}
	t.Run("I10/without a TTL it is refused at once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := always(answerNow())
			s, _ := asks(t, o, realTime, keeps(o, -1))
			passes(t, s, handle)
			o.becomes(func(string) string { return `{"active":false}` })
			refusedFor(t, s, handle, middleware.ErrInactive)
		})
	})
}

// What was good a moment ago, for another route, is checked again.
func TestThreatsHitsAreJudgedAgain(t *testing.T) {
	t.Run("I11/exp, though the answer is kept", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			later := time.Duration(0)
			o := always(answerNow("exp", in(10*time.Minute)))
			s, _ := asks(t, o, keeps(o, time.Hour), func(c *middleware.Config) { c.Now = func() time.Time { return time.Now().Add(later) } })
			passes(t, s, handle)
			later = 10*time.Minute + 30*time.Second - 1
			passes(t, s, handle)
			later = 10*time.Minute + 30*time.Second
			refusedFor(t, s, handle, middleware.ErrExpired)
			o.heard(t, handle)
		})
	})
	t.Run("I11/nbf, which may come while the answer is kept", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := always(answerNow("nbf", in(45*time.Second)))
			s, _ := asks(t, o, realTime, keeps(o, time.Hour))
			refusedFor(t, s, handle, middleware.ErrNotYetValid)
			time.Sleep(15*time.Second - 1)
			refusedFor(t, s, handle, middleware.ErrNotYetValid)
			time.Sleep(time.Nanosecond)
			passes(t, s, handle)
			o.heard(t, handle)
		})
	})
	t.Run("I11/scopes, for this route", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := always(answerNow("scope", `"read"`))
			s, _ := asks(t, o, realTime)
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
			o.heard(t, handle)
		})
	})
	// One client for two verifiers: the answer is shared, the verdict is not.
	for name, tt := range map[string]struct {
		answer []string
		other  func(*middleware.Config)
		want   error
	}{
		"aud, for this API":    {[]string{}, func(c *middleware.Config) { c.Audience = "another" }, middleware.ErrAudience},
		"iss, for this issuer": {[]string{}, func(c *middleware.Config) { c.Issuers[0].URL = "https://another.example" }, middleware.ErrIssuer},
		"a deny-list":          {[]string{"jti", `"id-9"`}, func(c *middleware.Config) { c.Revoked = denies("id-9") }, middleware.ErrRevoked},
		"the skew":             {[]string{"iat", "946684820"}, func(c *middleware.Config) { c.ClockSkew = -1 }, middleware.ErrNotYetValid},
	} {
		t.Run("I11/"+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := always(answerNow(tt.answer...))
				client := o.client(t)
				shares := func(c *middleware.Config) { c.Issuers[0].Introspection = client }
				one, _ := asks(t, o, realTime, shares)
				two, _ := asks(t, o, realTime, shares, tt.other)
				for range 2 {
					passes(t, one, handle)
					refusedFor(t, two, handle, tt.want)
				}
				o.heard(t, handle)
			})
		})
	}
	t.Run("I11/cnf, token_type and all else that an answer can be refused for", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			for want, pairs := range map[error][]string{
				middleware.ErrConfirmation: {"cnf", "{}"}, middleware.ErrType: {"token_type", `"mac"`}, middleware.ErrAudience: {"aud", `"x"`},
				middleware.ErrIssuer: {"iss", `"x"`}, middleware.ErrMalformed: {"sub", "1"},
			} {
				o := always(answerNow(pairs...))
				s, _ := asks(t, o, realTime)
				for range 3 {
					refusedFor(t, s, handle, want)
				}
				o.heard(t, handle)
			}
		})
	})
}

func TestThreatsVerifiersDoNotShareAnswers(t *testing.T) {
	t.Run("I12/the same token at two issuers is two tokens", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			one, two := always(answerNow("sub", `"alice"`)), always(`{"active":false}`)
			a, _ := asks(t, one, realTime)
			b, _ := asks(t, two, realTime)
			for range 2 {
				if token := passes(t, a, handle); token.Subject != "alice" {
					t.Errorf("got %q", token.Subject)
				}
				refusedFor(t, b, handle, middleware.ErrInactive)
			}
			one.heard(t, handle)
			two.heard(t, handle)
		})
	})
	t.Run("I12/what a handler does to a token, no other request sees", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := always(answerNow("aud", `["api","x"]`))
			s, _ := asks(t, o, realTime)
			for range 3 {
				token := passes(t, s, handle)
				if token.Audience[0] != "api" || token.Subject != "alice" {
					t.Errorf("got %q for %q", token.Audience, token.Subject)
				}
				token.Audience[0], token.Subject = "x", "mallory"
			}
			o.heard(t, handle)
		})
	})
}

// Each token belongs to a subject of its own. Whatever the order of requests,
// answers and failures, no request is given another one's subject.
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
				o := &oracle{says: func(token string) string {
					if roll(8) == 0 {
						return "500"
					}
					return answerNow("sub", `"of-`+token+`"`, "exp", exp, "scope", `"read `+token+`"`)
				}}
				s, _ := asks(t, o, realTime, keeps(o, 2*time.Second))
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
								t.Errorf("%s: got %v", token, err)
							}
							return
						}
						mu.Lock()
						passed++
						mu.Unlock()
						if got := middleware.TokenFrom(r.Context()); got.Subject != "of-"+token || strings.Count(got.Scopes.String(), "t") != 1 {
							t.Errorf("%s was given %q with %q", token, got.Subject, got.Scopes)
						}
					})
				}
				all.Wait()
				time.Sleep(2 * time.Second)
				if passed < 100 {
					t.Errorf("got %d accepted, want a test of something", passed)
				}
			})
		})
	}
}

func TestThreatsOneCallForManyRequests(t *testing.T) {
	t.Run("I14/1 000 requests with one opaque token are one call", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := always(answerNow())
			o.delay = time.Second
			s, _ := asks(t, o, realTime)
			var all sync.WaitGroup
			for range 1000 {
				all.Go(func() { passes(t, s, handle) })
			}
			all.Wait()
			o.heard(t, handle)
			t.Logf("1000 requests, %d upstream calls", len(o.asked()))
		})
	})
	t.Run("I14/one that is canceled does not fail the others", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := always(answerNow())
			o.delay = time.Second
			s, _ := asks(t, o, realTime)
			ctx, leave := context.WithCancel(t.Context())
			var all sync.WaitGroup
			all.Go(func() {
				if _, err := s.v.Verify(ctx, middleware.Credentials{Token: handle}); !errors.Is(err, middleware.ErrUnavailable) {
					t.Errorf("got %v, want ErrUnavailable", err)
				}
			})
			synctest.Wait()
			for range 10 {
				all.Go(func() { passes(t, s, handle) })
			}
			synctest.Wait()
			leave()
			all.Wait()
			o.heard(t, handle)
		})
	})
}
