package testserver_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

func BenchmarkNew(b *testing.B) {
	for _, bb := range []struct {
		name string
		opts []testserver.Option
	}{
		{"plain", nil},
		{"TLS", []testserver.Option{testserver.TLS()}},
		{"in memory", []testserver.Option{testserver.InMemory()}},
		{"seeded", []testserver.Option{testserver.Seed("bench")}},
		{"RS256", []testserver.Option{testserver.SigningAlg("RS256")}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				tb := &recorder{TB: b}
				testserver.New(tb, bb.opts...)
				b.StopTimer()
				tb.finish()
				b.StartTimer()
			}
		})
	}
}

func BenchmarkToken(b *testing.B) {
	for _, alg := range []testserver.Alg{"ES256", "EdDSA", "HS256", "RS256"} {
		b.Run(string(alg), func(b *testing.B) {
			s := testserver.New(b, testserver.SigningAlg(alg))
			b.ReportAllocs()
			for b.Loop() {
				s.Token(testserver.Scope("orders:read"))
			}
		})
	}
}

func BenchmarkOpaqueToken(b *testing.B) {
	s := testserver.New(b, testserver.OpaqueTokens())
	b.ReportAllocs()
	for b.Loop() {
		s.Token(testserver.Scope("orders:read"))
	}
}

func BenchmarkIntrospection(b *testing.B) {
	for name, opts := range map[string][]testserver.TokenOption{"opaque": {testserver.OpaqueTokens()}, "a JWT": nil} {
		b.Run(name, func(b *testing.B) {
			s := testserver.New(b)
			token := s.Token(opts...)
			b.ReportAllocs()
			for b.Loop() {
				if !isActive(s, token) {
					b.Fatal("want an active token")
				}
			}
		})
	}
}

// BenchmarkUnsignedAssertion measures how fast the server refuses client
// assertions with invalid signatures. The largest assertion almost reaches the
// limit for request bodies.
func BenchmarkUnsignedAssertion(b *testing.B) {
	for _, n := range []int{100, 1000, 3000} {
		b.Run(strconv.Itoa(n)+" members", func(b *testing.B) {
			s := testserver.New(b, testserver.InMemory())
			var claims strings.Builder
			for i := range n {
				fmt.Fprintf(&claims, `,"member%d":1`, i)
			}
			encode := base64.RawURLEncoding.EncodeToString
			form := url.Values{"grant_type": {"client_credentials"}, "client_assertion_type": {assertionType},
				"client_assertion": {encode([]byte(`{"alg":"ES256"}`)) + "." + encode([]byte("{"+claims.String()[1:]+"}")) + "." + encode(make([]byte, 64))}}
			for b.Loop() {
				if r := exchange(b, s, form); r.status != http.StatusUnauthorized {
					b.Fatalf("got %d, want 401", r.status)
				}
			}
		})
	}
}
