package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
)

// logout ends the session here, what the server issued for it, and the login there.
func (a *app) logout(w http.ResponseWriter, r *http.Request, id string, s session) {
	if !same(r.PostFormValue("csrf"), s.CSRF) { // SameSite keeps other sites out, but not other hosts of this one
		a.show(w, http.StatusForbidden, page{Title: "You are still logged in", Text: "This did not come from a page of this site.", Session: &s})
		return
	}
	if err := a.end(r.Context(), id); err != nil { // nobody may believe to be logged out who is not
		a.fail(w, "a session cannot be ended", err)
		return
	}
	a.clearCookie(w, sessionCookie)
	if a.provider.EndSession == "" {
		a.show(w, http.StatusOK, page{Title: "You are logged out", Text: "See you soon."})
		return
	}
	http.Redirect(w, r, a.endSessionURL(), http.StatusSeeOther)
}

// endSessionURL names the client and not, as id_token_hint would, the person: a token has no place in a URL. Servers may
// ask people whether they mean it (OpenID Connect RP-Initiated Logout 1.0 §2).
func (a *app) endSessionURL() string {
	query := url.Values{"client_id": {a.cfg.clientID}}
	if a.cfg.postLogoutURL != "" {
		query.Set("post_logout_redirect_uri", a.cfg.postLogoutURL)
	}
	separator := "?"
	if strings.Contains(a.provider.EndSession, "?") {
		separator = "&"
	}
	return a.provider.EndSession + separator + query.Encode()
}

// end forgets a session first, so that it is over whatever the server says, and then revokes its tokens. It waits for a
// refresh that is under way, which would save the session once more, and has its own time after that. An error says that
// the session is still there.
func (a *app) end(ctx context.Context, id string) error {
	defer a.locks.lock(id)()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
	defer cancel()
	s, err := a.load(id)
	switch {
	case errors.Is(err, errNoRecord):
		return nil // somebody else has ended it
	case err == nil:
		err = a.store.remove(storeKey(id))
	}
	if err != nil || a.provider.Revocation == "" {
		return err
	}
	if err := a.revoke(ctx, s.Token); err != nil {
		a.log.Warn("a token was not revoked", "reason", reason(err))
	}
	return nil
}

// revoke ends a refresh token with all that came of it, or where there is none the access token (RFC 7009 §2.1).
func (a *app) revoke(ctx context.Context, token *oauth2.Token) error {
	form := url.Values{"token": {cmp.Or(token.RefreshToken, token.AccessToken)}}
	style := a.provider.oauth.Endpoint.AuthStyle
	if style == oauth2.AuthStyleInParams {
		form.Set("client_id", a.cfg.clientID)
		if a.cfg.clientSecret != "" {
			form.Set("client_secret", a.cfg.clientSecret)
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.provider.Revocation, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if style == oauth2.AuthStyleInHeader {
		req.SetBasicAuth(url.QueryEscape(a.cfg.clientID), url.QueryEscape(a.cfg.clientSecret)) // RFC 6749 §2.3.1
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the revocation endpoint answered %d", resp.StatusCode)
	}
	return nil
}
