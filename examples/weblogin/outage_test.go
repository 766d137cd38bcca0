package main

import (
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/bearerguard/bearerguard/testserver"
)

// shaky is a store that can be down.
type shaky struct {
	store

	down, readOnly atomic.Bool
}

var errDown = errors.New("the store is down")

func (s *shaky) get(key string) ([]byte, error) {
	if s.down.Load() {
		return nil, errDown
	}
	return s.store.get(key)
}

func (s *shaky) remove(key string) error {
	if s.readOnly.Load() {
		return errDown
	}
	return s.store.remove(key)
}

func TestAStoreThatIsDownEndsNoSession(t *testing.T) {
	s := newSite(t, testserver.New(t), false, nil)
	store := &shaky{store: s.app.store}
	s.app.store = store
	p := s.visitor()
	p.login()
	store.down.Store(true)
	for name, got := range map[string]seenPage{
		"/": p.open("/"), "/items": p.open("/items"), "/profile": p.open("/profile"), "/logout": p.logout(""),
	} {
		if got.status != http.StatusInternalServerError || got.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: got %d %q, want 500 and the cookie left alone", name, got.status, got.title())
		}
	}
	if _, err := s.app.accessToken(t.Context(), "any", ""); errors.Is(err, errEnded) || err == nil {
		t.Errorf("got %v, want an error that ends nothing", err)
	}
	store.down.Store(false)
	store.readOnly.Store(true)
	if got := p.logout(""); got.status != http.StatusInternalServerError || s.as.Count(testserver.EndpointRevoke) != 0 {
		t.Errorf("got %d, want 500: the session is still there", got.status)
	}
	store.readOnly.Store(false)
	if got := p.open("/"); got.title() != "Welcome, Test User" {
		t.Errorf("got %q afterwards, want the session", got.title())
	}
}

func TestALogoutThatWaitsForARefreshRevokesAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		as := testserver.New(t, testserver.InMemory())
		client := as.DefaultClient()
		a, err := newApp(t.Context(), config{
			oidc: true, issuer: as.Issuer(), clientID: client.ID, clientSecret: client.Secret,
			sessionKey: make([]byte, keyBytes), transport: as.Client().Transport,
		}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := a.save("id", session{Token: &oauth2.Token{RefreshToken: "anything"}, Ends: time.Now().Add(sessionTTL)}); err != nil {
			t.Fatal(err)
		}
		refreshed := a.locks.lock("id")
		time.AfterFunc(requestTimeout, refreshed)
		if err := a.end(t.Context(), "id"); err != nil || as.Count(testserver.EndpointRevoke) != 1 {
			t.Errorf("got %d revocations and %v, want one", as.Count(testserver.EndpointRevoke), err)
		}
	})
}
