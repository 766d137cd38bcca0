// Command api is an HTTP API protected by Bearerguard and configured only by
// environment variables.
//
//	ISSUER=https://login.example.com AUDIENCE=https://api.example.com go run ./examples/api
//
// Environment:
//
//	LISTEN         address to listen on; default 127.0.0.1:8080, port 0 picks a free port
//	FRAMEWORK      framework of the routes: http (the default), echo (v4), echo5 or gin
//	ISSUER         issuer URL, as in the iss of its tokens; several are separated by commas
//	AUDIENCE       the aud that a token must have
//	ORIGIN         public base URLs of the API, separated by commas; the first is
//	               the resource that the metadata names (RFC 9728); default
//	               http://LISTEN if LISTEN is on loopback, else the API has no metadata
//	DPOP           on (the default) accepts bearer tokens, and also tokens that are
//	               bound to a client's key and sent with a proof (RFC 9449);
//	               off refuses bound tokens; required refuses bearer tokens
//	DPOP_NONCES    1 requires a nonce in each proof. Processes with the same
//	               REDIS_SECRET accept each other's nonces
//	REDIS_URL      redis://HOST:PORT of a Redis 7 or later; default none. Several
//	               processes share three things in Redis: the proofs that were
//	               used, introspection responses and a list of revoked tokens.
//	               While Redis is down, requests with proofs get 503. After ten
//	               seconds, or at once if Redis was down at the start, all requests
//	               with tokens get 503. The listener on REVOCATION_LISTEN and other
//	               programs can add to the list
//	REDIS_SECRET   at least 32 random bytes, the same for all processes. The values
//	               in Redis are encrypted and authenticated with it. If it is empty,
//	               a key is derived from INTROSPECTION_CLIENT_SECRET. If both are
//	               empty, an attacker who can write to Redis can forge the values
//	PROFILE        empty, or rfc9068 to require exactly that profile of JWT access tokens
//	INSECURE_HTTP  1 allows issuers on plain http beyond loopback, as between containers
//
//	INTROSPECTION_CLIENT_ID      credentials with which the API introspects opaque tokens at the (first) issuer.
//	INTROSPECTION_CLIENT_SECRET  By default both are empty: only JWTs are accepted
//	INTROSPECTION_ENDPOINT       URL of the endpoint; default the endpoint in the issuer's metadata
//	INTROSPECTION_MAX_TTL        how long a response is cached; default 5s, at most 1h; 0s introspects on every request
//
//	MTLS_LISTEN      address of a second listener, with TLS, which asks clients for a certificate; default none,
//	                 port 0 picks a free port
//	MTLS_CERT_FILE   the certificate of this listener in PEM, followed by its chain
//	MTLS_KEY_FILE    the private key of the certificate in PEM
//	FORWARDED_CERT   the proxy that forwards the certificates of clients to LISTEN in a header field: envoy, nginx,
//	                 alb, traefik, haproxy or rfc9440; default none. The field is X-Client-Cert for nginx and
//	                 X-SSL-Client-DER for haproxy, or another one as in nginx:X-Cert
//	TRUSTED_PROXIES  addresses of the proxies, or prefixes such as 10.0.0.0/8, separated by commas; required with
//	                 FORWARDED_CERT
//
//	REVOCATION_LISTEN          address of a listener that receives, on every path, OpenID Connect back-channel logout
//	                           tokens and security events (RFC 8935, Content-Type application/secevent+jwt); default
//	                           none, port 0 picks a free port. The list of revoked tokens is stored in Redis if
//	                           REDIS_URL is set, otherwise in memory
//	REVOCATION_AUDIENCE        the aud of logout tokens and security events; several are separated by commas; default
//	                           AUDIENCE and INTROSPECTION_CLIENT_ID
//	REVOCATION_AUTHORIZATION   the Authorization field that the transmitter of security events must send; by
//	                           default the field is not checked
//	REVOCATION_TOKEN_LIFETIME  the longest lifetime of an access token; default 1h
//
// Introspection follows RFC 7662 and authenticates with client_secret_basic.
//
// A proof contains the URL of its request, so DPoP needs an origin. If LISTEN
// is not on loopback and ORIGIN is empty, the API has no origin. Then DPOP=on
// acts as off and logs a warning, and DPOP=required is an error.
//
// With MTLS_LISTEN or FORWARDED_CERT, the API accepts tokens that are bound to
// a certificate of the client (RFC 8705), if the client presents that
// certificate. Without these variables, the API refuses such tokens. The TLS
// listener does not verify the chain of a client's certificate, because the
// token contains the hash of the certificate. It serves the same routes over
// HTTP/1.1 and HTTP/2, and ignores the header field of FORWARDED_CERT. The
// program logs the address of the TLS listener: msg="listening with TLS"
// addr=ADDR. If both listeners are on loopback and ORIGIN is empty, then
// https://MTLS_LISTEN is also an origin. Otherwise, proofs for the TLS listener
// need ORIGIN.
//
// If the environment has faults, the program reports them together and exits
// with status 2. Some faults are found only after others are corrected. Without
// faults, the program prints one line, "listening on http://ADDR", when it is
// ready, and serves HTTP/1.1 and unencrypted HTTP/2 until SIGINT or SIGTERM.
//
// Routes (the GET routes also answer HEAD):
//
//	GET  /public   no token needed
//	GET  /me       any valid token; answers {"sub","client_id","iss","scopes":[…]}
//	GET  /items    scope items:read
//	POST /items    scope items:write
//	GET  /admin    scopes items:read, items:write and admin
//	GET  /any      scope items:read or admin
//	GET  /fresh    the user authenticated at most five minutes ago
//	GET  /mfa      the user authenticated with acr urn:example:mfa
//	GET  /healthz  200 while the JWTs of at least one issuer can be verified, 503 otherwise
//
// The metadata is at /.well-known/oauth-protected-resource, followed by the
// path of the first origin if it has one.
//
// The program starts even if an issuer is down. Until the issuer's keys are
// fetched, a request with a token of this issuer is answered with 503 and
// Retry-After. While introspection is down, requests with opaque tokens get the
// same answer.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
)

const (
	warmTimeout     = 10 * time.Second
	shutdownTimeout = 10 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// run does the work of main with the given environment and output. It returns
// the exit status when ctx is done or an error occurs.
func run(ctx context.Context, getenv func(string) string, stdout, stderr io.Writer) int {
	log := slog.New(slog.NewTextHandler(stderr, nil))
	cfg, err := fromEnv(getenv, log)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	if err := serve(ctx, cfg, stdout, log); err != nil {
		log.Error("api stopped", "err", err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, cfg config, stdout io.Writer, log *slog.Logger) error {
	listener, err := net.Listen("tcp", cfg.listen)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // closes the listener if serve fails early
	listeners := []net.Listener{listener}
	var secure net.Addr
	if cfg.mtls != nil {
		withTLS, err := tls.Listen("tcp", cfg.mtls.listen, cfg.mtls.tls)
		if err != nil {
			return err
		}
		defer func() { _ = withTLS.Close() }()
		listeners, secure = append(listeners, withTLS), withTLS.Addr()
		log.Info("listening with TLS", "addr", secure)
	}
	verifier, err := cfg.newVerifier(listener.Addr(), secure)
	if err != nil {
		return err
	}
	servers := slices.Repeat([]*http.Server{newServer(cfg.build(verifier), log)}, len(listeners))
	if cfg.signals != nil {
		handler, err := cfg.signals.handler(verifier)
		if err != nil {
			return err
		}
		receiving, err := net.Listen("tcp", cfg.signals.listen)
		if err != nil {
			return err
		}
		defer func() { _ = receiving.Close() }()
		listeners, servers = append(listeners, receiving), append(servers, newServer(handler, log))
		log.Info("listening for revocations", "addr", receiving.Addr())
	}

	var running sync.WaitGroup
	defer running.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	running.Go(func() { warm(ctx, verifier, log) })
	if cfg.shared != nil {
		running.Go(func() { _ = cfg.shared.list.Run(ctx) }) // fails only if the list is already running
		cfg.shared.prepare(ctx, log)
	}

	served := make(chan error, len(listeners))
	for i, l := range listeners {
		running.Go(func() { served <- servers[i].Serve(l) })
	}
	fmt.Fprintf(stdout, "listening on http://%s\n", listener.Addr())

	select {
	case err = <-served:
	case <-ctx.Done():
		// ctx is already done, so the shutdown needs its own timeout.
		grace, done := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer done()
		for _, s := range servers {
			err = errors.Join(err, s.Shutdown(grace))
		}
	}
	for _, s := range servers {
		err = errors.Join(err, s.Close())
	}
	return err
}

// warm fetches the keys of the issuers before the first request needs them. If
// warm fails, only /healthz is affected: the verifier fetches the keys again
// when a token arrives.
func warm(ctx context.Context, v *middleware.Verifier, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, warmTimeout)
	defer cancel()
	if err := v.Warm(ctx); err != nil {
		log.Warn("starting without the keys of some issuers", "err", err)
	}
}

func newServer(handler http.Handler, log *slog.Logger) *http.Server {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler:           handler,
		Protocols:         &protocols,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10, // four times the maximum of a token: the library, not net/http, must refuse longer tokens
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}
