package testserver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/bearerguard/bearerguard/internal/shapes"
	"github.com/bearerguard/bearerguard/testserver/internal/likeness"
	"github.com/bearerguard/bearerguard/testserver/internal/listen"
	"github.com/bearerguard/bearerguard/testserver/internal/oauth"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
)

// Server is an authorization server. Its methods are safe for concurrent use.
// Some methods, such as [Server.Token], do not return an error. An invalid call
// of these methods ends the test if the server is from [New], and panics if the
// server is from [Start] or [NewUnstarted].
type Server struct {
	oauth     *oauth.Server
	transport *http.Transport // used by Client; nil without a listener
	caPEM     []byte
	memory    bool // set by InMemory
	remote    bool // set by AllowRemote
	client    *http.Client
	close     func() error

	likeness func(shapes.Shape) *likeness.Likeness

	helper func()
	fail   func(format string, args ...any)

	mu            sync.Mutex // guards defaultClient
	defaultClient Client     // contains the secret; the registry has only its digest
	defaultUser   User       // logs in by default; contains the password
}

// New starts a server that closes when tb and its subtests are done. Invalid
// options end the test with a tb.Fatalf that lists all of them.
//
// If the server listens on a socket, it accepts only requests whose Host header
// names a loopback address, localhost, the host of the issuer or one of
// [Hosts]. Requests with any other Host are refused with status 421. If they
// were accepted, a web page could use DNS rebinding to make a browser fetch
// tokens. With [AllowRemote], every Host is accepted.
//
// The server belongs to tb: an invalid call in a subtest ends the parent test.
// In a fuzz target, use a server that was made with the *testing.F. An invalid
// call inside the target then panics, because the methods of a *testing.F
// cannot be called there.
func New(tb TB, opts ...Option) *Server {
	tb.Helper()
	s, err := start(opts)
	if err != nil {
		tb.Fatalf("testserver.New: %v", err)
		return nil
	}
	if _, fuzzed := tb.(interface{ Fuzz(target any) }); !fuzzed { // the methods of a testing.F panic inside its fuzz target
		s.helper, s.fail = tb.Helper, tb.Fatalf
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("%v", err)
		}
	})
	return s
}

// Start starts a server outside a test, for example in TestMain, in an example
// or in a program. The server stops when [Server.Close] is called or ctx is
// done, whichever is first. The error lists every invalid option.
func Start(ctx context.Context, opts ...Option) (*Server, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("testserver.Start: %w", err)
	}
	s, err := start(opts)
	if err != nil {
		return nil, fmt.Errorf("testserver.Start: %w", err)
	}
	closeServer := s.close
	stop := context.AfterFunc(ctx, func() { _ = closeServer() })
	s.close = func() error {
		stop()
		return closeServer()
	}
	return s, nil
}

// NewUnstarted returns a server without a listener. Mount the server as an
// [http.Handler] in another server. NewUnstarted requires [IssuerURL], because
// a server without a listener cannot determine its own address. NewUnstarted
// does not accept [TLS], [InMemory], [Addr] or [MTLSAddr].
func NewUnstarted(opts ...Option) (*Server, error) {
	c, err := configure(opts)
	if c.Issuer == "" {
		err = errors.Join(err, errors.New("a server without a listener cannot determine its own address: add IssuerURL"))
	}
	if c.listen.TLS || c.listen.InMemory || c.listen.Addr != "" || c.listen.MTLSAddr != "" {
		err = errors.Join(err, errors.New("the server has no listener: leave out TLS, InMemory, Addr and MTLSAddr"))
	}
	if err != nil {
		return nil, fmt.Errorf("testserver.NewUnstarted: %w", err)
	}
	transport := listen.NewTransport()
	s, err := c.build(c.Issuer, transport)
	if err != nil {
		return nil, fmt.Errorf("testserver.NewUnstarted: %w", err)
	}
	s.close = func() error {
		transport.CloseIdleConnections()
		return s.oauth.Close()
	}
	return s, nil
}

func start(opts []Option) (*Server, error) {
	c, err := configure(opts)
	if err != nil {
		return nil, err
	}
	l, err := listen.Open(c.listen)
	if err != nil {
		return nil, err
	}
	transport := l.Transport()
	c.MTLSPort = l.MTLSPort
	s, err := c.build(c.issuerAt(l.URL), transport)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	s.transport, s.caPEM, s.memory, s.remote = transport, l.CACertPEM, c.listen.InMemory, c.listen.AllowRemote
	var h http.Handler = s.oauth
	if !c.listen.InMemory && !c.listen.AllowRemote {
		h = s.oauth.OwnHostOnly(h)
	}
	stop := l.Serve(h, transport)
	s.close = func() error { return errors.Join(stop(), s.oauth.Close()) } // stop first: running requests may change the state
	return s, nil
}

// build returns a server with this configuration, without a listener.
func (c *config) build(issuer string, transport http.RoundTripper) (*Server, error) {
	settings, likenesses := c.Config, c.likenesses(issuer)
	settings.Issuer = issuer
	if c.like != nil {
		var err error
		if settings, err = applyLikeness(settings, likenesses(*c.like)); err != nil {
			return nil, err
		}
	}
	inner, err := oauth.New(settings)
	if err != nil {
		return nil, err
	}
	s := &Server{
		oauth:    inner,
		likeness: likenesses,
		client:   &http.Client{Transport: transport},
		close:    func() error { return nil },
		helper:   func() {},
		fail:     func(format string, args ...any) { panic("testserver: " + fmt.Sprintf(format, args...)) },
	}
	if err := s.injectAll(c.faults); err != nil {
		return nil, errors.Join(err, inner.Close())
	}
	for _, client := range slices.Concat(registry.DefaultClients(), c.Clients) {
		s.setDefaultClient(client)
	}
	s.defaultUser = append(c.Users, registry.DefaultUser())[0]
	return s, nil
}

// Close stops listening and closes every connection, including idle connections
// and the connections of [Server.Client]. It cancels the context of requests in
// progress and waits up to five seconds for their handlers. If a handler is
// still running after that time, Close returns an error. Close also saves the
// state (see [Persist]). A second Close does nothing. A response body that the
// client does not close keeps its goroutines running, as with every server.
func (s *Server) Close() error { return errors.Join(s.close(), s.oauth.Audit.Err()) }

// ServeHTTP handles a request as the server does on a socket, so that the
// server can be mounted in a mux or called with an httptest.ResponseRecorder.
// The scheme and the host of the URL, Host and X-Forwarded-* do not change the
// URLs in responses, because the issuer is fixed. Only the debug page refuses
// requests with a foreign Host. If you mount the server on a loopback listener,
// your code must refuse requests with a foreign Host, as the server does on its
// own sockets (see [New]).
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.oauth.ServeHTTP(w, r) }

// Issuer returns the issuer to configure in a verifier. It equals, byte for
// byte, the iss of every token and the issuer in both discovery documents,
// unless [Like] sets other values.
func (s *Server) Issuer() string { return s.oauth.Issuer }

// Client returns an HTTP client for the server. The client trusts the
// certificate of [TLS], supports [InMemory], and sends requests for the host of
// [IssuerURL] to the server's listener. It has no timeout. All calls return the
// same client.
func (s *Server) Client() *http.Client { return s.client }

// MTLSClient returns an HTTP client that works like [Server.Client] and
// presents cert if the server requests a certificate: see
// [Server.MTLSEndpoint]. Each call returns a new client with separate
// connections. The server must have [TLS].
func (s *Server) MTLSClient(cert tls.Certificate) *http.Client {
	s.helper()
	if s.caPEM == nil {
		s.fail("MTLSClient: the server has no TLS: add TLS()")
		return nil
	}
	t := s.transport.Clone()
	t.TLSClientConfig.Certificates = []tls.Certificate{cert}
	return &http.Client{Transport: t}
}

// CACertPEM returns the root certificate, in PEM, that clients other than
// [Server.Client] must trust. Without [TLS] it returns nil.
func (s *Server) CACertPEM() []byte { return slices.Clone(s.caPEM) }

// Now returns the server's time: the time of [Clock] plus the offset of
// [Server.Advance].
func (s *Server) Now() time.Time { return s.oauth.Clock.Now() }

// Advance moves the clock of this server by d, backwards if d is negative.
// Tokens minted after the call are issued at the new time. The clock of a
// verifier does not move, so a test can get expired tokens, or tokens from the
// future, without sleeping.
func (s *Server) Advance(d time.Duration) { s.oauth.Clock.Advance(d) }
