package main

import (
	"context"
	"errors"
	"strings"
	"sync"

	"golang.org/x/oauth2"
)

// errEnded means that the session has ended, or that its tokens are unusable
// and cannot be refreshed. The user must log in again.
var errEnded = errors.New("the session has ended")

// accessToken returns an access token of a session. It first refreshes a token
// that has expired or was refused. The refused argument is a token that an API
// has refused, or "". The result is the refused token only if the session has
// no refresh token.
//
// A refresh token may be usable only once, so only one request of a session
// refreshes at a time. The other requests wait and then use the new token. The
// new token is saved before it is used. If the site lost the new refresh token,
// the session could not continue.
func (a *app) accessToken(ctx context.Context, id, refused string) (*oauth2.Token, error) {
	// A closed connection must not cancel the refresh, because the new token
	// would be lost.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
	defer cancel()
	defer a.locks.lock(id)()
	s, err := a.load(id)
	switch {
	case errors.Is(err, errNoRecord):
		return nil, errEnded // a concurrent request has ended the session
	case err != nil:
		return nil, err
	}
	if !a.cfg.dpop && strings.EqualFold(s.Token.Type(), "DPoP") { // the token needs the DPoP key, which only DPOP=1 provides
		return nil, errors.Join(errEnded, a.store.remove(storeKey(id)))
	}
	refreshable := s.Token.RefreshToken != ""
	if s.Token.Valid() && (s.Token.AccessToken != refused || !refreshable) { // Valid is false from ten seconds before the expiry
		return s.Token, nil
	}
	if !refreshable {
		return nil, errors.Join(errEnded, a.store.remove(storeKey(id)))
	}
	old := &oauth2.Token{RefreshToken: s.Token.RefreshToken}
	token, err := a.bound(a.provider.oauth.TokenSource(a.oauthContext(ctx), old).Token())
	if refusal := (*oauth2.RetrieveError)(nil); errors.As(err, &refusal) && refusal.ErrorCode == "invalid_grant" {
		a.log.Info("the server refused a refresh token; the session has ended")
		return nil, errors.Join(errEnded, a.store.remove(storeKey(id)))
	}
	if err != nil {
		return nil, err // the server may be down, so the session is kept
	}
	s.Token = token
	if err := a.save(id, s); err != nil {
		return nil, err
	}
	return token, nil
}

// locks contains one lock for each session in use. If several processes share a
// store, use locks of the store instead, such as SELECT … FOR UPDATE.
type locks struct {
	mu   sync.Mutex
	held map[string]*lock
}

type lock struct {
	holder chan struct{} // full while the lock is held
	users  int           // number of calls that hold the lock or wait for it
}

func (l *locks) lock(id string) (unlock func()) {
	l.mu.Lock()
	if l.held == nil {
		l.held = map[string]*lock{}
	}
	if l.held[id] == nil {
		l.held[id] = &lock{holder: make(chan struct{}, 1)}
	}
	sessionLock := l.held[id]
	sessionLock.users++
	l.mu.Unlock()

	sessionLock.holder <- struct{}{}
	return func() {
		<-sessionLock.holder
		l.mu.Lock()
		defer l.mu.Unlock()
		if sessionLock.users--; sessionLock.users == 0 {
			delete(l.held, id)
		}
	}
}
