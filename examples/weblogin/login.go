package main

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// loginTTL is the time in which a user must finish a login.
const loginTTL = 10 * time.Minute

// pending is a login in progress. It is stored only in an encrypted cookie. The
// site therefore stores nothing for abandoned logins. Only the browser that
// began the login can finish it.
type pending struct {
	State    string    `json:"state"`    // in the callback URL; binds the answer to this login (RFC 6749 §10.12)
	Nonce    string    `json:"nonce"`    // in the ID token; binds the ID token to this login (OpenID Connect Core 1.0 §3.1.2.1)
	Verifier string    `json:"verifier"` // sent with the code, which is useless without the verifier (RFC 7636)
	Ends     time.Time `json:"ends"`
}

// login redirects the browser to the authorization server.
func (a *app) login(w http.ResponseWriter, r *http.Request) {
	p := pending{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Ends: time.Now().Add(loginTTL)}
	sealed, err := a.sealer.seal(loginCookie, p)
	if err != nil {
		a.fail(w, "encrypting the state of a login failed", err)
		return
	}
	a.setCookie(w, loginCookie, base64.RawURLEncoding.EncodeToString(sealed), loginTTL)

	opts := append(a.resource(), oauth2.S256ChallengeOption(p.Verifier))
	if a.provider.idTokens != nil {
		opts = append(opts, oidc.Nonce(p.Nonce))
	}
	if a.thumbprint != "" { // dpop_jkt binds the code to the key (RFC 9449 §10)
		opts = append(opts, oauth2.SetAuthURLParam("dpop_jkt", a.thumbprint))
	}
	http.Redirect(w, r, a.provider.oauth.AuthCodeURL(p.State, opts...), http.StatusFound)
}

// pendingLogin returns the login in the browser's cookie. ok is false if the
// cookie is missing, forged or expired. pendingLogin also deletes the cookie,
// so that the browser sends it with only one callback.
func (a *app) pendingLogin(w http.ResponseWriter, r *http.Request) (p pending, ok bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(a.cookie(r, loginCookie))
	a.clearCookie(w, loginCookie)
	if err != nil || a.sealer.open(loginCookie, sealed, &p) != nil {
		return pending{}, false
	}
	return p, time.Now().Before(p.Ends)
}

// resource returns the parameter resource, which contains the identifier of the
// API. A server that issues tokens for several APIs needs it (RFC 8707 §2). If
// OAUTH_RESOURCE is not set, resource returns nil.
func (a *app) resource() []oauth2.AuthCodeOption {
	if a.cfg.resource == "" {
		return nil
	}
	return []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("resource", a.cfg.resource)}
}
