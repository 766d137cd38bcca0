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

// loginFlags holds the flags of the subcommand login.
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
		Long: `Log in at an authorization server and print the tokens as JSON on standard output.
Messages go to standard error.

The authorization code flow runs in a browser, with PKCE, state and, for the scope
openid, a nonce (RFC 6749 §4.1, RFC 7636, RFC 8252). The answer arrives at a free port
of this machine. So the client must be registered with http://127.0.0.1/callback for any
port, or with the value of --redirect-uri. The iss parameter of the answer (RFC 9207)
and the ID token are checked.

The browser is $BROWSER, or the default browser of the system.

With --device the browser may be on another device (RFC 8628).

Exit codes: 0 logged in, 2 the command line is wrong, 3 the authorization server cannot
be reached or refuses, or the login did not finish in time.`,
		Example: `  bearerguard login --issuer https://login.example.com --client-id cli --scope "openid offline_access"
  bearerguard login --issuer https://login.example.com --client-id tv --device --field access_token`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), s)
		},
	}
	f.client.addClient(cmd)
	flags := cmd.Flags()
	addScope(cmd, &f.scope, "`scope` to request; may be repeated, or contain several, separated by spaces")
	flags.BoolVar(&f.device, "device", false, "use the device flow")
	flags.BoolVar(&f.noBrowser, "no-browser", false, "do not open a browser; open the printed URL yourself")
	flags.StringVar(&f.redirect, "redirect-uri", "http://127.0.0.1:0/callback", "loopback `URL` that the client is registered with; port 0 picks a free port")
	flags.DurationVar(&f.timeout, "timeout", 5*time.Minute, "how long to wait for the login")
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
	ctx, cancel := context.WithTimeoutCause(ctx, f.timeout, fmt.Errorf("no login within %v", f.timeout))
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

// show prints the URL of a page, and opens it in a browser.
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

// printable returns a text from the server without the characters that are not
// printable ASCII.
func printable(text string) string {
	return strings.Map(func(c rune) rune {
		if c < 0x20 || c > 0x7e {
			return -1
		}
		return c
	}, text)
}
