package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// replay gives each request to the verifier of its setup, one request at a
// time.
type replay struct {
	verifiers map[string]*middleware.Verifier
	endpoint  introspectionEndpoint
	now       time.Time
	reason    string              // the reason that the verifier last reported to Observe
	last      map[string][]string // for each setup, the Authorization fields that were accepted last
}

// read prints a verdict for each request of a corpus.
func read(in io.Reader, out io.Writer, cache int) error {
	lines := json.NewDecoder(in)
	var k keys
	if err := lines.Decode(&k); err != nil {
		return fmt.Errorf("reading the keys: %w", err)
	}
	p := &replay{verifiers: make(map[string]*middleware.Verifier), last: make(map[string][]string)}
	p.endpoint.answers, p.endpoint.entered = make(map[string]request), make(chan struct{}, 1)
	for _, s := range setups {
		var err error
		if p.verifiers[s.name], err = p.verifier(s, k, cache); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	for n := 1; ; n++ {
		var r request
		if err := lines.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("request %d: %w", n, err)
		}
		if p.verifiers[r.Setup] == nil {
			return fmt.Errorf("request %d: unknown setup %q", n, r.Setup)
		}
		if _, err := fmt.Fprintf(out, "%d\t%s\n", n, p.verdict(r)); err != nil {
			return err
		}
	}
}

// verdict returns the verdict on a request.
func (p *replay) verdict(r request) string {
	p.now, p.reason = start.Add(time.Duration(r.At)*time.Second), "unobserved" // "unobserved" stays if Observe is not called, for example after a panic
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	leave := p.endpoint.next(r)
	if r.Leaves {
		cancel()
	}
	h := make(http.Header)
	t, err := p.decide(ctx, h, r)
	if p.reason == "canceled" {
		<-p.endpoint.entered // wait for the introspection request, so that it does not arrive during the next request of the corpus
	}
	leave()
	if err == nil {
		return strings.Join([]string{"200", "", p.reason, "", printed(t)}, "\t")
	}
	refusal, ok := errors.AsType[*middleware.Error](err) // not middleware.Refusal, which older commits lack
	if !ok {
		return "not an *Error: " + err.Error()
	}
	challenge := strings.Join(h.Values("WWW-Authenticate"), " AND ")
	if bare(r.Route) {
		challenge = refusal.Description
	}
	return strings.Join([]string{strconv.Itoa(refusal.StatusCode()), string(refusal.Code), p.reason, challenge, ""}, "\t")
}

// decide passes a request to the method for its route. If the request has no
// token and is accepted, decide returns a nil token and a nil error.
func (p *replay) decide(ctx context.Context, h http.Header, r request) (*middleware.Token, error) {
	v := p.verifiers[r.Setup]
	var fields []string
	for _, field := range r.Fields {
		fields = append(fields, toBytes(field))
	}
	if bare(r.Route) {
		t, err := v.Verify(ctx, middleware.Credentials{Token: strings.Join(fields, "")})
		if err == nil && r.Route == "check" {
			err = v.Check(t, scopes.All("write"))
		}
		return t, err
	}
	in := (&http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/", RawQuery: toBytes(r.Query)}, Header: make(http.Header)}).WithContext(ctx)
	if len(fields) > 0 {
		in.Header["Authorization"] = fields
	}
	var err error
	switch r.Route {
	case "optional":
		in, err = v.AuthorizeOptional(h, in)
	case "nested":
		if in, err = v.Authorize(h, in, scopes.Any("read", "admin")); err == nil {
			in, err = v.Authorize(h, in, scopes.All("write"))
		}
	case "switched": // a handler between two guards replaces the credentials
		if in, err = v.Authorize(h, in, scopes.All("read")); err == nil && p.last[r.Setup] != nil {
			in.Header["Authorization"] = p.last[r.Setup]
			in, err = v.Authorize(h, in, scopes.Any("write", "admin"))
		}
	case "read":
		in, err = v.Authorize(h, in, scopes.All("read"))
	case "admin":
		in, err = v.Authorize(h, in, scopes.OneOf(scopes.All("admin"), scopes.All("root", "read")))
	case "broken":
		in, err = v.Authorize(h, in, nil)
	default:
		in, err = v.Authorize(h, in)
	}
	if err != nil {
		return nil, err
	}
	t := middleware.TokenFrom(in.Context())
	if t != nil {
		p.last[r.Setup] = fields
	}
	return t, nil
}

func printed(t *middleware.Token) string {
	if t == nil {
		return "none"
	}
	text, err := json.Marshal(t)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%q %08x", t.Subject, crc32.ChecksumIEEE(text))
}

// introspectionEndpoint is the introspection endpoint of each setup. It always
// returns the same response for the same token. A different response would make
// the verdict depend on when the client introspects the token again, which is a
// matter of timing. The setup "revocable" is an exception: its client does not
// cache responses, and its tokens are inactive after half a minute.
type introspectionEndpoint struct {
	mu      sync.Mutex
	answers map[string]request // maps path and token to the request whose Answer is used
	current request
	hold    chan struct{} // if not nil, responses wait until the channel is closed
	entered chan struct{} // receives a value when a response is delayed
}

// next sets the current request. If the client disconnects early (Leaves), the
// introspection response is delayed until the returned function end is called.
func (a *introspectionEndpoint) next(r request) (end func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.current, a.hold = r, nil
	if !r.Leaves {
		return func() {}
	}
	hold := make(chan struct{})
	a.hold = hold
	return func() { close(hold) }
}

func (a *introspectionEndpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	a.mu.Lock()
	about := r.URL.Path + " " + r.PostForm.Get("token")
	first, ok := a.answers[about]
	if !ok {
		first = a.current
		a.answers[about] = first
	}
	response := first.Answer
	if first.Setup == "revocable" && a.current.At > first.At+30 {
		response = answer{http.StatusOK, "application/json", `{"active":false}`}
	}
	hold := a.hold
	a.mu.Unlock()
	if hold != nil {
		a.entered <- struct{}{}
		<-hold
	}
	return &http.Response{
		Status: http.StatusText(response.Status), StatusCode: response.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {response.Type}}, Body: io.NopCloser(strings.NewReader(response.Body)), ContentLength: int64(len(response.Body)), Request: r,
	}, nil
}
