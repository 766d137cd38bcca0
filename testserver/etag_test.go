package testserver_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// conditional is a RoundTripper that adds header fields to requests.
type conditional struct {
	http.RoundTripper
	fields http.Header
}

func (c conditional) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	maps.Copy(r.Header, c.fields)
	return c.RoundTripper.RoundTrip(r)
}

func fetchWith(s *testserver.Server, fields http.Header) fetched {
	return fetch(&http.Client{Transport: conditional{s.Client().Transport, fields}}, s.Endpoint(testserver.EndpointJWKS))
}

// fetchIfNoneMatch fetches the keys with one If-None-Match field for each tag.
func fetchIfNoneMatch(s *testserver.Server, tags ...string) fetched {
	return fetchWith(s, http.Header{"If-None-Match": tags})
}

func TestETagChangesWithTheBody(t *testing.T) {
	s := unstarted(t)
	tag := func() string { return serve(s, "GET", "/jwks").Header().Get("ETag") }
	first := tag()
	if !regexp.MustCompile(`^"[!#-~]+"$`).MatchString(first) { // RFC 9110 §8.8.3, without W/
		t.Errorf("got ETag %s, want a strong ETag", first)
	}
	if again := tag(); again != first {
		t.Errorf("got ETag %s after %s, want the same ETag for the same body", again, first)
	}
	k := s.Rotate()
	if second := tag(); second == first {
		t.Errorf("got ETag %s for other keys, want another", second)
	}
	s.Retire(k.ID)
	if back := tag(); back != first {
		t.Errorf("got ETag %s for the first body, want %s", back, first)
	}
}

func TestIfNoneMatch(t *testing.T) {
	s := unstarted(t)
	tag := serve(s, "GET", "/jwks").Header().Get("ETag")
	for name, tt := range map[string]struct {
		lines []string
		want  int
	}{
		"the tag":                               {[]string{tag}, 304},
		"the tag as a weak one":                 {[]string{"W/" + tag}, 304},
		"any":                                   {[]string{"*"}, 304},
		"a list":                                {[]string{`"a", W/"b" ,` + tag + `,"c"`}, 304},
		"a list with empty elements":            {[]string{`,, "a",,` + tag}, 304},
		"a list in several lines":               {[]string{`"a"`, `"b", "c"`, tag}, 304},
		"a list that begins with an empty line": {[]string{"", tag}, 304},
		"another tag":                           {[]string{`"a"`}, 200},
		"other tags in several lines":           {[]string{`"a"`, `W/"b", "c"`}, 200},
		"a tag with commas and a star":          {[]string{`"a,*,b"`}, 200},
		"a part of the tag":                     {[]string{tag[:8] + `"`}, 200},
		"the tag without its quotes":            {[]string{strings.Trim(tag, `"`)}, 200},
		"the tag as a weak one, in lower case":  {[]string{"w/" + tag}, 200},
		"nothing":                               {[]string{""}, 200},
		"no field":                              {nil, 200},
	} {
		t.Run(name, func(t *testing.T) {
			var answers []*httptest.ResponseRecorder
			for _, method := range []string{"GET", "HEAD", "POST"} {
				r := httptest.NewRequest(method, "/jwks", nil)
				r.Header["If-None-Match"] = tt.lines
				rec := httptest.NewRecorder()
				s.ServeHTTP(rec, r)
				answers = append(answers, rec)
			}
			full, head := answers[0], answers[1]
			if full.Code != tt.want || head.Code != tt.want || answers[2].Code != 405 {
				t.Errorf("got %d, HEAD %d, POST %d, want %d twice and 405", full.Code, head.Code, answers[2].Code, tt.want)
			}
			if got := full.Header().Get("ETag"); got != tag {
				t.Errorf("got ETag %s, want %s", got, tag)
			}
			if a, b := fmt.Sprint(full.Header()), fmt.Sprint(head.Header()); a != b {
				t.Errorf("got header %s to a HEAD, want the header of a GET, %s", b, a)
			}
			if got := full.Body.Len(); (got == 0) != (tt.want == 304) || head.Body.Len() != 0 {
				t.Errorf("got %d bytes, and %d to a HEAD, want a body only with a 200 to GET", got, head.Body.Len())
			}
		})
	}
}

// The test covers ranges (RFC 9110 §14) and the conditions If-Match and
// If-Range (§13.1), which net/http implements. net/http reads only the first
// line of a header field. If a request has several lines of If-Match, the
// server therefore joins them.
func TestOtherConditionsAndRanges(t *testing.T) {
	s := testserver.New(t)
	right := fetchIfNoneMatch(s)
	tag := right.resp.Header.Get("ETag")
	for name, tt := range map[string]struct {
		fields http.Header
		status int
		length int
	}{
		"If-Match":                  {http.Header{"If-Match": {tag}}, 200, len(right.body)},
		"If-Match in several lines": {http.Header{"If-Match": {`"a"`, tag}}, 200, len(right.body)},
		"If-Match of another":       {http.Header{"If-Match": {`"a"`, `"b"`}}, 412, 0},
		"Range":                     {http.Header{"Range": {"bytes=0-9"}}, 206, 10},
		"If-Range":                  {http.Header{"Range": {"bytes=0-9"}, "If-Range": {tag}}, 206, 10},
		"If-Range of another":       {http.Header{"Range": {"bytes=0-9"}, "If-Range": {`"a"`}}, 200, len(right.body)},
	} {
		got := fetchWith(s, tt.fields)
		if got.resp.StatusCode != tt.status || string(got.body) != string(right.body[:tt.length]) {
			t.Errorf("%s: got %d and %d bytes, want %d and %d", name, got.resp.StatusCode, len(got.body), tt.status, tt.length)
		}
		if last, _ := lastRequest(s, testserver.EndpointJWKS); last.Status != tt.status {
			t.Errorf("%s: got %d recorded, want %d", name, last.Status, tt.status)
		}
	}
}

func TestNotModifiedOverEveryListener(t *testing.T) {
	for name, opts := range listeners {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, opts...)
			right := fetchIfNoneMatch(s)
			right.complete(t, 200, keySetType)
			tag := right.resp.Header.Get("ETag")
			for _, tags := range [][]string{{tag}, {`"a"`, "W/" + tag}} {
				got := fetchIfNoneMatch(s, tags...)
				wantResponse(304, "", "")(t, got, right)
				want := http.Header{"Etag": {tag}, "Vary": {"Origin"}, "Date": got.resp.Header["Date"]}
				if !maps.EqualFunc(got.resp.Header, want, func(a, b []string) bool { return fmt.Sprint(a) == fmt.Sprint(b) }) {
					t.Errorf("got header %v, want %v", got.resp.Header, want)
				}
				if last, _ := lastRequest(s, testserver.EndpointJWKS); last.Status != 304 || last.Injected || len(last.Header["If-None-Match"]) != len(tags) {
					t.Errorf("got %+v recorded, want 304 to a request with If-None-Match", last)
				}
			}
			if cc, ok := right.resp.Header["Cache-Control"]; ok {
				t.Errorf("got Cache-Control %q, want none", cc)
			}
			s.Rotate()
			wantResponse(200, keySetType, string(s.JWKS()))(t, fetchIfNoneMatch(s, tag), right)
		})
	}
}

func TestAFrozenKeySetKeepsItsETag(t *testing.T) {
	s := testserver.New(t)
	tag := fetchIfNoneMatch(s).resp.Header.Get("ETag")
	thaw := s.FreezeJWKS()
	s.Rotate()
	wantResponse(304, "", "")(t, fetchIfNoneMatch(s, tag), fetched{})
	thaw()
	wantResponse(200, keySetType, string(s.JWKS()))(t, fetchIfNoneMatch(s, tag), fetched{})
}

// A client that already has the keys, or requests only a range of the body,
// gets the same fault as other clients. If the fault sends a different body,
// the response does not have the ETag of the right body.
func TestFaultsIgnoreConditionalRequests(t *testing.T) {
	tagged := map[string]bool{ // faults that keep the ETag
		"ContentType": true, "TruncateBody": true, "TruncateBody of nothing": true, "TruncateBody past the body": true,
	}
	s := testserver.New(t)
	right := fetchIfNoneMatch(s)
	tag := right.resp.Header.Get("ETag")
	for name, tt := range faultCases {
		if tt.endpoint != testserver.EndpointJWKS || name == "Handler" { // the fault of the case "Handler" does not change a 304
			continue
		}
		t.Run(name, func(t *testing.T) {
			defer s.Inject(tt.endpoint, tt.fault).Remove()
			tt.check(t, fetchWith(s, http.Header{"Range": {"bytes=0-4"}}), right)
			tt.check(t, fetchWith(s, http.Header{"If-Match": {`"a"`}}), right)
			got := fetchIfNoneMatch(s, tag)
			tt.check(t, got, right)
			want := map[bool]string{true: tag}[tagged[name]]
			if got.resp != nil && got.resp.Header.Get("ETag") != want {
				t.Errorf("got ETag %q, want %q", got.resp.Header.Get("ETag"), want)
			}
			resp, err := s.Client().Head(s.Endpoint(tt.endpoint))
			if err != nil {
				return // the fault breaks the connection, as for GET
			}
			resp.Body.Close()
			if resp.Header.Get("ETag") != want {
				t.Errorf("got ETag %q to a HEAD, want %q", resp.Header.Get("ETag"), want)
			}
		})
	}
}

func TestPassThroughFaultsKeep304(t *testing.T) {
	for name, f := range map[string]testserver.Fault{
		"Latency": testserver.Latency(time.Minute),
		"Handler": testserver.Handler(func(next http.Handler) http.Handler { return next }),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := testserver.New(t, testserver.InMemory())
				s.Inject(testserver.EndpointJWKS, f)
				right := fetchIfNoneMatch(s)
				tag := right.resp.Header.Get("ETag")
				if tag == "" {
					t.Error("got no ETag, want the right one")
				}
				wantResponse(304, "", "")(t, fetchIfNoneMatch(s, tag), right)
				if last, _ := lastRequest(s, testserver.EndpointJWKS); last.Status != 304 || !last.Injected {
					t.Errorf("got %+v recorded, want an injected 304", last)
				}
			})
		})
	}
}
