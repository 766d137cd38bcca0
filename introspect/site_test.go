package introspect_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// site is an authorization server without a network: it works in a synctest
// bubble, and misbehaves as no real server could be made to.
type site struct {
	mu     sync.Mutex
	answer answer
	calls  []call
}

// call is a request as the server sees it.
type call struct {
	method, url string
	header      http.Header
	form        url.Values
	at          time.Time
}

type answer func(*http.Request, call) (*http.Response, error)

func newSite(a answer) *site { return &site{answer: a} }

func (s *site) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	c := call{r.Method, r.URL.String(), r.Header, form, time.Now()}
	s.mu.Lock()
	s.calls = append(s.calls, c)
	a := s.answer
	s.mu.Unlock()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return a(r, c)
}

func (s *site) becomes(a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = a
}

func (s *site) seen() []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

func (s *site) client() *http.Client { return &http.Client{Transport: s} }

func respond(r *http.Request, status int, media string, body io.Reader) *http.Response {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: -1, Request: r,
		Header: http.Header{"Content-Type": {media}}, Body: io.NopCloser(body),
	}
}

// says answers every request with one body.
func says(body string) answer { return status(http.StatusOK, body) }

func status(code int, body string) answer { return typed(code, "application/json", body) }

func typed(code int, media, body string) answer {
	return func(r *http.Request, _ call) (*http.Response, error) {
		return respond(r, code, media, strings.NewReader(body)), nil
	}
}

// redirects answers with a status and a Location.
func redirects(code int, to string) answer {
	return func(r *http.Request, _ call) (*http.Response, error) {
		res := respond(r, code, "application/json", strings.NewReader(`{"active":true}`))
		res.Header.Set("Location", to)
		return res, nil
	}
}

// after lets time pass before the answer, unless the request ends.
func after(d time.Duration, then answer) answer {
	return func(r *http.Request, c call) (*http.Response, error) {
		select {
		case <-time.After(d):
			return then(r, c)
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

// hangs never answers.
func hangs(r *http.Request, _ call) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

var errRefused error = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New(canary + ":443: connection refused")}

func refused(*http.Request, call) (*http.Response, error) { return nil, errRefused }

// breaksOff answers with the beginning of a body.
func breaksOff(r *http.Request, _ call) (*http.Response, error) {
	return respond(r, http.StatusOK, "application/json", io.MultiReader(strings.NewReader(`{"active":true`), brokenBody{})), nil
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// paths answers by the path, 404 for others.
func paths(by map[string]answer) answer {
	return func(r *http.Request, c call) (*http.Response, error) {
		if a := by[r.URL.Path]; a != nil {
			return a(r, c)
		}
		return status(http.StatusNotFound, "{}")(r, c)
	}
}

// journal keeps what was logged.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// lines returns level, part and message of the records so far, and forgets
// them.
func (j *journal) lines(t *testing.T) (lines []string) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	for line := range strings.Lines(j.text.String()) {
		var record struct{ Level, Part, Msg string }
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatalf("a line of the log is not JSON: %q", line)
		}
		lines = append(lines, record.Level+" "+record.Part+": "+record.Msg)
	}
	j.text.Reset()
	return lines
}
