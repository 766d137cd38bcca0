package jwks_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/testserver"
)

// serverFault is a fault of a real server over HTTP/1.1 and HTTP/2. For faults
// that are simulated in the transport, see the type site in site_test.go.
type serverFault struct {
	name  string
	fault testserver.Fault
	takes time.Duration // time until the attempt fails
}

// recoveryTime returns the maximum time until a new key is available, counted
// from the moment when the first caller stops waiting for the key.
func (f serverFault) recoveryTime() time.Duration {
	return f.takes - min(f.takes, waitLimit) + time.Second
}

// isNotModified reports whether the fault is a 304. If the Remote has a set, a
// 304 is a valid answer.
func (f serverFault) isNotModified() bool { return f.name == "K01/304" }

var keySetFaults = []serverFault{
	{"K01/500", testserver.Status(500), 0},
	{"K01/503", testserver.Status(503), 0},
	{"K01/404", testserver.Status(404), 0},
	{"K01/204", testserver.Status(204), 0},
	{"K01/304", testserver.Status(304), 0},
	{"K01/429 with Retry-After", testserver.RetryAfter(time.Hour, 429), 0},
	{"K03/an answer after 5 s", testserver.Latency(5*time.Second + 1), fetch.Timeout},
	{"K03/no answer", testserver.Hang(), fetch.Timeout},
	{"K02/a dropped connection", testserver.DropConnection(), 0},
	{"K02/a body that never begins", testserver.TruncateBody(0), 0},
	{"K02/a body that lacks its last byte", testserver.TruncateBody(1 << 20), 0},
	{"K02/JSON that is not closed", testserver.MalformedJSON(), 0},
	{"K06/keys sent as HTML", testserver.ContentType("text/html"), 0},
	{"K05/a maintenance page", testserver.Body("text/html", []byte("<h1>Back soon</h1>")), 0},
	{"K05/an error in JSON", testserver.Body("application/json", []byte(`{"error":"server_error"}`)), 0},
	{"K05/an empty body", testserver.Body("application/json", nil), 0},
	{"K05/no keys", testserver.Body("application/jwk-set+json", []byte(`{"keys":[]}`)), 0},
	{"K04/a body over the limit", testserver.HugeBody(512<<10 + 1), 0},
	{"K04/a body without an end", testserver.HugeBody(1 << 60), 0},
	{"K04/a decompression bomb", testserver.Handler(func(http.Handler) http.Handler { return http.HandlerFunc(explode) }), 0},
	{"K07/a redirect to another host", testserver.RedirectTo("https://evil.example/jwks"), 0},
	{"K07/a redirect to itself", testserver.RedirectTo("jwks"), 0},
}

// bomb returns 4 MiB of spaces, compressed to about 4 KiB.
var bomb = sync.OnceValue(func() []byte {
	var text bytes.Buffer
	z := gzip.NewWriter(&text)
	_, _ = z.Write(bytes.Repeat([]byte(" "), 4<<20)) // writing to memory does not fail
	_ = z.Close()
	return text.Bytes()
})

func explode(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Encoding", "gzip")
	_, _ = w.Write(bomb())
}

var metadataFaults = []serverFault{
	{"K01/500", testserver.Status(500), 0},
	{"K01/503", testserver.RetryAfter(time.Hour, 503), 0},
	{"K03/no answer", testserver.Hang(), fetch.Timeout},
	{"K02/a dropped connection", testserver.DropConnection(), 0},
	{"K02/a truncated document", testserver.TruncateBody(20), 0},
	{"K02/JSON that is not closed", testserver.MalformedJSON(), 0},
	{"K06/a document sent as HTML", testserver.ContentType("text/html"), 0},
	{"K05/an empty object", testserver.Body("application/json", []byte(`{}`)), 0},
	{"another issuer", testserver.Body("application/json", []byte(`{"issuer":"https://evil.example","jwks_uri":"https://evil.example/jwks"}`)), 0},
	{"K04/a body over the limit", testserver.HugeBody(512<<10 + 1), 0},
	{"K07/a redirect to another host", testserver.RedirectTo("https://evil.example/"), 0},
}

// forEachProtocol runs the test over plain HTTP/1.1 and over TLS with HTTP/2.
func forEachProtocol(t *testing.T, name string, test func(t *testing.T, as *testserver.Server, r *jwks.Remote)) {
	for where, options := range map[string][]testserver.Option{
		"HTTP 1": {testserver.InMemory()}, "HTTP 2": {testserver.InMemory(), testserver.TLS()},
	} {
		t.Run(name+"/"+where, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				as := testserver.New(t, options...)
				r, err := jwks.Discover(as.Issuer(), jwks.Options{Client: as.Client(), Logger: discardLogger})
				if err != nil {
					t.Fatal(err)
				}
				test(t, as, r)
			})
		})
	}
}

func TestFaultsOfARealServer(t *testing.T) {
	both := map[testserver.Endpoint][]serverFault{testserver.EndpointJWKS: keySetFaults, testserver.EndpointDiscovery: metadataFaults}
	for endpoint, faults := range both {
		for _, test := range faults {
			forEachProtocol(t, string(endpoint)+"/"+test.name+"/cold", func(t *testing.T, as *testserver.Server, r *jwks.Remote) {
				fault := as.Inject(endpoint, test.fault)
				if endpoint == testserver.EndpointDiscovery { // the second well-known location must fail too
					as.Inject(testserver.EndpointASMetadata, test.fault)
				}
				kid, begin := as.SigningKey().ID, time.Now()
				assertKeyError(t, r, kid, jwks.ErrUnavailable)
				if took, want := time.Since(begin), min(test.takes, waitLimit); took != want {
					t.Errorf("took %v, want %v", took, want)
				}
				if fault.Hits() == 0 {
					t.Error("the fault was not triggered")
				}
				as.Reset()
				time.Sleep(test.recoveryTime())
				assertKeyAfter(t, r, kid, 0)
			})
		}
	}
	for _, test := range keySetFaults {
		if test.isNotModified() {
			continue
		}
		forEachProtocol(t, "jwks/"+test.name+"/warm", func(t *testing.T, as *testserver.Server, r *jwks.Remote) {
			kid := as.SigningKey().ID
			assertKey(t, r, kid)
			fault := as.Inject(testserver.EndpointJWKS, test.fault)
			for range 12 { // an hour of renewals that fail
				time.Sleep(5 * time.Minute)
				assertKey(t, r, kid)
				synctest.Wait()
			}
			next := as.Rotate().ID
			assertKeyError(t, r, next, jwks.ErrUnavailable)
			assertKey(t, r, kid)
			waitForAttempt()
			if stats := r.Stats(); fault.Hits() < 12 || stats.Fetches < 13 || stats.Keys != 2 {
				t.Errorf("got %d hits and %+v, want every renewal to fail and the keys to remain", fault.Hits(), stats)
			}
			as.Reset()
			if test.name == "K01/429 with Retry-After" {
				time.Sleep(5 * time.Minute)
			}
			time.Sleep(time.Second)
			assertKeyAfter(t, r, next, 0)
			assertKeyAfter(t, r, kid, 0)
		})
	}
}

// The first attempt after a fault must succeed.
func TestEachFaultCostsOneRetry(t *testing.T) {
	for _, test := range keySetFaults {
		if test.name == "K07/a redirect to itself" {
			continue // with Times(1), only the first request is redirected
		}
		forEachProtocol(t, test.name, func(t *testing.T, as *testserver.Server, r *jwks.Remote) {
			fault := as.Inject(testserver.EndpointJWKS, test.fault, testserver.Times(1))
			assertKeyError(t, r, as.SigningKey().ID, jwks.ErrUnavailable)
			time.Sleep(test.recoveryTime())
			assertKeyAfter(t, r, as.SigningKey().ID, 0)
			if stats := r.Stats(); fault.Hits() != 1 || total(stats) != 1 || stats.Err != nil {
				t.Errorf("got %d hits and %+v, want one failure and then success", fault.Hits(), stats)
			}
		})
	}
}

// This test repeats quick key set faults over real sockets.
func TestFaultsOverSockets(t *testing.T) {
	for where, options := range map[string][]testserver.Option{"TCP": nil, "TLS": {testserver.TLS()}} {
		as := testserver.New(t, options...)
		for _, test := range keySetFaults {
			if test.takes > 0 {
				continue // tested above, with a fake clock
			}
			t.Run(where+"/"+test.name, func(t *testing.T) {
				r, err := jwks.Discover(as.Issuer(), jwks.Options{Client: as.Client(), Logger: discardLogger, MinInterval: 1})
				if err != nil {
					t.Fatal(err)
				}
				fault := as.Inject(testserver.EndpointJWKS, test.fault)
				assertKeyError(t, r, as.SigningKey().ID, jwks.ErrUnavailable)
				fault.Remove()
				assertKey(t, r, as.SigningKey().ID)
				if test.isNotModified() {
					return
				}

				fault = as.Inject(testserver.EndpointJWKS, test.fault)
				defer fault.Remove()
				assertKeyError(t, r, as.Rotate().ID, jwks.ErrUnavailable)
				if stats := r.Stats(); stats.Keys == 0 || !errors.Is(stats.Err, jwks.ErrUnavailable) {
					t.Errorf("got %+v, want the keys kept", stats)
				}
			})
		}
	}
}
