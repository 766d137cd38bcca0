package bench_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
)

// mock is a running mock authorization server.
type mock struct {
	client *http.Client
	jwks   string        // URL of the key set
	mint   func() string // returns an access token made in process
	stop   func()

	authorize, token string // URLs of these endpoints
	id, secret       string // credentials of a client that may use every grant of the server
	credentials      bool   // the client may use client_credentials
	rotates          bool   // a refresh token can be used only once
}

// mocks returns the servers under comparison, each with the name of its
// benchmarks. A name begins with the algorithm and the transport, so that
// servers with the same algorithm and transport are next to each other.
func mocks() []struct {
	name  string
	start func() (mock, error)
} {
	return []struct {
		name  string
		start func() (mock, error)
	}{
		{"alg=RS256/over=http/server=mockoidc", startMockOIDC},
		{"alg=RS256/over=http/server=testserver", startTestserver(rs256...)},
		{"alg=ES256/over=http/server=testserver", startTestserver()},
		{"alg=RS256/over=https/server=testserver", startTestserver(overTLS(rs256)...)},
		{"alg=ES256/over=https/server=testserver", startTestserver(overTLS(nil)...)},
	}
}

// BenchmarkStart measures the time until the server listens.
func BenchmarkStart(b *testing.B) {
	for _, m := range mocks() {
		b.Run(m.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s := must(m.start())(b)
				b.StopTimer()
				s.stop()
				b.StartTimer()
			}
		})
	}
}

// BenchmarkStartToKeys measures the time until a client has fetched the
// server's keys. A test can begin at this point.
func BenchmarkStartToKeys(b *testing.B) {
	for _, m := range mocks() {
		b.Run(m.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s := must(m.start())(b)
				if _, err := keysOf(b, s); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				s.stop()
				b.StartTimer()
			}
		})
	}
}

// BenchmarkMint measures how long it takes to make one access token in process.
func BenchmarkMint(b *testing.B) {
	for _, m := range mocks() {
		b.Run(m.name, func(b *testing.B) {
			s := must(m.start())(b)
			defer s.stop()
			b.ReportAllocs()
			for b.Loop() {
				s.mint()
			}
		})
	}
}

func TestBothServersSignWithKeysOfOneSize(t *testing.T) {
	sizes := make(map[int]bool)
	for _, m := range mocks()[:2] {
		t.Run(m.name, func(t *testing.T) {
			s := must(m.start())(t)
			defer s.stop()
			keys, err := keysOf(t, s)
			if err != nil {
				t.Fatal(err)
			}
			var set struct{ Keys []struct{ Kty, N string } }
			if err := json.Unmarshal(keys, &set); err != nil {
				t.Fatal(err)
			}
			if len(set.Keys) == 0 || set.Keys[0].Kty != "RSA" {
				t.Fatalf("got %d keys, want an RSA key first", len(set.Keys))
			}
			sizes[len(set.Keys[0].N)] = true
		})
	}
	if len(sizes) != 1 {
		t.Errorf("got moduli of %d sizes, want one", len(sizes))
	}
}

func TestEveryServerMakesTokensThatItsKeysVerify(t *testing.T) {
	for _, m := range mocks() {
		t.Run(m.name, func(t *testing.T) {
			s := must(m.start())(t)
			defer s.stop()
			keys, err := keysOf(t, s)
			if err != nil {
				t.Fatal(err)
			}
			if err := verifies(keys, s.mint()); err != nil {
				t.Errorf("got %v, want a token that the key set verifies", err)
			}
		})
	}
}

func keysOf(tb testing.TB, s mock) ([]byte, error) {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, s.jwks, nil)
	if err != nil {
		return nil, err
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("got %s, want 200", resp.Status)
	}
	return io.ReadAll(resp.Body)
}

// must is for calls such as must(f())(tb), which return the value from f, or
// fail the test if f returns an error.
func must[T any](v T, err error) func(testing.TB) T {
	return func(tb testing.TB) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}
