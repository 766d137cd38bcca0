package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/asclient"
	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/cli"
)

// loginFlags say how somebody logs in.
type loginFlags struct {
	client            clientFlags
	output            outputFlags
	params            paramFlags
	scope             []string
	redirect          string
	device, noBrowser bool
	timeout           time.Duration
}

func newLogin(s streams) *cobra.Command {
	var f loginFlags
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Log in as a user and print the tokens",
		Long: `Log in at an authorization server and print the tokens as JSON on standard output, and
nothing else there. All that is for people is on standard error.

The authorization code flow runs in a browser, with PKCE, state and, for the scope
openid, a nonce (RFC 6749 §4.1, RFC 7636, RFC 8252); the answer comes to a port of
this machine that is free, so the client needs the redirect URI
http://127.0.0.1/callback for any port, or the one of --redirect-uri. iss in the
answer is checked (RFC 9207), and so is an ID token.

The browser is that of $BROWSER, or the system's.

With --device the browser may be on another device (RFC 8628).

Exit codes: 0 logged in, 2 a wrong command line, 3 the authorization server cannot
be reached or refuses, or nobody came.`,
		Example: `  bearerguard login --issuer https://login.example.com --client-id cli --scope "openid offline_access"
  bearerguard login --issuer https://login.example.com --client-id tv --device --field access_token`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), s)
		},
	}
	f.client.addClient(cmd)
	flags := cmd.Flags()
	addScope(cmd, &f.scope, "ask for this `scope`; may be repeated, or hold several with spaces")
	flags.BoolVar(&f.device, "device", false, "use the device flow")
	flags.BoolVar(&f.noBrowser, "no-browser", false, "do not open a browser: somebody opens the URL that is printed")
	flags.StringVar(&f.redirect, "redirect-uri", "http://127.0.0.1:0/callback", "loopback `URL` that the client is registered with; port 0 is any that is free")
	flags.DurationVar(&f.timeout, "timeout", 5*time.Minute, "how long to wait for somebody to log in")
	f.params.add(cmd, "authorization request")
	f.output.add(cmd)
	cli.Exclusive(cmd, "device", "redirect-uri")
	noFiles(cmd, "redirect-uri")
	return cmd
}

func (f *loginFlags) run(ctx context.Context, s streams) error {
	params, err := f.params.values(asclient.ReservedInLogin)
	if err != nil {
		return err
	}
	if err := asclient.CheckRedirect(f.redirect); err != nil {
		return clientFailure(err)
	}
	as, err := f.client.connectAs(ctx)
	if err != nil {
		return err
	}
	login, err := as.NewLogin(words(f.scope), params, func(ctx context.Context, page asclient.Page) { f.show(ctx, s, page) })
	if err != nil {
		return clientFailure(err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, f.timeout, fmt.Errorf("nobody logged in within %v", f.timeout))
	defer cancel()
	var tokens asclient.Tokens
	if f.device {
		tokens, err = login.ByDevice(ctx)
	} else {
		tokens, err = login.ByCode(ctx, f.redirect)
	}
	if err != nil && ctx.Err() != nil {
		return failure("%w", context.Cause(ctx))
	}
	if err != nil {
		return clientFailure(err)
	}
	return f.output.print(s.out, tokens)
}

// show brings somebody to a page.
func (f *loginFlags) show(ctx context.Context, s streams, page asclient.Page) {
	if f.device {
		fmt.Fprintf(s.err, "The code is %s\n", printable(page.UserCode))
	}
	fmt.Fprintf(s.err, "To log in, open\n\n  %s\n\n", printable(page.URL))
	if f.noBrowser {
		return
	}
	if err := asclient.OpenBrowser(ctx, page.URL); err != nil {
		fmt.Fprintf(s.err, "No browser could be opened (%v): open the page yourself.\n", err)
	}
}

// printable is a text of the server's without what moves a terminal's cursor.
func printable(text string) string {
	return strings.Map(func(c rune) rune {
		if c < 0x20 || c > 0x7e {
			return -1
		}
		return c
	}, text)
}
