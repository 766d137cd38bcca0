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
	exitNo      = 1 // what was asked has the answer no: a token refused, an API that answers wrongly
	exitUsage   = 2 // the command line or a file it names is wrong; nothing was done
	exitFailure = 3 // a server could not be reached, or refused
)

// streams are where a command reads and writes. Data goes to out, everything for
// people to err.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// coded is an error with the exit code it means. A nil error prints nothing.
type coded struct {
	code int
	error
}

func (c coded) Unwrap() error { return c.error }

// usage is a fault of the command line, failure one of the world.
func usage(format string, args ...any) error { return coded{exitUsage, fmt.Errorf(format, args...)} }
func failure(format string, args ...any) error {
	return coded{exitFailure, fmt.Errorf(format, args...)}
}

// run is the program without the process around it.
func run(ctx context.Context, args []string, s streams) int {
	root := newRoot(s)
	root.SetArgs(cli.Protect(root, args))
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	// What cobra itself finds wrong with a command line has no code.
	c := coded{exitUsage, err}
	_ = errors.As(err, &c)
	if by, ok := stoppedBy(ctx); ok && c.error != nil { // whoever pressed Ctrl-C knows why
		return by.code()
	}
	if c.error != nil {
		_, _ = fmt.Fprintf(s.err, "bearerguard: %s\n", shown(c.Error()))
	}
	return c.code
}

// shown is a text without what moves a terminal's cursor: a server may have written a
// part of it.
func shown(text string) string {
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
		Long: `Run a mock authorization server, mint tokens good and bad, explain why a token is
refused, log in, and check an API in any language.

Exit codes: 0 yes or done, 1 no (a token refused, an API that answers wrongly),
2 a command line or file that is wrong, 3 a server that cannot be reached or refuses,
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
		newKeys(s), newClient(s), newUser(s), newFault(s), newRequests(s), newClock(s), newReset(s), newSnapshot(s), newEvents(s), newConfig(s), newHealth())
	cli.Polish(root)
	return root
}
