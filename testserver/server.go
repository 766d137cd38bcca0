package testserver

import (
	"context"
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

// Server is an authorization server. All its methods may be called from any
// number of goroutines; [Server.Token] and the other methods without an error
// end the test of a server from [New] and panic for one from [Start] or
// [NewUnstarted] if they are asked for something impossible.
type Server struct {
	oauth  *oauth.Server
	caPEM  []byte
	memory bool // listens on no socket
	remote bool // of AllowRemote
	client *http.Client
	close  func() error

	likeness func(shapes.Shape) *likeness.Likeness

	helper func()
	fail   func(format string, args ...any)

	mu            sync.Mutex // of defaultClient
	defaultClient Client     // with its secret, of which the registry has only the digest
	defaultUser   User       // the one that logs in by default, with its password
}

// New starts a server that closes when tb and its subtests are done. Faults in
// the options are a tb.Fatalf that names all of them.
//
// On its socket it answers to loopback addresses, localhost and the issuer's host,
// and to a request for any other Host with 421, so that no web page can lead a
// browser to its tokens (DNS rebinding); with [AllowRemote], to every Host.
//
// The server belongs to tb: a subtest that asks a parent's server for something
// impossible ends the parent. In a fuzz target use a server made with its
// *testing.F. There, something impossible panics, because a *testing.F cannot be
// used inside the target.
func New(tb TB, opts ...Option) *Server {
	tb.Helper()
	s, err := start(opts)
	if err != nil {
		tb.Fatalf("testserver.New: %v", err)
		return nil
	}
	if _, fuzzed := tb.(interface{ Fuzz(target any) }); !fuzzed { // a testing.F panics when its fuzz target calls it
		s.helper, s.fail = tb.Helper, tb.Fatalf
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("%v", err)
		}
	})
	return s
}

// Start starts a server outside a test: in TestMain, in an example, in a
// program. It closes with [Server.Close] or when ctx ends, whichever is first.
// The error names every fault in the options.
func Start(ctx context.Context, opts ...Option) (*Server, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("testserver.Start: %w", err)
	}
	s, err := start(opts)
	if err != nil {
		return nil, fmt.Errorf("testserver.Start: %w", err)
	}
	shut := s.close
	stop := context.AfterFunc(ctx, func() { _ = shut() })
	s.close = func() error {
		stop()
		return shut()
	}
	return s, nil
}

// NewUnstarted returns a server that listens nowhere: an [http.Handler] to
// mount elsewhere. It needs [IssuerURL], because nothing else says where its
// clients will find it, and takes neither [TLS] nor [InMemory] nor [Addr].
func NewUnstarted(opts ...Option) (*Server, error) {
	c, err := configure(opts)
	if c.Issuer == "" {
		err = errors.Join(err, errors.New("NewUnstarted cannot know where it will be reached: add IssuerURL"))
	}
	if c.listen.TLS || c.listen.InMemory || c.listen.Addr != "" {
		err = errors.Join(err, errors.New("NewUnstarted opens no listener: leave out TLS, InMemory and Addr"))
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
	s, err := c.build(c.issuerAt(l.URL), transport)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	s.caPEM, s.memory, s.remote = l.CACertPEM, c.listen.InMemory, c.listen.AllowRemote
	var h http.Handler = s.oauth
	if !c.listen.InMemory && !c.listen.AllowRemote {
		h = s.oauth.OwnHostOnly(h)
	}
	stop := l.Serve(h, transport)
	s.close = func() error { return errors.Join(stop(), s.oauth.Close()) } // the last answers may still change the state
	return s, nil
}

// build makes the server proper, without a listener.
func (c *config) build(issuer string, transport http.RoundTripper) (*Server, error) {
	settings, likenesses := c.Config, c.likenesses(issuer)
	settings.Issuer = issuer
	if c.like != nil {
		var err error
		if settings, err = likened(settings, likenesses(*c.like)); err != nil {
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
		s.keepDefault(client)
	}
	s.defaultUser = append(c.Users, registry.DefaultUser())[0]
	return s, nil
}

// Close stops listening, ends every connection, those of [Server.Client] and
// idle ones included, and returns when all handlers have and the state is saved
// (see [Persist]). Requests in flight see their context end; Close waits five
// seconds for them and then reports that they are still there. A second Close
// does nothing. A response whose body nobody closed keeps its goroutines, as with
// every server.
func (s *Server) Close() error { return errors.Join(s.close(), s.oauth.Audit.Err()) }

// ServeHTTP answers what a real socket would answer, so that the server can be
// mounted in a mux or driven by an httptest.ResponseRecorder. Only the path
// matters: the issuer is fixed, and Host and X-Forwarded-* are ignored. Mounted
// on loopback, it is for the listener to refuse a Host that is not its own, as
// the server does on sockets that it opens itself (see [New]).
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.oauth.ServeHTTP(w, r) }

// Issuer is what goes into the verifier's configuration: byte for byte the iss
// of every token and the issuer of both documents, unless [Like] gives others.
func (s *Server) Issuer() string { return s.oauth.Issuer }

// Client reaches the server however it listens: it trusts the certificate of
// [TLS], dials [InMemory], and dials the listener for the host of [IssuerURL].
// It has no timeout, and it is one client, shared by all callers.
func (s *Server) Client() *http.Client { return s.client }

// CACertPEM is the root certificate to trust, in PEM, for clients other than
// [Server.Client]; nil without [TLS].
func (s *Server) CACertPEM() []byte { return slices.Clone(s.caPEM) }

// Now is the server's time: that of [Clock] plus what [Server.Advance] added.
func (s *Server) Now() time.Time { return s.oauth.Clock.Now() }

// Advance moves only the clock of this server, backwards if d is negative. Tokens
// minted from now on are issued at the new time. A verifier has its own clock, so
// that a token can be expired or from the future without a test that sleeps.
func (s *Server) Advance(d time.Duration) { s.oauth.Clock.Advance(d) }
