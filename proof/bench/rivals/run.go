package rivals

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"

	"github.com/bearerguard/bearerguard/proof/bench/rival"
	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/apitest"
)

// outcome is the result of sending all requests of apitest.Check to one API.
type outcome struct {
	findings   []finding
	statuses   []int // statuses of the answers over HTTP/1.1, in the order of the requests
	challenged bool  // at least one answer has a challenge
}

// finding contains the parts of one message of apitest.Check.
type finding struct{ name, got, want, why string }

func (o outcome) find(name string) (finding, bool) {
	for _, f := range o.findings {
		if f.name == name {
			return f, true
		}
	}
	return finding{}, false
}

// run starts a server, makes an API that accepts its tokens, and sends all
// requests of apitest.Check to the API.
func run(ctx context.Context, p rival.Protection) (outcome, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// All libraries support RS256.
	as, err := testserver.Start(ctx, testserver.SigningAlg("RS256"))
	if err != nil {
		return outcome{}, err
	}
	defer as.Close()
	api, err := p.Open(ctx, rival.SettingsFor(as, scope))
	if err != nil {
		return outcome{}, err
	}

	tb, seen := &recorder{ctx: ctx}, &observer{next: api}
	defer tb.cleanUp()
	apitest.Check(tb, as, seen,
		func() *http.Request { return httptest.NewRequestWithContext(ctx, http.MethodGet, rival.Route, nil) },
		apitest.RequireScope(scope), apitest.Token(testserver.Audience(rival.Audience)))
	if tb.fatal != "" {
		return outcome{}, fmt.Errorf("the check ended early: %s", tb.fatal)
	}
	found := outcome{statuses: seen.statuses, challenged: seen.challenged}
	for _, message := range tb.messages {
		parts := messageForm.FindStringSubmatch(message)
		if parts == nil {
			return outcome{}, fmt.Errorf("unknown form of message: %s", message)
		}
		found.findings = append(found.findings, finding{name: parts[1], got: parts[2], want: parts[3], why: parts[4]})
	}
	return found, nil
}

var messageForm = regexp.MustCompile(`^apitest\.Check: (\S+): got (.*), want (.*)\n\tsent: .*\n\twhy:  (.*)\n\tfix:  .*$`)

// observer records the statuses of an API's responses, and whether the API
// sends challenges.
type observer struct {
	next       http.Handler
	mu         sync.Mutex
	statuses   []int
	challenged bool
}

func (o *observer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor != 1 {
		o.next.ServeHTTP(w, r)
		return
	}
	s := &statusWriter{ResponseWriter: w}
	defer func() { // runs even after a panic
		o.mu.Lock()
		defer o.mu.Unlock()
		o.statuses = append(o.statuses, s.status)
		o.challenged = o.challenged || w.Header().Get("WWW-Authenticate") != ""
	}()
	o.next.ServeHTTP(s, r)
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(code int) {
	if w.status == 0 {
		w.status = code
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// recorder is a testserver.TB that records failures.
type recorder struct {
	ctx      context.Context //nolint:containedctx // testserver.TB has a method that returns ctx
	messages []string
	fatal    string
	cleanups []func()
}

func (*recorder) Helper()                    {}
func (r *recorder) Cleanup(f func())         { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Context() context.Context { return r.ctx }
func (*recorder) Logf(string, ...any)        {}
func (r *recorder) Failed() bool             { return r.fatal != "" || len(r.messages) > 0 }
func (*recorder) Name() string               { return "rivals" }

func (r *recorder) Errorf(format string, args ...any) {
	r.messages = append(r.messages, strings.TrimSpace(fmt.Sprintf(format, args...)))
}

func (r *recorder) Fatalf(format string, args ...any) { r.fatal = fmt.Sprintf(format, args...) }

func (r *recorder) cleanUp() {
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		r.cleanups[i]()
	}
}
