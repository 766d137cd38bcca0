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

// site simulates a server without a network. It works in a synctest bubble and
// can simulate faults that a real server cannot.
type site struct {
	mu       sync.Mutex
	answer   answer
	requests []string    // paths of the requests
	times    []time.Time // times of these requests
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

func (s *site) setAnswer(a answer) {
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

// respondOK returns an answer with status 200 and the given body.
func respondOK(body string) answer { return status(http.StatusOK, body) }

func status(code int, body string) answer {
	return func(r *http.Request) (*http.Response, error) {
		return respond(r, code, "application/jwk-set+json", strings.NewReader(body)), nil
	}
}

// withHeader returns an answer with additional header fields. fields contains a
// name and a value for each field.
func withHeader(then answer, fields ...string) answer {
	return func(r *http.Request) (*http.Response, error) {
		res, err := then(r)
		for i := 0; err == nil && i < len(fields); i += 2 {
			res.Header.Add(fields[i], fields[i+1])
		}
		return res, err
	}
}

// withETag returns an answer with an ETag. A request whose If-None-Match has
// the same ETag gets a 304.
func withETag(tag, body string) answer {
	return withHeader(func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("If-None-Match") == tag {
			return status(http.StatusNotModified, "this is not JSON")(r)
		}
		return respondOK(body)(r)
	}, "ETag", tag)
}

// delayed returns an answer that is sent after the delay d, unless the request
// is canceled earlier.
func delayed(d time.Duration, then answer) answer {
	return func(r *http.Request) (*http.Response, error) {
		select {
		case <-time.After(d):
			return then(r)
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

// hang does not respond. It returns when the request's context ends.
func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// byPath returns an answer that depends on the path of the request. For a path
// that is not in the map, the answer is 404.
func byPath(by map[string]answer) answer {
	return func(r *http.Request) (*http.Response, error) {
		if a := by[r.URL.Path]; a != nil {
			return a(r)
		}
		return status(http.StatusNotFound, "{}")(r)
	}
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// streamed returns an answer with status 200. Its body comes from read.
func streamed(read func(r *http.Request, p []byte) (int, error)) answer {
	return func(r *http.Request) (*http.Response, error) {
		return respond(r, http.StatusOK, "application/json", readFunc(func(p []byte) (int, error) { return read(r, p) })), nil
	}
}

var errRefused = errors.New("dial tcp CANARY:443: connection refused")

func failWith(err error) answer {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

var connectionRefused = failWith(errRefused)

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

func (j *logCapture) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(j, nil)) }

// lines returns the log records without their time, and the log as one string.
func (j *logCapture) lines(t *testing.T) (records []map[string]any, text string) {
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

// waitForAttempt waits until a hanging attempt has ended, because no goroutine
// may outlive the synctest bubble.
func waitForAttempt() {
	time.Sleep(10*time.Second + 1)
	synctest.Wait()
}

// sleepJustUnder sleeps for one nanosecond less than d.
func sleepJustUnder(d time.Duration) { time.Sleep(d - 1) }

var discardLogger = slog.New(slog.DiscardHandler)

const waitLimit = 2 * time.Second // maximum wait of a caller, measured from the start of the attempt

const keysURL = "https://login.example.com/CANARY/keys"

// remote returns a Remote for the site.
func (s *site) remote(t *testing.T, options jwks.Options) *jwks.Remote {
	t.Helper()
	options.Client = s.client()
	if options.Logger == nil {
		options.Logger = discardLogger
	}
	r, err := jwks.NewRemote(keysURL, options)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// assertKey checks that Key returns a key.
func assertKey(t *testing.T, r *jwks.Remote, kid string) {
	t.Helper()
	if key, err := r.Key(t.Context(), kid, "ES256"); err != nil || key == nil {
		t.Errorf("%q: got %v, want a key", kid, err)
	}
}

// assertKeyAfter checks that Key returns a key, and that Key waits for exactly
// the duration want.
func assertKeyAfter(t *testing.T, r *jwks.Remote, kid string, want time.Duration) {
	t.Helper()
	begin := time.Now()
	assertKey(t, r, kid)
	if took := time.Since(begin); took != want {
		t.Errorf("%q: took %v, want %v", kid, took, want)
	}
}

// assertKeyError checks that Key returns an error that wraps want and quotes no
// input.
func assertKeyError(t *testing.T, r *jwks.Remote, kid string, want error) {
	t.Helper()
	key, err := r.Key(t.Context(), kid, "ES256")
	if key != nil || !errors.Is(err, want) {
		t.Errorf("%q: got %v and %v, want %v", kid, key, err, want)
	}
	if err != nil && strings.Contains(err.Error(), "CANARY") {
		t.Errorf("the error quotes a URL, a key ID or an answer: %q", err)
	}
}
