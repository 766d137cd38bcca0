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

// logout ends the session at this site and revokes the tokens of the session.
// If the server has an end_session_endpoint, logout then redirects the browser
// there, so that the login at the server ends too.
func (a *app) logout(w http.ResponseWriter, r *http.Request, id string, s session) {
	if !same(r.PostFormValue("csrf"), s.CSRF) { // SameSite stops requests from other sites, but not from other hosts of this site
		a.show(w, http.StatusForbidden, page{Title: "You are still logged in", Text: "This did not come from a page of this site.", Session: &s})
		return
	}
	if err := a.end(r.Context(), id); err != nil { // the page must not claim that the session ended
		a.fail(w, "a session cannot be ended", err)
		return
	}
	a.clearCookie(w, sessionCookie)
	if a.provider.EndSession == "" {
		a.show(w, http.StatusOK, page{Title: "You are logged out", Text: "Your session has ended."})
		return
	}
	http.Redirect(w, r, a.endSessionURL(), http.StatusSeeOther)
}

// endSessionURL returns the URL that ends the login at the server. The URL
// contains client_id instead of id_token_hint, because a token must not appear
// in a URL. Without id_token_hint, servers must ask the user to confirm (OpenID
// Connect RP-Initiated Logout 1.0 §2).
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

// end removes a session and then revokes its tokens, so that the session ends
// even if the revocation fails. It first waits for any refresh in progress,
// because the refresh would save the session again. The timeout starts after
// this wait. After an error, the session may still exist.
func (a *app) end(ctx context.Context, id string) error {
	defer a.locks.lock(id)()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
	defer cancel()
	s, err := a.load(id)
	switch {
	case errors.Is(err, errNoRecord):
		return nil // the session has already ended, or the ID is unknown
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

// revoke revokes the refresh token. The server should then also revoke the
// other tokens of the grant. If the session has no refresh token, revoke
// revokes the access token (RFC 7009 §2.1).
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
