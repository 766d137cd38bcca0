// Command bearerguard serves people who build and test APIs that are protected
// with OAuth 2.0: it runs the mock authorization server of package testserver,
// mints tokens good and bad, explains why a token is refused, logs in, and checks
// an API in any language.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
	stop()
	os.Exit(code)
}
