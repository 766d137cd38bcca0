package main

import (
	"net/http"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// exchangeLimit is what the verifier allows an exchange at most.
const exchangeLimit = 5 * time.Second

// retryAfter is what a fault may ask for.
const retryAfter = time.Second

// fault is a way in which an endpoint fails.
type fault struct {
	name string
	at   testserver.Endpoint
	what testserver.Fault

	survivable bool          // the key set can be had all the same
	lasts      time.Duration // how long it delays the next attempt after its end
}

// faults lists all of them, those of the key set and those of the metadata by
// turns.
func faults(as *testserver.Server, minInterval time.Duration) []fault {
	html := []byte("<!doctype html><title>We will be back soon</title>")
	const elsewhere = "http://127.0.0.1:9/" // the port of discard: nobody listens
	anywhere := []fault{
		{name: "status 503", what: testserver.Status(http.StatusServiceUnavailable)},
		{name: "connection dropped", what: testserver.DropConnection()},
		{name: "body truncated", what: testserver.TruncateBody(40)},
		{name: "malformed JSON", what: testserver.MalformedJSON()},
		{name: "status 500", what: testserver.Status(http.StatusInternalServerError)},
		{name: "status 404", what: testserver.Status(http.StatusNotFound)},
		{name: "status 204", what: testserver.Status(http.StatusNoContent)},
		{name: "status 429, Retry-After", what: testserver.RetryAfter(retryAfter, http.StatusTooManyRequests), lasts: retryAfter},
		{name: "status 503, Retry-After", what: testserver.RetryAfter(retryAfter, http.StatusServiceUnavailable), lasts: retryAfter},
		{name: "named HTML", what: testserver.ContentType("text/html; charset=utf-8")},
		{name: "maintenance page", what: testserver.Body("text/html", html)},
		{name: "error as JSON", what: testserver.Body("application/json", []byte(`{"error":"maintenance"}`))},
		{name: "huge body", what: testserver.HugeBody(1 << 20)},
		{name: "redirect elsewhere", what: testserver.RedirectTo(elsewhere)},
		{name: "latency", what: testserver.Latency(minInterval / 2), survivable: true},
		{name: "hang", what: testserver.Hang(), lasts: exchangeLimit},
	}
	var list []fault
	for _, f := range anywhere {
		f.at = testserver.EndpointJWKS
		list = append(list, f)
		f.at = testserver.EndpointDiscovery
		// Where the set is has been known before; only a verifier that is held
		// cannot look there.
		if f.lasts != exchangeLimit {
			f.survivable, f.lasts = true, 0
		}
		list = append(list, f)
	}
	return append(list,
		fault{name: "no keys", at: testserver.EndpointJWKS, what: testserver.Body("application/jwk-set+json", []byte(`{"keys":[]}`))},
		fault{name: "status 304 unasked", at: testserver.EndpointJWKS, what: unaskedNotModified(as)},
		fault{name: "status 304 unasked", at: testserver.EndpointDiscovery, what: testserver.Status(http.StatusNotModified), survivable: true},
		fault{name: "another issuer", at: testserver.EndpointDiscovery, what: testserver.Body("application/json", []byte(`{"issuer":"https://login.example.com","jwks_uri":"https://login.example.com/jwks"}`)), survivable: true},
	)
}

// unaskedNotModified says "not modified" to whoever did not ask. Whoever did
// gets the set, without an ETag to ask by again: an answer to If-None-Match
// that is not true is no fault that a client could tell from the truth.
func unaskedNotModified(as *testserver.Server) testserver.Fault {
	return testserver.Handler(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("If-None-Match") == "" {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			w.Header().Set("Content-Type", "application/jwk-set+json")
			_, _ = w.Write(as.JWKS())
		})
	})
}
