package testserver_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/internal/listen"
)

func TestLatencyDelaysTheResponse(t *testing.T) {
	for name, opts := range inMemory {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := testserver.New(t, opts...)
				s.Inject(testserver.EndpointJWKS, testserver.Latency(90*time.Second), testserver.Times(1))
				for _, want := range []time.Duration{90 * time.Second, 0} {
					begin := time.Now()
					if _, body := get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS)); string(body) != string(s.JWKS()) {
						t.Errorf("got %s, want the key set", body)
					}
					if took := time.Since(begin); took != want {
						t.Errorf("took %v, want %v", took, want)
					}
				}
			})
		})
	}
}

// methods are kinds of requests. For each kind, the server must notice that the
// client has canceled the request.
var methods = map[string]func(ctx context.Context, u string) (*http.Request, error){
	"GET": func(ctx context.Context, u string) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, "GET", u, nil)
	},
	"POST": func(ctx context.Context, u string) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, "POST", u, strings.NewReader("grant_type=none"))
	},
}

func TestLatencyAndHangStopWithTheClient(t *testing.T) {
	for where, tls := range map[string]bool{"plain": false, "TLS": true} {
		for method, request := range methods {
			for name, f := range map[string]testserver.Fault{"Latency": testserver.Latency(time.Hour), "Hang": testserver.Hang()} {
				t.Run(where+"/"+method+"/"+name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s, err := testserver.NewUnstarted(testserver.IssuerURL("https://as.example"))
						if err != nil {
							t.Fatal(err)
						}
						var held time.Duration
						in := s.Inject(testserver.EndpointAny, f)
						l, err := listen.Open(listen.Config{InMemory: true, TLS: tls})
						if err != nil {
							t.Fatal(err)
						}
						transport := l.Transport()
						stop := l.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
							begin := time.Now()
							defer func() { held = time.Since(begin) }()
							s.ServeHTTP(w, r)
						}), transport)
						defer func() { _ = stop() }()
						ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
						defer cancel()
						r, err := request(ctx, l.URL+"/jwks")
						if err != nil {
							t.Fatal(err)
						}
						if _, err := (&http.Client{Transport: transport}).Do(r); !errors.Is(err, context.DeadlineExceeded) {
							t.Errorf("got %v, want the client's deadline", err)
						}
						synctest.Wait()
						if held != 3*time.Second || in.Hits() != 1 {
							t.Errorf("got %v in the handler after %d hits, want 3s and 1", held, in.Hits())
						}
						if last, _ := lastRequest(s, testserver.EndpointJWKS); last.Status != 0 {
							t.Errorf("got status %d recorded, want none", last.Status)
						}
					})
				})
			}
		}
	}
}

func TestCloseStopsHangs(t *testing.T) {
	for where, opts := range inMemory {
		for method, request := range methods {
			t.Run(where+"/"+method, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := testserver.New(t, opts...)
					s.Inject(testserver.EndpointJWKS, testserver.Hang())
					failed := make(chan error)
					go func() {
						r, err := request(t.Context(), s.Endpoint(testserver.EndpointJWKS))
						if err == nil {
							_, err = s.Client().Do(r)
						}
						failed <- err
					}()
					time.Sleep(time.Hour)
					begin := time.Now()
					if err := s.Close(); err != nil || time.Since(begin) != 0 {
						t.Errorf("got %v after %v, want nil at once", err, time.Since(begin))
					}
					if err := <-failed; err == nil {
						t.Error("got a response, want an error")
					}
				})
			})
		}
	}
}

// Close must stop a handler that waits for the rest of an incomplete body. For
// this request, net/http does not cancel the context when the connection is
// closed.
func TestCloseStopsAHangWithAnIncompleteBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testserver.New(t, testserver.InMemory())
		s.Inject(testserver.EndpointJWKS, testserver.Hang())
		c := dial(t, s)
		defer c.Close()
		if _, err := io.WriteString(c, "POST /jwks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		begin := time.Now()
		if err := s.Close(); err != nil || time.Since(begin) != 0 {
			t.Errorf("got %v after %v, want nil at once", err, time.Since(begin))
		}
	})
}

// Close must stop a handler that a test has injected with Handler, even if the
// handler blocks and does not read the body. In this case, net/http does not
// cancel the context of the request when the connection is closed.
func TestCloseStopsBlockedHandlers(t *testing.T) {
	for where, opts := range inMemory {
		for method, request := range methods {
			t.Run(where+"/"+method, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := testserver.New(t, opts...)
					s.Inject(testserver.EndpointJWKS, testserver.Handler(func(http.Handler) http.Handler {
						return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
					}))
					failed := make(chan error)
					go func() {
						r, err := request(t.Context(), s.Endpoint(testserver.EndpointJWKS))
						if err == nil {
							_, err = s.Client().Do(r)
						}
						failed <- err
					}()
					synctest.Wait()
					begin := time.Now()
					if err := s.Close(); err != nil || time.Since(begin) != 0 {
						t.Errorf("got %v after %v, want nil at once", err, time.Since(begin))
					}
					if err := <-failed; err == nil {
						t.Error("got a response, want an error")
					}
				})
			})
		}
	}
}

// Latency and Hang read a part of the body in advance, but the endpoint must
// get the whole body.
func TestReadAheadKeepsTheBody(t *testing.T) {
	for _, size := range []int{0, 1, 1 << 20, 3 << 20} {
		want := strings.Repeat("x", size)
		r := httptest.NewRequest("POST", "/", strings.NewReader(want))
		got, err := io.ReadAll(testserver.ReadAhead(r).Body)
		if err != nil || string(got) != want {
			t.Errorf("got %d bytes and %v, want %d", len(got), err, size)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Body = nil
	if got := testserver.ReadAhead(r); got.Body != nil {
		t.Errorf("got body %v, want none", got.Body)
	}
}

func TestHangLeaksNoGoroutines(t *testing.T) {
	for name, opts := range map[string][]testserver.Option{"plain": nil, "TLS": {testserver.TLS()}} {
		t.Run(name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			s, err := testserver.Start(t.Context(), opts...)
			if err != nil {
				t.Fatal(err)
			}
			s.Inject(testserver.EndpointAny, testserver.Hang())
			failed := make(chan error)
			for range 10 {
				go func() {
					_, err := s.Client().Get(s.Endpoint(testserver.EndpointJWKS))
					failed <- err
				}()
			}
			if err := s.Await(t.Context(), testserver.EndpointJWKS, 10); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			for range 10 {
				if err := <-failed; err == nil {
					t.Error("got a response, want an error")
				}
			}
			goleak.VerifyNone(t, before)
		})
	}
}

// HugeBody must stop when the client disconnects; otherwise a test of a size
// limit would never finish.
func TestHugeBodyStopsWithTheClient(t *testing.T) {
	for name, opts := range listeners {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, opts...)
			s.Inject(testserver.EndpointJWKS, testserver.HugeBody(1<<60))
			resp, err := s.Client().Get(s.Endpoint(testserver.EndpointJWKS))
			if err != nil {
				t.Fatal(err)
			}
			if n, err := io.CopyN(io.Discard, resp.Body, 1<<20); err != nil {
				t.Errorf("got %d bytes and %v, want all requested bytes", n, err)
			}
			resp.Body.Close()
			if resp, err = s.Client().Head(s.Endpoint(testserver.EndpointJWKS)); err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
}

func TestFaultsWithoutAConnectionAbort(t *testing.T) {
	for name, f := range map[string]testserver.Fault{
		"DropConnection": testserver.DropConnection(), "TruncateBody": testserver.TruncateBody(5),
		"Hang": testserver.Hang(), "Latency": testserver.Latency(time.Hour),
	} {
		t.Run(name, func(t *testing.T) {
			s := unstarted(t)
			s.Inject(testserver.EndpointJWKS, f)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			defer func() {
				if got := recover(); got != http.ErrAbortHandler { //nolint:errorlint // net/http also compares with ==
					t.Errorf("got panic %v, want http.ErrAbortHandler", got)
				}
			}()
			s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/jwks", nil).WithContext(ctx))
		})
	}
}

func TestDropConnectionEndsTheConnection(t *testing.T) {
	s := testserver.New(t)
	s.Inject(testserver.EndpointJWKS, testserver.DropConnection())
	c := dialTCP(t, s)
	if _, err := io.WriteString(c, "GET /jwks HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(c); string(got) != "HTTP/1.1 " || err != nil {
		t.Errorf("got %q and %v, want a partial status line and then EOF", got, err)
	}
}
