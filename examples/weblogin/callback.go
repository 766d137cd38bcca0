package main

import (
	"context"
	"crypto/subtle"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"
)

// callback is where the server sends the browser back to, with a code or with an error. Whoever can make a browser open a
// URL can bring it here, so that nothing is believed, the error included, before state and iss are right.
func (a *app) callback(w http.ResponseWriter, r *http.Request) {
	p, ok := a.pendingLogin(w, r)
	query, err := url.ParseQuery(r.URL.RawQuery)
	if !ok || err != nil || !same(query.Get("state"), p.State) || !a.rightIssuer(query) {
		a.show(w, http.StatusBadRequest, page{
			Title: "This login cannot go on", Text: "It did not begin in this browser, took too long or is over already. Please log in once more.",
		})
		return
	}
	if code := query.Get("error"); code != "" {
		a.refused(w, code)
		return
	}
	// A browser that has gone does not stop what the server has begun: the code would be lost.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), requestTimeout)
	defer cancel()
	ctx = a.oauthContext(ctx)
	token, err := a.provider.oauth.Exchange(ctx, query.Get("code"), append(a.resource(), oauth2.VerifierOption(p.Verifier))...)
	if err != nil {
		a.log.Warn("no tokens for a code", "reason", reason(err))
		a.show(w, http.StatusBadGateway, page{
			Title: "The login server did not confirm this login", Text: "Please log in once more.",
		})
		return
	}
	who, err := a.identify(ctx, token, p.Nonce)
	if err != nil {
		a.log.Warn("a login that is nobody's", "reason", reason(err))
		a.show(w, http.StatusBadGateway, page{
			Title: "The login server did not say who you are", Text: "Please log in once more.",
		})
		return
	}
	if id := a.cookie(r, sessionCookie); id != "" { // who logs in twice leaves no session behind that nobody has the ID of
		err = a.end(ctx, id)
	}
	if err == nil {
		err = a.begin(w, who, token)
	}
	if err != nil {
		a.fail(w, "a session cannot be saved", err)
		return
	}
	// Always the same page: a parameter that says where to go would let others say it too. See Other leaves the code out
	// of the history.
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// rightIssuer compares who answered with who was asked (RFC 9207 §2.4): a client of several servers may be sent to one
// with the code of another. It must be there if the server says that it always is.
func (a *app) rightIssuer(query url.Values) bool {
	if !query.Has("iss") {
		return !a.provider.SendsIssuer
	}
	return a.provider.Issuer == "" || query.Get("iss") == a.provider.Issuer
}

// refused shows an error of the server's (RFC 6749 §4.1.2.1), in words that are this site's own.
func (a *app) refused(w http.ResponseWriter, code string) {
	switch code {
	case "access_denied":
		a.show(w, http.StatusForbidden, page{Title: "You did not allow it", Text: "Nobody was logged in."})
	case "temporarily_unavailable", "server_error":
		a.show(w, http.StatusBadGateway, page{Title: "The login server is out of order", Text: "Please try again later."})
	default:
		a.log.Warn("the server refused a login", "code", known(code))
		a.show(w, http.StatusBadGateway, page{Title: "The login server refused", Text: "Nobody was logged in."})
	}
}

// known keeps text of others out of the log.
func known(code string) string {
	switch code {
	case "invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope", "invalid_target",
		"login_required", "consent_required", "interaction_required", "account_selection_required",
		"invalid_client", "invalid_grant", "unsupported_grant_type":
		return code
	}
	return "unknown"
}

// same takes as long for a good guess as for a bad one.
func same(got, want string) bool { return subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1 }
