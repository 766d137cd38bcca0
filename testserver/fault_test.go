package testserver_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// fetched is the response or the error that a client got.
type fetched struct {
	resp    *http.Response // nil if err is not nil
	body    []byte
	err     error // from the request
	readErr error // from reading the body
}

func fetch(c *http.Client, u string) (s fetched) {
	c = &http.Client{Transport: c.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if s.resp, s.err = c.Get(u); s.err != nil {
		return s
	}
	defer s.resp.Body.Close()
	s.body, s.readErr = io.ReadAll(s.resp.Body)
	return s
}

// complete checks that the response is complete, and its status and
// Content-Type.
func (s fetched) complete(t *testing.T, status int, contentType string) {
	t.Helper()
	if s.err != nil || s.readErr != nil {
		t.Fatalf("got errors %v and %v, want a complete response", s.err, s.readErr)
	}
	if got := s.resp.Header.Get("Content-Type"); s.resp.StatusCode != status || got != contentType {
		t.Errorf("got %d, %q, want %d, %q", s.resp.StatusCode, got, status, contentType)
	}
}

const (
	keySetType = "application/jwk-set+json"
	textType   = "text/plain; charset=utf-8"
)

type faultCase struct {
	endpoint testserver.Endpoint
	fault    testserver.Fault
	status   int // the status that the server records
	check    func(t *testing.T, got, right fetched)
}

func wantTruncated(after int) func(t *testing.T, got, right fetched) {
	return func(t *testing.T, got, right fetched) {
		if got.err != nil {
			t.Fatalf("got %v, want the response to begin", got.err)
		}
		want := right.body[:min(after, len(right.body)-1)]
		if got.readErr == nil || !bytes.Equal(got.body, want) {
			t.Errorf("got %d bytes and error %v, want the first %d and an error", len(got.body), got.readErr, len(want))
		}
		if got.resp.ContentLength != int64(len(right.body)) || got.resp.Header.Get("Content-Type") != keySetType {
			t.Errorf("got Content-Length %d, want the length of the full body, %d", got.resp.ContentLength, len(right.body))
		}
	}
}

func wantOtherIssuer(t *testing.T, got, right fetched) {
	got.complete(t, 200, "application/json")
	var doc, want map[string]any
	if err := errors.Join(json.Unmarshal(got.body, &doc), json.Unmarshal(right.body, &want)); err != nil {
		t.Fatal(err)
	}
	if doc["issuer"] != "https://evil.example" {
		t.Errorf("got issuer %v, want the wrong one", doc["issuer"])
	}
	if len(doc) != len(want) || doc["jwks_uri"] != want["jwks_uri"] {
		t.Errorf("got %v, want all except the issuer as in %v", doc, want)
	}
}

func wantResponse(status int, contentType, body string) func(t *testing.T, got, right fetched) {
	return func(t *testing.T, got, _ fetched) {
		got.complete(t, status, contentType)
		if string(got.body) != body {
			t.Errorf("got body %q, want %q", got.body, body)
		}
	}
}

var faultCases = map[string]faultCase{
	"Status(503)": {testserver.EndpointJWKS, testserver.Status(503), 503, wantResponse(503, textType, "Service Unavailable\n")},
	"Status(204)": {testserver.EndpointJWKS, testserver.Status(204), 204, wantResponse(204, "", "")},
	"Status(304)": {testserver.EndpointJWKS, testserver.Status(304), 304, wantResponse(304, "", "")},
	"Status of a document": {
		testserver.EndpointDiscovery, testserver.Status(404), 404, wantResponse(404, textType, "Not Found\n"),
	},
	"RetryAfter rounds up": {testserver.EndpointJWKS, testserver.RetryAfter(1500*time.Millisecond, 429), 429, func(t *testing.T, got, _ fetched) {
		got.complete(t, 429, textType)
		if after := got.resp.Header.Get("Retry-After"); after != "2" {
			t.Errorf("got Retry-After %q, want 2", after)
		}
	}},
	"DropConnection": {testserver.EndpointJWKS, testserver.DropConnection(), 0, func(t *testing.T, got, _ fetched) {
		if got.err == nil {
			t.Errorf("got %s, want an error", got.resp.Status)
		}
	}},
	"TruncateBody of nothing":    {testserver.EndpointJWKS, testserver.TruncateBody(0), 200, wantTruncated(0)},
	"TruncateBody":               {testserver.EndpointJWKS, testserver.TruncateBody(10), 200, wantTruncated(10)},
	"TruncateBody past the body": {testserver.EndpointJWKS, testserver.TruncateBody(1 << 20), 200, wantTruncated(1 << 20)},
	"MalformedJSON": {testserver.EndpointJWKS, testserver.MalformedJSON(), 200, func(t *testing.T, got, right fetched) {
		got.complete(t, 200, keySetType)
		if want := right.body[:len(right.body)-1]; !bytes.Equal(got.body, want) || json.Valid(got.body) {
			t.Errorf("got %q, want %q", got.body, want)
		}
	}},
	"ContentType": {testserver.EndpointJWKS, testserver.ContentType("text/html"), 200, func(t *testing.T, got, right fetched) {
		wantResponse(200, "text/html", string(right.body))(t, got, right)
	}},
	"Body":      {testserver.EndpointJWKS, testserver.Body("text/html", []byte("<p>")), 200, wantResponse(200, "text/html", "<p>")},
	"EmptyJWKS": {testserver.EndpointJWKS, testserver.EmptyKeys(), 200, wantResponse(200, keySetType, `{"keys":[]}`)},
	"HugeBody": {testserver.EndpointJWKS, testserver.HugeBody(1 << 20), 200, func(t *testing.T, got, right fetched) {
		got.complete(t, 200, keySetType)
		if len(got.body) != 1<<20 || got.resp.ContentLength != -1 {
			t.Errorf("got %d bytes, announced as %d, want 1 MiB unannounced", len(got.body), got.resp.ContentLength)
		}
		if !bytes.Equal(bytes.TrimLeft(got.body, " "), right.body) {
			t.Error("want only spaces before the right body")
		}
	}},
	"HugeBody smaller than the right one": {testserver.EndpointJWKS, testserver.HugeBody(1), 200, func(t *testing.T, got, right fetched) {
		wantResponse(200, keySetType, string(right.body))(t, got, right)
	}},
	"RedirectTo": {testserver.EndpointJWKS, testserver.RedirectTo("../a b?c#d"), 302, func(t *testing.T, got, _ fetched) {
		got.complete(t, 302, textType)
		if to := got.resp.Header.Get("Location"); to != "../a b?c#d" {
			t.Errorf("got Location %q, want the given URL byte for byte", to)
		}
	}},
	"WrongMetadataIssuer of Discovery":  {testserver.EndpointDiscovery, testserver.OtherIssuer("https://evil.example"), 200, wantOtherIssuer},
	"WrongMetadataIssuer of ASMetadata": {testserver.EndpointASMetadata, testserver.OtherIssuer("https://evil.example"), 200, wantOtherIssuer},
	"Handler": {testserver.EndpointJWKS, testserver.Handler(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Age", "60")
			next.ServeHTTP(w, r)
		})
	}), 200, func(t *testing.T, got, right fetched) {
		wantResponse(200, keySetType, string(right.body))(t, got, right)
		if got.resp.Header.Get("Age") != "60" {
			t.Errorf("got header %v, want the handler's field in it", got.resp.Header)
		}
	}},
}

// Each fault is injected for one request on a reused connection. The transport
// must not retry this request, so that the client gets the fault. The next
// request must succeed.
func TestFaultsOverEveryListener(t *testing.T) {
	for where, opts := range listeners {
		s := testserver.New(t, opts...)
		for name, tt := range faultCases {
			t.Run(where+"/"+name, func(t *testing.T) {
				u := s.Endpoint(tt.endpoint)
				right := fetch(s.Client(), u)
				in := s.Inject(tt.endpoint, tt.fault, testserver.Times(1))
				tt.check(t, fetch(s.Client(), u), right)
				if got := in.Hits(); got != 1 {
					t.Errorf("got %d hits, want 1", got)
				}
				if last, ok := lastRequest(s, tt.endpoint); !ok || !last.Injected || last.Status != tt.status {
					t.Errorf("got %+v recorded, want an injected status of %d", last, tt.status)
				}
				after := fetch(s.Client(), u)
				if after.err != nil || after.resp.StatusCode != 200 || !bytes.Equal(after.body, right.body) {
					t.Errorf("afterwards: got %v, want the right response again", after.err)
				}
			})
		}
	}
}

func TestFaultsAnswerHead(t *testing.T) {
	for name, tt := range faultCases {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t)
			s.Inject(tt.endpoint, tt.fault)
			r, err := http.NewRequest("HEAD", s.Endpoint(tt.endpoint), nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := s.Client().Transport.RoundTrip(r)
			if (err == nil) != (tt.status != 0) {
				t.Fatalf("got %v, want a response if GET has one", err)
			}
			if err == nil {
				resp.Body.Close()
				if resp.StatusCode != tt.status {
					t.Errorf("got %d, want %d", resp.StatusCode, tt.status)
				}
			}
		})
	}
}

func TestInjectRefuses(t *testing.T) {
	ok := testserver.Status(503)
	for name, tt := range map[string]struct {
		endpoint testserver.Endpoint
		fault    testserver.Fault
		when     []testserver.When
		want     []string
	}{
		"an unknown endpoint":                   {"jkws", ok, nil, []string{`Inject("jkws")`, "use EndpointDiscovery"}},
		"no fault":                              {testserver.EndpointJWKS, testserver.Fault{}, nil, []string{"Fault{}"}},
		"an invalid status":                     {testserver.EndpointJWKS, testserver.Status(600), nil, []string{"600 is not a final status"}},
		"an informational status":               {testserver.EndpointJWKS, testserver.Status(103), nil, []string{"103 is not a final status"}},
		"a negative Retry-After":                {testserver.EndpointJWKS, testserver.RetryAfter(-1, 99), nil, []string{"RetryAfter(-1ns)", "99 is not a final status"}},
		"no latency":                            {testserver.EndpointJWKS, testserver.Latency(0), nil, []string{"Latency(0s)"}},
		"a negative truncation":                 {testserver.EndpointJWKS, testserver.TruncateBody(-1), nil, []string{"TruncateBody(-1)"}},
		"a huge body of nothing":                {testserver.EndpointJWKS, testserver.HugeBody(0), nil, []string{"HugeBody(0)"}},
		"no handler":                            {testserver.EndpointJWKS, testserver.Handler(nil), nil, []string{"Handler(nil)"}},
		"a function that returns no handler":    {testserver.EndpointJWKS, testserver.Handler(func(http.Handler) http.Handler { return nil }), nil, []string{"returned no handler"}},
		"an empty key set for another endpoint": {testserver.EndpointDiscovery, testserver.EmptyKeys(), nil, []string{"only for [jwks]"}},
		"an issuer for the keys":                {testserver.EndpointJWKS, testserver.OtherIssuer("x"), nil, []string{"only for [discovery as_metadata]"}},
		"an issuer everywhere":                  {testserver.EndpointAny, testserver.OtherIssuer("x"), nil, []string{"only for"}},
		"several errors":                        {"", testserver.Latency(-1), []testserver.When{nil, testserver.Times(0), testserver.Skip(-1)}, []string{`Inject("")`, "Latency(-1ns)", "When 1 is nil", "Times(0)", "Skip(-1)"}},
		"no function":                           {testserver.EndpointJWKS, ok, []testserver.When{testserver.Matching(nil)}, []string{"Matching(nil)"}},
		"an empty client ID":                    {testserver.EndpointJWKS, ok, []testserver.When{testserver.FromClient("")}, []string{"FromClient", "cannot be the ID of a client"}},
		"a client ID with a leading space":      {testserver.EndpointJWKS, ok, []testserver.When{testserver.FromClient(" a")}, []string{"cannot be the ID of a client"}},
		"a client ID with a line break":         {testserver.EndpointJWKS, ok, []testserver.When{testserver.FromClient("a\nb")}, []string{"cannot be the ID of a client"}},
		"a client ID that is too long":          {testserver.EndpointJWKS, ok, []testserver.When{testserver.FromClient(strings.Repeat("a", 257))}, []string{"cannot be the ID of a client"}},
	} {
		t.Run(name, func(t *testing.T) {
			text := fatalText(t, func(tb *recorder) { testserver.New(tb).Inject(tt.endpoint, tt.fault, tt.when...) })
			wantAll(t, text, tt.want...)
		})
	}
	wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb).ClientFor("") }), "ClientFor", "cannot be the ID of a client")
	wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb).Mark("a", "") }), "Mark", "cannot be the ID of a client")
	var none testserver.Injection
	none.Remove()
	if got := none.Hits(); got != 0 {
		t.Errorf("got %d hits of the zero Injection, want 0", got)
	}
}
