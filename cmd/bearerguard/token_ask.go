package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/asclient"
	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/cli"
)

func newIntrospect(s streams) *cobra.Command {
	var client clientFlags
	var hint string
	cmd := &cobra.Command{
		Use:   "introspect [TOKEN|-]",
		Short: "Ask the authorization server whether a token is active",
		Long: `Ask the authorization server about a token (RFC 7662) and print its answer as JSON.

Exit codes: 0 the token is active, 1 it is not, 2 a wrong command line, 3 the
authorization server cannot be reached or refuses.`,
		Example: `  pbpaste | bearerguard token introspect --issuer https://login.example.com \
      --client-id orders-api --client-secret-file api.secret -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			as, token, err := client.ask(cmd.Context(), s, args)
			if err != nil {
				return err
			}
			active, answer, err := as.Introspect(cmd.Context(), token, hint)
			if err != nil {
				return clientFailure(err)
			}
			if err := printJSON(s.out, answer); err != nil || active {
				return err
			}
			return coded{code: exitNo}
		},
	}
	client.addClient(cmd)
	addHint(cmd, &hint)
	return cmd
}

// newRevoke is one command for two kinds of server: the one that is named, and
// without --issuer a mock server whose control API is known.
func newRevoke(s streams) *cobra.Command {
	here := newTokenRevokeHere(s)
	cmd := newRevokeAt(s)
	cmd.Flags().AddFlagSet(here.Flags())
	there := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		flags := cmd.Flags()
		if !flags.Changed("issuer") && controlKnown(cmd) {
			return here.RunE(cmd, args)
		}
		if flags.Changed("sub") || flags.Changed("json") {
			return usage("--sub and --json are for the control API of a mock server: leave out --issuer")
		}
		return there(cmd, args)
	}
	return cmd
}

func newRevokeAt(s streams) *cobra.Command {
	var client clientFlags
	var hint string
	cmd := &cobra.Command{
		Use:   "revoke [TOKEN|-]",
		Short: "Revoke a token",
		Long: `Revoke an access or refresh token (RFC 7009), read from standard input if it is -
or left out. With a refresh token most servers end all that came of its grant. A
server also answers yes about a token that it does not know (§2.2).

Without --issuer, and with the control API of a server that serve or exec started,
that server is asked: it revokes tokens of its own alone, those that were minted as
well, or all that a subject was granted.

Exit codes: 0 the token is worth nothing now, 1 the mock server does not know it, 2 a
wrong command line, 3 the authorization server cannot be reached or refuses.`,
		Example: `  jq -r .refresh_token tokens.json | bearerguard token revoke --issuer https://login.example.com \
      --client-id cli -
  bearerguard token revoke --sub alice   # below exec, or with --ready-file`,
		RunE: func(cmd *cobra.Command, args []string) error {
			as, token, err := client.ask(cmd.Context(), s, args)
			if err != nil {
				return err
			}
			return clientFailure(as.Revoke(cmd.Context(), token, hint))
		},
	}
	client.addClient(cmd)
	addHint(cmd, &hint)
	return cmd
}

func addHint(cmd *cobra.Command, hint *string) {
	kinds := []string{"access_token", "refresh_token"}
	cmd.Flags().StringVar(hint, "hint", "", "tell the server what `kind` of token it is: "+strings.Join(kinds, " or "))
	cli.Choices(cmd, "hint", kinds)
}

// ask reads the token that a request is about, and connects to the server that gets it.
func (f *clientFlags) ask(ctx context.Context, s streams, args []string) (as *asclient.Client, token string, err error) {
	token, err = readToken(s, args)
	if err != nil {
		return nil, "", err
	}
	as, err = f.connectAs(ctx)
	return as, token, err
}

func newUserInfo(s streams) *cobra.Command {
	var client clientFlags
	cmd := &cobra.Command{
		Use:   "userinfo [TOKEN|-]",
		Short: "Show what the authorization server says of a token's user",
		Long: `Ask the UserInfo endpoint (OpenID Connect Core 1.0 §5.3) with an access token that has
the scope openid, and print its answer as JSON.

Exit codes: 0 there is an answer, 2 a wrong command line, 3 the authorization
server cannot be reached or refuses.`,
		Example: `  bearerguard login --client-id cli --scope "openid profile" --field access_token |
      bearerguard token userinfo --issuer https://login.example.com -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			token, err := readToken(s, args)
			if err != nil {
				return err
			}
			t, err := client.target()
			if err != nil {
				return err
			}
			t.id, t.secret = "", "" // the token is all that it takes
			as, err := client.connect(cmd.Context(), t)
			if err != nil {
				return err
			}
			answer, err := as.UserInfo(cmd.Context(), token)
			if err != nil {
				return clientFailure(err)
			}
			return printJSON(s.out, answer)
		},
	}
	client.add(cmd)
	return cmd
}
