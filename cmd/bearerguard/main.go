// Command bearerguard helps to build and test APIs that are protected with
// OAuth 2.0. It runs the mock authorization server of package testserver, mints
// valid and invalid tokens, explains why a token is refused, logs in, and
// checks an API in any language.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // nohup makes the process ignore SIGHUP
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		sig := <-signals
		signal.Stop(signals) // a second signal ends the process at once, except in exec
		cancel(stopped{sig})
	}()
	os.Exit(run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}

// stopped is the cause of a context that was canceled by a signal.
type stopped struct{ signal os.Signal }

func (s stopped) Error() string { return s.signal.String() }

// code returns the exit code that shells use for the signal.
func (s stopped) code() int {
	number, _ := s.signal.(syscall.Signal)
	return 128 + int(number)
}

// stoppedBy returns the signal that canceled ctx. The result is false if no
// signal canceled ctx.
func stoppedBy(ctx context.Context) (stopped, bool) {
	return errors.AsType[stopped](context.Cause(ctx))
}
