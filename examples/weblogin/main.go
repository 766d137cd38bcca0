// Command weblogin is a web site where users log in with an authorization
// server. The site then calls an API on behalf of the user. It implements the
// client that OAuth tutorials describe, and also the parts that the tutorials
// leave out. It uses net/http, golang.org/x/oauth2 and go-oidc, and is
// configured only by environment variables. Copy its code into your own site.
//
// To try it, run each command in its own terminal, then open
// http://127.0.0.1:8081 and log in as test-user with test-password:
//
//	go run ./cmd/bearerguard serve --addr 127.0.0.1:9000 --interactive
//	ISSUER=http://127.0.0.1:9000 AUDIENCE=api go run ./examples/api
//	OAUTH_ISSUER=http://127.0.0.1:9000 OAUTH_CLIENT_ID=test-client OAUTH_CLIENT_SECRET=test-secret go run ./examples/weblogin
//
// Environment, with the names that bearerguard exec uses:
//
//	LISTEN    address to listen on; default 127.0.0.1:8081, port 0 picks a free port
//	BASE_URL  URL at which browsers reach the site, for example the URL of a proxy; default http:// and the address.
//	          BASE_URL/callback must be registered at the server as a redirect URI
//	API_URL   URL of examples/api; default http://127.0.0.1:8080
//
//	OAUTH_ISSUER         issuer URL of the authorization server, whose metadata contains the endpoints
//	OAUTH_CLIENT_ID      client ID of the site
//	OAUTH_CLIENT_SECRET  client secret of the site; empty for a public client
//	OAUTH_SCOPE          scopes to request; default openid profile email offline_access items:read
//	OAUTH_RESOURCE       identifier of the API, for servers that need the parameter resource (RFC 8707); default none
//	POST_LOGOUT_URL      registered URL to which the server redirects after the logout; default none
//	DPOP                 1 binds the tokens to a key that only the site has (RFC 9449) and that is derived from SESSION_KEY;
//	                     logins fail if the server does not support DPoP
//
//	SESSION_DIR  directory for sessions that survive a restart; default none, sessions are in memory
//	SESSION_KEY  32 bytes in base64 that encrypt sessions, required with SESSION_DIR; default a random key.
//	             To make a key, run: head -c 32 /dev/urandom | base64
//
//	INSECURE_HTTP  1 allows plain http beyond loopback, as between containers
//
// OIDC=off is for a server without ID tokens, such as GitHub. The userinfo
// endpoint of the server then identifies the user. If OAUTH_ISSUER is set, the
// endpoints come from the RFC 8414 metadata of the issuer. The first four
// variables below override these endpoints:
//
//	OAUTH_AUTHORIZATION_ENDPOINT OAUTH_TOKEN_ENDPOINT OAUTH_USERINFO_ENDPOINT OAUTH_REVOCATION_ENDPOINT
//	OAUTH_SUBJECT  the member of the userinfo response that permanently identifies a user; default sub; for GitHub id
//
// For GitHub:
//
//	OIDC=off OAUTH_SUBJECT=id OAUTH_SCOPE=read:user OAUTH_CLIENT_ID=… OAUTH_CLIENT_SECRET=… \
//	OAUTH_AUTHORIZATION_ENDPOINT=https://github.com/login/oauth/authorize \
//	OAUTH_TOKEN_ENDPOINT=https://github.com/login/oauth/access_token \
//	OAUTH_USERINFO_ENDPOINT=https://api.github.com/user go run ./examples/weblogin
//
// To trust a self-signed certificate, such as the certificate of serve --tls,
// set SSL_CERT_FILE.
//
// If the environment has faults, the program reports all of them at once and
// exits with status 2. If discovery fails, it exits with status 1. Otherwise it
// prints one line, "listening on http://ADDR", when it is ready, and runs until
// SIGINT or SIGTERM.
//
// Routes:
//
//	GET  /          shows the user who is logged in
//	GET  /login     redirects to the server, with state, PKCE and, unless OIDC=off, a nonce (RFC 6749, RFC 7636, RFC 9700)
//	GET  /callback  checks the authorization response and begins a session (RFC 9207, OpenID Connect Core 1.0)
//	GET  /profile   shows the claims of the userinfo endpoint. Like /items, it refreshes an expired access token
//	GET  /items     shows the items of the API
//	POST /logout    ends the session at this site and, if the server supports it, at the server (RFC 7009, OpenID Connect RP-Initiated Logout 1.0)
//
// The browser stores two cookies: one for a login, which must finish within ten
// minutes, and one with the ID of the session. Tokens are sent only to the
// endpoints that need them. Tokens never appear in a page, a cookie, a log or a
// URL.
//
// Not supported: back-channel logout, and several processes that share one
// SESSION_DIR (see the type locks).
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const shutdownTimeout = 10 * time.Second

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
	cfg, err := fromEnv(getenv)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	if err := serve(ctx, cfg, stdout, log); err != nil {
		log.Error("weblogin stopped", "err", err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, cfg config, stdout io.Writer, log *slog.Logger) error {
	listener, err := net.Listen("tcp", cfg.listen)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	if cfg.baseURL == "" {
		cfg.baseURL = "http://" + listener.Addr().String()
	}
	a, err := newApp(ctx, cfg, log)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           a.routes(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      time.Minute, // one page may wait for two refreshes and two API calls
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	fmt.Fprintf(stdout, "listening on http://%s\n", listener.Addr())

	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	// ctx is already done, so the shutdown needs its own timeout.
	grace, done := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer done()
	return errors.Join(server.Shutdown(grace), server.Close())
}
