// Command service calls an API in its own name, without a person: the client credentials grant (RFC 6749 §4.4), with what
// is easily forgotten. It is configured by environment alone and prints what it did, without a token.
//
// To try it, one command for each of three terminals:
//
//	go run ./cmd/bearerguard serve --addr 127.0.0.1:9000
//	ISSUER=http://127.0.0.1:9000 AUDIENCE=api go run ./examples/api
//	OAUTH_TOKEN_ENDPOINT=http://127.0.0.1:9000/token OAUTH_CLIENT_ID=test-client OAUTH_CLIENT_SECRET=test-secret go run ./examples/service
//
// Under bearerguard exec all of OAUTH_* is there already:
//
//	go run ./cmd/bearerguard exec --addr 127.0.0.1:9000 -- go run ./examples/service
//
// Environment:
//
//	API_URL  where examples/api is; default http://127.0.0.1:8080
//	CALLS    how often GET /items is called; default 1
//	EVERY    how long it waits in between; default 5s
//
//	OAUTH_TOKEN_ENDPOINT  where the authorization server issues tokens
//	OAUTH_CLIENT_ID       the service's client there
//	OAUTH_CLIENT_SECRET   its secret
//	OAUTH_SCOPE           what is asked for; default items:read
//	OAUTH_RESOURCE        the API's identifier, for servers that want it as resource (RFC 8707); default none
//	OAUTH_AUDIENCE        the same for servers that want it as audience; default none
//
//	INSECURE_HTTP  1 allows plain http beyond loopback, as between containers
//
// A server with a certificate of its own making, as that of serve --tls, is trusted by way of SSL_CERT_FILE.
//
// The rules it keeps:
//
//   - a token is used until shortly before it expires: one for each call would make the server the bottleneck;
//   - 401 to a token that should be good, which was revoked perhaps: one new token, one more try, and no third;
//   - 503: the same again once the time in Retry-After is over, three times at most, and no longer than a minute;
//   - 403 and the rest: another token would not help.
//
// The exit status is 0 if every call was answered with 200, 1 if one was not, and 2 for a bad environment, which is
// reported whole.
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

// run is main without the process.
func run(ctx context.Context, getenv func(string) string, stdout, stderr io.Writer) int {
	cfg, err := fromEnv(getenv)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	return work(ctx, cfg, http.DefaultTransport, stdout)
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

// wait reports whether all of d could pass.
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
