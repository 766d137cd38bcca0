package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/revoke"
	"github.com/bearerguard/bearerguard/signals"
)

// revocation is a listener for logout tokens and security events.
type revocation struct {
	listen string
	config signals.Config // handler() adds Verifier
}

// newRevocation reads REVOCATION_*. If all of them are empty, it returns nil.
// Revocations are added to redis.list, or to a new list in memory if redis is
// nil.
func newRevocation(getenv func(string) string, redis *shared, log *slog.Logger) (*revocation, error) {
	listen, audiences, lifetime := getenv("REVOCATION_LISTEN"), getenv("REVOCATION_AUDIENCE"), getenv("REVOCATION_TOKEN_LIFETIME")
	authorization := getenv("REVOCATION_AUTHORIZATION")
	switch {
	case listen == "" && audiences == "" && lifetime == "" && authorization == "":
		return nil, nil
	case listen == "":
		return nil, errors.New("REVOCATION_AUDIENCE, REVOCATION_TOKEN_LIFETIME and REVOCATION_AUTHORIZATION need REVOCATION_LISTEN")
	}
	var faults []error
	if _, _, err := net.SplitHostPort(listen); err != nil {
		faults = append(faults, fmt.Errorf("REVOCATION_LISTEN must be host:port, got %q", listen))
	}
	r := &revocation{listen, signals.Config{Authorization: authorization, Logger: log}}
	for _, audience := range list(cmp.Or(audiences, getenv("AUDIENCE")+","+getenv("INTROSPECTION_CLIENT_ID"))) {
		if audience != "" {
			r.config.Audiences = append(r.config.Audiences, audience)
		}
	}
	var err error
	if r.config.TokenLifetime, err = time.ParseDuration(cmp.Or(lifetime, "1h")); err != nil {
		faults = append(faults, fmt.Errorf("REVOCATION_TOKEN_LIFETIME must be a duration such as 1h, got %q", lifetime))
		r.config.TokenLifetime = time.Hour // a placeholder, so that other faults are also found
	}
	if redis != nil {
		r.config.List = redis.list
	} else if r.config.List, err = revoke.New(revoke.Config{Logger: log}); err != nil {
		faults = append(faults, err)
	}
	return r, errors.Join(faults...)
}

// handler returns a handler that receives logout tokens and security events on
// every path. It distinguishes the two by Content-Type.
func (r *revocation) handler(v *middleware.Verifier) (http.Handler, error) {
	r.config.Verifier = v
	logout, err := signals.Logout(r.config)
	if err != nil {
		return nil, err
	}
	events, err := signals.Events(r.config)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); mediaType == "application/secevent+jwt" {
			events.ServeHTTP(w, r)
			return
		}
		logout.ServeHTTP(w, r)
	}), err
}
