package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"time"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/process"
	"github.com/spf13/cobra"
)

func newExec(s streams) *cobra.Command {
	var f serverFlags
	cmd := &cobra.Command{
		Use:   "exec [flags] -- COMMAND [ARG]...",
		Short: "Run a command together with a mock authorization server",
		Long: `Run a command together with a mock authorization server, which stops when the command
ends. The exit code is that of the command, or 128 plus the signal that ended it. The
environment of the command has

  OAUTH_ISSUER OAUTH_CLIENT_ID OAUTH_CLIENT_SECRET
  OAUTH_AUTHORIZATION_ENDPOINT OAUTH_TOKEN_ENDPOINT OAUTH_INTROSPECTION_ENDPOINT OAUTH_JWKS_URI
  OAUTH_CONTROL_URL OAUTH_CONTROL_TOKEN   for the commands token, fault, requests …
  OAUTH_CA_FILE                           with --tls: the root certificate, in PEM

With --tls the root is also added to NODE_EXTRA_CA_CERTS. SSL_CERT_FILE is not changed,
because it would replace all other roots: set it to $OAUTH_CA_FILE for a program that
needs it. Signals are forwarded to the command.`,
		Example: `  bearerguard exec -- npm test
  bearerguard exec --tls --seed test -- pytest -q
  bearerguard exec -- sh -c 'curl -H "Authorization: Bearer $(bearerguard token mint)" localhost:8080/orders'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			server, err := f.startServer(cmd)
			if err != nil {
				return err
			}
			err = server.run(cmd.Context(), s, args)
			if closed := server.close(); closed != nil {
				fmt.Fprintf(s.err, "bearerguard: %v\n", closed) // only printed: the exit code is that of the command
			}
			return err
		},
	}
	f.add(cmd, anyPort, "port 0 picks a free port")
	cmd.Flags().SetInterspersed(false) // flags after COMMAND are flags of COMMAND
	return cmd
}

// run runs a command with an environment that describes the server.
func (s *running) run(ctx context.Context, std streams, args []string) error {
	env, cleanUp, err := s.environment()
	if err != nil {
		return failure("%w", err)
	}
	defer cleanUp()

	// A signal ends ctx, but must not kill the command: the signal is forwarded
	// instead.
	child := exec.CommandContext(context.WithoutCancel(ctx), args[0], args[1:]...) //nolint:gosec // the user names it
	child.Env = env
	child.Stdin, child.Stdout, child.Stderr = std.in, std.out, std.err
	// After the command has ended, a process that it started may keep the
	// output open. Wait at most WaitDelay for the end of the output.
	child.WaitDelay = time.Second
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, process.Forwarded...)
	defer signal.Stop(signals)
	if ctx.Err() != nil { // a signal arrived before Notify
		return failure("interrupted before the command started")
	}
	if err := child.Start(); err != nil {
		return usage("%w", err)
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		for {
			select {
			case sig := <-signals:
				if !fromTerminal(std.in, sig) {
					_ = child.Process.Signal(sig) // fails if the command has just ended
				}
			case <-ended:
				return
			}
		}
	}()
	err = child.Wait()
	var exit *exec.ExitError
	switch {
	case err == nil || errors.Is(err, exec.ErrWaitDelay):
		return coded{} // exit code 0, even after a signal
	case errors.As(err, &exit):
		return coded{code: process.ExitCode(exit.ProcessState)}
	}
	return failure("%w", err)
}

// fromTerminal reports whether the terminal has probably already sent sig to
// the command. It assumes this of an interrupt, such as Ctrl-C, if standard
// input is a terminal. Such a signal must not be forwarded, because many
// programs treat a second interrupt differently.
func fromTerminal(in io.Reader, sig os.Signal) bool { return sig == os.Interrupt && isTerminal(in) }
