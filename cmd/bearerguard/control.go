package main

import (
	"cmp"
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/control"
)

// The subcommand exec sets these environment variables for the program that it
// runs. The subcommands that use the control API read the variables.
const (
	envControlURL   = "OAUTH_CONTROL_URL"
	envControlToken = "OAUTH_CONTROL_TOKEN" //nolint:gosec // a name, not a credential
)

// caller is a command that uses the control API of a running server.
type caller struct {
	streams
	server *running // nil if the server runs in another process
	url    string
	ready  readyFlag
	json   bool
}

// controlCommand adds the flags for the control API to cmd, and makes cmd call
// run.
func controlCommand(s streams, cmd *cobra.Command, run func(cmd *cobra.Command, c *caller, args []string) error) *cobra.Command {
	c := &caller{streams: s}
	cmd.Flags().StringVar(&c.url, "control-url", "", "URL of the control API of the server (default the URL in the ready file, or $"+envControlURL+")")
	c.ready.add(cmd)
	noFiles(cmd, "control-url")
	if cmd.ValidArgsFunction == nil {
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return run(cmd, c, args) }
	return cmd
}

// dataCommand does the same as controlCommand, and adds the flag --json. The
// flag selects JSON instead of plain text.
func dataCommand(s streams, cmd *cobra.Command, run func(cmd *cobra.Command, c *caller, args []string) error) *cobra.Command {
	var asJSON bool
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return controlCommand(s, cmd, func(cmd *cobra.Command, c *caller, args []string) error {
		c.json = asJSON
		return run(cmd, c, args)
	})
}

// parent returns a command that has only subcommands.
func parent(use, short string, subs ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short}
	cmd.AddCommand(subs...)
	return cmd
}

// hasControl reports whether the command can find a control API. It can if a
// flag or an environment variable specifies a server. It also can if
// OAUTH_ISSUER is not set and a server was started in this directory.
func hasControl(cmd *cobra.Command) bool {
	return cmd.Flags().Changed("control-url") || cmd.Flags().Changed("ready-file") || os.Getenv(envControlURL) != "" ||
		os.Getenv(envReadyFile) != "" || os.Getenv("OAUTH_ISSUER") == "" && readyHere() != nil
}

// client returns a client of the control API. It takes the URL and the token
// from flags, the ready file or the environment. A flag can set only the URL,
// not the token: every user of the machine can see the flags of a process.
func (c *caller) client() (*control.Client, error) {
	if c.server != nil {
		return control.New(c.server.controlURL, c.server.controlToken)
	}
	base, token := os.Getenv(envControlURL), os.Getenv(envControlToken)
	if c.ready.path != "" || c.url == "" && base == "" {
		r, err := c.ready.find()
		if err != nil {
			return nil, err
		}
		if r != nil && r["control"] == "" && c.url == "" {
			return nil, usage("the server has no control API: start it without --control off")
		}
		if r != nil {
			base, token = r["control"], cmp.Or(r["control_token"], token) // control_token is "" if the server was started with a given token
		}
	}
	base = cmp.Or(c.url, base)
	if base == "" {
		return nil, usage("no running server was found: start a server with bearerguard serve in this directory, or give --ready-file or --control-url of a running server")
	}
	client, err := control.New(base, token)
	if errors.Is(err, control.ErrNoToken) {
		return nil, usage("the token for the control API is missing: set $%s or, if serve generated the token, give --ready-file", envControlToken)
	}
	if err != nil {
		return nil, usage("%w", err)
	}
	return client, nil
}

// do sends an operation and returns the body of the answer.
func (c *caller) do(ctx context.Context, op control.Operation) (text []byte, err error) {
	client, err := c.client()
	if err != nil {
		return nil, err
	}
	text, err = op.Do(ctx, client)
	return text, controlFailure(err)
}

// doTyped sends an operation. It returns the parsed answer and the text of the
// answer.
func doTyped[T any](ctx context.Context, c *caller, op control.TypedOperation[T]) (answer T, text []byte, err error) {
	client, err := c.client()
	if err != nil {
		return answer, nil, err
	}
	answer, text, err = op.Do(ctx, client)
	return answer, text, controlFailure(err)
}

// controlFailure adds the exit code to err.
func controlFailure(err error) error {
	failed, ok := errors.AsType[*control.Error](err)
	if !ok {
		return err // err is nil
	}
	switch failed.Kind {
	case control.Invalid:
		return coded{exitUsage, err}
	case control.Absent:
		return coded{exitNo, err}
	case control.Unreachable, control.Refused, control.Unknown:
	}
	return coded{exitFailure, err}
}
