package testserver_test

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestParallelTests(t *testing.T) {
	for name, opts := range map[string][]testserver.Option{
		"over TCP":            nil,
		"over TLS":            {testserver.TLS()},
		"in memory, seeded":   {testserver.InMemory(), testserver.Seed("fifty")},
		"with a fixed clock":  {testserver.Clock(atNoon)},
		"with token defaults": {testserver.Scope("a", "b"), testserver.Audience("x", "y")},
	} {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, opts...)
			algs := []testserver.Alg{"ES256", "EdDSA", "ES384", "RS256"}
			for i := range 50 {
				t.Run(fmt.Sprint(i), func(t *testing.T) {
					t.Parallel()
					sub := fmt.Sprintf("user-%d", i)
					_, claims := verified(t, s, s.Token(testserver.Subject(sub), testserver.SigningAlg(algs[i%len(algs)])))
					if claims["sub"] != sub {
						t.Errorf("got sub %v, want %s", claims["sub"], sub)
					}
					get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS))
					get(t, s.Client(), s.Endpoint(testserver.EndpointDiscovery))
					switch i % 10 {
					case 0:
						s.Rotate()
					case 1:
						s.Rotate(testserver.Rotation{PublishFirst: true})
					case 2:
						k := testserver.GenerateKey("EdDSA", sub)
						s.Publish(k)
						s.Retire(sub)
					case 3:
						s.Advance(time.Second)
					}
					fmt.Fprint(io.Discard, s.Now(), s.Count(testserver.EndpointAny), s.SigningKey())
				})
			}
		})
	}
}

func TestCountsUnderLoad(t *testing.T) {
	s := testserver.New(t)
	t.Run("requests", func(t *testing.T) {
		for range 50 {
			t.Run("one", func(t *testing.T) {
				t.Parallel()
				get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS))
			})
		}
	})
	if got := s.Count(testserver.EndpointJWKS); got != 50 {
		t.Errorf("got %d requests counted, want 50", got)
	}
}
