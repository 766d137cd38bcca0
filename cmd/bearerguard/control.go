package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/internal/control"
)

// What serve and exec say, and the commands below hear.
const (
	envControlURL   = "OAUTH_CONTROL_URL"
	envControlToken = "OAUTH_CONTROL_TOKEN" //nolint:gosec // a name, no credentials
)

// caller is a command that asks the control API of a running server.
type caller struct {
	streams
	server         *running // in this process
	url, readyFile string
	json           bool
}

// calling makes cmd a client of the control API.
func calling(s streams, cmd *cobra.Command, run func(cmd *cobra.Command, c *caller, args []string) error) *cobra.Command {
	c := &caller{streams: s}
	cmd.Flags().StringVar(&c.url, "control-url", "", "control API of the server; by default that of --ready-file, or $"+envControlURL)
	cmd.Flags().StringVar(&c.readyFile, "ready-file", "", "`file` in which serve wrote where it is")
	noFiles(cmd, "control-url")
	if cmd.ValidArgsFunction == nil {
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return run(cmd, c, args) }
	return cmd
}

// printing is calling for a command that prints data: text for people and
// pipelines, or JSON.
func printing(s streams, cmd *cobra.Command, run func(cmd *cobra.Command, c *caller, args []string) error) *cobra.Command {
	var asJSON bool
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return calling(s, cmd, func(cmd *cobra.Command, c *caller, args []string) error {
		c.json = asJSON
		return run(cmd, c, args)
	})
}

// parent is a command that has others below it.
func parent(use, short string, subs ...*cobra.Command) *cobra.Command {
	cmd := group(&cobra.Command{Use: use, Short: short})
	cmd.AddCommand(subs...)
	return cmd
}

// controlKnown reports whether a flag or the environment names a control API.
func controlKnown(cmd *cobra.Command) bool {
	return cmd.Flags().Changed("control-url") || cmd.Flags().Changed("ready-file") || os.Getenv(envControlURL) != ""
}

// where finds the API and its token. There is no flag for the token, because
// everybody on a machine sees the flags.
func (c *caller) where() (base, token string, err error) {
	if c.server != nil {
		return c.server.controlURL, c.server.controlToken, nil
	}
	base, token = os.Getenv(envControlURL), os.Getenv(envControlToken)
	if c.readyFile != "" {
		var r ready
		text, err := readFile("--ready-file", c.readyFile)
		if err != nil {
			return "", "", err
		}
		if err := json.Unmarshal(text, &r); err != nil {
			return "", "", usage("--ready-file: %w", err)
		}
		base, token = r["control"], r["control_token"]
	}
	base = cmp.Or(c.url, base)
	u, err := url.Parse(base)
	switch {
	case base == "":
		return "", "", usage("no server: run it by exec, or give --ready-file, or $%s and $%s", envControlURL, envControlToken)
	case err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https":
		return "", "", usage("the URL of the control API is none: want one such as http://127.0.0.1:9001")
	case token == "":
		return "", "", usage("no token for the control API: give --ready-file, or $%s", envControlToken)
	}
	return base, token, nil
}

// element is an ID as an element of a path. One of dots alone would be a way up.
func element(id string) string {
	if id == "." || id == ".." {
		return strings.ReplaceAll(id, ".", "%2E")
	}
	return url.PathEscape(id)
}

// call sends in, if it is not nil, and reads the answer into out, if it is not nil.
func (c *caller) call(ctx context.Context, method, path string, in, out any) (text []byte, err error) {
	base, token, err := c.where()
	if err != nil {
		return nil, err
	}
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, usage("%w", err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, base+path, body)
	if err != nil {
		return nil, usage("the URL of the control API is none")
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	// No proxy: it is on this machine.
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err // without the URL, which the user knows
		}
		return nil, failure("the control API cannot be reached: %w", err)
	}
	defer resp.Body.Close()
	text, err = io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return nil, failure("the answer of the control API broke off: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, refusedBy(resp.StatusCode, text)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			return nil, failure("the answer is not that of a control API: %w", err)
		}
	}
	return text, nil
}

// refusedBy is the error of an answer that is none, with the exit code that fits.
func refusedBy(status int, text []byte) error {
	var e control.Error
	if json.Unmarshal(text, &e) != nil || e.Code == "" {
		return failure("the answer %d is not that of a control API", status)
	}
	switch status {
	case http.StatusBadRequest:
		return usage("%s", e.Description)
	case http.StatusNotFound, http.StatusGatewayTimeout:
		return coded{exitNo, fmt.Errorf("%s", e.Description)}
	}
	return failure("the control API refused: %s", e.Description)
}
