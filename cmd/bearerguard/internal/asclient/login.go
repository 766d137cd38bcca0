package asclient

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"slices"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Page is a page that a user has to open to log in.
type Page struct {
	URL      string
	UserCode string // of the device flow, which the page asks for; else ""
}

// Login gets tokens for a user.
type Login struct {
	client  *Client
	scopes  []string
	options []oauth2.AuthCodeOption
	show    func(context.Context, Page)
}

// ReservedInLogin are the parameters that a login sets by itself. With a state or a
// redirect URI of somebody else the answer would not be that of this login.
var ReservedInLogin = []string{
	"response_type", "response_mode", "client_id", "client_secret", "redirect_uri", "scope", "state", "nonce",
	"code_challenge", "code_challenge_method", "request", "request_uri",
}

// NewLogin prepares a login with scopes. Its first request also has params, of each
// name the first value; none of them may be one of [ReservedInLogin]. show must
// bring the user to a page, and not wait until the login is done.
func (c *Client) NewLogin(scopes []string, params url.Values, show func(context.Context, Page)) (*Login, error) {
	if err := c.checkEndpoint("token", c.server.Token); err != nil {
		return nil, err
	}
	l := &Login{client: c, scopes: scopes, show: show}
	for name := range params {
		l.options = append(l.options, oauth2.SetAuthURLParam(name, params.Get(name)))
	}
	return l, nil
}

// ByCode runs the authorization code flow with PKCE, state and, for the scope
// openid, a nonce (RFC 6749 §4.1, RFC 7636, RFC 8252). It listens at the redirect
// URI, which [CheckRedirect] must allow; port 0 is any that is free. iss in the
// answer is checked (RFC 9207), and so is an ID token. When ctx ends, the error is
// that of ctx.
func (l *Login) ByCode(ctx context.Context, redirect string) (Tokens, error) {
	as := l.client
	if err := as.checkEndpoint("authorization", as.server.Authorization); err != nil {
		return Tokens{}, err
	}
	state, nonce, verifier := rand.Text(), "", oauth2.GenerateVerifier()
	back, err := listen(redirect, state)
	if err != nil {
		return Tokens{}, err
	}
	defer back.close()

	ctx, config := as.config(ctx, l.scopes)
	config.RedirectURL = back.url
	options := append(slices.Clip(l.options), oauth2.S256ChallengeOption(verifier))
	if slices.Contains(l.scopes, oidc.ScopeOpenID) {
		nonce = rand.Text()
		options = append(options, oidc.Nonce(nonce))
	}
	l.show(ctx, Page{URL: config.AuthCodeURL(state, options...)})

	answer, err := back.wait(ctx)
	if err != nil {
		return Tokens{}, err
	}
	// Before anything else is believed: another server's answer must not reach
	// this one (RFC 9207 §2.4).
	if iss, sent := answer["iss"]; sent && iss[0] != as.server.Issuer || !sent && as.server.SendsIssuer {
		return Tokens{}, noLogin("the answer does not name the issuer (RFC 9207), so it may be another server's")
	}
	if code := answer.Get("error"); code != "" {
		return Tokens{}, as.refused("no login", RefusalError{Code: code, Description: answer.Get("error_description")})
	}
	code := answer.Get("code")
	t, err := config.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return Tokens{}, as.hiding(code, verifier).failed("no tokens for the code", err)
	}
	return l.verified(ctx, t, nonce)
}

// verified are the tokens of an answer whose ID token, if there has to be or is
// one, is good.
func (l *Login) verified(ctx context.Context, t *oauth2.Token, nonce string) (Tokens, error) {
	all := newTokens(t)
	switch {
	case all.ID != "":
		if err := l.client.checkIDToken(ctx, all, nonce); err != nil {
			return Tokens{}, err
		}
	case slices.Contains(l.scopes, oidc.ScopeOpenID):
		return Tokens{}, noLogin("the authorization server sent no ID token for the scope openid (OpenID Connect Core 1.0 §3.1.3.3)")
	}
	return all, nil
}

// noLogin is the error of a login whose answer is not to be believed.
func noLogin(why string) *Error { return &Error{InvalidAnswer, "no login", errors.New(why)} }
