package main

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/oauth2"
)

// errEnded says that the server has ended what the session was good for: there is nothing left but to log in again.
var errEnded = errors.New("the session has ended")

// accessToken is a token that is good for a while and is not refused, which some API did not take; "" if none did that.
//
// A refresh token is good once, so that one request of a session at a time may refresh; those that wait then find the
// new token. It is saved before it is used: were it lost, so would be the session.
func (a *app) accessToken(ctx context.Context, id, refused string) (string, error) {
	// Nor is it lost with a browser that goes away in the middle.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
	defer cancel()
	defer a.locks.lock(id)()
	s, err := a.load(id)
	switch {
	case errors.Is(err, errNoRecord):
		return "", errEnded // it was there a moment ago: somebody has logged out
	case err != nil:
		return "", err
	}
	refreshable := s.Token.RefreshToken != ""
	if s.Token.Valid() && (s.Token.AccessToken != refused || !refreshable) { // Valid has some seconds to spare
		return s.Token.AccessToken, nil
	}
	if !refreshable {
		return "", errors.Join(errEnded, a.store.remove(storeKey(id)))
	}
	old := &oauth2.Token{RefreshToken: s.Token.RefreshToken}
	token, err := a.provider.oauth.TokenSource(a.oauthContext(ctx), old).Token()
	if refusal := (*oauth2.RetrieveError)(nil); errors.As(err, &refusal) && refusal.ErrorCode == "invalid_grant" {
		a.log.Info("a session has ended at the server")
		return "", errors.Join(errEnded, a.store.remove(storeKey(id)))
	}
	if err != nil {
		return "", err // the server is down, perhaps; the session stays
	}
	s.Token = token
	if err := a.save(id, s); err != nil {
		return "", err
	}
	return token.AccessToken, nil
}

// locks has one lock for each session that is at work. Several processes at one store need theirs instead, such as
// SELECT … FOR UPDATE.
type locks struct {
	mu   sync.Mutex
	held map[string]*lock
}

type lock struct {
	turn   chan struct{} // holds the one that works
	wanted int           // by how many
}

func (l *locks) lock(id string) (unlock func()) {
	l.mu.Lock()
	if l.held == nil {
		l.held = map[string]*lock{}
	}
	if l.held[id] == nil {
		l.held[id] = &lock{turn: make(chan struct{}, 1)}
	}
	one := l.held[id]
	one.wanted++
	l.mu.Unlock()

	one.turn <- struct{}{}
	return func() {
		<-one.turn
		l.mu.Lock()
		defer l.mu.Unlock()
		if one.wanted--; one.wanted == 0 {
			delete(l.held, id)
		}
	}
}
