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
	UserCode string // code to enter on the page, in the device flow; otherwise ""
}

// Login requests tokens for a user.
type Login struct {
	client  *Client
	scopes  []string
	options []oauth2.AuthCodeOption
	show    func(context.Context, Page)
}

// ReservedInLogin lists the parameters that only the login may set. If a caller
// could change the state or the redirect URI, for example, the answer would be
// refused or would not arrive.
var ReservedInLogin = []string{
	"response_type", "response_mode", "client_id", "client_secret", "redirect_uri", "scope", "state", "nonce",
	"code_challenge", "code_challenge_method", "request", "request_uri",
}

// NewLogin prepares a login that requests the given scopes. The first request
// of the login also contains the first value of each parameter in params. The
// names in [ReservedInLogin] are not allowed in params. The login calls show to
// display a page to the user. show must not wait for the end of the login.
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

// ByCode runs the authorization code flow with PKCE and state (RFC 6749 §4.1,
// RFC 7636, RFC 8252). If the scopes include openid, it also sends a nonce. It
// listens at the redirect URI, which [CheckRedirect] must allow. Port 0 picks a
// free port. ByCode checks the iss parameter of the answer (RFC 9207) and the
// ID token. If ctx ends while ByCode waits for the answer, ByCode returns the
// error of ctx.
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
	// This check comes first, because a code that another server issued must
	// not be sent to this server (RFC 9207 §2.4).
	if iss, sent := answer["iss"]; sent && iss[0] != as.server.Issuer || !sent && as.server.SendsIssuer {
		return Tokens{}, invalidLogin("the iss parameter of the answer is missing or wrong (RFC 9207), so the answer may come from another server")
	}
	if code := answer.Get("error"); code != "" {
		return Tokens{}, as.refused("login failed", RefusalError{Code: code, Description: answer.Get("error_description")})
	}
	code := answer.Get("code")
	t, err := config.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return Tokens{}, as.hiding(code, verifier).failed("code exchange failed", err)
	}
	return l.verified(ctx, t, nonce)
}

// verified checks the ID token of an answer and returns the tokens. If the
// scopes include openid, the ID token is required.
func (l *Login) verified(ctx context.Context, t *oauth2.Token, nonce string) (Tokens, error) {
	all := newTokens(t)
	switch {
	case all.ID != "":
		if err := l.client.checkIDToken(ctx, all, nonce); err != nil {
			return Tokens{}, err
		}
	case slices.Contains(l.scopes, oidc.ScopeOpenID):
		return Tokens{}, invalidLogin("the authorization server sent no ID token for the scope openid (OpenID Connect Core 1.0 §3.1.3.3)")
	}
	return all, nil
}

// invalidLogin returns the error for an invalid answer to a login.
func invalidLogin(reason string) *Error {
	return &Error{InvalidAnswer, "login failed", errors.New(reason)}
}
