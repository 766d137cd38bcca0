package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"
)

func newHealth() *cobra.Command {
	timeout := 5 * time.Second
	cmd := &cobra.Command{
		Use:   "health URL",
		Short: "Report by the exit code whether a URL answers with 200",
		Long: `Fetch a URL. The exit code is 0 if it answers with 200, else 1. This is for the health
check of a container that contains no other program.`,
		Example:           `  bearerguard health http://127.0.0.1:9000/.well-known/openid-configuration`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if u, err := url.Parse(args[0]); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
				return usage("health: want an http or https URL, such as http://127.0.0.1:9000/jwks")
			}
			if timeout <= 0 {
				return usage("--timeout %v: give a duration above 0, such as 5s", timeout)
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			return healthy(ctx, args[0])
		},
	}
	cmd.Flags().DurationVar(&timeout, "timeout", timeout, "how long to wait for the answer")
	noFiles(cmd, "timeout")
	return cmd
}

// healthy returns an error unless the URL answers with 200. It uses no proxy
// and follows no redirect.
func healthy(ctx context.Context, at string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return usage("%w", err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // leaves out the URL, which the caller knows
		}
		return coded{exitNo, err}
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return coded{exitNo, errors.New("got " + resp.Status + ", want 200")}
	}
	return nil
}
