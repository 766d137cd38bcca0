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

// paramFlags holds request parameters that no other flag sets.
type paramFlags []string

func (f *paramFlags) add(cmd *cobra.Command, of string) {
	cmd.Flags().StringArrayVar((*[]string)(f), "param", nil, "additional parameter `name=value` of the "+of+", such as audience=https://api.example.com; may be repeated")
	noFiles(cmd, "param")
}

// values parses the parameters. It returns an error if reserved contains the
// name of a parameter, because the command sets that parameter itself.
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
