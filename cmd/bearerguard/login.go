package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/spf13/cobra"
	"golang.org/x/oauth2"
)

// loginFlags say how somebody logs in.
type loginFlags struct {
	client            clientFlags
	output            outputFlags
	params            paramFlags
	scope             []string
	redirect          string
	device, noBrowser bool
	timeout           time.Duration
}

func newLogin(s streams) *cobra.Command {
	var f loginFlags
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Log in as a user and print the tokens",
		Long: `Log in at an authorization server and print the tokens as JSON on standard output, and
nothing else there. All that is for people is on standard error.

The authorization code flow runs in a browser, with PKCE, state and, for the scope
openid, a nonce (RFC 6749 §4.1, RFC 7636, RFC 8252); the answer comes to a port of
this machine that is free, so the client needs the redirect URI
http://127.0.0.1/callback for any port, or the one of --redirect-uri. iss in the
answer is checked (RFC 9207), and so is an ID token.

The browser is that of $BROWSER, or the system's.

With --device the browser may be on another device (RFC 8628).

Exit codes: 0 logged in, 2 a wrong command line, 3 the authorization server cannot
be reached or refuses, or nobody came.`,
		Example: `  bearerguard login --issuer https://login.example.com --client-id cli --scope "openid offline_access"
  bearerguard login --issuer https://login.example.com --client-id tv --device --field access_token`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), s)
		},
	}
	f.client.addClient(cmd)
	flags := cmd.Flags()
	addScope(cmd, &f.scope, "ask for this `scope`; may be repeated, or hold several with spaces")
	flags.BoolVar(&f.device, "device", false, "use the device flow")
	flags.BoolVar(&f.noBrowser, "no-browser", false, "do not open a browser: somebody opens the URL that is printed")
	flags.StringVar(&f.redirect, "redirect-uri", "http://127.0.0.1:0/callback", "loopback `URL` that the client is registered with; port 0 is any that is free")
	flags.DurationVar(&f.timeout, "timeout", 5*time.Minute, "how long to wait for somebody to log in")
	f.params.add(cmd, "authorization request")
	f.output.add(cmd)
	cmd.MarkFlagsMutuallyExclusive("device", "redirect-uri")
	noFiles(cmd, "redirect-uri")
	return cmd
}

func (f *loginFlags) run(ctx context.Context, s streams) error {
	if err := f.output.check(); err != nil {
		return err
	}
	params, err := f.params.values("response_type", "response_mode", "client_id", "client_secret", "redirect_uri", "scope", "state", "nonce",
		"code_challenge", "code_challenge_method", "request", "request_uri")
	if err != nil {
		return err
	}
	redirect, err := loopback(f.redirect)
	if err != nil {
		return err
	}
	as, err := f.client.connectAs(ctx)
	if err != nil {
		return err
	}
	if _, err := as.at("token", as.Token); err != nil {
		return err
	}
	var further []oauth2.AuthCodeOption
	for name, values := range params {
		further = append(further, oauth2.SetAuthURLParam(name, values[0]))
	}
	ctx, cancel := context.WithTimeoutCause(ctx, f.timeout, fmt.Errorf("nobody logged in within %v", f.timeout))
	defer cancel()
	l := &login{flags: f, s: s, as: as, scopes: words(f.scope), further: further}
	var t tokens
	if f.device {
		t, err = l.byDevice(ctx)
	} else {
		t, err = l.byCode(ctx, redirect)
	}
	if err != nil && ctx.Err() != nil {
		return failure("%w", context.Cause(ctx))
	}
	if err != nil {
		return err
	}
	return f.output.print(s.out, t)
}

// login is one attempt to log in.
type login struct {
	flags   *loginFlags
	s       streams
	as      *authServer
	scopes  []string
	further []oauth2.AuthCodeOption
}

func (l *login) byCode(ctx context.Context, redirect *url.URL) (tokens, error) {
	if _, err := l.as.at("authorization", l.as.Authorization); err != nil {
		return tokens{}, err
	}
	state, nonce, verifier := rand.Text(), "", oauth2.GenerateVerifier()
	back, err := listenBack(redirect, state)
	if err != nil {
		return tokens{}, err
	}
	defer back.close()

	ctx, config := l.as.config(ctx, l.scopes)
	config.RedirectURL = back.url
	options := append(slices.Clip(l.further), oauth2.S256ChallengeOption(verifier))
	if slices.Contains(l.scopes, oidc.ScopeOpenID) {
		nonce = rand.Text()
		options = append(options, oidc.Nonce(nonce))
	}
	l.show(ctx, config.AuthCodeURL(state, options...))

	answer, err := back.wait(ctx)
	if err != nil {
		return tokens{}, err
	}
	// Before anything else is believed: another server's answer must not reach
	// this one (RFC 9207 §2.4).
	if iss, sent := answer["iss"]; sent && iss[0] != l.as.Issuer || !sent && l.as.SendsIssuer {
		return tokens{}, failure("no login: the answer does not name the issuer (RFC 9207), so it may be another server's")
	}
	if code := answer.Get("error"); code != "" {
		return tokens{}, l.as.refused("no login", refusal{code: code, description: answer.Get("error_description")})
	}
	code := answer.Get("code")
	l.as.hide(code)
	l.as.hide(verifier)
	t, err := config.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return tokens{}, l.as.fault("no tokens for the code", err)
	}
	return l.verified(ctx, t, nonce)
}

func (l *login) byDevice(ctx context.Context) (tokens, error) {
	if _, err := l.as.at("device authorization", l.as.Device); err != nil {
		return tokens{}, err
	}
	ctx, config := l.as.config(ctx, l.scopes)
	options := slices.Clip(l.further)
	if l.as.secret != "" { // package oauth2 does not authenticate here (RFC 8628 §3.1)
		options = append(options, oauth2.SetAuthURLParam("client_secret", l.as.secret))
	}
	d, err := config.DeviceAuth(ctx, options...)
	if err != nil {
		return tokens{}, l.as.fault("no device login", err)
	}
	fmt.Fprintf(l.s.err, "The code is %s\n", printable(d.UserCode))
	l.show(ctx, cmp.Or(d.VerificationURIComplete, d.VerificationURI))
	l.as.hide(d.DeviceCode)
	t, err := config.DeviceAccessToken(ctx, d)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return tokens{}, failure("no device login: the code has expired")
	}
	if err != nil {
		return tokens{}, l.as.fault("no device login", err)
	}
	return l.verified(ctx, t, "")
}

// show brings somebody to a page.
func (l *login) show(ctx context.Context, page string) {
	fmt.Fprintf(l.s.err, "To log in, open\n\n  %s\n\n", printable(page))
	if l.flags.noBrowser {
		return
	}
	if err := openBrowser(ctx, page); err != nil {
		fmt.Fprintf(l.s.err, "No browser could be opened (%v): open the page yourself.\n", err)
	}
}

// verified are the tokens of an answer whose ID token, if there has to be or is
// one, is good.
func (l *login) verified(ctx context.Context, t *oauth2.Token, nonce string) (tokens, error) {
	all := newTokens(t)
	switch {
	case all.ID != "":
		return all, l.as.checkIDToken(ctx, all, nonce)
	case slices.Contains(l.scopes, oidc.ScopeOpenID):
		return tokens{}, failure("no login: the authorization server sent no ID token for the scope openid (OpenID Connect Core 1.0 §3.1.3.3)")
	}
	return all, nil
}
