package testserver

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/listen"
)

const (
	// tooLong is when an API is taken to hang.
	tooLong = 10 * time.Second
	// maxAnswer is how much of a body is searched for tokens.
	maxAnswer = 1 << 20
)

// outcome is what came back, over one protocol.
type outcome struct {
	proto      string
	status     int
	challenges []string
	text       string // header and body, to look for tokens
	err        error
}

// accepted reports whether the request was let in.
func (a outcome) accepted() bool { return a.err == nil && a.status/100 == 2 }

// run sends the battery and reports.
func (c *check) run() {
	c.tb.Helper()
	if !c.s.memory {
		stop, err := c.setTrap()
		if err != nil {
			c.tb.Fatalf("%s: %v", c.what, err)
			return
		}
		defer stop()
	}
	probes, err := c.battery()
	if err != nil {
		c.tb.Fatalf("%s: %v", c.what, err)
		return
	}
	for _, p := range probes {
		followed := c.trapped()
		first := c.send(p, c.via[0])
		if !slices.Contains(c.sent, p.name) {
			c.sent = append(c.sent, p.name)
		}
		c.judge(p, first)
		for _, t := range c.via[1:] {
			if next := c.send(p, t); next.proto != first.proto || next.err != nil {
				c.compare(p, first, next)
			}
		}
		if c.trapped() != followed {
			c.note(p, urlFetched, "requests to the attacker's server", "none")
		}
		if p.name == goodToken && !first.accepted() {
			c.report() // a refusal of anything else would prove nothing
			return
		}
	}
	c.stampede()
	c.complete = true
	c.report()
}

// setTrap listens where the URLs in the tokens lead.
func (c *check) setTrap() (stop func(), err error) {
	l, err := listen.Open(listen.Config{})
	if err != nil {
		return nil, err
	}
	var visits atomic.Int64
	handler := c.s.as.Attacker.Trap()
	shut := l.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		visits.Add(1)
		handler.ServeHTTP(w, r)
	}), listen.NewTransport())
	c.trap, c.trapped = l.URL, func() int { return int(visits.Load()) }
	return func() { _ = shut() }, nil
}

// stampede sends tokens whose keys nobody knows, and garbage.
func (c *check) stampede() {
	before := c.s.Count(JWKS)
	for i := range flood {
		token, err := c.mint(With(UnknownKid))
		if err != nil {
			c.tb.Fatalf("%s: %v", c.what, err)
			return
		}
		c.send(probe{authorization: []string{"Bearer " + token}}, c.via[0])
		c.send(probe{authorization: []string{fmt.Sprintf("Bearer garbage%d.e30.AAAA", i)}}, c.via[0])
	}
	if fetches := c.s.Count(JWKS) - before; fetches > few {
		sent := fmt.Sprintf("%d tokens, each with another unknown kid, and %d of garbage", flood, flood)
		c.note(probe{name: jwksStampede, sent: sent}, jwksStampede,
			fmt.Sprintf("%d fetches of the JWKS", fetches), fmt.Sprintf("at most %d", few))
	}
}

func (c *check) send(p probe, via *http.Transport) outcome {
	ctx, cancel := context.WithTimeout(c.tb.Context(), tooLong)
	defer cancel()
	r, err := c.request(ctx, p)
	if err != nil {
		return outcome{err: err}
	}
	resp, err := via.RoundTrip(r)
	if err != nil {
		return outcome{err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))

	var text strings.Builder
	for name, values := range resp.Header {
		fmt.Fprintln(&text, name, strings.Join(values, "\n"))
	}
	text.Write(body)
	return outcome{
		proto: resp.Proto, status: resp.StatusCode, challenges: resp.Header.Values("WWW-Authenticate"),
		text: text.String(), err: err,
	}
}

// request is the user's request with the probe's credentials in place of its
// own, on its way to the API.
func (c *check) request(ctx context.Context, p probe) (*http.Request, error) {
	made := c.newRequest()
	if made == nil || made.URL == nil {
		return nil, fmt.Errorf("newRequest returned no request")
	}
	r := made.Clone(ctx)
	r.RequestURI = "" // of httptest.NewRequest; a client may not set it
	if r.Header == nil {
		r.Header = http.Header{}
	}
	delete(r.Header, "Authorization")
	if len(p.authorization) > 0 {
		r.Header["Authorization"] = p.authorization
	}
	r.URL.Scheme, r.URL.Host, r.URL.User = c.target.Scheme, c.target.Host, nil
	if prefix := strings.TrimSuffix(c.target.EscapedPath(), "/"); prefix != "" {
		r.URL.Path, r.URL.RawPath = strings.TrimSuffix(c.target.Path, "/")+made.URL.Path, prefix+made.URL.EscapedPath()
	}
	if c.foreign {
		r.Host = ""
	}
	if p.query != "" {
		q := r.URL.Query()
		q.Set("access_token", p.query)
		r.URL.RawQuery = q.Encode()
	}
	return r, nil
}
