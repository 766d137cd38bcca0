package main

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
)

// defaultMaxTTL is shorter than the default of the library, because the API may
// accept a revoked token for up to this time.
const defaultMaxTTL = 5 * time.Second

// introspection reads INTROSPECTION_* and returns a client that introspects
// opaque tokens at the given issuer. It returns nil if INTROSPECTION_CLIENT_ID
// is empty. The endpoint is INTROSPECTION_ENDPOINT if set, otherwise the
// endpoint in the issuer's metadata. Errors quote only INTROSPECTION_MAX_TTL,
// never the secret. The cache may be nil.
func introspection(getenv func(string) string, issuer string, insecureHTTP bool, cache introspect.Cache, log *slog.Logger) (*introspect.Client, error) {
	id, secret := getenv("INTROSPECTION_CLIENT_ID"), getenv("INTROSPECTION_CLIENT_SECRET")
	ttl, err := maxTTL(getenv("INTROSPECTION_MAX_TTL"))
	switch {
	case (id == "") != (secret == ""):
		err = errors.Join(err, errors.New("INTROSPECTION_CLIENT_ID and INTROSPECTION_CLIENT_SECRET must be set together: set both, or neither to accept only JWTs"))
	case id == "" && getenv("INTROSPECTION_ENDPOINT") != "":
		err = errors.Join(err, errors.New("INTROSPECTION_ENDPOINT needs a client: set INTROSPECTION_CLIENT_ID and INTROSPECTION_CLIENT_SECRET"))
	case id != "" && issuer != "" && err == nil:
		return introspect.New(introspect.Config{
			Issuer: issuer, Endpoint: getenv("INTROSPECTION_ENDPOINT"), InsecureHTTP: insecureHTTP, Auth: introspect.Basic(id, secret),
			MaxTTL: ttl, Cache: cache, Logger: log,
		})
	}
	return nil, err
}

// maxTTL parses a duration for introspect.Config. For 0 it returns -1, which
// turns off the cache.
func maxTTL(text string) (time.Duration, error) {
	if text == "" {
		return defaultMaxTTL, nil
	}
	ttl, err := time.ParseDuration(text)
	switch {
	case err != nil || ttl < 0:
		return 0, fmt.Errorf("INTROSPECTION_MAX_TTL must be a duration such as 5s, or 0s to introspect on every request, got %q", text)
	case ttl == 0:
		return -1, nil
	}
	return ttl, nil
}
