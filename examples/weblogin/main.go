// Command weblogin is a web site that people log in to at an authorization server, and that then calls an API in their
// name: the client of the OAuth tutorials, with what they leave out. Configured by environment alone, on net/http,
// golang.org/x/oauth2 and go-oidc; written to be copied.
//
// To try it, one command for each of three terminals, then open http://127.0.0.1:8081 and log in as test-user with
// test-password:
//
//	go run ./cmd/bearerguard serve --addr 127.0.0.1:9000 --interactive
//	ISSUER=http://127.0.0.1:9000 AUDIENCE=api go run ./examples/api
//	OAUTH_ISSUER=http://127.0.0.1:9000 OAUTH_CLIENT_ID=test-client OAUTH_CLIENT_SECRET=test-secret go run ./examples/weblogin
//
// Environment, the names being those that bearerguard exec exports:
//
//	LISTEN    address to listen on; default 127.0.0.1:8081, port 0 takes a free one
//	BASE_URL  where browsers find the site, https behind a proxy; default http:// and the address.
//	          BASE_URL/callback must be registered at the server as a redirect URI
//	API_URL   where examples/api is; default http://127.0.0.1:8080
//
//	OAUTH_ISSUER         issuer URL of the authorization server, whose metadata say the rest
//	OAUTH_CLIENT_ID      the site's client there
//	OAUTH_CLIENT_SECRET  its secret; empty for a public client
//	OAUTH_SCOPE          what people are asked for; default openid profile email offline_access items:read
//	OAUTH_RESOURCE       the API's identifier, for servers that want it (RFC 8707); default none
//	POST_LOGOUT_URL      where the server sends people after the logout, if it is registered there; default nowhere
//
//	SESSION_DIR  directory that keeps sessions over a restart; default none, they are in memory
//	SESSION_KEY  32 bytes in base64 that encrypt sessions; default a new key, so that SESSION_DIR needs it:
//	             head -c 32 /dev/urandom | base64
//
//	INSECURE_HTTP  1 allows plain http beyond loopback, as between containers
//
// OIDC=off is for a server without ID tokens, such as GitHub. Who somebody is says the answer of its userinfo endpoint to
// the access token. The endpoints are those of the RFC 8414 metadata of OAUTH_ISSUER, if that is set, and these where
// they are set:
//
//	OAUTH_AUTHORIZATION_ENDPOINT OAUTH_TOKEN_ENDPOINT OAUTH_USERINFO_ENDPOINT OAUTH_REVOCATION_ENDPOINT
//	OAUTH_SUBJECT  the member of that answer which never changes for one person; default sub, for GitHub id
//
// For GitHub:
//
//	OIDC=off OAUTH_SUBJECT=id OAUTH_SCOPE=read:user OAUTH_CLIENT_ID=… OAUTH_CLIENT_SECRET=… \
//	OAUTH_AUTHORIZATION_ENDPOINT=https://github.com/login/oauth/authorize \
//	OAUTH_TOKEN_ENDPOINT=https://github.com/login/oauth/access_token \
//	OAUTH_USERINFO_ENDPOINT=https://api.github.com/user go run ./examples/weblogin
//
// A server with a certificate of its own making, as that of serve --tls, is trusted by way of SSL_CERT_FILE.
//
// A bad environment is reported whole and ends the program with status 2, a server that cannot be discovered with 1.
// Otherwise it prints one line, "listening on http://ADDR", when it is ready, and runs until SIGINT or SIGTERM.
//
// Routes:
//
//	GET  /          who is logged in
//	GET  /login     sends the browser to the server, with state, nonce and PKCE (RFC 6749, RFC 7636, RFC 9700)
//	GET  /callback  takes the browser back, checks everything, begins a session (RFC 9207, OpenID Connect Core 1.0)
//	GET  /profile   what the server's userinfo endpoint tells
//	GET  /items     what the API tells; both refresh the access token when it is due
//	POST /logout    ends the session, here and there (RFC 7009, OpenID Connect RP-Initiated Logout 1.0)
//
// The browser holds two cookies: one for the ten minutes that a login may take, one that names the session. Tokens never
// leave this program but to where they are meant for: not in a page, a cookie, a log or a URL.
//
// Not done: several processes at one SESSION_DIR (see locks), back-channel logout, DPoP.
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

// run is main without the process: it returns the exit status once ctx is done or something failed.
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
		WriteTimeout:      time.Minute, // a page may need a refresh, an answer of the API and a second try of both
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
	// The context that asked for the end cannot also bound it: it is done already.
	grace, done := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer done()
	return errors.Join(server.Shutdown(grace), server.Close())
}
