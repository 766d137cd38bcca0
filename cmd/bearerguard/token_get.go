package main

import (
	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/asclient"
)

func newClientCredentials(s streams) *cobra.Command {
	var (
		client clientFlags
		output outputFlags
		params paramFlags
		scope  []string
	)
	cmd := &cobra.Command{
		Use:   "client-credentials",
		Short: "Get an access token for a client itself",
		Long: `Get an access token for a client itself (RFC 6749 §4.4) and print the answer of the
authorization server as JSON.

Exit codes: 0 a token was issued, 2 the command line is wrong, 3 the authorization
server cannot be reached or refuses.`,
		Example: `  bearerguard token client-credentials --issuer https://login.example.com \
      --client-id job --client-secret-file job.secret --scope orders:read
  curl -H "Authorization: Bearer $(bearerguard token client-credentials --field access_token)" \
      http://localhost:8080/orders`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			further, err := params.values(asclient.ReservedInClientCredentials)
			if err != nil {
				return err
			}
			as, err := client.connectAs(cmd.Context())
			if err != nil {
				return err
			}
			tokens, err := as.ClientCredentials(cmd.Context(), words(scope), further)
			if err != nil {
				return clientFailure(err)
			}
			return output.print(s.out, tokens)
		},
	}
	client.addClient(cmd)
	addScope(cmd, &scope, "`scope` to request; may be repeated, or contain several, separated by spaces")
	params.add(cmd, "token request")
	output.add(cmd)
	return cmd
}

func newRefresh(s streams) *cobra.Command {
	var (
		client clientFlags
		output outputFlags
	)
	cmd := &cobra.Command{
		Use:   "refresh [TOKEN|-]",
		Short: "Get new tokens for a refresh token",
		Long: `Get new tokens for a refresh token (RFC 6749 §6) and print the answer of the
authorization server as JSON. A server that rotates refresh tokens sends a new one,
and the old one is not valid any more. Otherwise the old one is printed.

Exit codes: 0 tokens were issued, 2 the command line is wrong, 3 the authorization
server cannot be reached or refuses.`,
		Example: `  bearerguard login --client-id cli --scope "openid offline_access" > tokens.json
  jq -r .refresh_token tokens.json | bearerguard token refresh --client-id cli -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			token, err := readToken(s, args)
			if err != nil {
				return err
			}
			as, err := client.connectAs(cmd.Context())
			if err != nil {
				return err
			}
			tokens, err := as.Refresh(cmd.Context(), token)
			if err != nil {
				return clientFailure(err)
			}
			return output.print(s.out, tokens)
		},
	}
	client.addClient(cmd)
	output.add(cmd)
	return cmd
}
