package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/cli"
	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/control"
	"github.com/bearerguard/bearerguard/internal/catalogue"
	wire "github.com/bearerguard/bearerguard/internal/control"
)

func newClient(s streams) *cobra.Command {
	return parent("client", "Register clients with the running server",
		newClientAdd(s), newClientList(s), newClientShow(s), newClientRemove(s))
}

func newClientAdd(s streams) *cobra.Command {
	var req wire.Client
	var jwks string
	var grants []string
	cmd := &cobra.Command{
		Use: "add [ID]", Short: "Register a client, or replace the one with this ID, and print its ID and secret",
		Long: `Register a client, or replace the one with this ID, and print its ID and secret as
id<TAB>secret. Missing values are generated. The secret is shown only once.`,
		Example: `  bearerguard client add web --redirect-uri http://127.0.0.1:3000/callback
  bearerguard client add spa --public --scope openid --scope orders:read
  bearerguard client add job --jwks public.json --grant client_credentials
  bearerguard client add billing --auth-method tls_client_auth --tls-san-dns billing.example --bound-tokens`,
	}
	flags := cmd.Flags()
	flags.StringVar(&req.Secret, "secret", "", "secret; by default a random one")
	flags.BoolVar(&req.Public, "public", false, "public client, which has no secret and needs PKCE")
	flags.StringArrayVar(&req.RedirectURIs, "redirect-uri", nil, "URI to which the server may send codes; by default /callback on any loopback port; may be repeated")
	flags.StringArrayVar(&req.PostLogout, "post-logout-redirect-uri", nil, "URI to which the server may redirect the browser after a logout; by default the redirect URIs; may be repeated")
	flags.StringVar(&req.URI, "backchannel-logout-uri", "", "URI at which the client receives logout tokens")
	flags.BoolVar(&req.SessionRequired, "backchannel-logout-session", false, "name the session in its logout tokens")
	flags.StringArrayVar(&grants, "grant", nil, "grant type that the client may use, by default all that apply except token exchange and jwt-bearer; may be repeated")
	flags.StringArrayVar(&req.Scopes, "scope", nil, "scope that the client may request, by default all; may be repeated")
	flags.StringVar((*string)(&req.AuthMethod), "auth-method", "", "how the client authenticates, by default any method that does not need a certificate")
	flags.StringVar(&jwks, "jwks", "", "`file` with the public keys of the client, for private_key_jwt and self_signed_tls_client_auth")
	for _, f := range req.Fields() {
		flags.StringVar((*string)(f.Alg), f.Flag, "", "`algorithm` of "+f.About+"; by default "+f.Default)
		cli.Choices(cmd, f.Flag, catalogue.Names(f.Allowed))
	}
	for _, n := range req.Names() {
		flags.StringVar(n.Value, n.Flag, "", n.About+" in the client's certificate, for tls_client_auth")
		noFiles(cmd, n.Flag)
	}
	flags.BoolVar(&req.BoundTokens, "bound-tokens", false, "bind its tokens to the certificate that it presents (RFC 8705)")
	flags.BoolVar(&req.RequirePAR, "require-par", false, "allow only pushed authorization requests (RFC 9126 §6)")
	flags.BoolVar(&req.RequireDPoP, "require-dpop", false, "refuse its token requests without a DPoP proof (RFC 9449 §5.2)")
	for _, name := range []string{"secret", "redirect-uri", "post-logout-redirect-uri", "backchannel-logout-uri", "scope"} {
		noFiles(cmd, name)
	}
	cli.Choices(cmd, "grant", catalogue.Names(catalogue.Grants))
	cli.Choices(cmd, "auth-method", catalogue.Names(catalogue.AuthMethods))
	return dataCommand(s, cmd, func(cmd *cobra.Command, c *caller, args []string) error {
		if len(args) > 0 {
			req.ID = args[0]
		}
		for _, g := range grants {
			req.Grants = append(req.Grants, catalogue.Grant(g))
		}
		if jwks != "" {
			text, err := readFile("--jwks", jwks)
			if err != nil {
				return err
			}
			req.JWKS = text
		}
		return printOne(cmd, c, control.AddClient(req), []string{"ID", "SECRET"}, func(made wire.Client) []string {
			return []string{made.ID, made.Secret}
		})
	})
}

func newClientList(s streams) *cobra.Command {
	return dataCommand(s, &cobra.Command{
		Use: "list", Short: "List the clients",
		Example: "  bearerguard client list",
	}, func(cmd *cobra.Command, c *caller, _ []string) error {
		return printList(cmd, c, control.ListClients(), []string{"ID", "PUBLIC", "GRANTS", "SCOPES", "REDIRECT URIS"},
			func(list wire.Clients) []wire.Client { return list.Clients },
			func(client wire.Client) []string {
				return []string{
					client.ID, yes(client.Public), strings.Join(catalogue.Names(client.Grants), " "), strings.Join(client.Scopes, " "), strings.Join(client.RedirectURIs, " "),
				}
			})
	})
}

func newClientShow(s streams) *cobra.Command {
	return controlCommand(s, &cobra.Command{
		Use: "show ID", Short: "Print a client as JSON, without its secret",
		Example: "  bearerguard client show test-client",
	}, func(cmd *cobra.Command, c *caller, args []string) error {
		text, err := c.do(cmd.Context(), control.ShowClient(args[0]))
		return printAnswer(c, text, err)
	})
}

func newClientRemove(s streams) *cobra.Command {
	return controlCommand(s, &cobra.Command{
		Use: "rm ID", Short: "Remove a client",
		Example: "  bearerguard client rm web",
	}, func(cmd *cobra.Command, c *caller, args []string) error {
		_, err := c.do(cmd.Context(), control.RemoveClient(args[0]))
		return err
	})
}
