package cases

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// failure is a fault of the introspection endpoint. Most faulty responses
// contain the canary, which must not appear in the log.
type failure struct {
	name  string // ID of the threat and description, such as "I02/null"
	fault testserver.Fault
}

// jsonBody returns a fault that answers 200 with the given JSON body.
func jsonBody(text string) testserver.Fault { return testserver.Body("application/json", []byte(text)) }

// failures returns faults of an introspection endpoint. Some of the faults
// redirect to the given URL, which is on a different host.
func failures(elsewhere string) []failure {
	const page = `<html>` + canary + `</html>`
	redirect := func(status int, address string) testserver.Fault {
		return testserver.Handler(func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", address)
				w.WriteHeader(status)
			})
		})
	}
	list := []failure{
		{"I02/active twice, first false", jsonBody(`{"active":false,"active":true,"sub":"canary","aud":"api","scope":"read"}`)},
		{"I02/active twice, first true", jsonBody(`{"active":true,"sub":"canary","aud":"api","scope":"read","active":false}`)},
		{"I02/active twice, once with an escape", jsonBody(`{"\u0061ctive":true,"active":true,"sub":"canary","aud":"api"}`)},
		{"I02/another member twice", jsonBody(`{"active":true,"aud":"canary","aud":"api","scope":"read"}`)},
		{"I02/a JWT Set", jsonBody(`{"keys":[{"canary":true}]}`)}, {"I02/an array", jsonBody(`[{"active":true}]`)}, {"I02/null", jsonBody(`null`)},
		{"I02/text after the object", jsonBody(`{"active":true,"sub":"canary","aud":"api","scope":"read"}{}`)},
		{"I02/bytes that are not UTF-8", jsonBody("{\"active\":true,\"sub\":\"canary\xff\",\"aud\":\"api\",\"scope\":\"read\"}")},
		{"I06/a megabyte", testserver.HugeBody(1 << 20)},
		{"I06/nested ten thousand deep", jsonBody(`{"active":true,"aud":"api","canary":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`)},
		{"I07/401", testserver.Status(401)}, {"I07/403", testserver.Status(403)},
		{"I08/404", testserver.Status(404)}, {"I08/429", testserver.RetryAfter(0, 429)}, {"I08/500", testserver.Status(500)},
		{"I08/502", testserver.Status(502)}, {"I08/503", testserver.Status(503)}, {"I08/201 with a good answer", created()},
		{"I08/204", testserver.Status(204)}, {"I08/304", testserver.Status(304)},
		{"I08/a page", testserver.Body("text/html; charset=utf-8", []byte(page))},
		{"I08/a good answer with the media type of a page", testserver.ContentType("text/html")},
		{"I08/a page with the media type of JSON", jsonBody(page)}, {"I08/an empty body", jsonBody("")},
		{"I08/a truncated answer", testserver.TruncateBody(40)}, {"I08/malformed JSON", testserver.MalformedJSON()},
		{"I08/a dropped connection", testserver.DropConnection()},
		{"I09/400", testserver.Status(400)}, {"I09/400 with an OAuth error", jsonResponse(400, `{"error":"invalid_request","error_description":"canary"}`)},
	}
	for _, status := range []int{301, 302, 303, 307, 308} {
		list = append(list, failure{fmt.Sprintf("I19/%d to another host", status), redirect(status, elsewhere)})
	}
	return append(list,
		failure{"I19/307 within the host", redirect(307, "/introspect?canary=1")}, failure{"I19/308 to a file", redirect(308, "file:///etc/canary")},
		failure{"I19/302 into the private network", redirect(302, "http://169.254.169.254/canary")})
}

// jsonResponse returns a fault that answers with a status and a JSON body.
func jsonResponse(status int, body string) testserver.Fault {
	return testserver.Handler(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		})
	})
}

// created returns a fault that sends an acceptable introspection response, but
// with status 201.
func created() testserver.Fault {
	return jsonResponse(201, `{"active":true,"sub":"alice","aud":"api","scope":"read"}`)
}

// redirectTarget starts a server that counts the requests that it receives.
func redirectTarget(t *testing.T) (address string, followed *atomic.Int32) {
	followed = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		followed.Add(1)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"active":true,"sub":"alice","aud":"api","scope":"read"}`)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/" + canary, followed
}

func failedIntrospectionIsUnavailable(t *testing.T, frameworks []Framework) {
	address, followed := redirectTarget(t)
	a := newIntrospectionLab(t, frameworks, testserver.New(t))
	for _, f := range failures(address) {
		t.Run(f.name, func(t *testing.T) {
			one := a
			if strings.HasPrefix(f.name, "I07/") { // new lab: a lab logs this error only once a minute
				one = newIntrospectionLab(t, frameworks, testserver.New(t))
			}
			one.assertUnavailable(t, f)
		})
	}
	if got := followed.Load(); got != 0 {
		t.Errorf("I19: %d requests with tokens and credentials followed a redirect, want none", got)
	}
}

// assertUnavailable sends one opaque token to each target while the endpoint
// has the fault. During the fault, the token must get 503, and a JWT must be
// accepted without an introspection request. After the fault, the token must be
// accepted, because failures are not cached.
//
// The fault is removed after each target. Otherwise, the circuit breaker would
// open, and no introspection request would be sent for the next target.
func (a *introspectionLab) assertUnavailable(t *testing.T, f failure) {
	t.Helper()
	token, jwt := at("/read", "Bearer "+a.opaque()), at("/read", "Bearer "+a.Good())
	logged := len(a.log.String())
	for _, target := range a.targets {
		in := a.as.Inject(testserver.EndpointIntrospect, f.fault)
		target.check(t, "GET", row{request: token, want: unavailable})
		target.check(t, "GET", row{request: jwt, want: alice("/read")})
		if got := in.Hits(); got != 1 {
			t.Errorf("%s: got %d introspection requests, want only the request for the opaque token", target.name, got)
		}
		in.Remove()
		target.check(t, "GET", row{request: token, want: alice("/read")})
	}
	log := a.log.String()[logged:]
	errorEvents := 0
	if strings.HasPrefix(f.name, "I07/") { // level Error, because only the API's operator can correct refused credentials
		errorEvents = 1
	}
	if got := strings.Count(log, `level=ERROR`); got != errorEvents {
		t.Errorf("got %d events at level Error, want %d", got, errorEvents)
	}
	if strings.Contains(log, canary) {
		t.Error("E03: the log contains text that the server sent")
	}
}

func introspectionFailuresAreLogged(t *testing.T, frameworks []Framework) {
	for name, failure := range map[string]struct {
		fault testserver.Fault
		want  string
	}{
		"I07/401":                      {testserver.Status(401), `level=ERROR msg="introspection does not work" part=credentials error="the authorization server refuses this API's own credentials`},
		"I08/503":                      {testserver.Status(503), `level=WARN msg="introspection does not work" part=answer`},
		"I08/a dropped connection":     {testserver.DropConnection(), `level=WARN msg="introspection does not work" part=answer`},
		"I09/400":                      {testserver.Status(400), `level=WARN msg="introspection does not work" part=answer`},
		"I02/an answer without active": {jsonBody(`{}`), `level=WARN msg="introspection does not work" part=answer`},
	} {
		t.Run(name, func(t *testing.T) {
			a := newIntrospectionLab(t, frameworks, testserver.New(t))
			defer a.as.Inject(testserver.EndpointIntrospect, failure.fault).Remove()
			for _, target := range a.targets[:3] {
				target.check(t, "GET", row{request: at("/read", "Bearer "+a.opaque()), want: unavailable})
			}
			if got := strings.Count(a.log.String(), failure.want); got != 1 {
				t.Errorf("got %d entries with %s, want 1", got, failure.want)
			}
		})
	}
}

func unreachableIntrospectionIsUnavailable(t *testing.T, frameworks []Framework) {
	closed := httptest.NewServer(nil)
	closed.Close()
	elsewhere := func(address string) testserver.Option {
		return testserver.Metadata(func(doc map[string]any) { doc["introspection_endpoint"] = address })
	}
	for name, option := range map[string]testserver.Option{
		"I08/a server that does not listen": elsewhere(closed.URL),
		"I08/metadata without an endpoint":  testserver.Metadata(func(doc map[string]any) { delete(doc, "introspection_endpoint") }),
		"I19/an endpoint on http":           elsewhere("http://login.example.com/introspect"),
		"I19/an endpoint on a private host": elsewhere("http://169.254.169.254/introspect"),
		"I19/an endpoint that is a file":    elsewhere("file:///introspect"),
		"I19/an endpoint with a user":       elsewhere("https://user:" + canary + "@login.example.com/introspect"),
		"I19/an endpoint with a fragment":   elsewhere("https://login.example.com/introspect#" + canary),
		"I19/an endpoint that is not a URL": elsewhere(canary),
		"I19/an endpoint without a host":    elsewhere("https:///introspect"),
	} {
		t.Run(name, func(t *testing.T) {
			as := testserver.New(t, option)
			seen := &hostRecorder{RoundTripper: as.Client().Transport}
			a := newIntrospectionLab(t, frameworks, as, func(s *setup) { s.Config.Client = &http.Client{Transport: seen} })
			a.assertAnswers(t, at("/read", "Bearer "+a.opaque()), unavailable)
			a.assertAnswers(t, at("/read", "Bearer "+a.Good()), alice("/read"))
			if strings.Contains(a.log.String(), canary) {
				t.Error("E03: the log contains text from the metadata")
			}
			for _, host := range seen.all {
				if !strings.HasSuffix(as.Issuer(), host) && !strings.HasSuffix(closed.URL, host) {
					t.Errorf("got a request to %s, want none", host)
				}
			}
		})
	}
}

// hostRecorder is a transport that records the hosts of requests.
type hostRecorder struct {
	http.RoundTripper
	mu  sync.Mutex
	all []string
}

func (h *hostRecorder) RoundTrip(r *http.Request) (*http.Response, error) {
	h.mu.Lock()
	h.all = append(h.all, r.URL.Host)
	h.mu.Unlock()
	return h.RoundTripper.RoundTrip(r)
}

func aSlowServerDelaysNoOtherToken(t *testing.T, frameworks []Framework) {
	// All targets wait for the server at the same time. Otherwise, the test
	// would wait two seconds for each target.
	t.Run("I20/every adapter times out, and then sends the server no more requests", func(t *testing.T) {
		a := newIntrospectionLab(t, frameworks, testserver.New(t))
		a.assertAnswers(t, at("/read", "Bearer "+a.opaque()), alice("/read")) // provides the active token that the client introspects after a failure
		in := a.as.Inject(testserver.EndpointIntrospect, testserver.Hang())
		a.concurrently(func(i int, target *target) {
			target.assertAnswer(t, at("/read", fmt.Sprintf("Bearer %s-%d", canary, i)), unavailable)
		})
		const rounds = 5
		for round := range rounds {
			a.concurrently(func(i int, target *target) {
				target.assertAnswer(t, at("/read", fmt.Sprintf("Bearer later-%d-%d", round, i)), unavailable)
			})
		}
		a.assertAnswers(t, at("/read", "Bearer "+a.Good()), alice("/read"))
		// After the first failures, the client introspects the active token
		// again. When this request also fails, the client backs off. The client
		// may still send the requests of the first round before it backs off.
		// In each later round, the client sends at most four requests, to test
		// whether the server has recovered. A client that did not back off
		// would send more than rounds*len(a.targets) requests.
		if got, most := in.Hits(), (rounds-1)*len(a.targets); got > most {
			t.Errorf("got %d introspection requests, want at most %d", got, most)
		}
	})
	t.Run("I20/JWTs do not wait for it", func(t *testing.T) {
		a := newIntrospectionLab(t, frameworks, testserver.New(t))
		release := make(chan struct{})
		a.as.Inject(testserver.EndpointIntrospect, held(release), testserver.Times(1))
		slow := at("/read", "Bearer "+a.opaque())
		var waiting sync.WaitGroup
		waiting.Go(func() { a.targets[0].assertAnswer(t, slow, alice("/read")) })
		if err := a.as.Await(t.Context(), testserver.EndpointIntrospect, 1); err != nil {
			t.Fatal(err)
		}
		for _, target := range a.targets[1:] {
			target.assertAnswer(t, at("/read", "Bearer "+a.Good()), alice("/read"))
		}
		close(release)
		waiting.Wait()
	})
}

// held returns a fault that delays the usual answer until release is closed.
func held(release <-chan struct{}) testserver.Fault {
	return testserver.Handler(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
			next.ServeHTTP(w, r)
		})
	})
}
