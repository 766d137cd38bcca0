package main

import (
	"context"
	"crypto/subtle"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"
)

// callback receives the authorization response, which contains a code or an
// error. Any web page can make a browser open the callback URL. So callback
// checks the parameters state and iss before it uses anything else in the
// response, even the error.
func (a *app) callback(w http.ResponseWriter, r *http.Request) {
	p, ok := a.pendingLogin(w, r)
	query, err := url.ParseQuery(r.URL.RawQuery)
	if !ok || err != nil || !same(query.Get("state"), p.State) || !a.matchesIssuer(query) {
		a.show(w, http.StatusBadRequest, page{
			Title: "This login cannot continue", Text: "It did not begin in this browser, took too long, or has already ended. Please log in again.",
		})
		return
	}
	if code := query.Get("error"); code != "" {
		a.refused(w, code)
		return
	}
	// A closed connection must not cancel the exchange, because the code can be
	// used only once.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), requestTimeout)
	defer cancel()
	ctx = a.oauthContext(ctx)
	token, err := a.bound(a.provider.oauth.Exchange(ctx, query.Get("code"), append(a.resource(), oauth2.VerifierOption(p.Verifier))...))
	if err != nil {
		a.log.Warn("the code exchange failed", "reason", reason(err))
		a.show(w, http.StatusBadGateway, page{
			Title: "The login server did not confirm this login", Text: "Please log in again.",
		})
		return
	}
	user, err := a.identify(ctx, token, p.Nonce)
	if err != nil {
		a.log.Warn("the user cannot be identified", "reason", reason(err))
		a.show(w, http.StatusBadGateway, page{
			Title: "The login server did not identify you", Text: "Please log in again.",
		})
		return
	}
	if id := a.cookie(r, sessionCookie); id != "" { // the new cookie replaces this ID, so the previous session must end
		err = a.end(ctx, id)
	}
	if err == nil {
		err = a.begin(w, user, token)
	}
	if err != nil {
		a.fail(w, "a session cannot be saved", err)
		return
	}
	// The target is constant. A parameter for the target would allow open
	// redirects. The status See Other keeps the URL with the code out of the
	// history.
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// matchesIssuer compares the iss parameter with the issuer (RFC 9207 §2.4).
// This prevents mix-up attacks on clients that use several servers. The
// parameter is required if the metadata announces it.
func (a *app) matchesIssuer(query url.Values) bool {
	if !query.Has("iss") {
		return !a.provider.SendsIssuer
	}
	return a.provider.Issuer == "" || query.Get("iss") == a.provider.Issuer
}

// refused shows a page about an error from the server (RFC 6749 §4.1.2.1). The
// text on the page is from this site, not from the server.
func (a *app) refused(w http.ResponseWriter, code string) {
	switch code {
	case "access_denied":
		a.show(w, http.StatusForbidden, page{Title: "You did not allow the login", Text: "You are not logged in."})
	case "temporarily_unavailable", "server_error":
		a.show(w, http.StatusBadGateway, page{Title: "The login server is unavailable", Text: "Please try again later."})
	default:
		a.log.Warn("the server refused a login", "code", knownCode(code))
		a.show(w, http.StatusBadGateway, page{Title: "The login server refused", Text: "You are not logged in."})
	}
}

// knownCode returns code if it is one of the standard error codes in its list,
// and otherwise "unknown". So arbitrary text from the server is never logged.
func knownCode(code string) string {
	switch code {
	case "invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope", "invalid_target",
		"login_required", "consent_required", "interaction_required", "account_selection_required",
		"invalid_client", "invalid_grant", "unsupported_grant_type",
		"invalid_dpop_proof", "use_dpop_nonce":
		return code
	}
	return "unknown"
}

// same compares two strings in constant time.
func same(got, want string) bool { return subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1 }
