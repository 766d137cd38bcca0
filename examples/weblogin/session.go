package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"golang.org/x/oauth2"
)

// sessionTTL is the lifetime of a session. Using a session does not extend it.
const sessionTTL = 8 * time.Hour

// session is the state of a user who is logged in. The browser stores only the
// ID of the session.
type session struct {
	Subject string        `json:"subject"`
	Name    string        `json:"name"`
	CSRF    string        `json:"csrf"`  // the CSRF token in the forms of this session
	Token   *oauth2.Token `json:"token"` // its TokenType is Bearer or DPoP; "" means Bearer
	Ends    time.Time     `json:"ends"`
}

// storeKey returns the key of a session in the store. The key is a hash of the
// ID, because an attacker who reads the store must not learn the ID.
func storeKey(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}

// load returns a session, or errNoRecord if the session has ended. After any
// other error, the session may still exist. Callers must then keep the cookie.
// Otherwise, a short outage of the store would log out all users.
func (a *app) load(id string) (s session, err error) {
	sealed, err := a.store.get(storeKey(id))
	if err == nil && a.sealer.open("session "+id, sealed, &s) != nil { // encrypted with another key, or for another session
		err = errNoRecord
	}
	return s, err
}

func (a *app) save(id string, s session) error {
	sealed, err := a.sealer.seal("session "+id, s)
	if err != nil {
		return err
	}
	return a.store.put(storeKey(id), sealed, s.Ends)
}

// begin starts a session with a new ID. It does not reuse an ID from the
// browser's cookie. An attacker may have set that cookie, and would then know
// the ID (session fixation).
func (a *app) begin(w http.ResponseWriter, user identity, token *oauth2.Token) error {
	id := rand.Text()
	err := a.save(id, session{
		Subject: user.subject, Name: user.name, CSRF: rand.Text(), Token: token, Ends: time.Now().Add(sessionTTL),
	})
	if err == nil {
		a.setCookie(w, sessionCookie, id, sessionTTL)
	}
	return err
}

// current returns the session of the browser, or errNoRecord if the browser has
// no session.
func (a *app) current(r *http.Request) (id string, s session, err error) {
	id = a.cookie(r, sessionCookie)
	if id == "" {
		return "", session{}, errNoRecord
	}
	s, err = a.load(id)
	return id, s, err
}

// withSession returns a handler that calls next only if the browser has a
// session.
func (a *app) withSession(next func(w http.ResponseWriter, r *http.Request, id string, s session)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch id, s, err := a.current(r); {
		case errors.Is(err, errNoRecord):
			a.ended(w, r)
		case err != nil:
			a.fail(w, "a session cannot be read", err)
		default:
			next(w, r, id, s)
		}
	}
}

// ended writes the response for a browser that has no session. The status is
// not 401, because 401 requires a challenge (RFC 9110 §15.5.2), and browsers
// support none that fits this login. ended deletes the cookie only if the
// request contains it. Otherwise, the browser may have a valid cookie that it
// withheld because of SameSite.
func (a *app) ended(w http.ResponseWriter, r *http.Request) {
	if a.cookie(r, sessionCookie) != "" {
		a.clearCookie(w, sessionCookie)
	}
	a.show(w, http.StatusForbidden, page{Title: "You are not logged in", Text: "Your session has ended, or there was none."})
}
