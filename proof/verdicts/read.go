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

// replay sends requests through the verifiers, one after another.
type replay struct {
	verifiers map[string]*middleware.Verifier
	asked     asked
	now       time.Time
	reason    string              // as last observed
	last      map[string][]string // the fields that passed last, of each setup
}

// read prints a verdict for each request of a corpus.
func read(in io.Reader, out io.Writer, cache int) error {
	lines := json.NewDecoder(in)
	var k keys
	if err := lines.Decode(&k); err != nil {
		return fmt.Errorf("the keys: %w", err)
	}
	p := &replay{verifiers: make(map[string]*middleware.Verifier), last: make(map[string][]string)}
	p.asked.answers, p.asked.entered = make(map[string]request), make(chan struct{}, 1)
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
			return fmt.Errorf("request %d: there is no setup %q", n, r.Setup)
		}
		if _, err := fmt.Fprintf(out, "%d\t%s\n", n, p.verdict(r)); err != nil {
			return err
		}
	}
}

// verdict decides about a request.
func (p *replay) verdict(r request) string {
	p.now, p.reason = start.Add(time.Duration(r.At)*time.Second), "unobserved" // a panic is not
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	leave := p.asked.next(r)
	if r.Leaves {
		cancel()
	}
	h := make(http.Header)
	t, err := p.decide(ctx, h, r)
	if p.reason == "canceled" {
		<-p.asked.entered // the question belongs to this request, not to the next
	}
	leave()
	if err == nil {
		return strings.Join([]string{"200", "", p.reason, "", printed(t)}, "\t")
	}
	refusal, ok := errors.AsType[*middleware.Error](err) // a4715c6 has no Refusal
	if !ok {
		return "not an *Error: " + err.Error()
	}
	said := strings.Join(h.Values("WWW-Authenticate"), " AND ")
	if bare(r.Route) {
		said = refusal.Description
	}
	return strings.Join([]string{strconv.Itoa(refusal.StatusCode()), string(refusal.Code), p.reason, said, ""}, "\t")
}

// decide takes a request to its route. It returns no token where none was sent.
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
	case "switched": // something between the routes puts in other credentials
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
		return "nobody"
	}
	text, err := json.Marshal(t)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%q %08x", t.Subject, crc32.ChecksumIEEE(text))
}

// asked is the introspection endpoint of each setup. It says the same of a token
// each time, since the client of introspection asks again when it sees fit. Where
// that asks each time, a token is active for half a minute only.
type asked struct {
	mu      sync.Mutex
	answers map[string]request // that has the answer, by path and token
	current request
	hold    chan struct{} // until it is closed, there is no answer
	entered chan struct{} // holds one when an answer was held back
}

// next prepares the answer for a request. The function that it returns ends it.
func (a *asked) next(r request) (end func()) {
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

func (a *asked) RoundTrip(r *http.Request) (*http.Response, error) {
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
	said := first.Answer
	if first.Setup == "revocable" && a.current.At > first.At+30 {
		said = answer{http.StatusOK, "application/json", `{"active":false}`}
	}
	hold := a.hold
	a.mu.Unlock()
	if hold != nil {
		a.entered <- struct{}{}
		<-hold
	}
	return &http.Response{
		Status: http.StatusText(said.Status), StatusCode: said.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {said.Type}}, Body: io.NopCloser(strings.NewReader(said.Body)), ContentLength: int64(len(said.Body)), Request: r,
	}, nil
}
