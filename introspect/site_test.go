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

// site simulates an authorization server without a network. It works in a
// synctest bubble and can simulate faults that a real server cannot.
type site struct {
	mu     sync.Mutex
	answer answer
	calls  []call
}

// call is a request that the server has received.
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

func (s *site) setAnswer(a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = a
}

func (s *site) received() []call {
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

// respondOK returns an answer with status 200 and the given body.
func respondOK(body string) answer { return status(http.StatusOK, body) }

func status(code int, body string) answer { return respondAs(code, "application/json", body) }

func respondAs(code int, media, body string) answer {
	return func(r *http.Request, _ call) (*http.Response, error) {
		return respond(r, code, media, strings.NewReader(body)), nil
	}
}

// redirect returns an answer with a status and a Location.
func redirect(code int, to string) answer {
	return func(r *http.Request, _ call) (*http.Response, error) {
		res := respond(r, code, "application/json", strings.NewReader(`{"active":true}`))
		res.Header.Set("Location", to)
		return res, nil
	}
}

// delayed returns an answer that is sent after the given time, or not at all if
// the request is canceled earlier.
func delayed(d time.Duration, then answer) answer {
	return func(r *http.Request, c call) (*http.Response, error) {
		select {
		case <-time.After(d):
			return then(r, c)
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

// hang does not respond. It returns when the request's context ends.
func hang(r *http.Request, _ call) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

var errRefused error = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New(canary + ":443: connection refused")}

func connectionRefused(*http.Request, call) (*http.Response, error) { return nil, errRefused }

// truncated sends only the beginning of a body.
func truncated(r *http.Request, _ call) (*http.Response, error) {
	return respond(r, http.StatusOK, "application/json", io.MultiReader(strings.NewReader(`{"active":true`), brokenBody{})), nil
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// byPath returns an answer that depends on the path of the request. A request
// for any path that is not in the map gets 404.
func byPath(by map[string]answer) answer {
	return func(r *http.Request, c call) (*http.Response, error) {
		if a := by[r.URL.Path]; a != nil {
			return a(r, c)
		}
		return status(http.StatusNotFound, "{}")(r, c)
	}
}

// logCapture records log output.
type logCapture struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *logCapture) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *logCapture) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// lines returns the level, part and message of each record, and resets the log.
func (j *logCapture) lines(t *testing.T) (lines []string) {
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
