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

// failingStore is a store that a test can make fail.
type failingStore struct {
	store

	down, readOnly atomic.Bool
}

var errDown = errors.New("the store is down")

func (s *failingStore) get(key string) ([]byte, error) {
	if s.down.Load() {
		return nil, errDown
	}
	return s.store.get(key)
}

func (s *failingStore) remove(key string) error {
	if s.readOnly.Load() {
		return errDown
	}
	return s.store.remove(key)
}

func TestAStoreOutageDoesNotEndSessions(t *testing.T) {
	s := newSite(t, testserver.New(t), false, nil)
	store := &failingStore{store: s.app.store}
	s.app.store = store
	b := s.newBrowser()
	b.login()
	store.down.Store(true)
	for name, got := range map[string]response{
		"/": b.open("/"), "/items": b.open("/items"), "/profile": b.open("/profile"), "/logout": b.logout(""),
	} {
		if got.status != http.StatusInternalServerError || got.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: got %d %q, want 500 and no change of the cookie", name, got.status, got.title())
		}
	}
	if _, err := s.app.accessToken(t.Context(), "any", ""); errors.Is(err, errEnded) || err == nil {
		t.Errorf("got %v, want an error other than errEnded", err)
	}
	store.down.Store(false)
	store.readOnly.Store(true)
	if got := b.logout(""); got.status != http.StatusInternalServerError || s.as.Count(testserver.EndpointRevoke) != 0 {
		t.Errorf("got %d, want 500, because the session still exists", got.status)
	}
	store.readOnly.Store(false)
	if got := b.open("/"); got.title() != "Welcome, Test User" {
		t.Errorf("got %q afterwards, want the session", got.title())
	}
}

func TestALogoutDuringARefreshRevokesTheTokens(t *testing.T) {
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
		unlock := a.locks.lock("id")
		time.AfterFunc(requestTimeout, unlock)
		if err := a.end(t.Context(), "id"); err != nil || as.Count(testserver.EndpointRevoke) != 1 {
			t.Errorf("got %d revocations and %v, want one", as.Count(testserver.EndpointRevoke), err)
		}
	})
}
