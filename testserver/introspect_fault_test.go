package testserver_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// post sends a form and reads the whole response.
func post(c *http.Client, u, body string) (status int, text string, err error) {
	resp, err := c.Post(u, formType, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

func TestIntrospectionFaults(t *testing.T) {
	for where, opts := range listeners {
		s := testserver.New(t, opts...)
		token := opaque(s)
		form := byPost + "&token=" + token
		_, right, err := post(s.Client(), s.Endpoint(testserver.EndpointIntrospect), form)
		if err != nil || !strings.HasPrefix(right, `{"active":true`) {
			t.Fatalf("got %s, %v, want an active token", right, err)
		}
		for name, tt := range map[string]struct {
			fault  testserver.Fault
			status int // 0 means that the request fails
			body   string
		}{
			"Status":         {testserver.Status(503), 503, "Service Unavailable\n"},
			"RetryAfter":     {testserver.RetryAfter(time.Minute, 429), 429, "Too Many Requests\n"},
			"Latency":        {testserver.Latency(time.Millisecond), 200, right},
			"DropConnection": {testserver.DropConnection(), 0, ""},
			"TruncateBody":   {testserver.TruncateBody(5), 0, ""},
			"MalformedJSON":  {testserver.MalformedJSON(), 200, right[:len(right)-1]},
			"ContentType":    {testserver.ContentType("text/html"), 200, right},
			"Body":           {testserver.Body("application/json", []byte(`{"active":"true"}`)), 200, `{"active":"true"}`},
			"HugeBody":       {testserver.HugeBody(1 << 16), 200, strings.Repeat(" ", 1<<16-len(right)) + right},
			"Handler": {testserver.Handler(func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					b, _ := io.ReadAll(r.Body)
					r.Body = io.NopCloser(strings.NewReader(strings.Replace(string(b), token, "other", 1)))
					next.ServeHTTP(w, r)
				})
			}), 200, `{"active":false}`},
		} {
			t.Run(where+"/"+name, func(t *testing.T) {
				in := s.Inject(testserver.EndpointIntrospect, tt.fault, testserver.Times(1))
				status, body, err := post(s.Client(), s.Endpoint(testserver.EndpointIntrospect), form)
				if (err != nil) != (tt.status == 0) || err == nil && (status != tt.status || body != tt.body) || in.Hits() != 1 {
					t.Errorf("got %d %.200q, %v after %d hits, want %d %.200q", status, body, err, in.Hits(), tt.status, tt.body)
				}
				last, _ := lastRequest(s, testserver.EndpointIntrospect)
				if !last.Injected || last.Form.Get("token") != testserver.Fingerprint(token) {
					t.Errorf("got form %v recorded, want the token's fingerprint", last.Form)
				}
				if _, after, err := post(s.Client(), s.Endpoint(testserver.EndpointIntrospect), form); err != nil || after != right {
					t.Errorf("afterwards: got %s, %v, want the right response again", after, err)
				}
			})
		}
	}
}

func TestIntrospectionFaultsForOneClient(t *testing.T) {
	s := testserver.New(t)
	form := byPost + "&token=" + opaque(s)
	s.Inject(testserver.EndpointIntrospect, testserver.Status(503), testserver.FromClient("a"), testserver.Skip(1), testserver.Times(1))
	mark := s.Mark("a")
	for i, want := range []int{200, 503, 200} {
		for id, want := range map[string]int{"a": want, "b": 200} {
			if status, _, err := post(s.ClientFor(id), s.Endpoint(testserver.EndpointIntrospect), form); status != want {
				t.Errorf("request %d of %s: got %d, %v, want %d", i+1, id, status, err, want)
			}
		}
	}
	get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS))
	if got := mark.Count(testserver.EndpointIntrospect); got != 3 || s.Count(testserver.EndpointIntrospect) != 6 {
		t.Errorf("got %d requests of a and %d of all, want 3 and 6", got, s.Count(testserver.EndpointIntrospect))
	}
	wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb).Inject(testserver.EndpointIntrospect, testserver.EmptyKeys()) }), "only for [jwks]")
}

func TestHangingIntrospectionStopsWithTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testserver.New(t, testserver.InMemory())
		s.Inject(testserver.EndpointIntrospect, testserver.Hang())
		c := *s.Client()
		c.Timeout = time.Minute
		begin := time.Now()
		_, _, err := post(&c, s.Endpoint(testserver.EndpointIntrospect), byPost+"&token=x")
		var late interface{ Timeout() bool }
		if !errors.As(err, &late) || !late.Timeout() || time.Since(begin) != time.Minute {
			t.Errorf("got %v after %v, want the client's timeout", err, time.Since(begin))
		}
	})
}

// A request is counted when it arrives, even if its body is incomplete.
func TestIntrospectionWithAnIncompleteBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testserver.New(t, testserver.InMemory())
		s.Inject(testserver.EndpointIntrospect, testserver.Status(503))
		c := dial(t, s)
		defer c.Close()
		if _, err := io.WriteString(c, "POST /introspect HTTP/1.1\r\nHost: localhost\r\nContent-Type: "+formType+"\r\nContent-Length: 10\r\n\r\nabc"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if last, ok := lastRequest(s, testserver.EndpointIntrospect); !ok || last.Form != nil || last.Status != 0 {
			t.Errorf("got %+v, want the request without form and status", last)
		}
		begin := time.Now()
		if err := s.Close(); err != nil || time.Since(begin) != 0 {
			t.Errorf("got %v after %v, want nil at once", err, time.Since(begin))
		}
	})
}

func TestFormsAreRecorded(t *testing.T) {
	s := testserver.New(t)
	token := opaque(s)
	fp := testserver.Fingerprint
	for body, want := range map[string]url.Values{
		byPost + "&token=" + token + "&token_type_hint=access_token": {
			"client_id": {"test-client"}, "client_secret": {fp("test-secret")}, "token": {fp(token)}, "token_type_hint": {"access_token"},
		},
		"token=a&token=b&token=": {"token": {fp("a"), fp("b"), fp("")}},
		"Token=a&x=y":            {fp("Token"): {fp("a")}, fp("x"): {fp("y")}},
		token:                    {fp(token): {fp("")}},
		"scope=a+b&grant_type=c&token_type_hint=" + strings.Repeat("x", 300): {
			"scope": {"a b"}, "grant_type": {"c"}, "token_type_hint": {fp(strings.Repeat("x", 300))},
		},
		"":                                     {},
		"x=" + strings.Repeat("x", 64<<10):     nil,
		strings.Repeat("token=a&", 20):         {"token": {fp("a"), fp("a"), fp("a"), fp("a"), fp("a"), fp("a"), fp("a"), fp("a")}},
		"client_assertion=a&client_id=%zz&a=b": {"client_assertion": {fp("a")}, fp("a"): {fp("b")}},
	} {
		postForm(s, body)
		if last, _ := lastRequest(s, testserver.EndpointIntrospect); fmt.Sprint(last.Form) != fmt.Sprint(want) || (last.Form == nil) != (want == nil) {
			t.Errorf("%.50s: got %v, want %v", body, last.Form, want)
		}
	}
	var many strings.Builder
	for i := range 100 {
		fmt.Fprintf(&many, "a%d=x&", i)
	}
	postForm(s, many.String())
	if last, _ := lastRequest(s, testserver.EndpointIntrospect); len(last.Form) != 64 {
		t.Errorf("got %d parameters recorded, want 64", len(last.Form))
	}

	postForm(s, byPost+"&token=x")
	one, _ := lastRequest(s, testserver.EndpointIntrospect)
	one.Form["token"][0] = "changed"
	if two, _ := lastRequest(s, testserver.EndpointIntrospect); two.Form.Get("token") != fp("x") || two.ClientID != "test-client" || two.Client != "" {
		t.Errorf("got %+v, want the record unchanged, and the client that authenticated", two)
	}
	postForm(s, "token=x", "Content-Type", "text/plain")
	serve(s, "GET", s.Endpoint(testserver.EndpointIntrospect))
	for _, r := range s.Requests(testserver.EndpointIntrospect)[11:] {
		if r.Form != nil || r.ClientID != "" {
			t.Errorf("got %+v, want no form and no client", r)
		}
	}
}
