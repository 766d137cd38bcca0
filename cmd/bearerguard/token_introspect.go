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

Exit codes: 0 the token is active, 1 it is not active, 2 the command line is wrong,
3 the authorization server cannot be reached or refuses.`,
		Example: `  pbpaste | bearerguard token introspect --issuer https://login.example.com \
      --client-id orders-api --client-secret-file api.secret -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			as, token, err := client.connectWithToken(cmd.Context(), s, args)
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

// newRevoke returns a command for two kinds of servers. With --issuer, the
// command uses the revocation endpoint of an authorization server. Without
// --issuer, it uses the control API of a mock server, if it finds one.
func newRevoke(s streams) *cobra.Command {
	control := newRevokeByControl(s)
	cmd := newRevokeByClient(s)
	cmd.Flags().AddFlagSet(control.Flags())
	byClient := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		flags := cmd.Flags()
		if !flags.Changed("issuer") && hasControl(cmd) {
			return control.RunE(cmd, args)
		}
		if flags.Changed("sub") || flags.Changed("json") {
			return usage("--sub and --json need the control API of a running mock server: start a mock server, and leave out --issuer")
		}
		return byClient(cmd, args)
	}
	return cmd
}

func newRevokeByClient(s streams) *cobra.Command {
	var client clientFlags
	var hint string
	cmd := &cobra.Command{
		Use:   "revoke [TOKEN|-]",
		Short: "Revoke a token",
		Long: `Revoke an access or refresh token (RFC 7009). The token is read from standard input
if the argument is - or left out. For a refresh token, most servers also revoke all
other tokens of the grant. A server also reports success for an unknown token (§2.2).

Without --issuer, the command uses the control API of a server that serve or exec
started, if one is running. Then it revokes only tokens of that server, including
minted tokens, or with --sub all grants of a subject.

Exit codes: 0 the token is not valid any more, 1 the mock server does not know it,
2 the command line is wrong, 3 the authorization server cannot be reached or refuses.`,
		Example: `  jq -r .refresh_token tokens.json | bearerguard token revoke --issuer https://login.example.com \
      --client-id cli -
  bearerguard token revoke --sub alice   # below exec, or with --ready-file`,
		RunE: func(cmd *cobra.Command, args []string) error {
			as, token, err := client.connectWithToken(cmd.Context(), s, args)
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
	types := []string{"access_token", "refresh_token"}
	cmd.Flags().StringVar(hint, "hint", "", "`type` of the token, as a hint for the server: "+strings.Join(types, " or "))
	cli.Choices(cmd, "hint", types)
}

// connectWithToken reads a token from the arguments or standard input, and
// connects to the authorization server.
func (f *clientFlags) connectWithToken(ctx context.Context, s streams, args []string) (as *asclient.Client, token string, err error) {
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
		Short: "Show the claims about the user of a token",
		Long: `Call the UserInfo endpoint (OpenID Connect Core 1.0 §5.3) with an access token that has
the scope openid, and print its answer as JSON.

Exit codes: 0 the server answered, 2 the command line is wrong, 3 the authorization
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
			t.id, t.secret = "", "" // UserInfo needs only the token
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
