package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/adapters/redisstore"
	"github.com/bearerguard/bearerguard/revoke"
)

// shared is what several processes share through Redis.
type shared struct {
	store *redisstore.Store
	list  *revoke.List
}

var errRedisURL = errors.New("REDIS_URL must be redis://HOST:PORT, with :PASSWORD@ or USER:PASSWORD@ before HOST if Redis needs it, and /DATABASE at the end if it is not 0")

// newShared reads REDIS_URL. It returns nil if the variable is empty. Errors do
// not quote it, because it may contain a password.
//
// Values are sealed with a key that is derived from
// INTROSPECTION_CLIENT_SECRET, which all processes have, and which protects the
// answers already.
func newShared(getenv func(string) string, log *slog.Logger) (*shared, error) {
	text := getenv("REDIS_URL")
	if text == "" {
		return nil, nil //nolint:nilnil // nothing is shared
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "redis" || u.Hostname() == "" {
		return nil, errRedisURL
	}
	port := u.Port()
	if port == "" {
		port = "6379"
	}
	client := &respClient{address: net.JoinHostPort(u.Hostname(), port), idle: make(chan *respConn, 64)}
	if password, ok := u.User.Password(); ok {
		auth := []any{"AUTH", password}
		if name := u.User.Username(); name != "" {
			auth = []any{"AUTH", name, password}
		}
		client.setup = append(client.setup, auth)
	}
	if database := strings.Trim(u.Path, "/"); database != "" {
		client.setup = append(client.setup, []any{"SELECT", database})
	}
	secret := sha256.Sum256([]byte("examples/api\x00" + getenv("INTROSPECTION_CLIENT_SECRET")))
	store, err := redisstore.New(redisstore.Config{Do: client.do, Secret: secret[:], Logger: log})
	if err != nil {
		return nil, err
	}
	list, err := revoke.New(revoke.Config{Feed: store, OnLag: revoke.Refuse, Logger: log})
	return &shared{store, list}, err
}

// startTimeout limits how long the start waits for Redis.
const startTimeout = 2 * time.Second

// prepare gets ready for the first request, as far as Redis is available.
func (s *shared) prepare(ctx context.Context, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := s.store.Initialize(ctx); err != nil {
		log.Warn("starting without Redis", "err", err)
		return
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for s.list.Healthy() != nil { // until Run has read the feed
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
