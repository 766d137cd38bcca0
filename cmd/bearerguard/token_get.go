package main

import (
	"github.com/spf13/cobra"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

func newClientCredentials(s streams) *cobra.Command {
	var (
		client clientFlags
		output outputFlags
		params paramFlags
		scope  []string
	)
	cmd := &cobra.Command{
		Use:   "client-credentials",
		Short: "Get an access token for a client itself",
		Long: `Get an access token for a client itself (RFC 6749 §4.4) and print the answer of the
authorization server as JSON.

Exit codes: 0 there is a token, 2 a wrong command line, 3 the authorization
server cannot be reached or refuses.`,
		Example: `  bearerguard token client-credentials --issuer https://login.example.com \
      --client-id job --client-secret-file job.secret --scope orders:read
  curl -H "Authorization: Bearer $(bearerguard token client-credentials --field access_token)" \
      http://localhost:8080/orders`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := output.check(); err != nil {
				return err
			}
			further, err := params.values("grant_type", "client_id", "client_secret", "scope")
			if err != nil {
				return err
			}
			as, err := client.connectAs(cmd.Context())
			if err != nil {
				return err
			}
			if as.secret == "" {
				return usage("the client needs its secret: give --client-secret-file, or set OAUTH_CLIENT_SECRET")
			}
			if _, err := as.at("token", as.Token); err != nil {
				return err
			}
			ctx, c := as.config(cmd.Context(), words(scope))
			t, err := (&clientcredentials.Config{
				ClientID: c.ClientID, ClientSecret: c.ClientSecret, TokenURL: c.Endpoint.TokenURL,
				Scopes: c.Scopes, EndpointParams: further, AuthStyle: c.Endpoint.AuthStyle,
			}).Token(ctx)
			if err != nil {
				return as.fault("no token", err)
			}
			return output.print(s.out, newTokens(t))
		},
	}
	client.addClient(cmd)
	addScope(cmd, &scope, "ask for this `scope`; may be repeated, or hold several with spaces")
	params.add(cmd, "token request")
	output.add(cmd)
	return cmd
}

func newRefresh(s streams) *cobra.Command {
	var (
		client clientFlags
		output outputFlags
	)
	cmd := &cobra.Command{
		Use:   "refresh [TOKEN|-]",
		Short: "Get new tokens for a refresh token",
		Long: `Get new tokens for a refresh token (RFC 6749 §6) and print the answer of the
authorization server as JSON. A server that rotates refresh tokens sends a new
one, and the old one is worth nothing then; otherwise the old one is printed.

Exit codes: 0 there are tokens, 2 a wrong command line, 3 the authorization
server cannot be reached or refuses.`,
		Example: `  bearerguard login --client-id cli --scope "openid offline_access" > tokens.json
  jq -r .refresh_token tokens.json | bearerguard token refresh --client-id cli -`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := output.check(); err != nil {
				return err
			}
			token, err := readToken(s, args)
			if err != nil {
				return err
			}
			as, err := client.connectAs(cmd.Context())
			if err != nil {
				return err
			}
			if _, err := as.at("token", as.Token); err != nil {
				return err
			}
			as.hide(token)
			ctx, c := as.config(cmd.Context(), nil)
			t, err := c.TokenSource(ctx, &oauth2.Token{RefreshToken: token}).Token()
			if err != nil {
				return as.fault("no new tokens", err)
			}
			return output.print(s.out, newTokens(t))
		},
	}
	client.addClient(cmd)
	output.add(cmd)
	return cmd
}

func addScope(cmd *cobra.Command, scope *[]string, text string) {
	cmd.Flags().StringArrayVar(scope, "scope", nil, text)
	noFiles(cmd, "scope")
}
