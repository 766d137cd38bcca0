package main

import (
	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/control"
	wire "github.com/bearerguard/bearerguard/internal/control"
)

func newUser(s streams) *cobra.Command {
	return parent("user", "Register those who can log in at the running server", newUserAdd(s), newUserList(s), newUserRemove(s), newUserNext(s))
}

func newUserAdd(s streams) *cobra.Command {
	var ask wire.User
	var claims, accessClaims claimFlags
	cmd := &cobra.Command{
		Use: "add [SUB]", Short: "Register a user, in place of one with that subject, and print subject and password",
		Long: `Register a user, in place of one with that subject, and print sub<TAB>password. What
is not given is made up: the password is shown this once.`,
		Example: `  bearerguard user add alice --claim email=alice@example.com --claim-json email_verified=true
  bearerguard user add bob --access-claim-json 'roles=["admin"]'`,
	}
	cmd.Flags().StringVar(&ask.Username, "username", "", "what it types to log in; by default its subject")
	cmd.Flags().StringVar(&ask.Password, "password", "", "password; by default a random one")
	claims.add(cmd, "claim", "; for UserInfo and ID tokens")
	accessClaims.add(cmd, "access-claim", "; for its access tokens"+namedByPointer)
	cmd.Flags().StringArrayVar(&ask.ACR, "acr", nil, "`value` of acr that its logins can have, that of an ordinary login first; may be repeated (default any)")
	noFiles(cmd, "acr")
	noFiles(cmd, "username")
	noFiles(cmd, "password")
	return dataCommand(s, cmd, func(cmd *cobra.Command, c *caller, args []string) error {
		if len(args) > 0 {
			ask.Sub = args[0]
		}
		var err error
		if ask.Claims, err = claims.claims(); err != nil {
			return err
		}
		if ask.AccessClaims, err = accessClaims.claims(); err != nil {
			return err
		}
		return printOne(cmd, c, control.AddUser(ask), []string{"SUB", "PASSWORD"}, func(made wire.User) []string {
			return []string{made.Sub, made.Password}
		})
	})
}

func newUserList(s streams) *cobra.Command {
	return dataCommand(s, &cobra.Command{
		Use: "list", Short: "List the users; the first logs in unless something else is said",
		Example: "  bearerguard user list",
	}, func(cmd *cobra.Command, c *caller, _ []string) error {
		return printList(cmd, c, control.ListUsers(), []string{"SUB", "USERNAME"},
			func(list wire.Users) []wire.User { return list.Users },
			func(u wire.User) []string {
				return []string{u.Sub, u.Username}
			})
	})
}

func newUserRemove(s streams) *cobra.Command {
	return controlCommand(s, &cobra.Command{
		Use: "rm SUB", Short: "Forget a user",
		Example: "  bearerguard user rm alice",
	}, func(cmd *cobra.Command, c *caller, args []string) error {
		_, err := c.do(cmd.Context(), control.RemoveUser(args[0]))
		return err
	})
}

func newUserNext(s streams) *cobra.Command {
	var ask wire.NextLogin
	cmd := &cobra.Command{
		Use: "next [SUB]", Short: "Let a user log in next, or let the next login be refused; nobody is asked then",
		Example: "  bearerguard user next alice\n  bearerguard user next --deny access_denied",
	}
	cmd.Flags().StringVar(&ask.Deny, "deny", "", "`code` of the error that the client gets instead, such as access_denied or login_required")
	cmd.Flags().IntVar(&ask.Times, "times", 1, "for so many logins")
	noFiles(cmd, "deny")
	return controlCommand(s, cmd, func(cmd *cobra.Command, c *caller, args []string) error {
		if len(args) > 0 {
			ask.Sub = args[0]
		}
		if (ask.Sub == "") == (ask.Deny == "") {
			return usage("user next: give either SUB or --deny")
		}
		_, err := c.do(cmd.Context(), control.DecideLogin(ask))
		return err
	})
}
