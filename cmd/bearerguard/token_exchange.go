package main

import (
	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/asclient"
)

func newExchange(s streams) *cobra.Command {
	var (
		client clientFlags
		output outputFlags
		params paramFlags
		scope  []string
		actor  string
	)
	cmd := &cobra.Command{
		Use:   "exchange [TOKEN|-]",
		Short: "Exchange an access token for another one",
		Long: `Exchange an access token for another one (RFC 8693), as an API does to call another API
for its caller, and print the answer of the authorization server as JSON. Give the
target of the new token with --param audience=… or --param resource=….

Exit codes: 0 a token was issued, 2 the command line is wrong, 3 the authorization
server cannot be reached or refuses.`,
		Example: `  pbpaste | bearerguard token exchange --issuer https://login.example.com --client-id orders-api \
      --client-secret-file api.secret --param audience=stock --scope stock:read -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			further, err := params.values(asclient.ReservedInExchange)
			if err != nil {
				return err
			}
			actorToken := ""
			if actor != "" {
				text, err := readFile("--actor-token-file", actor)
				if err != nil {
					return err
				}
				if actorToken, err = readToken(s, []string{string(text)}); err != nil {
					return err
				}
			}
			as, token, err := client.connectWithToken(cmd.Context(), s, args)
			if err != nil {
				return err
			}
			tokens, err := as.Exchange(cmd.Context(), token, actorToken, words(scope), further)
			if err != nil {
				return clientFailure(err)
			}
			return output.print(s.out, tokens)
		},
	}
	client.addClient(cmd)
	cmd.Flags().StringVar(&actor, "actor-token-file", "", "`file` with the token of the party that acts for the subject")
	addScope(cmd, &scope, "`scope` to request; may be repeated, or contain several, separated by spaces")
	params.add(cmd, "token request")
	output.add(cmd)
	return cmd
}
