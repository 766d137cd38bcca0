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

// Errors of a query. Each of them means that the state of the token is unknown.
var (
	// ErrUnavailable is wrapped by every error that a Client returns.
	ErrUnavailable = errors.New("introspect: no answer about the token")

	// ErrCredentials means that the authorization server refuses the API's own
	// credentials, which is a configuration fault. The server answered
	// invalid_client, sent a Basic challenge, or answered 401 or 403 before its
	// first valid answer. Some servers respond to unknown tokens in the same
	// ways. For an unknown token, ErrCredentials may therefore be a false
	// alarm.
	ErrCredentials = errors.New("the authorization server refuses this API's own credentials")
)

var (
	errInvalidClient = fmt.Errorf("%w (invalid_client or a Basic challenge): check the client identifier and secret, or Config.Auth", ErrCredentials)

	errAnswer     = errors.New("answer is not acceptable")
	errSize       = fmt.Errorf("%w: over 256 KiB", errAnswer)
	errBusy       = errors.New("too many calls have not yet returned")
	errBreaker    = errors.New("the last calls failed; calls are paused for up to two seconds")
	errMetadata   = errors.New("could not get the endpoint from the issuer's metadata")
	errNoEndpoint = errors.New("the endpoint is missing: set Config.Endpoint")
	errOwnToken   = errors.New("the API's own token is unavailable")
	errCustom     = errors.New("the function passed to Custom failed")
	errPanic      = errors.New("the call, or the code that reads its answer, panicked")
)

// Client queries one authorization server about tokens. Create it with [New],
// [GitHub], [Google], [ALB], [Custom] or [InsecureUserInfo]. It is safe for
// concurrent use and need not be closed. Between calls, it runs no goroutines
// except those of idle connections.
type Client struct {
	config Config
	name   string // what answers depend on, with the exceptions listed at Cache; part of each hash
	ttl    time.Duration
	http   *http.Client

	exchange        exchange
	local           func(token string) *Response // optional; returns nil if a query is needed
	endpointOf      func(metadata) string
	endpoint        atomic.Pointer[endpoint]
	discoveryFlight singleflight.Group

	memory      memory
	cacheSlots  chan struct{}             // semaphore: one element per running Cache operation
	cacheFailed atomic.Pointer[time.Time] // time of the last failure of Cache
	flight      singleflight.Group
	health      health
	recent      activeTokens

	server, cache, unexpected, credentials part
}

// exchange sends the query for one token.
type exchange func(ctx context.Context, endpoint, token string) (*Response, error)

// part is a component of the client, such as its cache. The failures of each
// component are logged separately.
type part struct {
	name    string
	trouble contain.Change            // last logged failure
	logged  atomic.Pointer[time.Time] // time of the last line logged by noteRarely
}

// New returns a client, or an error that lists all faults of the configuration.
// It does no I/O.
func New(config Config) (*Client, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	c := newClient(config, "introspection")
	c.exchange, c.endpointOf = c.introspect, func(m metadata) string { return m.IntrospectionEndpoint }
	return c, nil
}

// Issuer returns Config.Issuer.
func (c *Client) Issuer() string { return c.config.Issuer }

func newClient(config Config, kind string) *Client {
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	// The name of the client is a part of each cache key, so it includes what
	// an answer depends on, with the exceptions listed at Cache. A server may
	// answer different clients differently (RFC 7662 §2.2). An unsigned answer
	// must not replace a signed one. A client with a long MaxTTL must not
	// prolong the answers of other clients. Issuer, Endpoint and client
	// identifier are quoted, so that different values never give the same name.
	if config.RequireTokenType {
		kind += " with token_type"
	}
	name := fmt.Sprintf("%s %v %t %q %q %q", kind, config.ttl(), config.Keys != nil, config.Issuer, config.Endpoint, config.Auth.clientID)
	c := &Client{
		config: config, name: name, ttl: config.ttl(), http: config.client(),
		memory: newMemory(), cacheSlots: make(chan struct{}, maxCalls),
	}
	c.server.name, c.cache.name, c.unexpected.name, c.credentials.name = "server", "cache", "answer", "credentials"
	if config.Endpoint != "" {
		c.endpoint.Store(&endpoint{url: config.Endpoint})
	}
	return c
}

// Introspect returns the server's answer about a token. The answer may have
// been cached for up to Config.MaxTTL. Concurrent callers with the same token
// share one call to the server, which continues even if ctx ends. The token
// must be a b64token (RFC 6750 §2.1), or VSCHAR as restricted by
// middleware.OpaqueSyntax, so that it is valid in a header field. If the token
// is not active, Response.Active is false and the error is nil. Errors wrap
// [ErrUnavailable] and quote neither the token nor the answer.
func (c *Client) Introspect(ctx context.Context, token string) (*Response, error) {
	h := c.hash(token)
	if r, ok := c.memory.find(h, time.Now()); ok {
		return r.clone(), nil
	}
	// The call has its own timeout, but a transport may ignore it. The
	// following timeout ends the caller's wait in any case.
	ctx, cancel := context.WithTimeout(ctx, waitLimit)
	defer cancel()
	done := c.flight.DoChan(string(h[:]), func() (any, error) {
		return recovered(func() (*Response, error) { return c.resolve(h, token) })
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

// resolve gets the answer about a token, from a cache or from the server. All
// callers that wait for this token share one call of resolve.
func (c *Client) resolve(h hash, token string) (*Response, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if r, ok := c.memory.find(h, time.Now()); ok { // a previous call may have cached the answer just now
		return r, nil
	}
	if r, ok := c.loadShared(ctx, h); ok {
		c.memory.seen.Set(h, false)
		return r, nil
	}
	if c.local != nil {
		if r := c.local(token); r != nil {
			c.cacheAnswer(ctx, h, r, time.Now())
			return r, nil
		}
	}
	queriedAt := time.Now() // the TTL starts with the query, not with the answer
	r, err := c.call(ctx, h, token)
	if err != nil {
		if c.health.checkIsDue() {
			c.checkServer()
		}
		return nil, err
	}
	if r.Active {
		c.memory.seen.Set(h, false)
		c.recent.add(activeToken{h, token, r.expiry})
	}
	c.cacheAnswer(ctx, h, r, queriedAt)
	return r, nil
}

// call queries the server. It fails at once if the client is backing off or too
// many calls are in flight.
func (c *Client) call(ctx context.Context, h hash, token string) (*Response, error) {
	q, err := c.health.begin(c.memory.history(h), h)
	if err != nil {
		return nil, err
	}
	defer q.release()
	// Every query must end with a call of settle. lost settles the query as a
	// failure if the query does not return in time or its goroutine exits.
	// After the first call, settle has no effect.
	lost := func() {
		if c.endpoint.Load() == nil {
			q.settle(errMetadata)
		}
		q.settle(fetch.ErrTimeout)
	}
	defer lost()
	defer context.AfterFunc(ctx, lost)()
	r, err := recovered(func() (*Response, error) {
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
		c.noteRarely(ctx, &c.unexpected, err)
	}
	return r, err
}

// checkServer queries the server about recently active tokens. It is called
// after queries for tokens that may be made up have failed, or if a query fails
// after a back-off. If for each recently active token a failure has counted as
// evidence, made-up tokens are not the cause of the failures, and the client
// backs off.
func (c *Client) checkServer() {
	tokens := c.recent.list(time.Now())
	hasCounted := func(w activeToken) bool { return c.memory.history(w.hash).counted }
	fit := slices.DeleteFunc(slices.Clone(tokens), hasCounted)
	if len(fit) == 0 {
		return
	}
	go func() {
		var all sync.WaitGroup
		for _, w := range fit {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(context.Background(), timeout)
				defer cancel()
				_, _ = c.call(ctx, w.hash, w.token) // the outcome is recorded in health
			})
		}
		all.Wait()
		if !slices.ContainsFunc(tokens, func(w activeToken) bool { return !hasCounted(w) }) {
			c.health.checkFailed()
		}
	}()
}

// recovered calls run and turns a panic into an error. run calls code of other
// packages, such as a transport, a Cache, a token source or a mapping. Shared
// calls run in their own goroutine, so a panic in that code would end the
// process.
func recovered(run func() (*Response, error)) (r *Response, err error) {
	if contain.Panic(func() { r, err = run() }) != nil {
		return nil, errPanic
	}
	return r, err
}

// noteRarely logs a failure that one token may have caused. It logs at most
// once a minute, because an attacker can repeat the failure.
func (c *Client) noteRarely(ctx context.Context, part *part, err error) {
	now := time.Now()
	if last := part.logged.Load(); last != nil && now.Sub(*last) < time.Minute || !part.logged.CompareAndSwap(last, &now) {
		return
	}
	part.trouble.To("")
	c.note(ctx, part, err)
}

// note logs that a part of the client failed, or that it works again if err is
// nil. If the error has the same text as in the previous call for this part,
// note logs nothing.
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
