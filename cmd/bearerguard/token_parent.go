package main

import "github.com/spf13/cobra"

func newToken(s streams) *cobra.Command {
	return parent("token", "Mint and look at tokens",
		newTokenMint(s), newTokenBad(s), newTokenInspect(s), newTokenList(s), newTokenRevokeHere(s))
}

// group makes cmd a command that only has others: alone it prints its help, and
// a name that none of them has is a fault.
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
