package fetch_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/internal/fetch"
)

// transport answers without a network, so that these tests can use synctest.
type transport func(*http.Request) *http.Response

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

func reply(r *http.Request, status int, header http.Header) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: header, Body: http.NoBody, Request: r}
}

func TestFreshness(t *testing.T) {
	const now = "Sat, 01 Jan 2000 00:00:00 GMT" // the time at which a synctest bubble starts
	for _, tt := range []struct {
		name   string
		header http.Header
		want   time.Duration
	}{
		{"no header fields", http.Header{}, -1},
		{"an empty field", http.Header{"Cache-Control": {""}}, -1},
		{"other directives", http.Header{"Cache-Control": {"public, must-revalidate, s-maxage=60"}}, -1},
		{"max-age", http.Header{"Cache-Control": {"public, max-age=600"}}, 10 * time.Minute},
		{"max-age in another case", http.Header{"Cache-Control": {"Max-Age=600"}}, 10 * time.Minute},
		{"max-age in quotes", http.Header{"Cache-Control": {`max-age="600"`}}, 10 * time.Minute},
		{"max-age in a second line", http.Header{"Cache-Control": {"public", "max-age=600"}}, 10 * time.Minute},
		{"the first max-age of two", http.Header{"Cache-Control": {"max-age=60, max-age=600"}}, time.Minute},
		{"max-age of zero", http.Header{"Cache-Control": {"max-age=0"}}, 0},
		{"max-age that is negative", http.Header{"Cache-Control": {"max-age=-1"}}, 0},
		{"max-age without a value", http.Header{"Cache-Control": {"max-age"}}, 0},
		{"max-age that is not a number", http.Header{"Cache-Control": {"max-age=ten"}}, 0},
		{"max-age beyond int64", http.Header{"Cache-Control": {"max-age=99999999999999999999"}}, 365 * 24 * time.Hour},
		{"max-age beyond int64 in nanoseconds", http.Header{"Cache-Control": {"max-age=9999999999999"}}, 365 * 24 * time.Hour},
		{"no-store", http.Header{"Cache-Control": {"no-store, max-age=600"}}, 0},
		{"no-cache", http.Header{"Cache-Control": {"max-age=600", "no-cache"}}, 0},
		{"an answer from a cache", http.Header{"Cache-Control": {"max-age=600"}, "Age": {"540"}}, time.Minute},
		{"an answer older than max-age", http.Header{"Cache-Control": {"max-age=600"}, "Age": {"700"}}, 0},
		{"an age that is not a number", http.Header{"Cache-Control": {"max-age=600"}, "Age": {"-1"}}, 10 * time.Minute},
		{"Expires by our clock", http.Header{"Expires": {"Sat, 01 Jan 2000 00:10:00 GMT"}}, 10 * time.Minute},
		{"Expires by the server's clock", http.Header{"Expires": {"Mon, 01 Jan 2001 00:10:00 GMT"}, "Date": {"Mon, 01 Jan 2001 00:00:00 GMT"}}, 10 * time.Minute},
		{"Expires in the past", http.Header{"Expires": {"Fri, 31 Dec 1999 00:00:00 GMT"}}, 0},
		{"Expires that is not a date", http.Header{"Expires": {"0"}}, 0},
		{"Expires in a thousand years", http.Header{"Expires": {"Mon, 01 Jan 3000 00:00:00 GMT"}}, 365 * 24 * time.Hour},
		{"max-age before Expires", http.Header{"Cache-Control": {"max-age=60"}, "Expires": {"Sat, 01 Jan 2000 00:10:00 GMT"}, "Date": {now}}, time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := &http.Client{Transport: transport(func(r *http.Request) *http.Response { return reply(r, 200, tt.header) })}
				answer, err := fetch.Get(t.Context(), client, "https://as.test/", "")
				if err != nil || answer.Fresh != tt.want && (answer.Fresh >= 0 || tt.want >= 0) {
					t.Errorf("got %v, %v, want %v", answer.Fresh, err, tt.want)
				}
			})
		})
	}
}

func TestRetryAfter(t *testing.T) {
	for _, tt := range []struct {
		name, value, date string
		want              time.Duration
	}{
		{"absent", "", "", 0},
		{"seconds", "120", "", 2 * time.Minute},
		{"seconds beyond int64", "99999999999999999999", "", 365 * 24 * time.Hour},
		{"a negative number", "-5", "", 0},
		{"a date by our clock", "Sat, 01 Jan 2000 00:02:00 GMT", "", 2 * time.Minute},
		{"a date by the server's clock", "Mon, 01 Jan 2001 00:02:00 GMT", "Mon, 01 Jan 2001 00:00:00 GMT", 2 * time.Minute},
		{"a date in the past", "Fri, 31 Dec 1999 00:00:00 GMT", "", 0},
		{"text", "soon", "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := &http.Client{Transport: transport(func(r *http.Request) *http.Response {
					return reply(r, 503, http.Header{"Retry-After": {tt.value}, "Date": {tt.date}})
				})}
				_, err := fetch.Get(t.Context(), client, "https://as.test/", "")
				if want := (fetch.StatusError{Status: 503, RetryAfter: tt.want}); !errors.Is(err, want) {
					t.Errorf("got %#v, want %#v", err, want)
				}
			})
		})
	}
}

func TestAnUnchangedAnswer(t *testing.T) {
	const tag = `"v1"`
	var sent []string
	client := &http.Client{Transport: transport(func(r *http.Request) *http.Response {
		sent = append(sent, r.Header.Get("If-None-Match"))
		status := http.StatusOK
		if len(sent) > 1 {
			status = http.StatusNotModified
		}
		return reply(r, status, http.Header{"Etag": {tag}, "Cache-Control": {"max-age=60"}})
	})}
	first, err := fetch.Get(t.Context(), client, "https://as.test/", "")
	if err != nil || first.Unchanged || first.ETag != tag {
		t.Fatalf("at first: got %+v, %v, want an answer with the ETag", first, err)
	}
	again, err := fetch.Get(t.Context(), client, "https://as.test/", first.ETag)
	if err != nil || !again.Unchanged || again.Body != nil || again.Fresh != time.Minute {
		t.Errorf("again: got %+v, %v, want it unchanged and fresh for a minute", again, err)
	}
	if _, err := fetch.Get(t.Context(), client, "https://as.test/", ""); !errors.Is(err, fetch.StatusError{Status: http.StatusNotModified}) {
		t.Errorf("without an ETag: got %v, want 304 refused", err)
	}
	if sent[0] != "" || sent[1] != tag || sent[2] != "" {
		t.Errorf("got If-None-Match %q, want it only with the second request", sent)
	}
}

func TestLongETagsAreNotStored(t *testing.T) {
	for size, stored := range map[int]bool{256: true, 257: false} {
		tag := strings.Repeat("x", size)
		client := &http.Client{Transport: transport(func(r *http.Request) *http.Response {
			return reply(r, http.StatusOK, http.Header{"Etag": {tag}})
		})}
		if answer, err := fetch.Get(t.Context(), client, "https://as.test/", ""); err != nil || (answer.ETag == tag) != stored {
			t.Errorf("%d bytes: got %q, %v, want stored: %v", size, answer.ETag, err, stored)
		}
	}
}

func TestEveryErrorHasAClass(t *testing.T) {
	for err, want := range map[error]string{
		fetch.ErrTimeout: "timeout", fetch.ErrCanceled: "canceled", fetch.ErrName: "name_resolution", fetch.ErrTLS: "tls",
		fetch.ErrUnreachable: "connection", fetch.ErrTruncated: "truncated", fetch.ErrTooLarge: "too_large",
		fetch.ErrRedirect: "redirect", fetch.ErrContentType: "content_type", fetch.ErrURL: "url",
		fetch.StatusError{Status: 429}: "status_429", fetch.StatusError{Status: 404}: "status_4xx",
		fetch.StatusError{Status: 599}: "status_5xx", fetch.StatusError{Status: 304}: "status_other", fetch.StatusError{Status: 600}: "status_other",
		http.ErrAbortHandler: "",
	} {
		if got := fetch.Class(err); got != want {
			t.Errorf("%v: got %q, want %q", err, got, want)
		}
	}
}
