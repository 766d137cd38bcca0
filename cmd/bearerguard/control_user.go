package main

import (
	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/control"
	wire "github.com/bearerguard/bearerguard/internal/control"
)

func newUser(s streams) *cobra.Command {
	return parent("user", "Register users of the running server", newUserAdd(s), newUserList(s), newUserRemove(s), newUserNext(s))
}

func newUserAdd(s streams) *cobra.Command {
	var req wire.User
	var claims, accessClaims claimFlags
	cmd := &cobra.Command{
		Use: "add [SUB]", Short: "Register a user, or replace the one with this subject, and print subject and password",
		Long: `Register a user, or replace the one with this subject, and print sub<TAB>password.
Missing values are generated. The password is shown only once.`,
		Example: `  bearerguard user add alice --claim email=alice@example.com --claim-json email_verified=true
  bearerguard user add bob --access-claim-json 'roles=["admin"]'`,
	}
	cmd.Flags().StringVar(&req.Username, "username", "", "name for the login; by default the subject")
	cmd.Flags().StringVar(&req.Password, "password", "", "password; by default a random one")
	claims.add(cmd, "claim", "; for UserInfo and ID tokens")
	accessClaims.add(cmd, "access-claim", "; for access tokens"+namedByPointer)
	cmd.Flags().StringArrayVar(&req.ACR, "acr", nil, "`value` of acr that logins of this user can have, the value of an ordinary login first; may be repeated (default any)")
	noFiles(cmd, "acr")
	noFiles(cmd, "username")
	noFiles(cmd, "password")
	return dataCommand(s, cmd, func(cmd *cobra.Command, c *caller, args []string) error {
		if len(args) > 0 {
			req.Sub = args[0]
		}
		var err error
		if req.Claims, err = claims.claims(); err != nil {
			return err
		}
		if req.AccessClaims, err = accessClaims.claims(); err != nil {
			return err
		}
		return printOne(cmd, c, control.AddUser(req), []string{"SUB", "PASSWORD"}, func(made wire.User) []string {
			return []string{made.Sub, made.Password}
		})
	})
}

func newUserList(s streams) *cobra.Command {
	return dataCommand(s, &cobra.Command{
		Use: "list", Short: "List the users; the first one logs in by default",
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
		Use: "rm SUB", Short: "Remove a user",
		Example: "  bearerguard user rm alice",
	}, func(cmd *cobra.Command, c *caller, args []string) error {
		_, err := c.do(cmd.Context(), control.RemoveUser(args[0]))
		return err
	})
}

func newUserNext(s streams) *cobra.Command {
	var req wire.NextLogin
	cmd := &cobra.Command{
		Use: "next [SUB]", Short: "Log in a user at the next login, or refuse the login, without showing a page",
		Example: "  bearerguard user next alice\n  bearerguard user next --deny access_denied",
	}
	cmd.Flags().StringVar(&req.Deny, "deny", "", "refuse the login with this error `code`, such as access_denied or login_required")
	cmd.Flags().IntVar(&req.Times, "times", 1, "number of logins")
	noFiles(cmd, "deny")
	return controlCommand(s, cmd, func(cmd *cobra.Command, c *caller, args []string) error {
		if len(args) > 0 {
			req.Sub = args[0]
		}
		if (req.Sub == "") == (req.Deny == "") {
			return usage("user next: give either SUB or --deny")
		}
		_, err := c.do(cmd.Context(), control.DecideLogin(req))
		return err
	})
}
