package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"unicode"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/cli"
	"github.com/spf13/cobra"
)

// Exit codes. The help of the root command documents them.
const (
	exitOK      = 0
	exitNo      = 1 // the answer is no, such as a refused token, a wrong answer of the API or an invalid configuration file
	exitUsage   = 2 // the command line, or a file that it names, is wrong; nothing was done
	exitFailure = 3 // a server is unreachable or refuses a request, or the system reports a problem
)

// streams holds the standard streams of a command. Commands write data to out
// and messages to err.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// coded is an error with its exit code. If the error is nil, only the exit code
// is used and nothing is printed.
type coded struct {
	code int
	error
}

func (c coded) Unwrap() error { return c.error }

// usage returns an error for a wrong command line. failure returns an error for
// a problem with a server or the system.
func usage(format string, args ...any) error { return coded{exitUsage, fmt.Errorf(format, args...)} }
func failure(format string, args ...any) error {
	return coded{exitFailure, fmt.Errorf(format, args...)}
}

// run executes a command line and returns the exit code.
func run(ctx context.Context, args []string, s streams) int {
	root := newRoot(s)
	root.SetArgs(cli.Protect(root, args))
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	// If the command line is wrong, cobra returns an error without an exit
	// code.
	c := coded{exitUsage, err}
	_ = errors.As(err, &c)
	if by, ok := stoppedBy(ctx); ok && c.error != nil { // error not printed: the user sent the signal
		return by.code()
	}
	if c.error != nil {
		_, _ = fmt.Fprintf(s.err, "bearerguard: %s\n", withoutControls(c.Error()))
	}
	return c.code
}

// withoutControls removes from text the characters that control a terminal. A
// server may have sent such characters.
func withoutControls(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
}

func newRoot(s streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "bearerguard",
		Short: "Test APIs that are protected with OAuth 2.0",
		Long: `Run a mock authorization server, mint valid and invalid tokens, explain why a token is
refused, log in, and check an API in any language.

Exit codes: 0 yes or done, 1 no (the token is refused, or the API answers wrongly),
2 the command line or a file is wrong, 3 a server cannot be reached or refuses,
130 after Ctrl-C.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		root.Version = info.Main.Version
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.AddCommand(newServe(s), newExec(s), newToken(s), newCheckAPI(s), newDoctor(s), newLogin(s),
		newKeys(s), newClient(s), newUser(s), newSignal(s), newFault(s), newRequests(s), newClock(s), newReset(s), newSnapshot(s), newEvents(s), newConfig(s), newHealth())
	cli.Polish(root)
	return root
}
