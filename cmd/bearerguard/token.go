package main

import (
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/asclient"
	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/cli"
)

// newToken returns the parent command of all commands for tokens.
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

func addScope(cmd *cobra.Command, scope *[]string, text string) {
	cmd.Flags().StringArrayVar(scope, "scope", nil, text)
	noFiles(cmd, "scope")
}

// tokenFields are the allowed values of --field.
var tokenFields = []string{"access_token", "refresh_token", "id_token"}

// outputFlags holds the flags that select how tokens are printed.
type outputFlags struct{ field string }

func (f *outputFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.field, "field", "", "print only this `member` of the answer: "+strings.Join(tokenFields, ", "))
	cli.Choices(cmd, "field", tokenFields)
}

func (f *outputFlags) print(w io.Writer, t asclient.Tokens) error {
	one := map[string]string{"access_token": t.Access, "refresh_token": t.Refresh, "id_token": t.ID}
	switch {
	case f.field == "":
		return printJSON(w, t)
	case one[f.field] == "":
		return failure("the authorization server sent no %s", f.field)
	}
	_, err := fmt.Fprintln(w, one[f.field])
	return err
}

// paramFlags holds the values of --param: additional request parameters.
type paramFlags []string

func (f *paramFlags) add(cmd *cobra.Command, of string) {
	cmd.Flags().StringArrayVar((*[]string)(f), "param", nil, "additional parameter `name=value` of the "+of+", such as audience=https://api.example.com; may be repeated")
	noFiles(cmd, "param")
}

// values parses the parameters. The names in the list reserved are not allowed,
// because the command sets those parameters itself.
func (f paramFlags) values(reserved []string) (url.Values, error) {
	values := url.Values{}
	for _, text := range f {
		name, value, ok := strings.Cut(text, "=")
		switch {
		case !ok || name == "":
			return nil, usage("--param: want name=value")
		case slices.Contains(reserved, name):
			return nil, usage("--param %s: the command sets this parameter itself; leave it out", name)
		}
		values.Add(name, value)
	}
	return values, nil
}
