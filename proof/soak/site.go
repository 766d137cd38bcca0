package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
)

const scope = "orders:read"

// newVerifier returns the verifier under test. It is configured like a typical
// API, except that its minimum interval is shorter than the rotation period.
func newVerifier(ctx context.Context, as *testserver.Server, minInterval time.Duration) (*middleware.Verifier, error) {
	quiet := slog.New(slog.DiscardHandler)
	keys, err := jwks.Discover(as.Issuer(), jwks.Options{Client: as.Client(), MinInterval: minInterval, Logger: quiet})
	if err != nil {
		return nil, err
	}
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api",
		Issuers:  []middleware.Issuer{{URL: as.Issuer(), Keys: keys}},
		Logger:   quiet,
	})
	if err != nil {
		return nil, err
	}
	return v, v.Warm(ctx)
}

func requireScope(v *middleware.Verifier) func(http.Handler) http.Handler {
	return httpauth.Require(v, scopes.All(scope))
}

// serveAPI serves the API behind a guard until the caller calls stop.
func serveAPI(guard func(http.Handler) http.Handler) (url string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	api := &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: guard(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNoContent)
		})),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = api.Serve(l) // Serve always returns ErrServerClosed
	}()
	return "http://" + l.Addr().String(), func() {
		_ = api.Close()
		<-done
	}, nil
}
