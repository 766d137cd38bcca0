package testserver_test

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

// Fifty tests share one server. Each test has its own verifier and its own
// fault. The verifier of a test must get only the fault of this test. The
// number of hits must be exact.
func TestParallelTestsWithFaults(t *testing.T) {
	faults := []testserver.Fault{
		testserver.Status(503), testserver.DropConnection(), testserver.TruncateBody(7), testserver.MalformedJSON(),
		testserver.ContentType("text/html"), testserver.EmptyKeys(), testserver.HugeBody(513 << 10),
		testserver.RedirectTo("https://evil.example/"), testserver.Body("application/json", []byte("{}")),
	}
	for name, opts := range map[string][]testserver.Option{
		"over TCP": nil, "over TLS": {testserver.TLS()}, "in memory": {testserver.InMemory()}, "in memory, TLS": {testserver.InMemory(), testserver.TLS()},
	} {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, opts...)
			for i := range 50 {
				t.Run(fmt.Sprint(i), func(t *testing.T) {
					t.Parallel()
					id := t.Name()
					client, mark := s.ClientFor(id), s.Mark(id)
					keys, err := jwks.Discover(s.Issuer(), jwks.Options{Client: client, MinInterval: 1, Logger: slog.New(slog.DiscardHandler)})
					if err != nil {
						t.Fatal(err)
					}
					v, err := middleware.NewVerifier(middleware.Config{
						Audience: "api", Issuers: []middleware.Issuer{{URL: s.Issuer(), Keys: keys}}, Logger: slog.New(slog.DiscardHandler),
					})
					if err != nil {
						t.Fatal(err)
					}
					outages := i % 4 // 0: the test has no fault, and must not get the faults of other tests
					in := s.Inject(testserver.EndpointJWKS, faults[i%len(faults)], testserver.FromClient(id), testserver.Times(max(outages, 1)))
					if outages == 0 {
						in.Remove()
					}
					refusals, got := 0, status(v, s.Token())
					for ; got == 503 && refusals < outages; refusals++ { // one call of status may cause two fetches, because MinInterval is 1ns
						got = status(v, s.Token())
					}
					if got != 200 {
						t.Errorf("got %d after %d refusals, want 200", got, refusals)
					}
					if got := mark.Count(testserver.EndpointJWKS); in.Hits() != outages || got <= outages {
						t.Errorf("got %d hits in %d requests, want %d and then a response", in.Hits(), got, outages)
					}
					injected := 0
					for _, r := range s.Requests(testserver.EndpointJWKS) {
						switch {
						case r.Client != id:
						case r.Injected:
							injected++
						case r.Status != 200:
							t.Errorf("got %+v, want 200 without a fault", r)
						}
					}
					if injected != outages {
						t.Errorf("got %d requests recorded with a fault, want %d", injected, outages)
					}
					if err := mark.Await(t.Context(), testserver.EndpointJWKS, outages+1); err != nil {
						t.Error(err)
					}
				})
			}
		})
	}
}
