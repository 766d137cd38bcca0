package main

import "github.com/spf13/cobra"

// newToken is the parent of all that is done with one token.
func newToken(s streams) *cobra.Command {
	cmd := group(&cobra.Command{
		Use:   "token",
		Short: "Get, explain, look up and revoke tokens",
		Long: `Get, explain, look up and revoke tokens.

Tokens and secrets on a command line are seen by everybody who can list
processes: give a token on standard input, with "-", and a client's secret in a
file or in OAUTH_CLIENT_SECRET.`,
	})
	cmd.AddCommand(newExplain(s), newClientCredentials(s), newRefresh(s), newIntrospect(s), newRevoke(s, nil), newUserInfo(s))
	return cmd
}

// group makes cmd a command that only has others: alone it prints its help, and
// a name that none of them has is a fault, which cobra by itself passes over.
func group(cmd *cobra.Command) *cobra.Command {
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usage("%s has no such command: see %s --help", cmd.CommandPath(), cmd.CommandPath())
		}
		return cmd.Help()
	}
	cmd.Args = cobra.ArbitraryArgs
	return cmd
}
