package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/oauth2"
)

// app is the web site. All requests share one app, because it contains no data
// of individual requests.
type app struct {
	cfg      config
	provider *provider
	sealer   sealer
	store    store
	locks    locks
	client   *http.Client
	log      *slog.Logger

	thumbprint string // the thumbprint of the key for DPoP; "" without DPoP
}

// requestTimeout limits each request to the authorization server or the API.
const requestTimeout = 10 * time.Second

func newApp(ctx context.Context, cfg config, log *slog.Logger) (*app, error) {
	a := &app{cfg: cfg, log: log, client: &http.Client{
		Transport: cfg.transport,
		Timeout:   requestTimeout,
		// Redirects are not followed, so secrets, codes and tokens are sent
		// only to the configured URLs.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	var err error
	if cfg.dpop {
		if err = a.addProofs(); err != nil {
			return nil, err
		}
	}
	if a.sealer, err = newSealer(cfg.sessionKey); err != nil {
		return nil, err
	}
	a.store = newMemory()
	if cfg.sessionDir != "" {
		if a.store, err = newDirectory(cfg.sessionDir); err != nil {
			return nil, err
		}
	}
	a.provider, err = discover(ctx, cfg, a.client)
	return a, err
}

func (a *app) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.home)
	mux.HandleFunc("GET /login", a.login)
	mux.HandleFunc("GET /callback", a.callback)
	mux.HandleFunc("GET /profile", a.withSession(a.profile))
	mux.HandleFunc("GET /items", a.withSession(a.items))
	mux.HandleFunc("POST /logout", a.withSession(a.logout))
	mux.HandleFunc("GET /style.css", stylesheet)
	return a.guarded(mux)
}

// oauthContext returns a context that contains the HTTP client for oauth2 and
// go-oidc.
func (a *app) oauthContext(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, a.client)
}

func (a *app) home(w http.ResponseWriter, r *http.Request) {
	switch _, s, err := a.current(r); {
	case errors.Is(err, errNoRecord):
		a.show(w, http.StatusOK, page{Title: "Welcome", Text: "You are not logged in."})
	case err != nil:
		a.fail(w, "a session cannot be read", err)
	default:
		a.show(w, http.StatusOK, page{Title: "Welcome, " + s.Name, Text: "You are logged in.", Session: &s})
	}
}
