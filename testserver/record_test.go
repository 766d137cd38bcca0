package testserver_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestRequestsAreRecorded(t *testing.T) {
	for name, opts := range listeners {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, append(opts, testserver.Clock(atNoon))...)
			s.Advance(time.Minute)
			get(t, s.Client(), s.Endpoint(testserver.EndpointDiscovery))
			s.Inject(testserver.EndpointJWKS, testserver.Status(429), testserver.Times(1))
			get(t, s.ClientFor("api"), s.Endpoint(testserver.EndpointJWKS))
			resp, err := s.Client().Post(s.Endpoint(testserver.EndpointJWKS), "text/plain", strings.NewReader("x"))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			get(t, s.Client(), s.Issuer()+"/nowhere")

			want := []testserver.Request{
				{Endpoint: testserver.EndpointDiscovery, Method: "GET", Status: 200},
				{Endpoint: testserver.EndpointJWKS, Method: "GET", Status: 429, Client: "api", Injected: true},
				{Endpoint: testserver.EndpointJWKS, Method: "POST", Status: 405},
				{Endpoint: testserver.EndpointAny, Method: "GET", Status: 404},
			}
			check := func(what string, got, want []testserver.Request) {
				t.Helper()
				if len(got) != len(want) {
					t.Fatalf("%s: got %d requests, want %d", what, len(got), len(want))
				}
				for i, w := range want {
					g := got[i]
					if !g.Time.Equal(noon.Add(time.Minute)) || g.Header.Get("User-Agent") != "Go-http-client/"+agent(opts) {
						t.Errorf("%s %d: got time %v, header %v", what, i, g.Time, g.Header)
					}
					g.Time, g.Header = time.Time{}, nil
					if fmt.Sprint(g) != fmt.Sprint(w) {
						t.Errorf("%s %d: got %+v, want %+v", what, i, g, w)
					}
				}
			}
			check("all", s.Requests(), want)
			check("Any", s.Requests(testserver.EndpointJWKS, testserver.EndpointAny), want)
			check("keys", s.Requests(testserver.EndpointJWKS), want[1:3])
			check("two", s.Requests(testserver.EndpointJWKS, testserver.EndpointDiscovery), want[:3])
			check("none", s.Requests(testserver.EndpointASMetadata), nil)
			last, ok := lastRequest(s, testserver.EndpointJWKS)
			check("the last", []testserver.Request{last}, want[2:3])
			if _, none := lastRequest(s, testserver.EndpointASMetadata); !ok || none {
				t.Errorf("got %v and %v, want a last request for keys and none for metadata", ok, none)
			}
		})
	}
}

// agent returns the HTTP version that a client uses for a server with opts,
// such as "1.1". net/http sends this version in the field User-Agent.
func agent(opts []testserver.Option) string {
	s, err := testserver.Start(context.Background(), opts...)
	if err != nil {
		panic(err)
	}
	defer s.Close()
	if strings.HasPrefix(s.Issuer(), "https") {
		return "2.0"
	}
	return "1.1"
}

func TestRecordsContainNoSecrets(t *testing.T) {
	s := testserver.New(t)
	token, secret, endless := s.Token(), "sesame-open-sesame", "X-"+strings.Repeat("x", 300)
	r := httptest.NewRequest("GET", s.Endpoint(testserver.EndpointJWKS)+"?access_token="+token, nil)
	r.RequestURI = ""
	for name, value := range map[string]string{
		"Authorization":       "Bearer " + token,
		"Proxy-Authorization": "Basic " + secret,
		"Cookie":              "session=" + secret,
		"Dpop":                token,
		"X-Api-Key":           secret,
		"X-Access-Token":      token,
		"Referer":             "https://app.example/?code=" + secret,
		"Client-Assertion":    token,
		"User-Agent":          token, // must not be recorded, because any text of a token's length could be a token
		"Accept":              "application/json",
		"X-Forwarded-For":     "192.0.2.1",
		endless:               secret,
	} {
		r.Header.Set(name, value)
	}
	r.Header.Add("Authorization", secret+" "+secret)
	r.Header.Add("Authorization", secret)
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()

	last, _ := lastRequest(s, testserver.EndpointJWKS)
	text := fmt.Sprintf("%+v", s.Requests())
	parts := append(strings.Split(token, "."), secret, token)
	for _, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("got %s, want no %q in it", text, part)
		}
	}
	// The value of X-Api-Key was computed with: printf %s sesame-open-sesame |
	// sha256sum | cut -c1-16. Accept is recorded unchanged.
	for name, want := range map[string][]string{
		"X-Api-Key": {"a157a9fb34f7793d"}, "Accept": {"application/json"},
	} {
		if got := last.Header[name]; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for name := range last.Header {
		if strings.EqualFold(name, endless) {
			t.Errorf("got a field of %d bytes recorded, want it left out", len(name))
		}
	}
	scheme, rest, _ := strings.Cut(last.Header.Get("Authorization"), " ")
	if scheme != "Bearer" || rest != last.Header.Get("Dpop") || len(rest) != 16 {
		t.Errorf("got Authorization %q, want the scheme and the token's fingerprint, %q", last.Header["Authorization"], last.Header.Get("Dpop"))
	}
}

func TestRecordsAreCopies(t *testing.T) {
	s := unstarted(t)
	serve(s, "GET", "/jwks")
	r := httptest.NewRequest("GET", "/jwks", nil)
	r.Header.Set("Accept", "a/b")
	s.ServeHTTP(httptest.NewRecorder(), r)
	one, _ := lastRequest(s, testserver.EndpointJWKS)
	one.Header.Set("Accept", "changed")
	r.Header.Set("Accept", "changed")
	if two, _ := lastRequest(s, testserver.EndpointJWKS); two.Header.Get("Accept") != "a/b" {
		t.Errorf("got %v, want the record unchanged", two.Header)
	}
}

func TestRecordsAreBounded(t *testing.T) {
	s := unstarted(t)
	r := httptest.NewRequest("GET", "/jwks", nil)
	for i := range 70 {
		for range 10 {
			r.Header.Add(fmt.Sprintf("X-%d", i), strings.Repeat("x", 300))
		}
	}
	r.Method = strings.Repeat("GET", 1000)
	r.Header.Set("Testserver-Client", strings.Repeat("c", 1000))
	for range 1500 {
		s.ServeHTTP(httptest.NewRecorder(), r)
	}
	list := s.Requests()
	if len(list) != 1000 || s.Count(testserver.EndpointJWKS) != 1500 {
		t.Fatalf("got %d requests recorded and %d counted, want 1000 and 1500", len(list), s.Count(testserver.EndpointJWKS))
	}
	n := len(fmt.Sprintf("%+v", list[0]))
	if fields := len(list[0].Header); fields != 64 || n > 64*8*20+500 {
		t.Errorf("got %d fields in %d bytes, want 64 and at most their fingerprints", fields, n)
	}
	serve(s, "GET", s.Endpoint(testserver.EndpointDiscovery))
	if list = s.Requests(); len(list) != 1000 || list[999].Endpoint != testserver.EndpointDiscovery {
		t.Errorf("got %d requests, want the newest last", len(list))
	}
}

func TestClientCountsAreBounded(t *testing.T) {
	s := unstarted(t)
	r := httptest.NewRequest("GET", "/jwks", nil)
	begin := s.Mark("c4095", "c4096")
	for i := range 4100 {
		r.Header.Set("Testserver-Client", fmt.Sprintf("c%d", i))
		s.ServeHTTP(httptest.NewRecorder(), r)
	}
	if got := begin.Count(testserver.EndpointJWKS); got != 1 {
		t.Errorf("got %d requests of the 4096th and 4097th client, want only the requests of the 4096th client", got)
	}
	if got := s.Count(testserver.EndpointJWKS); got != 4100 {
		t.Errorf("got %d requests, want 4100", got)
	}
}

func TestMark(t *testing.T) {
	s := testserver.New(t)
	fetch := func(c *http.Client, ep testserver.Endpoint) { get(t, c, s.Endpoint(ep)) }
	a, b := s.ClientFor("a"), s.ClientFor("b")
	early := s.Mark("a")
	fetch(a, testserver.EndpointJWKS)
	fetch(s.Client(), testserver.EndpointJWKS)

	all, ofA, ofBoth, ofUnknown := s.Mark(), s.Mark("a", "a"), s.Mark("a", "b"), s.Mark("nobody")
	fetch(a, testserver.EndpointJWKS)
	fetch(b, testserver.EndpointJWKS)
	fetch(b, testserver.EndpointDiscovery)
	fetch(s.Client(), testserver.EndpointJWKS)
	get(t, s.Client(), s.Issuer()+"/nowhere")
	for name, tt := range map[string]struct {
		mark                 testserver.Mark
		keys, discovery, any int
	}{
		"of all": {all, 3, 1, 5}, "of a": {ofA, 1, 0, 1}, "of a and b": {ofBoth, 2, 1, 3}, "of an unknown client": {ofUnknown, 0, 0, 0}, "early, of a": {early, 2, 0, 2},
	} {
		if k, d, n := tt.mark.Count(testserver.EndpointJWKS), tt.mark.Count(testserver.EndpointDiscovery), tt.mark.Count(testserver.EndpointAny); k != tt.keys || d != tt.discovery || n != tt.any {
			t.Errorf("%s: got %d, %d and %d, want %d, %d and %d", name, k, d, n, tt.keys, tt.discovery, tt.any)
		}
	}
	s.Reset()
	fetch(a, testserver.EndpointJWKS)
	for name, m := range map[string]testserver.Mark{"of all": all, "of a": ofA, "early, of a": early} {
		if got := m.Count(testserver.EndpointJWKS); got != 1 {
			t.Errorf("%s, after Reset: got %d, want 1", name, got)
		}
	}
}

func TestAwaitReturnsOnArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testserver.New(t, testserver.InMemory())
		s.Inject(testserver.EndpointJWKS, testserver.Hang(), testserver.FromClient("slow"))
		mark := s.Mark("slow")
		var waits [3]time.Duration
		begin := time.Now()
		done := make(chan error)
		go func() {
			err := s.Await(t.Context(), testserver.EndpointJWKS, 1)
			waits[0] = time.Since(begin)
			done <- err
		}()
		go func() {
			err := s.Await(t.Context(), testserver.EndpointAny, 2)
			waits[1] = time.Since(begin)
			done <- err
		}()
		go func() {
			err := mark.Await(t.Context(), testserver.EndpointJWKS, 1)
			waits[2] = time.Since(begin)
			done <- err
		}()
		time.Sleep(time.Minute)
		get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS))
		time.Sleep(time.Minute)
		go func() { _, err := s.ClientFor("slow").Get(s.Endpoint(testserver.EndpointJWKS)); done <- err }()
		for range 3 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if waits != [3]time.Duration{time.Minute, 2 * time.Minute, 2 * time.Minute} {
			t.Errorf("got waits of %v, want 1m, 2m and 2m", waits)
		}
		if err := s.Await(t.Context(), testserver.EndpointJWKS, 2); err != nil || time.Since(begin) != 2*time.Minute {
			t.Errorf("got %v after %v, want nil at once for past requests", err, time.Since(begin))
		}
		s.Close()
		if err := <-done; err == nil {
			t.Error("got a response, want an error")
		}
	})
}

func TestAwaitStopsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testserver.New(t, testserver.InMemory())
		get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begin := time.Now()
		err := s.Await(ctx, testserver.EndpointJWKS, 3)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Minute {
			t.Fatalf("got %v after %v, want the deadline's error after it", err, time.Since(begin))
		}
		wantAll(t, err.Error(), "waited for 3 requests to jwks, got 1")
		if err := s.Mark().Await(ctx, testserver.EndpointJWKS, 0); err != nil {
			t.Errorf("got %v, want nil for nothing to wait for", err)
		}
	})
}

func TestRecordsRefuseUnknownEndpoints(t *testing.T) {
	for name, f := range map[string]func(*testserver.Server){
		`Requests("jkws")`: func(s *testserver.Server) { s.Requests(testserver.EndpointJWKS, "jkws") },
		`Await("jkws")`:    func(s *testserver.Server) { _ = s.Await(t.Context(), "jkws", 1) },
		`Count("jkws")`:    func(s *testserver.Server) { s.Mark().Count("jkws") },
	} {
		wantAll(t, fatalText(t, func(tb *recorder) { f(testserver.New(tb)) }), name, "use EndpointDiscovery")
	}
}

// The server records the status before the client gets the response.
func TestStatusIsRecordedBeforeTheResponse(t *testing.T) {
	s := testserver.New(t)
	for _, h := range map[string]http.HandlerFunc{
		"without a write": func(http.ResponseWriter, *http.Request) {},
		"by a flush": func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
		"by a large write": func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write(make([]byte, 1<<16))
			<-r.Context().Done()
		},
		"after 103s": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(103)
			w.WriteHeader(200)
			w.WriteHeader(500)
		},
	} {
		in := s.Inject(testserver.EndpointJWKS, testserver.Handler(func(http.Handler) http.Handler { return h }))
		resp, err := s.Client().Get(s.Endpoint(testserver.EndpointJWKS))
		if err != nil {
			t.Fatal(err)
		}
		if last, _ := lastRequest(s, testserver.EndpointJWKS); last.Status != 200 || resp.StatusCode != 200 {
			t.Errorf("got %d, recorded as %d, want 200", resp.StatusCode, last.Status)
		}
		resp.Body.Close()
		in.Remove()
	}
}
