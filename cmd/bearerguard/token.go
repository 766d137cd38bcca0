package main

import (
	"github.com/spf13/cobra"
)

// newToken returns the parent command of all commands that work on one token.
func newToken(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Mint, get, explain, look up and revoke tokens",
		Long: `Mint, get, explain, look up and revoke tokens, and prove that a client has its key.

mint, bad and list, and revoke without --issuer, use the control API of a server
that serve or exec started. proof needs no server. The others work with any
authorization server.

Every user who can list processes can see tokens and secrets on a command line.
Give a token on standard input, with "-", and a client secret in a file or in
OAUTH_CLIENT_SECRET.`,
	}
	cmd.AddCommand(newTokenMint(s), newProof(s), newTokenBad(s), newTokenInspect(s), newTokenList(s),
		newExplain(s), newClientCredentials(s), newRefresh(s), newExchange(s), newIntrospect(s), newRevoke(s), newUserInfo(s))
	return cmd
}
