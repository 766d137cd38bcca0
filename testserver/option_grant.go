package testserver

import (
	"slices"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/oauth"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
)

// RotateRefresh sets how long a refresh token that was used may come once more
// and get the same successor, as after an answer that got lost. By default it is
// no time at all: every refresh token is good once, and one that comes again ends
// its whole family (RFC 9700 §4.14.2).
func RotateRefresh(grace time.Duration) Option {
	return serverOption(func(c *config) {
		if grace < 0 {
			c.fail("RotateRefresh(%v): give 0 or more", grace)
		}
		c.Grace = grace
	})
}

// Scopes are those that can be granted, besides openid, profile, email, address,
// phone and offline_access, which always can. Without the option every scope can.
func Scopes(s ...string) Option {
	return serverOption(func(c *config) {
		for _, scope := range s {
			if err := registry.CheckScope(scope); err != nil {
				c.fail("Scopes: %w", err)
			}
		}
		c.Scopes = append(c.Scopes, s...)
	})
}

// Resources limits what clients may name in resource (RFC 8707) and audience, beside
// the default audience: another name is refused as invalid_target. Without the option
// every name is accepted.
func Resources(names ...string) Option {
	return serverOption(func(c *config) {
		for _, name := range names {
			if !registry.IsTarget(name) {
				c.fail("Resources(%q): a resource has a name without spaces, such as https://orders.example.com", name)
			}
		}
		c.Config.Resources = append(c.Config.Resources, names...)
	})
}

// AuthorizationDetailTypes are the types that authorization_details may have (RFC
// 9396). Without the option there are none, and every request that asks for some
// is refused. What was granted is in the access token, in the answer with it and
// in what introspection says; a client can leave out some of it later, and not
// change it. Of the members, only those that all types may have are checked (§2.2).
func AuthorizationDetailTypes(types ...string) Option {
	return serverOption(func(c *config) {
		for _, t := range types {
			if t == "" {
				c.fail("AuthorizationDetailTypes: a type is empty: give it a name (RFC 9396 §2)")
			}
		}
		c.DetailTypes = append(c.DetailTypes, types...)
	})
}

// Interactive makes people log in and consent on pages, as [Server.Login] does.
// Without it the first of [Users] is logged in and agrees to everything.
//
// There is then a debug page, at /debug under the issuer: clients, requests with
// fingerprints for all secrets, keys with a button that is [Server.Rotate], and a form
// that mints a token, good or with one of [Defects]. It asks for no password: it
// answers at the issuer's host and this machine's own names only, and takes no form
// but its own.
func Interactive() Option { return serverOption(func(c *config) { c.Interactive = true }) }

// AllowUnregistered lets a client that nobody has registered register itself by
// its first authorization request. From then on its redirect URI is that one
// alone, and its secret the one that it authenticates with first; without one it
// is public, and needs PKCE. There is room for 1000 of them.
func AllowUnregistered() Option {
	return serverOption(func(c *config) { c.AllowUnregistered = true })
}

// Registration lets everybody register a client, at [EndpointRegister]. There is room for
// 1000 of them. [Server.Reset] leaves them, and [Persist] keeps them.
func Registration() Option { return serverOption(func(c *config) { c.Registration = true }) }

// CORS lets scripts in pages of these origins call the endpoints that are made for
// scripts: of https://app.example.com, or of all with "*". Those of loopback always may.
func CORS(origins ...string) Option {
	return serverOption(func(c *config) {
		for _, origin := range origins {
			if err := oauth.CheckOrigin(origin); err != nil {
				c.fail("CORS(%q): %w", origin, err)
			}
		}
		c.Config.CORS = append(c.Config.CORS, origins...)
	})
}

// Disable takes endpoints away: they are not served and discovery does not name
// them. Without [EndpointToken] nothing is left of [EndpointAuthorize] and
// [EndpointDeviceAuthorization] either, and without [EndpointAuthorize] nothing of
// [EndpointPAR].
func Disable(ep ...Endpoint) Option {
	return serverOption(func(c *config) {
		for _, e := range ep {
			if !slices.Contains(catalogue.Disableable(), e) {
				c.fail("Disable(%q): there is no such endpoint: %s", string(e), useEndpoint)
			}
			c.Disabled = append(c.Disabled, e)
		}
	})
}
