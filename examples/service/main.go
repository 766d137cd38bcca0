// Command service calls an API in its own name, without a user. It uses the
// client credentials grant (RFC 6749 §4.4) and handles the cases that are
// easily forgotten. It is configured only by environment variables. It prints
// what it does, but never a token.
//
// To try it, run each command in its own terminal:
//
//	go run ./cmd/bearerguard serve --addr 127.0.0.1:9000
//	ISSUER=http://127.0.0.1:9000 AUDIENCE=api go run ./examples/api
//	OAUTH_TOKEN_ENDPOINT=http://127.0.0.1:9000/token OAUTH_CLIENT_ID=test-client OAUTH_CLIENT_SECRET=test-secret go run ./examples/service
//
// bearerguard exec sets the three variables of that command that begin with
// OAUTH_:
//
//	go run ./cmd/bearerguard exec --addr 127.0.0.1:9000 -- go run ./examples/service
//
// Environment:
//
//	API_URL  URL of examples/api; default http://127.0.0.1:8080
//	CALLS    number of calls of GET /items; default 1
//	EVERY    time between two calls; default 5s
//
//	OAUTH_TOKEN_ENDPOINT  token endpoint of the authorization server
//	OAUTH_CLIENT_ID       client ID of the service
//	OAUTH_CLIENT_SECRET   client secret of the service
//	OAUTH_SCOPE           scopes to request; default items:read
//	OAUTH_RESOURCE        identifier of the API, for servers that need the parameter resource (RFC 8707); default none
//	OAUTH_AUDIENCE        identifier of the API, for servers that need the parameter audience; default none
//
//	DPOP              1 binds the tokens to a key of the program (RFC 9449); the program fails if the server does not support DPoP
//	CLIENT_CERT_FILE  certificate of the service in PEM, to authenticate it or to bind its tokens (RFC 8705). OAUTH_CLIENT_SECRET
//	                  is then optional, and OAUTH_TOKEN_ENDPOINT must be an endpoint that asks for certificates
//	CLIENT_KEY_FILE   private key of the certificate, in PEM
//
//	INSECURE_HTTP  1 allows plain http beyond loopback, as between containers
//
// To trust a self-signed certificate, such as the certificate of serve --tls,
// set SSL_CERT_FILE.
//
// The program follows these rules:
//
//   - A token is reused until shortly before it expires. Requesting a token for
//     each call would overload the authorization server.
//   - After 401 it gets a new token and retries once, because the token may
//     have been revoked. A second 401 is a failure.
//   - After 503 it retries when the time in Retry-After has passed, at most
//     three times. It does not retry if that time is longer than a minute.
//   - After any other status, such as 403, it does not retry, because a new
//     token would not help.
//
// The exit status is 0 if the API answered every call with 200. It is 1 if a
// call failed or the API answered with a different status. It is 2 if the
// environment is invalid. With status 2, the program reports every fault of the
// environment.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// run does the work of main with the given environment and output. It returns
// the exit status.
func run(ctx context.Context, getenv func(string) string, stdout, stderr io.Writer) int {
	cfg, err := fromEnv(getenv)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	return work(ctx, cfg, cfg.bind(http.DefaultTransport), stdout)
}

func work(ctx context.Context, cfg config, transport http.RoundTripper, stdout io.Writer) (status int) {
	c := newCaller(cfg, transport, stdout)
	for n := range cfg.calls {
		if n > 0 && !wait(ctx, cfg.every) {
			return status
		}
		if err := c.items(ctx); err != nil {
			fmt.Fprintln(stdout, "call failed:", err)
			status = 1
		}
	}
	return status
}

// wait waits for d. It returns false if ctx ends before that.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
