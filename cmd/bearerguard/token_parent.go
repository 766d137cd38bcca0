package main

import "github.com/spf13/cobra"

func newToken(s streams) *cobra.Command {
	return group("token", "Mint and look at tokens",
		newTokenMint(s), newTokenBad(s), newTokenInspect(s), newTokenList(s), newTokenRevokeHere(s))
}
