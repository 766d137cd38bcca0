package introspect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/bearerguard/bearerguard/internal/contain"
	"github.com/bearerguard/bearerguard/internal/fetch"
)

// Why a token could not be judged. Both mean that nothing is known of it.
var (
	// ErrUnavailable is wrapped by every error of a Client.
	ErrUnavailable = errors.New("introspect: no answer about the token")

	// ErrCredentials is an authorization server that refuses the API's own
	// credentials, a fault of the configuration: it says invalid_client, asks for
	// Basic credentials, or answers 401 or 403 before it ever gave a valid answer.
	// Some servers answer like this about unknown tokens, so before the first valid
	// answer it may be a false alarm.
	ErrCredentials = errors.New("the authorization server refuses this API's own credentials")
)

var (
	errInvalidClient = fmt.Errorf("%w (invalid_client or a Basic challenge): check the client identifier and secret, or Config.Auth", ErrCredentials)

	errAnswer     = errors.New("answer is not acceptable")
	errSize       = fmt.Errorf("%w: over 256 KiB", errAnswer)
	errBusy       = errors.New("too many calls in flight")
	errBreaker    = errors.New("the last calls failed, and it is not asked for a moment")
	errMetadata   = errors.New("metadata does not name the endpoint")
	errNoEndpoint = errors.New("the member is missing: set Config.Endpoint")
	errOwnToken   = errors.New("the API's own token is unavailable")
	errAsk        = errors.New("the function that asks failed")
	errPanic      = errors.New("asking or reading the answer panicked")
)

// Client asks one authorization server about tokens. Create it with [New],
// [GitHub], [Google], [ALB], [Custom] or [InsecureUserInfo]. It is safe for
// concurrent use, owns no goroutine between calls except those of idle
// connections, and need not be closed.
type Client struct {
	config Config
	name   string // of who is asked what, in hashes
	ttl    time.Duration
	http   *http.Client

	exchange exchange
	local    func(token string) *Response // the verdict that needs no question, nil if it does; nil for none
	find     func(metadata) string
	endpoint atomic.Pointer[endpoint]
	finding  singleflight.Group

	memory memory
	stores chan struct{} // holds one for each operation of Cache that has not come back
	flight singleflight.Group
	health health
	recent witnesses

	server, store, odd, credentials part
}

// exchange asks about one token.
type exchange func(ctx context.Context, endpoint, token string) (*Response, error)

// part is something that can fail by itself.
type part struct {
	name    string
	trouble contain.Change            // that was logged
	logged  atomic.Pointer[time.Time] // when it last failed, where that matters
}

// New checks the configuration and returns every fault of it at once. It does
// no I/O.
func New(config Config) (*Client, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	c := newClient(config, "introspection")
	c.exchange, c.find = c.introspect, func(m metadata) string { return m.IntrospectionEndpoint }
	return c, nil
}

// Issuer returns Config.Issuer.
func (c *Client) Issuer() string { return c.config.Issuer }

func newClient(config Config, kind string) *Client {
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	// All that an answer depends on: a server may tell two clients two things of
	// one token (RFC 7662 §2.2), one that is signed is worth more than one that is
	// not, and who believes an answer for long must not make others do so. Quoting
	// keeps the parts apart.
	if config.RequireTokenType {
		kind += " with token_type"
	}
	name := fmt.Sprintf("%s %v %t %q %q %q", kind, config.ttl(), config.Keys != nil, config.Issuer, config.Endpoint, config.Auth.clientID)
	c := &Client{
		config: config, name: name, ttl: config.ttl(), http: config.client(),
		memory: newMemory(), stores: make(chan struct{}, maxCalls),
	}
	c.server.name, c.store.name, c.odd.name, c.credentials.name = "server", "cache", "answer", "credentials"
	if config.Endpoint != "" {
		c.endpoint.Store(&endpoint{url: config.Endpoint})
	}
	return c
}

// Introspect returns what the server says of a token, or said of it not longer
// than Config.MaxTTL ago. Any number of callers share one call, which ctx does
// not end. The token must be one that a header field can hold: a b64token (RFC
// 6750 §2.1), or VSCHAR as middleware.OpaqueSyntax restricts it. Errors wrap
// [ErrUnavailable] and quote neither the token nor the answer. For a token that
// is not active the error is nil.
func (c *Client) Introspect(ctx context.Context, token string) (*Response, error) {
	h := c.hash(token)
	if r, ok := c.memory.known(h, time.Now()); ok {
		return r.clone(), nil
	}
	// The flight ends by itself, unless a transport does not heed its context.
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	done := c.flight.DoChan(string(h[:]), func() (any, error) {
		return shielded(func() (*Response, error) { return c.fly(h, token) })
	})
	select {
	case result := <-done:
		if result.Err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnavailable, result.Err)
		}
		return result.Val.(*Response).clone(), nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	}
}

// fly learns the answer for all who wait for it.
func (c *Client) fly(h hash, token string) (*Response, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if r, ok := c.memory.known(h, time.Now()); ok { // of a flight that ended as this one was about to begin
		return r, nil
	}
	if r, ok := c.recall(ctx, h); ok {
		c.memory.seen.Set(h, false)
		return r, nil
	}
	if c.local != nil {
		if r := c.local(token); r != nil {
			c.keep(ctx, h, r, time.Now())
			return r, nil
		}
	}
	asked := time.Now() // what the server says holds from here on, however long it takes to say it
	r, err := c.call(ctx, h, token)
	if err != nil {
		if c.health.checkIsDue() {
			c.checkServer()
		}
		return nil, err
	}
	if r.Active {
		c.memory.seen.Set(h, false)
		c.recent.add(witness{h, token, r.expiry})
	}
	c.keep(ctx, h, r, asked)
	return r, nil
}

// call asks the server, unless it is left alone or has enough to do.
func (c *Client) call(ctx context.Context, h hash, token string) (*Response, error) {
	q, err := c.health.begin(c.memory.standing(h), h)
	if err != nil {
		return nil, err
	}
	defer q.leave()
	// The outcome of a question is waited for. One that does not come back, or
	// whose goroutine is ended, has failed.
	lost := func() {
		if c.endpoint.Load() == nil {
			q.settle(errMetadata)
		}
		q.settle(fetch.ErrTimeout)
	}
	defer lost()
	defer context.AfterFunc(ctx, lost)()
	r, err := shielded(func() (*Response, error) {
		endpoint, err := c.locate(ctx)
		if err != nil {
			return nil, err
		}
		return c.exchange(ctx, endpoint, token)
	})
	counts := q.settle(err)
	if q.evidence && q.class == seenActive {
		c.memory.seen.Set(h, true)
	}
	switch {
	case counts:
		c.note(ctx, &c.server, err)
	case errors.Is(err, ErrCredentials):
		c.noteRarely(ctx, &c.credentials, err)
	default:
		c.noteRarely(ctx, &c.odd, err)
	}
	return r, err
}

// checkServer asks about the tokens that were active last, when the server fails
// on tokens that anybody may have made up: if it fails on all of these, it does
// not lie in the tokens.
func (c *Client) checkServer() {
	witnesses := c.recent.list(time.Now())
	isSpent := func(w witness) bool { return c.memory.standing(w.hash).spent }
	fit := slices.DeleteFunc(slices.Clone(witnesses), isSpent)
	if len(fit) == 0 {
		return
	}
	go func() {
		var all sync.WaitGroup
		for _, w := range fit {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(context.Background(), timeout)
				defer cancel()
				_, _ = c.call(ctx, w.hash, w.token) // what it says of the server is noted
			})
		}
		all.Wait()
		if !slices.ContainsFunc(witnesses, func(w witness) bool { return !isSpent(w) }) {
			c.health.leaveAlone()
		}
	}()
}

// shielded runs other people's code: a transport, a Cache, a token source, a
// mapping. A panic is an error; in the goroutine of a flight it would end the
// process.
func shielded(run func() (*Response, error)) (r *Response, err error) {
	if contain.Panic(func() { r, err = run() }) != nil {
		return nil, errPanic
	}
	return r, err
}

// noteRarely logs a failure that may be caused by one token, at most once a
// minute, because an attacker can repeat it.
func (c *Client) noteRarely(ctx context.Context, part *part, err error) {
	now := time.Now()
	if last := part.logged.Load(); last != nil && now.Sub(*last) < time.Minute || !part.logged.CompareAndSwap(last, &now) {
		return
	}
	part.trouble.To("")
	c.note(ctx, part, err)
}

// note logs how a part of the client fares, once per change.
func (c *Client) note(ctx context.Context, part *part, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if !part.trouble.To(text) {
		return
	}
	contain.Panic(func() { // a Logger must not end the process
		switch {
		case err == nil:
			c.config.Logger.InfoContext(ctx, "introspection works again", "part", part.name)
		case errors.Is(err, ErrCredentials):
			c.config.Logger.ErrorContext(ctx, "introspection does not work", "part", part.name, "error", text)
		default:
			c.config.Logger.WarnContext(ctx, "introspection does not work", "part", part.name, "error", text)
		}
	})
}
