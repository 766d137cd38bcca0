package jwks_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/testserver"
)

// serverFault is a fault of a real server: what site_test.go imitates at the
// transport, here over HTTP/1.1 and HTTP/2.
type serverFault struct {
	name  string
	fault testserver.Fault
	takes time.Duration // until it is given up
}

var keySetFaults = []serverFault{
	{"500", testserver.Status(500), 0},
	{"503", testserver.Status(503), 0},
	{"404", testserver.Status(404), 0},
	{"204", testserver.Status(204), 0},
	{"304", testserver.Status(304), 0},
	{"429 with Retry-After", testserver.RetryAfter(time.Hour, 429), 0},
	{"an answer after 5 s", testserver.Latency(5*time.Second + 1), 5 * time.Second},
	{"no answer", testserver.Hang(), 5 * time.Second},
	{"a dropped connection", testserver.DropConnection(), 0},
	{"a body that never begins", testserver.TruncateBody(0), 0},
	{"a body that lacks its last byte", testserver.TruncateBody(1 << 20), 0},
	{"JSON that is not closed", testserver.MalformedJSON(), 0},
	{"keys that say they are HTML", testserver.ContentType("text/html"), 0},
	{"a maintenance page", testserver.Body("text/html", []byte("<h1>Back soon</h1>")), 0},
	{"an error in JSON", testserver.Body("application/json", []byte(`{"error":"server_error"}`)), 0},
	{"an empty body", testserver.Body("application/json", nil), 0},
	{"no keys", testserver.EmptyJWKS(), 0},
	{"a body over the limit", testserver.HugeBody(512<<10 + 1), 0},
	{"a body without an end", testserver.HugeBody(1 << 60), 0},
	{"a redirect to another host", testserver.RedirectTo("https://evil.example/jwks"), 0},
	{"a redirect to itself", testserver.RedirectTo("jwks"), 0},
}

var metadataFaults = []serverFault{
	{"500", testserver.Status(500), 0},
	{"503", testserver.RetryAfter(time.Hour, 503), 0},
	{"no answer", testserver.Hang(), 5 * time.Second},
	{"a dropped connection", testserver.DropConnection(), 0},
	{"a truncated document", testserver.TruncateBody(20), 0},
	{"JSON that is not closed", testserver.MalformedJSON(), 0},
	{"a document that says it is HTML", testserver.ContentType("text/html"), 0},
	{"an empty object", testserver.Body("application/json", []byte(`{}`)), 0},
	{"another issuer", testserver.WrongMetadataIssuer("https://evil.example"), 0},
	{"a body over the limit", testserver.HugeBody(512<<10 + 1), 0},
	{"a redirect to another host", testserver.RedirectTo("https://evil.example/"), 0},
}

// inABubble runs the test over plain HTTP/1.1 and over TLS with HTTP/2.
func inABubble(t *testing.T, name string, test func(t *testing.T, as *testserver.Server, r *jwks.Remote)) {
	for where, options := range map[string][]testserver.Option{
		"HTTP 1": {testserver.InMemory()}, "HTTP 2": {testserver.InMemory(), testserver.TLS()},
	} {
		t.Run(name+"/"+where, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				as := testserver.New(t, options...)
				r, err := jwks.Discover(as.Issuer(), jwks.Options{Client: as.Client(), Logger: quiet})
				if err != nil {
					t.Fatal(err)
				}
				test(t, as, r)
			})
		})
	}
}

func TestFaultsOfARealServer(t *testing.T) {
	both := map[testserver.Endpoint][]serverFault{testserver.JWKS: keySetFaults, testserver.Discovery: metadataFaults}
	for endpoint, faults := range both {
		for _, test := range faults {
			inABubble(t, string(endpoint)+"/"+test.name+"/cold", func(t *testing.T, as *testserver.Server, r *jwks.Remote) {
				fault := as.Inject(endpoint, test.fault)
				kid, begin := as.SigningKey().ID, time.Now()
				hasNot(t, r, kid, jwks.ErrUnavailable)
				if took := time.Since(begin); took != test.takes {
					t.Errorf("took %v, want %v", took, test.takes)
				}
				if fault.Hits() == 0 {
					t.Error("the fault was not met")
				}
				fault.Remove()
				time.Sleep(time.Second)
				has(t, r, kid)
			})
		}
	}
	for _, test := range keySetFaults {
		inABubble(t, "jwks/"+test.name+"/warm", func(t *testing.T, as *testserver.Server, r *jwks.Remote) {
			kid := as.SigningKey().ID
			has(t, r, kid)
			fault := as.Inject(testserver.JWKS, test.fault)
			for range 12 { // an hour of renewals that fail
				time.Sleep(5 * time.Minute)
				has(t, r, kid)
				synctest.Wait()
			}
			next := as.Rotate().ID
			hasNot(t, r, next, jwks.ErrUnavailable)
			has(t, r, kid)
			time.Sleep(10 * time.Second) // for what still waits for an answer
			if stats := r.Stats(); fault.Hits() < 12 || stats.Failures < 12 || stats.Keys != 1 {
				t.Errorf("got %d hits and %+v, want every renewal to have failed and the key kept", fault.Hits(), stats)
			}
			as.Reset()
			time.Sleep(time.Second)
			has(t, r, next)
			has(t, r, kid)
		})
	}
}

// A fault is not sticky: once it is over, the next try mends all.
func TestEachFaultCostsOneRetry(t *testing.T) {
	for _, test := range keySetFaults {
		if test.name == "a redirect to itself" {
			continue // once is no fault: three redirects are followed
		}
		inABubble(t, test.name, func(t *testing.T, as *testserver.Server, r *jwks.Remote) {
			fault := as.Inject(testserver.JWKS, test.fault, testserver.Times(1))
			hasNot(t, r, as.SigningKey().ID, jwks.ErrUnavailable)
			time.Sleep(time.Second)
			has(t, r, as.SigningKey().ID)
			if stats := r.Stats(); fault.Hits() != 1 || stats.Failures != 1 || stats.Err != nil {
				t.Errorf("got %d hits and %+v, want one failure and then success", fault.Hits(), stats)
			}
		})
	}
}

// The same over sockets, where nothing waits for a clock.
func TestFaultsOverSockets(t *testing.T) {
	for where, options := range map[string][]testserver.Option{"TCP": nil, "TLS": {testserver.TLS()}} {
		as := testserver.New(t, options...)
		for _, test := range keySetFaults {
			if test.takes > 0 {
				continue // in a bubble, above
			}
			t.Run(where+"/"+test.name, func(t *testing.T) {
				r, err := jwks.Discover(as.Issuer(), jwks.Options{Client: as.Client(), Logger: quiet, MinInterval: 1})
				if err != nil {
					t.Fatal(err)
				}
				fault := as.Inject(testserver.JWKS, test.fault)
				hasNot(t, r, as.SigningKey().ID, jwks.ErrUnavailable)
				fault.Remove()
				has(t, r, as.SigningKey().ID)

				fault = as.Inject(testserver.JWKS, test.fault)
				defer fault.Remove()
				hasNot(t, r, as.Rotate().ID, jwks.ErrUnavailable)
				if stats := r.Stats(); stats.Keys == 0 || !errors.Is(stats.Err, jwks.ErrUnavailable) {
					t.Errorf("got %+v, want the known keys kept", stats)
				}
			})
		}
	}
}
