package main

import (
	"net/http"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// exchangeLimit is the verifier's time limit for one request to the
// authorization server.
const exchangeLimit = 5 * time.Second

// retryAfter is the Retry-After value of the faults that send this field.
const retryAfter = time.Second

// fault is a way in which an endpoint fails.
type fault struct {
	name string
	at   testserver.Endpoint
	what testserver.Fault

	survivable bool          // the key set stays available during the fault
	extraGrace time.Duration // additional time before the verifier tries again after the fault
}

// faults returns all faults. Faults of the key set and faults of the metadata
// alternate, except among the last four.
func faults(as *testserver.Server, minInterval time.Duration) []fault {
	html := []byte("<!doctype html><title>We will be back soon</title>")
	const elsewhere = "http://127.0.0.1:9/" // the discard port, on which no server listens
	anywhere := []fault{
		{name: "status 503", what: testserver.Status(http.StatusServiceUnavailable)},
		{name: "connection dropped", what: testserver.DropConnection()},
		{name: "body truncated", what: testserver.TruncateBody(40)},
		{name: "malformed JSON", what: testserver.MalformedJSON()},
		{name: "status 500", what: testserver.Status(http.StatusInternalServerError)},
		{name: "status 404", what: testserver.Status(http.StatusNotFound)},
		{name: "status 204", what: testserver.Status(http.StatusNoContent)},
		{name: "status 429, Retry-After", what: testserver.RetryAfter(retryAfter, http.StatusTooManyRequests), extraGrace: retryAfter},
		{name: "status 503, Retry-After", what: testserver.RetryAfter(retryAfter, http.StatusServiceUnavailable), extraGrace: retryAfter},
		{name: "HTML content type", what: testserver.ContentType("text/html; charset=utf-8")},
		{name: "maintenance page", what: testserver.Body("text/html", html)},
		{name: "error as JSON", what: testserver.Body("application/json", []byte(`{"error":"maintenance"}`))},
		{name: "huge body", what: testserver.HugeBody(1 << 20)},
		{name: "redirect elsewhere", what: testserver.RedirectTo(elsewhere)},
		{name: "latency", what: testserver.Latency(minInterval / 2), survivable: true},
		{name: "hang", what: testserver.Hang(), extraGrace: exchangeLimit},
	}
	var list []fault
	for _, f := range anywhere {
		f.at = testserver.EndpointJWKS
		list = append(list, f)
		f.at = testserver.EndpointDiscovery
		// The verifier has cached the URL of the key set. During a fault of the
		// metadata, it can therefore still fetch the key set, unless it waits
		// for a metadata request that hangs.
		if f.extraGrace != exchangeLimit {
			f.survivable, f.extraGrace = true, 0
		}
		list = append(list, f)
	}
	return append(list,
		fault{name: "no keys", at: testserver.EndpointJWKS, what: testserver.Body("application/jwk-set+json", []byte(`{"keys":[]}`))},
		fault{name: "unsolicited status 304", at: testserver.EndpointJWKS, what: unsolicitedNotModified(as)},
		fault{name: "unsolicited status 304", at: testserver.EndpointDiscovery, what: testserver.Status(http.StatusNotModified), survivable: true},
		fault{name: "another issuer", at: testserver.EndpointDiscovery, what: testserver.Body("application/json", []byte(`{"issuer":"https://login.example.com","jwks_uri":"https://login.example.com/jwks"}`)), survivable: true},
	)
}

// unsolicitedNotModified returns a fault that answers 304 although the request
// has no If-None-Match. If a request has If-None-Match, a client could not
// detect that 304 is wrong. Such a request therefore gets the key set, without
// an ETag.
func unsolicitedNotModified(as *testserver.Server) testserver.Fault {
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
