package testserver_test

import (
	"context"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

func BenchmarkStart(b *testing.B) {
	for name, opts := range map[string][]testserver.Option{
		"plain":         nil,
		"TLS":           {testserver.TLS()},
		"in memory":     {testserver.InMemory()},
		"plain, seeded": {testserver.Seed("bench")},
		"plain, RS256":  {testserver.SigningAlg(testserver.RS256)},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s, err := testserver.Start(context.Background(), opts...)
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}

func BenchmarkToken(b *testing.B) {
	for _, alg := range []testserver.Alg{testserver.ES256, testserver.EdDSA, testserver.HS256, testserver.RS256} {
		b.Run(string(alg), func(b *testing.B) {
			s := testserver.New(b, testserver.SigningAlg(alg))
			b.ReportAllocs()
			for b.Loop() {
				s.Token(testserver.Scope("orders:read"))
			}
		})
	}
}
