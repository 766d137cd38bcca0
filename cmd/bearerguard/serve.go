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
		Long: `Run the mock authorization server until SIGTERM, which it ends on with code 0, or
Ctrl-C, with code 130.

When it is ready it writes one line of JSON to standard output, and nothing else:

  {"issuer":…,"client_id":…,"client_secret":…,"authorization_endpoint":…,"token_endpoint":…,
   "introspection_endpoint":…,"jwks_uri":…,"control":…,"control_token":…,"ca_pem":…}

control is the URL of the control API, which the other commands use, and control_token
the bearer token that it asks for; both are "" under --control off, and the token is
if it was given. ca_pem is the root
certificate to trust under --tls, else "".

It listens on 127.0.0.1:9000, or the next free port, and only this machine can reach
it. Its tokens are for tests. The other commands find it
if they run in the same directory, or by --ready-file.`,
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
				go func() { // it reads for as long as the process lives
					_, _ = io.Copy(io.Discard, s.in)
					stop()
				}()
			}
			line := newReady(server)
			if server.takeBack, err = announce(line); err != nil && !errors.Is(err, errors.ErrUnsupported) {
				fmt.Fprintf(s.err, "bearerguard: commands in this directory need --ready-file to find the server: %v\n", err)
			}
			signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // so that nobody who reads the line is an error
			banner(s.err, server)
			if isTerminal(s.err) {
				tryThis(s.err, server, f.interactive)
			}
			if _, err := s.out.Write(line.line()); err != nil {
				_ = server.close()
				return failure("nobody reads the ready line: %w", err)
			}
			<-ctx.Done()
			if err := server.close(); err != nil { // also after a signal: something is lost
				fmt.Fprintf(s.err, "bearerguard: %v\n", err)
				return coded{code: exitFailure}
			}
			if by, ok := stoppedBy(cmd.Context()); ok && by.signal == os.Interrupt {
				return coded{code: by.code()}
			}
			return nil
		},
	}
	f.add(cmd, servePort, "port 0 is any that is free. Unless it is given, the next free port will do")
	cmd.Flags().BoolVar(&withStdin, "exit-with-stdin", false, "end when standard input ends, as it does with the program that started this one")
	cmd.Flags().IntVar(&parent, "parent-pid", 0, "end when the process with this `ID` does")
	noFiles(cmd, "parent-pid")
	return cmd
}

// tryThis is for people who see the server for the first time.
func tryThis(w io.Writer, s *running, interactive bool) {
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

// banner is for people: no program should have to read it.
func banner(w io.Writer, s *running) {
	control := s.controlURL
	if control == "" {
		control = "off"
	}
	fmt.Fprintf(w, "bearerguard: %s: test tokens only, they are worth nothing; control API: %s\n", s.Issuer(), control)
}
