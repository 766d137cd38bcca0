// Package rival holds the ways to verify a token that are compared, one file
// each, set up as the documentation of the library says.
package rival

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/proof/bench"
	"github.com/bearerguard/bearerguard/testserver"
)

// Audience is the API that every verifier is configured for.
const Audience = "https://api.example.com"

// Verifier is what all libraries come down to: nil for a token that it accepts.
type Verifier interface {
	Verify(ctx context.Context, token string) error
}

// Func is a Verifier that is one function.
type Func func(ctx context.Context, token string) error

// Verify calls f.
func (f Func) Verify(ctx context.Context, token string) error { return f(ctx, token) }

// Settings are what a verifier is made from.
type Settings struct {
	Issuer string // for libraries that discover the key set
	JWKS   string // URL of the key set, for those that do not
	Key    any    // the public key, for those that fetch nothing

	Alg   string // RS256, ES256 or EdDSA
	Scope string // that a token must have; "" for none

	// TTL is the age at which a key set is to be renewed; 0 is what the
	// library's documentation has. Some libraries have nothing to set.
	TTL time.Duration

	// Client reaches the server and has no timeout: a library that has one by
	// default gets it back with Within.
	Client *http.Client
}

// SettingsFor are those of an API that trusts a server and demands a scope, or
// none if it is "".
func SettingsFor(as *testserver.Server, scope string) Settings {
	key := as.SigningKey()
	return Settings{
		Issuer: as.Issuer(), JWKS: as.Endpoint(testserver.EndpointJWKS), Key: key.Private.Public(),
		Alg: string(key.Alg), Scope: scope, Client: as.Client(),
	}
}

// Within is the client with the timeout that the library's own client has.
func (s Settings) Within(timeout time.Duration) *http.Client {
	c := *s.Client
	c.Timeout = timeout
	return &c
}

var errScope = errors.New("the scope is missing")

// allows checks the scope claim of a token as plainly as it can be done right
// (RFC 9068 §2.2.3), for libraries that leave that to their users.
func (s Settings) allows(scope string) error {
	if s.Scope != "" && !slices.Contains(strings.Fields(scope), s.Scope) {
		return errScope
	}
	return nil
}

// Rival is one library, or two that are used together.
type Rival struct {
	libraries []library
	how       string // what tells it from another with the same libraries

	// Open makes the verifier, which must not live longer than ctx. It may wait
	// and it may fail, if the library does so when a program starts.
	Open func(ctx context.Context, s Settings) (Verifier, error)
}

// library is one Go module by the name that readers know it under.
type library struct{ name, module string }

// Fetching are those that get the keys of an issuer themselves.
func Fetching() []Rival {
	return []Rival{Bearerguard(), GolangJWT(), GoOIDC(), JWX(), Auth0v2(), Auth0v3()}
}

// String names the libraries with their versions.
func (r Rival) String() string {
	var names []string
	for _, l := range r.libraries {
		names = append(names, strings.TrimSpace(l.name+" "+bench.Version(l.module)))
	}
	return strings.Join(names, " + ") + r.how
}
