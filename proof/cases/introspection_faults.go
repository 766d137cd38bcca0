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

// failure is a way in which introspection fails. What it says is a stranger's.
type failure struct {
	name  string // the row and what it is
	fault testserver.Fault
}

// says is a server that answers 200 with a text.
func says(text string) testserver.Fault { return testserver.Body("application/json", []byte(text)) }

// failures are all that a server can do instead of answering; those that lead
// away lead to a trap.
func failures(trap string) []failure {
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
		{"I02/active twice, first false", says(`{"active":false,"active":true,"sub":"canary","aud":"api","scope":"read"}`)},
		{"I02/active twice, first true", says(`{"active":true,"sub":"canary","aud":"api","scope":"read","active":false}`)},
		{"I02/active twice, once with an escape", says(`{"\u0061ctive":true,"active":true,"sub":"canary","aud":"api"}`)},
		{"I02/another member twice", says(`{"active":true,"aud":"canary","aud":"api","scope":"read"}`)},
		{"I02/a JWT Set", says(`{"keys":[{"canary":true}]}`)}, {"I02/an array", says(`[{"active":true}]`)}, {"I02/null", says(`null`)},
		{"I02/text after the answer", says(`{"active":true,"sub":"canary","aud":"api","scope":"read"}{}`)},
		{"I02/bytes that are not UTF-8", says("{\"active\":true,\"sub\":\"canary\xff\",\"aud\":\"api\",\"scope\":\"read\"}")},
		{"I06/a megabyte", testserver.HugeBody(1 << 20)},
		{"I06/nested ten thousand deep", says(`{"active":true,"aud":"api","canary":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`)},
		{"I07/401", testserver.Status(401)}, {"I07/403", testserver.Status(403)},
		{"I08/404", testserver.Status(404)}, {"I08/429", testserver.RetryAfter(0, 429)}, {"I08/500", testserver.Status(500)},
		{"I08/502", testserver.Status(502)}, {"I08/503", testserver.Status(503)}, {"I08/201 with a good answer", created()},
		{"I08/204", testserver.Status(204)}, {"I08/304", testserver.Status(304)},
		{"I08/a page", testserver.Body("text/html; charset=utf-8", []byte(page))},
		{"I08/a good answer that is called a page", testserver.ContentType("text/html")},
		{"I08/a page that is called JSON", says(page)}, {"I08/nothing", says("")},
		{"I08/an answer that breaks off", testserver.TruncateBody(40)}, {"I08/an answer without its end", testserver.MalformedJSON()},
		{"I08/a connection that is lost", testserver.DropConnection()},
		{"I09/400", testserver.Status(400)}, {"I09/400 with an error of OAuth's", refused(400, `{"error":"invalid_request","error_description":"canary"}`)},
	}
	for _, status := range []int{301, 302, 303, 307, 308} {
		list = append(list, failure{fmt.Sprintf("I19/%d to another host", status), redirect(status, trap)})
	}
	return append(list,
		failure{"I19/307 within the host", redirect(307, "/introspect?canary=1")}, failure{"I19/308 to a file", redirect(308, "file:///etc/canary")},
		failure{"I19/302 into the private network", redirect(302, "http://169.254.169.254/canary")})
}

// refused answers with a status and a body.
func refused(status int, body string) testserver.Fault {
	return testserver.Handler(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		})
	})
}

// created is the right answer under another status than 200.
func created() testserver.Fault {
	return refused(201, `{"active":true,"sub":"alice","aud":"api","scope":"read"}`)
}

// trap counts who comes.
func trap(t *testing.T) (address string, caught *atomic.Int32) {
	caught = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		caught.Add(1)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"active":true,"sub":"alice","aud":"api","scope":"read"}`)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/" + canary, caught
}

func introspectionThatFailsIsUnavailableAndNothingElse(t *testing.T, frameworks []Framework) {
	address, caught := trap(t)
	a := newAsking(t, frameworks, testserver.New(t))
	for _, f := range failures(address) {
		t.Run(f.name, func(t *testing.T) {
			one := a
			if strings.HasPrefix(f.name, "I07/") { // whose alarm is given once a minute
				one = newAsking(t, frameworks, testserver.New(t))
			}
			one.meets(t, f)
		})
	}
	if got := caught.Load(); got != 0 {
		t.Errorf("I19: %d requests with tokens and credentials followed a redirect", got)
	}
}

// meets lets one request of each line meet a failure, so that each sees it with
// its own eyes and none only the breaker. Before it ends a JWT passes, without a
// question; after it the same token does, so that nothing of it was kept.
func (a *asking) meets(t *testing.T, f failure) {
	t.Helper()
	token, jwt := at("/read", "Bearer "+a.opaque()), at("/read", "Bearer "+a.Good())
	logged := len(a.log.String())
	for _, line := range a.lines {
		in := a.as.Inject(testserver.EndpointIntrospect, f.fault)
		line.check(t, "GET", row{request: token, want: unavailable})
		line.check(t, "GET", row{request: jwt, want: alice("/read")})
		if got := in.Hits(); got != 1 {
			t.Errorf("%s: got %d questions, want the opaque token's", line.name, got)
		}
		in.Remove()
		line.check(t, "GET", row{request: token, want: alice("/read")})
	}
	log := a.log.String()[logged:]
	alarms := 0
	if strings.HasPrefix(f.name, "I07/") { // it is the API's own fault, and nobody but its operator can mend it
		alarms = 1
	}
	if got := strings.Count(log, `level=ERROR`); got != alarms {
		t.Errorf("got %d events at level Error, want %d", got, alarms)
	}
	if strings.Contains(log, canary) {
		t.Error("E03: what the server said was logged")
	}
}

func theOperatorIsToldWhatTheClientIsNot(t *testing.T, frameworks []Framework) {
	for name, failure := range map[string]struct {
		fault testserver.Fault
		want  string
	}{
		"I07/401":                   {testserver.Status(401), `level=ERROR msg="introspection does not work" part=credentials error="the authorization server refuses this API's own credentials`},
		"I08/503":                   {testserver.Status(503), `level=WARN msg="introspection does not work" part=answer`},
		"I08/a connection is lost":  {testserver.DropConnection(), `level=WARN msg="introspection does not work" part=answer`},
		"I09/400":                   {testserver.Status(400), `level=WARN msg="introspection does not work" part=answer`},
		"I02/an answer without one": {says(`{}`), `level=WARN msg="introspection does not work" part=answer`},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAsking(t, frameworks, testserver.New(t))
			defer a.as.Inject(testserver.EndpointIntrospect, failure.fault).Remove()
			for _, line := range a.lines[:3] {
				line.check(t, "GET", row{request: at("/read", "Bearer "+a.opaque()), want: unavailable})
			}
			if got := strings.Count(a.log.String(), failure.want); got != 1 {
				t.Errorf("got %d times %s, want it once", got, failure.want)
			}
		})
	}
}

func introspectionThatCannotBeReachedIsUnavailable(t *testing.T, frameworks []Framework) {
	nobody := httptest.NewServer(nil)
	nobody.Close()
	elsewhere := func(address string) testserver.Option {
		return testserver.Metadata(func(doc map[string]any) { doc["introspection_endpoint"] = address })
	}
	for name, option := range map[string]testserver.Option{
		"I08/nobody is there":                  elsewhere(nobody.URL),
		"I08/metadata name no endpoint":        testserver.Metadata(func(doc map[string]any) { delete(doc, "introspection_endpoint") }),
		"I19/metadata step down to http":       elsewhere("http://login.example.com/introspect"),
		"I19/metadata lead to a private host":  elsewhere("http://169.254.169.254/introspect"),
		"I19/metadata name a file":             elsewhere("file:///introspect"),
		"I19/metadata name a user":             elsewhere("https://user:" + canary + "@login.example.com/introspect"),
		"I19/metadata name a fragment":         elsewhere("https://login.example.com/introspect#" + canary),
		"I19/metadata name no URL":             elsewhere(canary),
		"I19/metadata name a host without any": elsewhere("https:///introspect"),
	} {
		t.Run(name, func(t *testing.T) {
			as := testserver.New(t, option)
			seen := &hosts{RoundTripper: as.Client().Transport}
			a := newAsking(t, frameworks, as, func(s *setup) { s.Config.Client = &http.Client{Transport: seen} })
			a.sends(t, at("/read", "Bearer "+a.opaque()), unavailable)
			a.sends(t, at("/read", "Bearer "+a.Good()), alice("/read"))
			if strings.Contains(a.log.String(), canary) {
				t.Error("E03: what the metadata say was logged")
			}
			for _, host := range seen.all {
				if !strings.HasSuffix(as.Issuer(), host) && !strings.HasSuffix(nobody.URL, host) {
					t.Errorf("%s was asked", host)
				}
			}
		})
	}
}

// hosts is a transport that notes where requests go.
type hosts struct {
	http.RoundTripper
	mu  sync.Mutex
	all []string
}

func (h *hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	h.mu.Lock()
	h.all = append(h.all, r.URL.Host)
	h.mu.Unlock()
	return h.RoundTripper.RoundTrip(r)
}

func aSlowServerCostsNobodyElseAnything(t *testing.T, frameworks []Framework) {
	// All lines wait for it at the same time, so that the two seconds are spent
	// once.
	t.Run("I20/every adapter gives up by itself, and then leaves the server alone", func(t *testing.T) {
		a := newAsking(t, frameworks, testserver.New(t))
		a.sends(t, at("/read", "Bearer "+a.opaque()), alice("/read")) // which it is asked about when others hang
		in := a.as.Inject(testserver.EndpointIntrospect, testserver.Hang())
		a.atOnce(func(i int, line *line) {
			line.gives(t, at("/read", fmt.Sprintf("Bearer %s-%d", canary, i)), unavailable)
		})
		const rounds = 5
		for round := range rounds {
			a.atOnce(func(i int, line *line) {
				line.gives(t, at("/read", fmt.Sprintf("Bearer later-%d-%d", round, i)), unavailable)
			})
		}
		a.sends(t, at("/read", "Bearer "+a.Good()), alice("/read"))
		// The first round waits while the token that was active is asked about. The
		// second may begin before that has failed. Afterwards a round asks nothing, or
		// one question, two and four to see whether the server is well again.
		if got, most := in.Hits(), (rounds-1)*len(a.lines); got > most {
			t.Errorf("got %d questions, want %d at most", got, most)
		}
	})
	t.Run("I20/JWTs do not wait for it", func(t *testing.T) {
		a := newAsking(t, frameworks, testserver.New(t))
		release := make(chan struct{})
		a.as.Inject(testserver.EndpointIntrospect, held(release), testserver.Times(1))
		slow := at("/read", "Bearer "+a.opaque())
		var waiting sync.WaitGroup
		waiting.Go(func() { a.lines[0].gives(t, slow, alice("/read")) })
		if err := a.as.Await(t.Context(), testserver.EndpointIntrospect, 1); err != nil {
			t.Fatal(err)
		}
		for _, line := range a.lines[1:] {
			line.gives(t, at("/read", "Bearer "+a.Good()), alice("/read"))
		}
		close(release)
		waiting.Wait()
	})
}

// held answers rightly, once it may.
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
