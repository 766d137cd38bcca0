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

// sessionTTL is how long a login is good, used or not.
const sessionTTL = 8 * time.Hour

// session is what the site knows about somebody who is logged in. The browser has its ID and nothing else of it.
type session struct {
	Subject string        `json:"subject"`
	Name    string        `json:"name"`
	CSRF    string        `json:"csrf"` // what forms of this session carry
	Token   *oauth2.Token `json:"token"`
	Ends    time.Time     `json:"ends"`
}

// storeKey is what a session is kept under: its ID would let everybody in who sees the store.
func storeKey(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}

// load returns errNoRecord for a session that is over, and any other error for one that may not be: who then told the
// browser to lose its cookie would log everybody out when the store is down for a moment.
func (a *app) load(id string) (s session, err error) {
	sealed, err := a.store.get(storeKey(id))
	if err == nil && a.sealer.open("session "+id, sealed, &s) != nil { // of another key, or in the place of another
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

// begin logs somebody in, under an ID that nobody has seen before: one that the browser brought along could be known to
// whoever planted it there.
func (a *app) begin(w http.ResponseWriter, who identity, token *oauth2.Token) error {
	id := rand.Text()
	err := a.save(id, session{
		Subject: who.subject, Name: who.name, CSRF: rand.Text(), Token: token, Ends: time.Now().Add(sessionTTL),
	})
	if err == nil {
		a.setCookie(w, sessionCookie, id, sessionTTL)
	}
	return err
}

// current is the session of the browser; errNoRecord if it has none.
func (a *app) current(r *http.Request) (id string, s session, err error) {
	id = a.cookie(r, sessionCookie)
	if id == "" {
		return "", session{}, errNoRecord
	}
	s, err = a.load(id)
	return id, s, err
}

// withSession is for pages that need a login.
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

// ended answers who has no session, or has none any more. 401 would need a challenge that browsers know (RFC 9110 §15.5.2).
// A browser without the cookie may just have kept it back, from a form of another site, so that it is not told to lose it.
func (a *app) ended(w http.ResponseWriter, r *http.Request) {
	if a.cookie(r, sessionCookie) != "" {
		a.clearCookie(w, sessionCookie)
	}
	a.show(w, http.StatusForbidden, page{Title: "You are not logged in", Text: "Your session has ended, or there was none."})
}
