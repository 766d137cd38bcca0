// Package rival contains the libraries that the benchmarks compare. Each
// library has its own file, and is set up as its documentation says.
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

// Audience is the identifier of the API. Every verifier that checks the
// audience requires this one.
const Audience = "https://api.example.com"

// Verifier is the common interface of all libraries. Verify returns nil if it
// accepts the token.
type Verifier interface {
	Verify(ctx context.Context, token string) error
}

// Func is a function that implements Verifier.
type Func func(ctx context.Context, token string) error

// Verify calls f.
func (f Func) Verify(ctx context.Context, token string) error { return f(ctx, token) }

// Settings contains the values from which a verifier is made.
type Settings struct {
	Issuer string // the issuer, for libraries that discover the key set
	JWKS   string // URL of the key set, for libraries without discovery
	Key    any    // the public key, for libraries that do not fetch keys

	Alg   string // RS256, ES256 or EdDSA
	Scope string // the scope that a token must have; "" means none

	// TTL is the age at which a key set must be renewed. If TTL is 0, the value
	// in the library's documentation applies. Libraries that do not let their
	// users configure this age ignore TTL.
	TTL time.Duration

	// Client can reach the server. It has no timeout. Libraries whose own
	// client has a timeout use [Settings.Within] instead.
	Client *http.Client
}

// SettingsFor returns the settings of an API that accepts tokens of a server
// and requires a scope. If scope is "", the API does not require a scope.
func SettingsFor(as *testserver.Server, scope string) Settings {
	key := as.SigningKey()
	return Settings{
		Issuer: as.Issuer(), JWKS: as.Endpoint(testserver.EndpointJWKS), Key: key.Private.Public(),
		Alg: string(key.Alg), Scope: scope, Client: as.Client(),
	}
}

// Within returns a copy of Client with the given timeout. It is for libraries
// whose own client has this timeout.
func (s Settings) Within(timeout time.Duration) *http.Client {
	c := *s.Client
	c.Timeout = timeout
	return &c
}

var errScope = errors.New("the scope is missing")

// allows checks the scope claim of a token in the simplest correct way (RFC
// 9068 §2.2.3), for libraries that leave this check to their users.
func (s Settings) allows(scope string) error {
	if s.Scope != "" && !slices.Contains(strings.Fields(scope), s.Scope) {
		return errScope
	}
	return nil
}

// Rival is one library, or several that are used together.
type Rival struct {
	libraries []library
	how       string // distinguishes rivals with the same libraries

	// Open makes the verifier. The verifier must stop when ctx is canceled.
	// Open may block or fail if the library does so at start-up.
	Open func(ctx context.Context, s Settings) (Verifier, error)
}

// library is a Go module and its common name.
type library struct{ name, module string }

// Fetching returns libraries that fetch the keys of an issuer themselves. Okta
// also does, but is not among them.
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
