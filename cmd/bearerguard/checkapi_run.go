package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/oauth2"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/asclient"
	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/control"
	wire "github.com/bearerguard/bearerguard/internal/control"
)

// run makes the server check the API. If needed, it first starts the server and
// the program that serves the API.
func (f *checkFlags) run(cmd *cobra.Command, c *caller, program []string) (answer wire.Checked, err error) {
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	if _, err := f.request(ctx); err != nil {
		return answer, err
	}
	changed := cmd.Flags().Changed
	own := len(program) > 0 || changed("addr") || changed("issuer") || changed("seed") || changed("allow-remote")
	switch {
	case own && (changed("control-url") || changed("ready-file")):
		return answer, usage("--control-url and --ready-file select a running server: leave out --addr, --issuer, --seed, --allow-remote and the program, which are for a new server")
	case own && len(program) == 0 && !changed("addr"), !own && !hasControl(cmd):
		return answer, usage("no authorization server was found for the check. Do one of these: run the API and this command with bearerguard exec; give --ready-file of a running server; " +
			"give --addr, such as 127.0.0.1:9400, and configure the API for the issuer http://127.0.0.1:9400; or put -- and the program of the API at the end, and this command starts it")
	case own:
		c.server, err = f.server.startServer(cmd)
		if err != nil {
			return answer, err
		}
		defer func() { _ = c.server.close() }()
	}
	var exited <-chan struct{}
	if len(program) > 0 {
		var stop func()
		if exited, stop, err = f.start(ctx, c, program); err != nil {
			return answer, err
		}
		defer stop()
	}
	if err := f.await(ctx, exited); err != nil {
		return answer, err
	}
	answer, _, err = doTyped(ctx, c, control.CheckAPI(f.req))
	if refused, ok := errors.AsType[coded](err); ok {
		err = coded{refused.code, errors.New(checkFlagNames.Replace(err.Error()))}
	}
	for i, r := range answer.Results {
		answer.Results[i].Why, answer.Results[i].Fix = checkFlagNames.Replace(r.Why), checkFlagNames.Replace(r.Fix)
	}
	if ctx.Err() != nil {
		err = failure("the check was interrupted")
	}
	return answer, err
}

const (
	pollInterval    = 50 * time.Millisecond
	startTimeout    = 30 * time.Second // maximum wait for the first answer of the program, unless --wait is given
	shutdownTimeout = 5 * time.Second  // maximum wait for the end of the program after an interrupt
)

// start starts the program that serves the API. The exited channel is closed
// when the program has ended. The stop function ends the program.
func (f *checkFlags) start(ctx context.Context, c *caller, program []string) (exited <-chan struct{}, stop func(), err error) {
	env, cleanUp, err := c.server.environment()
	if err != nil {
		return nil, nil, failure("%w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, program[0], program[1:]...) //nolint:gosec // the user names it
	cmd.Stdout, cmd.Stderr = c.err, c.err
	cmd.Env = slices.Concat(env, []string{"OAUTH_AUDIENCE=" + cmp.Or(f.aud, "api")})
	cmd.Cancel, cmd.WaitDelay = func() error { return interrupt(cmd.Process) }, shutdownTimeout
	if err := cmd.Start(); err != nil {
		cancel()
		cleanUp()
		return nil, nil, usage("the program cannot be started: %w", err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = cmd.Wait() // the exit code of the program does not matter
	}()
	return done, func() {
		cancel()
		<-done
		cleanUp()
	}, nil
}

// await waits until the API answers. It fails if the program ends first or the
// timeout expires.
func (f *checkFlags) await(ctx context.Context, exited <-chan struct{}) error {
	timeout := f.wait
	if exited != nil {
		timeout = cmp.Or(timeout, startTimeout)
	}
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	expired := time.After(timeout)
	for {
		err := f.reach(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return failure("the check was interrupted")
		case <-exited:
			return failure("the program ended before it answered")
		case <-expired:
			return failure("the API cannot be reached: %w", err)
		case <-tick.C:
		}
	}
}

// interrupt asks a program to end. On systems that cannot send an interrupt
// signal, it kills the program.
func interrupt(p *os.Process) error {
	if err := p.Signal(os.Interrupt); err == nil || errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return p.Kill()
}

// reach sends the API a request without a token. It returns an error if the API
// does not answer at all.
func (f *checkFlags) reach(ctx context.Context) error {
	r, err := f.request(ctx)
	if err != nil {
		return err
	}
	via := &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: f.roots, Certificates: f.certificates},
	}
	resp, err := asclient.HTTPClient(context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: via})).Do(r)
	if refusal, ok := errors.AsType[*net.OpError](err); ok && refusal.Op == "remote error" {
		return nil // TLS alert: the API answers, but probably wants a certificate
	}
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// request returns the HTTP request that the flags describe, without a token.
func (f *checkFlags) request(ctx context.Context) (*http.Request, error) {
	u, err := url.Parse(f.req.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return nil, usage("%q: want the URL of a route, such as http://localhost:8080/orders", f.req.URL)
	}
	r, err := http.NewRequestWithContext(ctx, f.req.Method, u.String(), strings.NewReader(f.req.Body))
	if err != nil {
		return nil, usage("--method: %w", err)
	}
	for name, values := range f.req.Header {
		for _, value := range values {
			r.Header.Add(name, value)
		}
	}
	return r, nil
}
