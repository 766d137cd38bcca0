package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/adapters/redisstore"
	"github.com/bearerguard/bearerguard/revoke"
)

// shared is the state that several processes share through Redis.
type shared struct {
	store *redisstore.Store
	list  *revoke.List
}

var errRedisURL = errors.New("REDIS_URL must be redis://HOST:PORT, with :PASSWORD@ or USER:PASSWORD@ before HOST if Redis needs it, and /DATABASE at the end if it is not 0")

// minSecret is the minimum length of REDIS_SECRET, as in redisstore.Config.
const minSecret = 32

// proofWindow is the maximum time for which a proof with a nonce is accepted.
// It follows the rule of redisstore.Config.ProofWindow.
const proofWindow = 3*noncePeriod + 80*time.Second

// newShared reads REDIS_URL and REDIS_SECRET. It returns nil if both are empty.
// Errors do not quote the values, because the URL may contain a password.
//
// Another program can add to the list of revoked tokens if it uses the same
// Redis and REDIS_SECRET. It needs its own redisstore.Store and revoke.List.
func newShared(getenv func(string) string, log *slog.Logger) (*shared, error) {
	text, secret := getenv("REDIS_URL"), []byte(getenv("REDIS_SECRET"))
	switch {
	case len(secret) > 0 && len(secret) < minSecret:
		return nil, fmt.Errorf("REDIS_SECRET has %d bytes, want at least %d: openssl rand -base64 32 makes one", len(secret), minSecret)
	case len(secret) > 0 && text == "":
		return nil, errors.New("REDIS_SECRET needs REDIS_URL")
	case text == "":
		return nil, nil //nolint:nilnil // nothing is shared
	case len(secret) == 0:
		log.Warn("REDIS_SECRET is not set: values in Redis are protected only by INTROSPECTION_CLIENT_SECRET, if that is set, and nonces are not shared")
		derived := sha256.Sum256([]byte("examples/api\x00" + getenv("INTROSPECTION_CLIENT_SECRET")))
		secret = derived[:]
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
	config := redisstore.Config{Do: client.do, Secret: secret, Logger: log}
	if getenv("DPOP_NONCES") != "" {
		config.ProofWindow = proofWindow
	}
	store, err := redisstore.New(config)
	if err != nil {
		return nil, err
	}
	list, err := revoke.New(revoke.Config{Feed: store, OnLag: revoke.Refuse, Logger: log})
	return &shared{store, list}, err
}

// startTimeout limits how long the program waits for Redis when it starts.
const startTimeout = 2 * time.Second

// prepare initializes the store, and waits until the list of revoked tokens has
// been read from Redis. Together, this takes at most startTimeout.
func (s *shared) prepare(ctx context.Context, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := s.store.Initialize(ctx); err != nil {
		log.Warn("starting without Redis") // err may contain arbitrary text from Redis
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
