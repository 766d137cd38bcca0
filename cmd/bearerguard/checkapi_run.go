package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// runCheck starts what the check needs, and the check. The output of a program
// that it starts goes to output.
func runCheck(ctx context.Context, output io.Writer, p plan) ([]testserver.Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	as, stop, err := p.serve()
	if err != nil {
		return nil, err
	}
	defer stop()
	if len(p.program) > 0 {
		end, err := p.start(ctx, output, as)
		if err != nil {
			return nil, err
		}
		defer end()
	} else if err := p.reach(ctx); err != nil {
		return nil, failure("the API cannot be reached: %w", err)
	}

	var results []testserver.Result
	tb := &collector{ctx: ctx}
	next := func() *http.Request {
		p.progress.step()
		r, _ := p.request(ctx) // it has worked before
		return r
	}
	tb.run(func() {
		testserver.CheckURL(tb, as, p.base, next, append(p.options, testserver.Results(func(r []testserver.Result) { results = r }))...)
	})
	switch {
	case ctx.Err() != nil:
		return nil, failure("the check was interrupted")
	case tb.fatal != nil:
		return nil, usage("%w", tb.fatal)
	}
	return results, nil
}

// serve runs the mock authorization server whose tokens the API gets.
func (p plan) serve() (as *testserver.Server, stop func(), err error) {
	addr := p.addr
	switch {
	case addr == "" && len(p.program) == 0:
		return nil, nil, usage("where shall the API find its issuer? Give --addr, such as 127.0.0.1:9400, and let the API trust http://127.0.0.1:9400; or let the command start the API, with -- PROGRAM")
	case addr == "":
		addr = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, nil, usage("--addr %q: want host:port", addr)
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) && !p.remote {
		return nil, nil, usage("--addr %q: not a loopback address; add --allow-remote if other machines are to get tokens", addr)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, nil, failure("--addr: %w", err)
	}
	issuer := p.issuer
	if issuer == "" {
		issuer = "http://" + l.Addr().String()
	}
	as, err = testserver.NewUnstarted(append(p.server, testserver.IssuerURL(issuer))...)
	if err != nil {
		return nil, nil, errors.Join(usage("%w", err), l.Close())
	}
	srv := &http.Server{Handler: as, ReadHeaderTimeout: patience}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = srv.Serve(l) // always ErrServerClosed
	}()
	return as, func() {
		_ = srv.Close()
		<-served
		_ = as.Close()
	}, nil
}

const (
	poll     = 50 * time.Millisecond
	startUp  = 30 * time.Second // for an API to answer
	farewell = 5 * time.Second  // for an API to end
)

// start runs the API and waits until it answers.
func (p plan) start(ctx context.Context, output io.Writer, as *testserver.Server) (end func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, p.program[0], p.program[1:]...) //nolint:gosec // the user names it
	cmd.Stdout, cmd.Stderr = output, output
	cmd.Env = append(append(os.Environ(), as.Env()...), "OAUTH_AUDIENCE="+p.audience)
	cmd.Cancel, cmd.WaitDelay = func() error { return interrupt(cmd.Process) }, farewell
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, usage("the program: %w", err)
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = cmd.Wait() // of a program that was asked to end
	}()
	end = func() {
		cancel()
		<-exited
	}
	tick := time.NewTicker(poll)
	defer tick.Stop()
	late := time.After(startUp)
	for {
		if err = p.reach(ctx); err == nil {
			return end, nil
		}
		select {
		case <-tick.C:
			continue
		case <-exited:
			err = failure("the program ended before it answered")
		case <-late:
			err = failure("the program does not answer: %w", err)
		case <-ctx.Done():
			err = failure("the check was interrupted")
		}
		end()
		return nil, err
	}
}

// interrupt lets a program end in order, where there is a way to ask it to.
func interrupt(p *os.Process) error {
	if err := p.Signal(os.Interrupt); err == nil || errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return p.Kill()
}

// reach reports whether the API answers at all, to a request without a token.
func (p plan) reach(ctx context.Context) error {
	r, err := p.request(ctx)
	if err != nil {
		return err
	}
	resp, err := httpClient(ctx).Do(r)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// collector is a test that is none: what fails is in the results.
type collector struct {
	ctx      context.Context //nolint:containedctx // that of testing.T
	cleanups []func()
	fatal    error
}

type fatality struct{}

func (c *collector) Helper()                  {}
func (c *collector) Errorf(string, ...any)    {}
func (c *collector) Cleanup(f func())         { c.cleanups = append(c.cleanups, f) }
func (c *collector) Context() context.Context { return c.ctx }

// Fatalf ends the check, as testing.T does.
func (c *collector) Fatalf(format string, args ...any) {
	c.fatal = fmt.Errorf(format, args...)
	panic(fatality{})
}

func (c *collector) run(check func()) {
	defer func() {
		if r := recover(); r != nil && r != any(fatality{}) {
			panic(r)
		}
		for i := len(c.cleanups) - 1; i >= 0; i-- {
			c.cleanups[i]()
		}
	}()
	check()
}
