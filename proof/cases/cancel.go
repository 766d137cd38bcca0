package cases

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/testserver"
)

// upstreamCall describes a call to another server. A request to the API has to
// wait for the result of this call.
type upstreamCall struct {
	row      string
	endpoint testserver.Endpoint
	path     string
	kind     []testserver.TokenOption // options of a token whose verification causes the call
}

var upstreamCalls = []upstreamCall{
	{"R19", testserver.EndpointJWKS, "/jwks", nil},
	{"I14", testserver.EndpointIntrospect, "/introspect", []testserver.TokenOption{testserver.OpaqueTokens()}},
}

// heldTransport delays requests for a path until release is closed.
type heldTransport struct {
	http.RoundTripper
	path             string
	arrived, release chan struct{}
}

func (s heldTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, s.path) {
		s.arrived <- struct{}{}
		select {
		case <-s.release:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	return s.RoundTripper.RoundTrip(r)
}

func aDisconnectedClientDoesNotAffectOthers(t *testing.T, frameworks []Framework) {
	for _, q := range upstreamCalls {
		for _, framework := range frameworks {
			t.Run(q.row+"/"+framework.Name+" over HTTP/1.1", func(t *testing.T) {
				assertDisconnect(t, q, framework.Routes, func(t *testing.T, address string, arrived <-chan struct{}, r request) wire {
					conn := dial(t, address, nil)
					if _, err := io.WriteString(conn, r.http1("GET")); err != nil {
						t.Fatal(err)
					}
					wait(t, arrived)
					check(t, conn.Close())
					return http1{address: address}
				})
			})
			t.Run(q.row+"/"+framework.Name+" over HTTP/2", func(t *testing.T) {
				assertDisconnect(t, q, framework.Routes, func(t *testing.T, address string, arrived <-chan struct{}, r request) wire {
					w := &http2wire{address: address}
					t.Cleanup(w.close)
					w.connect(t)
					stream := w.write(t, "GET", r)
					wait(t, arrived)
					check(t, w.framer.WriteRSTStream(stream, http2.ErrCodeCancel))
					return w
				})
			})
		}
	}
}

// assertDisconnect disconnects a client while its request waits for an upstream
// call. The handler must not run. The call must continue, and the next client
// must be served from the result of the call.
func assertDisconnect(t *testing.T, q upstreamCall, build func(API) http.Handler, abandon func(*testing.T, string, <-chan struct{}, request) wire) {
	as := testserver.New(t)
	held := heldTransport{as.Client().Transport, q.path, make(chan struct{}, 1), make(chan struct{})}
	log := newLogger(new(logBuffer))
	v := newIntrospectingVerifier(t, as, log, cacheAnswers, func(s *setup) {
		s.Config.Client = &http.Client{Transport: held}
		s.verifier.Client = s.Config.Client
	})
	ran := new(reached)
	handler := build(API{Verifier: v, reached: ran.add, Log: log})
	finished := make(chan struct{}, 2)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r)
		finished <- struct{}{}
	}))
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)

	r := at("/any-token", "Bearer "+as.Token(append(q.kind, testserver.Subject("alice"))...))
	w := abandon(t, server.Listener.Addr().String(), held.arrived, r)
	wait(t, finished)
	if n, _ := ran.reset(); n != 0 {
		t.Errorf("%d handlers ran for a client that had disconnected", n)
	}
	close(held.release)
	if got, err := w.send(t, "GET", r).verdict(); err != nil || got != alice("/any-token") {
		t.Errorf("the next client: got %+v, %v, want %+v", got, err, alice("/any-token"))
	}
	if n := as.Count(q.endpoint); n != 1 {
		t.Errorf("got %d requests to %s, want only the request for the first client", n, q.endpoint)
	}
}

func wait(t *testing.T, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(timeout):
		t.Fatalf("timed out after %v: the request did not arrive, or its handler did not end", timeout)
	}
}

// pendingKeys is a key source. Until a key set is stored, each call of Key
// blocks until its context is canceled.
type pendingKeys struct{ set atomic.Pointer[jwks.Set] }

func (p *pendingKeys) Key(ctx context.Context, kid, alg string) (any, error) {
	if set := p.set.Load(); set != nil {
		return set.Key(ctx, kid, alg)
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

// The context of a request is canceled before the check begins. If the check
// has to wait for keys, the response is 503. Otherwise, the response is not
// affected.
func aRequestCanceledBeforeTheCheck(t *testing.T, frameworks []Framework) {
	as := testserver.New(t)
	for _, framework := range frameworks {
		t.Run("R19/"+framework.Name, func(t *testing.T) {
			var keys pendingKeys
			v := newIntrospectingVerifier(t, as, newLogger(new(logBuffer)), func(s *setup) { s.verifier.Issuers[0].Keys = &keys })
			ran := new(reached)
			handler := framework.Routes(API{Verifier: v, reached: ran.add, Log: newLogger(new(logBuffer))})
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			assertVerdict := func(want verdict) {
				t.Helper()
				r := httptest.NewRequestWithContext(ctx, "GET", "/any-token", nil)
				r.Header.Set("Authorization", "Bearer "+as.Token(testserver.Subject("alice")))
				rec := httptest.NewRecorder()
				handler.ServeHTTP(rec, r)
				got, err := answer{status: rec.Code, header: rec.Header(), body: rec.Body.Bytes()}.verdict()
				if n, _ := ran.reset(); err != nil || got != want || (n == 1) != want.passes() {
					t.Errorf("got %+v, %v after %d handlers, want %+v", got, err, n, want)
				}
			}
			assertVerdict(unavailable)
			set, err := jwks.Parse(as.JWKS())
			check(t, err)
			keys.set.Store(set)
			assertVerdict(alice("/any-token"))
		})
	}
}

// After a client has sent a request, it may close its own side of the
// connection and still wait for the answer. To net/http, this looks like a
// disconnect.
func aHalfClosedConnectionIsAnswered(t *testing.T, frameworks []Framework) {
	l := newLab(t, frameworks)
	if err := l.verifier.Warm(t.Context()); err != nil {
		t.Log(err) // expected: one issuer in this test is unreachable
	}
	for _, test := range []struct {
		name string
		request
		want verdict
	}{
		{"a good token", at("/read", "Bearer "+l.Good()), alice("/read")},
		{"a token without the scope", at("/read", "Bearer "+l.scoped("write")), lacking("read")},
		{"an expired token", at("/read", "Bearer "+l.Token(l.Header(), l.Claims("exp", "1"))), badToken("token is expired")},
		{"no token", at("/read"), noAuth("read")},
	} {
		for _, target := range l.targets {
			if target.protocol != "HTTP/1.1" {
				continue
			}
			t.Run("R19/"+test.name+" on "+target.framework, func(t *testing.T) {
				address := target.wire.(http1).address
				for range 20 { // 20 times, because the timing of the disconnect varies
					conn := dial(t, address, nil).(*net.TCPConn)
					if _, err := io.WriteString(conn, test.http1("GET")); err != nil {
						t.Fatal(err)
					}
					check(t, conn.CloseWrite())
					got, err := read1(t, conn, "GET").verdict()
					check(t, conn.Close())
					if err != nil || got != test.want {
						t.Fatalf("got %+v, %v, want %+v", got, err, test.want)
					}
				}
			})
		}
	}
}
