package main

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// loginTTL is what somebody has to find the password.
const loginTTL = 10 * time.Minute

// pending is a login that has begun. It waits in a cookie, encrypted: the site then keeps nothing for people who never
// come back, and only the browser that began can end it.
type pending struct {
	State    string    `json:"state"`    // comes back in the URL: the answer is to this login (RFC 6749 §10.12)
	Nonce    string    `json:"nonce"`    // comes back in the ID token: it is too (OpenID Connect Core 1.0 §3.1.2.1)
	Verifier string    `json:"verifier"` // goes with the code, which is of no use without it (RFC 7636)
	Ends     time.Time `json:"ends"`
}

// login sends the browser to the authorization server.
func (a *app) login(w http.ResponseWriter, r *http.Request) {
	p := pending{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Ends: time.Now().Add(loginTTL)}
	sealed, err := a.sealer.seal(loginCookie, p)
	if err != nil {
		a.fail(w, "a login cannot be sealed", err)
		return
	}
	a.setCookie(w, loginCookie, base64.RawURLEncoding.EncodeToString(sealed), loginTTL)

	opts := append(a.resource(), oauth2.S256ChallengeOption(p.Verifier))
	if a.provider.idTokens != nil {
		opts = append(opts, oidc.Nonce(p.Nonce))
	}
	http.Redirect(w, r, a.provider.oauth.AuthCodeURL(p.State, opts...), http.StatusFound)
}

// pendingLogin takes the login of the browser out of its cookie: it is good for one answer, whatever that is.
func (a *app) pendingLogin(w http.ResponseWriter, r *http.Request) (p pending, ok bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(a.cookie(r, loginCookie))
	a.clearCookie(w, loginCookie)
	if err != nil || a.sealer.open(loginCookie, sealed, &p) != nil {
		return pending{}, false
	}
	return p, time.Now().Before(p.Ends)
}

// resource names the API to a server that issues tokens for several (RFC 8707 §2).
func (a *app) resource() []oauth2.AuthCodeOption {
	if a.cfg.resource == "" {
		return nil
	}
	return []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("resource", a.cfg.resource)}
}
