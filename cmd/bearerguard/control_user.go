package main

import (
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/internal/control"
)

func newUser(s streams) *cobra.Command {
	return parent("user", "Register those who can log in at the running server", newUserAdd(s), newUserList(s), newUserRemove(s))
}

func newUserAdd(s streams) *cobra.Command {
	var ask control.User
	var claims claimFlags
	cmd := &cobra.Command{
		Use: "add [SUB]", Short: "Register a user, in place of one with that subject, and print subject and password",
		Long: `Register a user, in place of one with that subject, and print sub<TAB>password. What
is not given is made up: the password is shown this once.`,
		Example: `  bearerguard user add alice --claim email=alice@example.com --claim-json email_verified=true`,
		Args:    cobra.MaximumNArgs(1),
	}
	cmd.Flags().StringVar(&ask.Username, "username", "", "what it types to log in; by default its subject")
	cmd.Flags().StringVar(&ask.Password, "password", "", "password; by default a random one")
	claims.add(cmd)
	noFiles(cmd, "username")
	noFiles(cmd, "password")
	return printing(s, cmd, func(cmd *cobra.Command, c *caller, args []string) error {
		if len(args) > 0 {
			ask.Sub = args[0]
		}
		var err error
		if ask.Claims, err = claims.claims(); err != nil {
			return err
		}
		var made control.User
		text, err := c.call(cmd.Context(), http.MethodPost, "/v1/users", ask, &made)
		if err != nil {
			return err
		}
		return c.show(text, []string{"SUB", "PASSWORD"}, [][]string{{made.Sub, made.Password}})
	})
}

func newUserList(s streams) *cobra.Command {
	return printing(s, &cobra.Command{
		Use: "list", Short: "List the users; the first logs in unless something else is said",
		Example: "  bearerguard user list", Args: cobra.NoArgs,
	}, func(cmd *cobra.Command, c *caller, _ []string) error {
		var list control.Users
		text, err := c.call(cmd.Context(), http.MethodGet, "/v1/users", nil, &list)
		if err != nil {
			return err
		}
		var rows [][]string
		for _, u := range list.Users {
			rows = append(rows, []string{u.Sub, u.Username})
		}
		return c.show(text, []string{"SUB", "USERNAME"}, rows)
	})
}

func newUserRemove(s streams) *cobra.Command {
	return calling(s, &cobra.Command{
		Use: "rm SUB", Short: "Forget a user",
		Example: "  bearerguard user rm alice", Args: cobra.ExactArgs(1),
	}, func(cmd *cobra.Command, c *caller, args []string) error {
		_, err := c.call(cmd.Context(), http.MethodDelete, "/v1/users/"+url.PathEscape(args[0]), nil, nil)
		return err
	})
}
