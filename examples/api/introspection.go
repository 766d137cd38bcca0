package main

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
)

// defaultMaxTTL is shorter than the library's: a token that was revoked passes for that long.
const defaultMaxTTL = 5 * time.Second

// introspection reads INTROSPECTION_*: a client that asks issuer about opaque tokens, nil where nobody is to be asked.
// It asks where the metadata of issuer say, or at INTROSPECTION_ENDPOINT. No error holds a value of the environment
// except those of the endpoint and of INTROSPECTION_MAX_TTL: one of them is a secret.
func introspection(getenv func(string) string, issuer string, insecureHTTP bool, log *slog.Logger) (*introspect.Client, error) {
	id, secret := getenv("INTROSPECTION_CLIENT_ID"), getenv("INTROSPECTION_CLIENT_SECRET")
	ttl, err := maxTTL(getenv("INTROSPECTION_MAX_TTL"))
	switch {
	case (id == "") != (secret == ""):
		err = errors.Join(err, errors.New("INTROSPECTION_CLIENT_ID and INTROSPECTION_CLIENT_SECRET go together: set both, or neither to accept JWTs alone"))
	case id == "" && getenv("INTROSPECTION_ENDPOINT") != "":
		err = errors.Join(err, errors.New("INTROSPECTION_ENDPOINT needs a client to ask as: set INTROSPECTION_CLIENT_ID and INTROSPECTION_CLIENT_SECRET"))
	case id != "" && issuer != "" && err == nil:
		return introspect.New(introspect.Config{
			Issuer: issuer, Endpoint: getenv("INTROSPECTION_ENDPOINT"), InsecureHTTP: insecureHTTP, Auth: introspect.Basic(id, secret),
			MaxTTL: ttl, Logger: log,
		})
	}
	return nil, err
}

// maxTTL reads a duration for introspect.Config, in which zero would be the library's default and less than that is none.
func maxTTL(text string) (time.Duration, error) {
	if text == "" {
		return defaultMaxTTL, nil
	}
	ttl, err := time.ParseDuration(text)
	switch {
	case err != nil || ttl < 0:
		return 0, fmt.Errorf("INTROSPECTION_MAX_TTL must be a duration such as 5s, or 0s to ask about every request, got %q", text)
	case ttl == 0:
		return -1, nil
	}
	return ttl, nil
}
