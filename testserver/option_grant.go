package testserver

import (
	"slices"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/oauth"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
)

// RotateRefresh sets a grace period in which a used refresh token can be used
// again, for example after the response was lost. In this period, each use
// returns the same new refresh token. The default is 0: every refresh token can
// be used once, and reuse revokes all tokens of its grant (RFC 9700 §4.14.2).
func RotateRefresh(grace time.Duration) Option {
	return serverOption(func(c *config) {
		if grace < 0 {
			c.fail("RotateRefresh(%v): give 0 or more", grace)
		}
		c.Grace = grace
	})
}

// Scopes lists the scopes that can be granted, in addition to openid, profile,
// email, address, phone and offline_access. Other scopes cannot be granted.
// Without the option every scope can be granted.
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

// Resources lists the names that clients may send in the parameters resource
// (RFC 8707) and audience, in addition to the default audience. Any other name
// is refused with invalid_target. Without the option every name is accepted.
func Resources(names ...string) Option {
	return serverOption(func(c *config) {
		for _, name := range names {
			if !registry.IsTarget(name) {
				c.fail("Resources(%q): give a name without spaces, such as https://orders.example.com", name)
			}
		}
		c.Config.Resources = append(c.Config.Resources, names...)
	})
}

// AuthorizationDetailTypes sets the types that authorization_details may have
// (RFC 9396). Without the option, every request with authorization_details is
// refused. The granted details are in the access token, in the token response
// and in the introspection response. A later request of the client can leave
// out some of the granted details, but cannot change them. The server checks
// only the members that are common to all types (§2.2).
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

// Interactive makes users log in and consent on pages. In a test,
// [Server.Login] fills in these pages. Without the option, the first of [Users]
// is logged in and consents to everything.
//
// The option also adds a debug page, at /debug under the issuer. The page shows
// the clients, the keys, and the requests with fingerprints instead of secrets.
// It has a button for [Server.Rotate], and a form that mints a valid token or a
// token with one of [Defects]. The page does not require a password. It is
// served only at the issuer's host, the origins of [Hosts], localhost and
// loopback addresses. It accepts only forms that the page itself sends.
func Interactive() Option { return serverOption(func(c *config) { c.Interactive = true }) }

// AllowUnregistered registers an unknown client at its first authorization
// request. The client then has only the redirect URI of this request. The first
// secret with which the client authenticates becomes its secret. A client
// without a secret is public and needs PKCE. At most 1000 clients can be
// registered in this way.
func AllowUnregistered() Option {
	return serverOption(func(c *config) { c.AllowUnregistered = true })
}

// Registration lets any caller register a client, at [EndpointRegister]. At
// most 1000 clients can be registered in this way. [Server.Reset] keeps these
// clients, and [Persist] saves them.
func Registration() Option { return serverOption(func(c *config) { c.Registration = true }) }

// DPoPNonces makes the server require nonces in DPoP proofs (RFC 9449 §8, §9),
// at [EndpointToken], [EndpointPAR] and [EndpointUserInfo]. If a proof has no
// valid nonce, the server returns the error use_dpop_nonce. Every response of
// these endpoints has the current nonce in DPoP-Nonce. The nonce changes every
// minute of the server's clock. The server also accepts the previous nonce. If
// the nonce of a proof is valid, the server accepts any iat in the proof.
// Without the option, a proof needs no nonce.
func DPoPNonces() Option { return serverOption(func(c *config) { c.Config.DPoPNonces = true }) }

// CORS lets scripts on pages of these origins call the endpoints that are meant
// for scripts. An origin is, for example, https://app.example.com; "*" means
// all origins. Scripts on pages of loopback origins can always call these
// endpoints.
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

// Disable turns endpoints off: they are not served, and discovery does not list
// them. Disabling [EndpointToken] also disables [EndpointAuthorize] and
// [EndpointDeviceAuthorization]; disabling [EndpointAuthorize] also disables
// [EndpointPAR].
func Disable(ep ...Endpoint) Option {
	return serverOption(func(c *config) {
		for _, e := range ep {
			if !slices.Contains(catalogue.Disableable(), e) {
				c.fail("Disable(%q): not an endpoint that can be disabled: use one of %v", string(e), catalogue.Disableable())
			}
			c.Disabled = append(c.Disabled, e)
		}
	})
}
