package testserver_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// statuses sends n requests directly to the handler and returns the statuses of
// the responses.
func statuses(s *testserver.Server, ep testserver.Endpoint, n int) (list []int) {
	for range n {
		list = append(list, serve(s, "GET", s.Endpoint(ep)).Code)
	}
	return list
}

func wantStatuses(t *testing.T, s *testserver.Server, ep testserver.Endpoint, want ...int) {
	t.Helper()
	got := statuses(s, ep, len(want))
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%s: got %v, want %v", ep, got, want)
			return
		}
	}
}

func unstarted(t *testing.T) *testserver.Server {
	t.Helper()
	s, err := testserver.NewUnstarted(testserver.IssuerURL("https://as.example"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFaultsDoNotAffectOtherEndpoints(t *testing.T) {
	s := unstarted(t)
	in := s.Inject(testserver.EndpointJWKS, testserver.Status(503))
	wantStatuses(t, s, testserver.EndpointDiscovery, 200)
	wantStatuses(t, s, testserver.EndpointASMetadata, 200)
	wantStatuses(t, s, testserver.EndpointJWKS, 503, 503)
	if got := in.Hits(); got != 2 {
		t.Errorf("got %d hits, want 2", got)
	}
}

func TestFaultsOnEndpointAny(t *testing.T) {
	s := unstarted(t)
	in := s.Inject(testserver.EndpointAny, testserver.Status(500))
	for _, ep := range []testserver.Endpoint{testserver.EndpointJWKS, testserver.EndpointDiscovery, testserver.EndpointASMetadata} {
		wantStatuses(t, s, ep, 500)
	}
	if rec := serve(s, "GET", "/nowhere"); rec.Code != 500 {
		t.Errorf("an unknown path: got %d, want 500", rec.Code)
	}
	if rec := serve(s, "DELETE", "/jwks"); rec.Code != 500 {
		t.Errorf("a method that is not allowed: got %d, want 500", rec.Code)
	}
	if got := in.Hits(); got != 5 {
		t.Errorf("got %d hits, want 5", got)
	}
}

func TestSkipAndTimes(t *testing.T) {
	for name, when := range map[string][]testserver.When{
		"Skip before Times":     {testserver.Skip(2), testserver.Times(3)},
		"Times before Skip":     {testserver.Times(3), testserver.Skip(2)},
		"the later of two wins": {testserver.Times(1), testserver.Skip(9), testserver.Skip(2), testserver.Times(3)},
	} {
		t.Run(name, func(t *testing.T) {
			s := unstarted(t)
			in := s.Inject(testserver.EndpointJWKS, testserver.Status(503), when...)
			wantStatuses(t, s, testserver.EndpointJWKS, 200, 200, 503, 503, 503, 200, 200)
			if got := in.Hits(); got != 3 {
				t.Errorf("got %d hits, want 3", got)
			}
		})
	}
}

func TestNewestMatchingFaultApplies(t *testing.T) {
	s := unstarted(t)
	oldest := s.Inject(testserver.EndpointJWKS, testserver.Status(500), testserver.Skip(1))
	older := s.Inject(testserver.EndpointAny, testserver.Status(502), testserver.Times(2))
	newest := s.Inject(testserver.EndpointJWKS, testserver.Status(504), testserver.Skip(1), testserver.Times(1))
	// The first request gets 502 from the fault older, because the fault newest
	// skips one request. The fourth request gets no fault: newest and older
	// have ended, and oldest skips the first request that the newer faults
	// leave to it.
	wantStatuses(t, s, testserver.EndpointJWKS, 502, 504, 502, 200, 500, 500)
	for name, tt := range map[string]struct{ got, want int }{
		"oldest": {oldest.Hits(), 2}, "older": {older.Hits(), 2}, "newest": {newest.Hits(), 1},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %d hits, want %d", name, tt.got, tt.want)
		}
	}
}

func TestAllMatchingConditionsMustHold(t *testing.T) {
	s := unstarted(t)
	has := func(name string) testserver.When {
		return testserver.Matching(func(r *http.Request) bool { return r.URL.Query().Has(name) })
	}
	in := s.Inject(testserver.EndpointJWKS, testserver.Status(503), has("a"), has("b"), testserver.Times(1))
	for _, tt := range []struct {
		query string
		want  int
	}{{"?a", 200}, {"?b", 200}, {"", 200}, {"?a&b", 503}, {"?a&b", 200}} {
		if rec := serve(s, "GET", s.Endpoint(testserver.EndpointJWKS)+tt.query); rec.Code != tt.want {
			t.Errorf("%q: got %d, want %d", tt.query, rec.Code, tt.want)
		}
	}
	if got := in.Hits(); got != 1 {
		t.Errorf("got %d hits, want 1", got)
	}
}

// A function given to Matching may call methods of the server: this must not
// cause a deadlock.
func TestMatchingMayCallTheServer(t *testing.T) {
	s := unstarted(t)
	var in *testserver.Injection
	in = s.Inject(testserver.EndpointJWKS, testserver.Status(503), testserver.Matching(func(*http.Request) bool {
		return s.Count(testserver.EndpointJWKS) == 1 && len(s.Requests()) == 1 && in.Hits() == 0
	}))
	wantStatuses(t, s, testserver.EndpointJWKS, 200, 503, 200)
}

func TestRemoveEndsAFault(t *testing.T) {
	s := unstarted(t)
	in, other := s.Inject(testserver.EndpointJWKS, testserver.Status(503)), s.Inject(testserver.EndpointDiscovery, testserver.Status(500))
	wantStatuses(t, s, testserver.EndpointJWKS, 503)
	in.Remove()
	in.Remove()
	wantStatuses(t, s, testserver.EndpointJWKS, 200)
	wantStatuses(t, s, testserver.EndpointDiscovery, 500)
	if in.Hits() != 1 || other.Hits() != 1 {
		t.Errorf("got %d and %d hits, want 1 and 1", in.Hits(), other.Hits())
	}
}

func TestResetKeepsOnlyKeysAndTime(t *testing.T) {
	s := testserver.New(t, testserver.Clock(atNoon))
	s.Rotate(testserver.Rotation{PublishFirst: true})
	s.Advance(1)
	keys, key, now := string(s.JWKS()), s.SigningKey().ID, s.Now()
	in := s.Inject(testserver.EndpointAny, testserver.Status(503))
	get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS))
	mark := s.Mark()
	s.Reset()
	if got := s.Count(testserver.EndpointAny) + mark.Count(testserver.EndpointAny) + len(s.Requests()); got != 0 {
		t.Errorf("got %d requests counted or recorded, want none", got)
	}
	if _, ok := lastRequest(s, testserver.EndpointJWKS); ok {
		t.Error("got a last request, want none")
	}
	if string(s.JWKS()) != keys || s.SigningKey().ID != key || !s.Now().Equal(now) {
		t.Error("got other keys or another time, want them kept")
	}
	if resp, _ := get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS)); resp.StatusCode != 200 {
		t.Errorf("got %d, want the fault gone", resp.StatusCode)
	}
	if in.Hits() != 1 || mark.Count(testserver.EndpointJWKS) != 1 || s.Count(testserver.EndpointJWKS) != 1 {
		t.Errorf("got %d hits, counts of %d and %d, want 1 each", in.Hits(), mark.Count(testserver.EndpointJWKS), s.Count(testserver.EndpointJWKS))
	}
}

func TestClientForIdentifiesClients(t *testing.T) {
	for name, opts := range listeners {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, opts...)
			s.Inject(testserver.EndpointJWKS, testserver.Status(503), testserver.FromClient("a"))
			for id, tt := range map[string]struct {
				c    *http.Client
				want int
			}{
				"a": {s.ClientFor("a"), 503}, "A": {s.ClientFor("A"), 200}, "b c/ü": {s.ClientFor("b c/ü"), 200}, "": {s.Client(), 200},
			} {
				resp, _ := get(t, tt.c, s.Endpoint(testserver.EndpointJWKS))
				last, _ := lastRequest(s, testserver.EndpointJWKS)
				if resp.StatusCode != tt.want || last.Client != id {
					t.Errorf("%q: got %d, recorded for %q, want %d", id, resp.StatusCode, last.Client, tt.want)
				}
				tt.c.CloseIdleConnections()
			}
		})
	}
}

func TestClientForDoesNotChangeTheRequest(t *testing.T) {
	s := testserver.New(t)
	r := httptest.NewRequest("GET", s.Endpoint(testserver.EndpointJWKS), nil)
	r.RequestURI = ""
	resp, err := s.ClientFor("a").Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if len(r.Header) != 0 {
		t.Errorf("got header %v, want none", r.Header)
	}
}

// Times is exact even if requests are concurrent: exactly n requests get the
// fault, and Hits counts only requests that got the fault.
func TestTimesAreExactUnderLoad(t *testing.T) {
	for name, opts := range map[string][]testserver.Option{"plain": nil, "TLS": {testserver.TLS()}} {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, opts...)
			first := s.Inject(testserver.EndpointJWKS, testserver.Status(501), testserver.Skip(5), testserver.Times(31))
			second := s.Inject(testserver.EndpointJWKS, testserver.Status(502), testserver.Times(17))
			removed := s.Inject(testserver.EndpointJWKS, testserver.Status(504))
			var mu sync.Mutex
			counts := map[int]int{}
			var wg sync.WaitGroup
			for i := range 100 {
				wg.Go(func() {
					if i == 50 {
						removed.Remove()
					}
					got := fetch(s.Client(), s.Endpoint(testserver.EndpointJWKS))
					if got.err != nil {
						t.Error(got.err)
						return
					}
					mu.Lock()
					defer mu.Unlock()
					counts[got.resp.StatusCode]++
				})
			}
			wg.Wait()
			for range 53 { // even if the removed fault got all 100 requests, 53 more use up the other two faults
				counts[fetch(s.Client(), s.Endpoint(testserver.EndpointJWKS)).resp.StatusCode]++
			}
			if counts[501] != 31 || counts[502] != 17 || counts[504] != removed.Hits() || counts[200]+removed.Hits() != 153-31-17 {
				t.Errorf("got statuses %v, want 31 times 501 and 17 times 502", counts)
			}
			if first.Hits() != 31 || second.Hits() != 17 {
				t.Errorf("got %d and %d hits, want 31 and 17", first.Hits(), second.Hits())
			}
		})
	}
}

func TestFaultsReachOtherMethods(t *testing.T) {
	s := testserver.New(t)
	s.Inject(testserver.EndpointJWKS, testserver.Status(503), testserver.Times(1))
	for _, want := range []int{503, 405} {
		resp, err := s.Client().Post(s.Endpoint(testserver.EndpointJWKS), "text/plain", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("got %d, want %d", resp.StatusCode, want)
		}
	}
}
