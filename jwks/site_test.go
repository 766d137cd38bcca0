package jwks_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
)

// site is a web site without a network: it works in a synctest bubble, and
// misbehaves as no real server could be made to.
type site struct {
	mu       sync.Mutex
	answer   answer
	requests []string    // the paths
	times    []time.Time // of these requests
}

type answer func(*http.Request) (*http.Response, error)

func newSite(a answer) *site { return &site{answer: a} }

func (s *site) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.requests = append(s.requests, r.URL.Path)
	s.times = append(s.times, time.Now())
	a := s.answer
	s.mu.Unlock()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return a(r)
}

func (s *site) becomes(a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = a
}

func (s *site) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
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

func status(code int, body string) answer {
	return func(r *http.Request) (*http.Response, error) {
		return respond(r, code, "application/jwk-set+json", strings.NewReader(body)), nil
	}
}

// headed adds fields to the header of an answer, given as names and values.
func headed(then answer, fields ...string) answer {
	return func(r *http.Request) (*http.Response, error) {
		res, err := then(r)
		for i := 0; err == nil && i < len(fields); i += 2 {
			res.Header.Add(fields[i], fields[i+1])
		}
		return res, err
	}
}

// tagged answers with an ETag, and 304 to whoever names it.
func tagged(tag, body string) answer {
	return headed(func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("If-None-Match") == tag {
			return status(http.StatusNotModified, "this is not JSON")(r)
		}
		return says(body)(r)
	}, "ETag", tag)
}

// after lets time pass before the answer, unless the request ends.
func after(d time.Duration, then answer) answer {
	return func(r *http.Request) (*http.Response, error) {
		select {
		case <-time.After(d):
			return then(r)
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

// hangs never answers.
func hangs(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// paths answers by the path, 404 for others.
func paths(by map[string]answer) answer {
	return func(r *http.Request) (*http.Response, error) {
		if a := by[r.URL.Path]; a != nil {
			return a(r)
		}
		return status(http.StatusNotFound, "{}")(r)
	}
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// streams answers 200 with a body that read makes.
func streams(read func(r *http.Request, p []byte) (int, error)) answer {
	return func(r *http.Request) (*http.Response, error) {
		return respond(r, http.StatusOK, "application/json", readFunc(func(p []byte) (int, error) { return read(r, p) })), nil
	}
}

var errRefused = errors.New("dial tcp CANARY:443: connection refused")

func fails(err error) answer {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

var refused = fails(errRefused)

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

func (j *journal) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(j, nil)) }

// lines returns the records without their time, and the text they came from.
func (j *journal) lines(t *testing.T) (records []map[string]any, text string) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	text = j.text.String()
	for line := range strings.Lines(text) {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatalf("a line of the log is not JSON: %q", line)
		}
		delete(record, "time")
		records = append(records, record)
	}
	return records, text
}

// settle lets an attempt end that hangs, since nothing may go on when a bubble
// bursts.
func settle() {
	time.Sleep(10*time.Second + 1)
	synctest.Wait()
}

// pass lets time pass, but a moment of it.
func pass(d time.Duration) { time.Sleep(d - 1) }

var quiet = slog.New(slog.DiscardHandler)

const patience = 2 * time.Second // of a token with one attempt

const keysURL = "https://login.example.com/CANARY/keys"

// remote is a Remote for the site.
func (s *site) remote(t *testing.T, options jwks.Options) *jwks.Remote {
	t.Helper()
	options.Client = s.client()
	if options.Logger == nil {
		options.Logger = quiet
	}
	r, err := jwks.NewRemote(keysURL, options)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// has demands a key; hasNot demands the error.
func has(t *testing.T, r *jwks.Remote, kid string) {
	t.Helper()
	if key, err := r.Key(t.Context(), kid, "ES256"); err != nil || key == nil {
		t.Errorf("%q: got %v, want a key", kid, err)
	}
}

// hasIn demands a key, and how long that takes in a bubble.
func hasIn(t *testing.T, r *jwks.Remote, kid string, want time.Duration) {
	t.Helper()
	begin := time.Now()
	has(t, r, kid)
	if took := time.Since(begin); took != want {
		t.Errorf("%q: took %v, want %v", kid, took, want)
	}
}

func hasNot(t *testing.T, r *jwks.Remote, kid string, want error) {
	t.Helper()
	key, err := r.Key(t.Context(), kid, "ES256")
	if key != nil || !errors.Is(err, want) {
		t.Errorf("%q: got %v and %v, want %v", kid, key, err, want)
	}
	if err != nil && strings.Contains(err.Error(), "CANARY") {
		t.Errorf("the error quotes a URL, a key ID or an answer: %q", err)
	}
}
