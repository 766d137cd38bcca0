package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/process"
	"github.com/spf13/cobra"
)

func newServe(s streams) *cobra.Command {
	f := serverFlags{nextPort: true}
	var withStdin bool
	var parent int
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the mock authorization server",
		Long: `Run the mock authorization server until SIGTERM (exit code 0) or Ctrl-C (exit code 130).

When the server is ready, it writes one line of JSON to standard output, and nothing else:

  {"issuer":…,"client_id":…,"client_secret":…,"authorization_endpoint":…,"token_endpoint":…,
   "introspection_endpoint":…,"jwks_uri":…,"control":…,"control_token":…,"ca_pem":…}

control is the URL of the control API, which the other commands use. control_token is the
bearer token for it. Both are "" with --control off; control_token is also "" with
--control-token-file. ca_pem is the root certificate to trust, or "" without TLS.

The server listens on 127.0.0.1:9000, or the next free port, and only this machine can
reach it. Its tokens are for tests. The other commands find the server if they run in
the same directory, or with --ready-file.`,
		Example: `  bearerguard serve
  bearerguard serve --addr 127.0.0.1:9000 --config auth.json --state state.json
  bearerguard serve --like keycloak
  bearerguard serve --ready-file ready.json --exit-with-stdin
  bearerguard serve --seed test --clock 2026-01-01T00:00:00Z --issuer http://127.0.0.1:9000`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := context.WithCancel(cmd.Context())
			defer stop()
			if cmd.Flags().Changed("parent-pid") {
				alive, err := process.Watch(parent)
				if err != nil {
					return usage("--parent-pid %d: %w", parent, err)
				}
				go func() {
					process.UntilGone(ctx, alive)
					stop()
				}()
			}
			server, err := f.startServer(cmd)
			if err != nil {
				return err
			}
			if withStdin {
				go func() { // may block until the process ends
					_, _ = io.Copy(io.Discard, s.in)
					stop()
				}()
			}
			line := newReady(server)
			if server.withdraw, err = announce(line); err != nil && !errors.Is(err, errors.ErrUnsupported) {
				fmt.Fprintf(s.err, "bearerguard: commands in this directory cannot find the server without --ready-file: %v\n", err)
			}
			signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // so that a write to a closed pipe returns an error
			banner(s.err, server)
			if isTerminal(s.err) {
				suggestCommands(s.err, server, f.interactive)
			}
			if _, err := s.out.Write(line.line()); err != nil {
				_ = server.close()
				return failure("the ready line cannot be written to standard output: %w", err)
			}
			<-ctx.Done()
			if err := server.close(); err != nil { // reported even after a signal, because data may be lost
				fmt.Fprintf(s.err, "bearerguard: %v\n", err)
				return coded{code: exitFailure}
			}
			if by, ok := stoppedBy(cmd.Context()); ok && by.signal == os.Interrupt {
				return coded{code: by.code()}
			}
			return nil
		},
	}
	f.add(cmd, servePort, "port 0 picks a free port. If the default port is in use, the next free one is used")
	cmd.Flags().BoolVar(&withStdin, "exit-with-stdin", false, "stop when standard input ends, as it does when the program that started this one ends")
	cmd.Flags().IntVar(&parent, "parent-pid", 0, "stop when the process with this `ID` ends")
	noFiles(cmd, "parent-pid")
	return cmd
}

// suggestCommands prints commands that a new user can try.
func suggestCommands(w io.Writer, s *running, interactive bool) {
	if s.controlURL == "" {
		return
	}
	fmt.Fprint(w, `
Try this in another terminal, in the same directory:

  bearerguard token mint --scope orders:read
  bearerguard fault add jwks --status 503 --times 2
  bearerguard requests list
`)
	if interactive {
		fmt.Fprintf(w, "\nand open %s/debug in a browser.\n", strings.TrimSuffix(s.Issuer(), "/"))
	}
	fmt.Fprintln(w)
}

// banner prints a line for human readers. Programs read the server's ready line
// instead, which is JSON.
func banner(w io.Writer, s *running) {
	control := s.controlURL
	if control == "" {
		control = "off"
	}
	fmt.Fprintf(w, "bearerguard: %s: its tokens are for tests only; control API: %s\n", s.Issuer(), control)
}
