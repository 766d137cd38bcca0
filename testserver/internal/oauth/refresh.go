package oauth

import (
	"slices"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
)

// refreshTokenGrant handles the grant refresh_token (RFC 6749 §6). Every use of
// the current refresh token replaces it. If a replaced token is used and
// withinGrace does not allow it, it may have been stolen, so the whole family
// is revoked (RFC 9700 §4.14.2).
func (s tokenEndpoint) refreshTokenGrant(t *tokenRequest) (*grant, *failure) {
	id, generation, ok := grants.ReadRefreshToken(s.secret, t.form.Get("refresh_token"))
	if !t.form.Has("refresh_token") {
		return nil, invalidRequest("the parameter refresh_token is missing")
	}
	scopes, failed := splitScopes(t.form.Get("scope"))
	if failed != nil {
		return nil, failed
	}
	now := s.Clock.Now()
	var events []event
	defer func() { s.note(events...) }() // runs after the deferred unlock, because writing the log may be slow
	all, unlock := s.grants.Lock()
	defer unlock()
	f, known := all.Families.Get(id)
	switch {
	case !ok, !known, f.Client != t.client.ID, generation > f.Generation, f.Generation == 0:
		return nil, invalidGrant("the refresh token is unknown, or was issued to another client")
	case f.Revoked:
		return nil, invalidGrant("the refresh token has been revoked")
	case generation < f.Generation && !s.withinGrace(f, generation, now):
		events = reused("refresh_token", t.form.Get("refresh_token"), *f)
		f.Revoked = true
		return nil, invalidGrant("the refresh token has been used before")
	case !now.Before(f.RefreshExpires):
		return nil, invalidGrant("the refresh token has expired")
	case f.Certificate != "" && f.Certificate != t.presented:
		return nil, invalidGrant("the refresh token is bound to the certificate of the first token request: send the request with this certificate to the mtls_endpoint_aliases (RFC 8705 section 4)")
	case f.Key != "" && t.proof.Key == "":
		return nil, invalidProof("the refresh token is bound to the DPoP key of the first token request: send a proof with this key in a DPoP field (RFC 9449 section 5)")
	case f.Key != "" && f.Key != t.proof.Key:
		return nil, invalidGrant("the refresh token is bound to another DPoP key: use the key of the first token request (RFC 9449 section 5)")
	}
	given := *f
	if len(scopes) > 0 {
		if !subset(scopes, f.Scopes) {
			return nil, invalidScope("the scope exceeds what was granted")
		}
		given.Scopes = scopes // only for the access token; the refresh token keeps its scopes
	}
	if given.Resources, failed = narrowed(f.Resources, t.targets); failed != nil {
		return nil, failed
	}
	if given.Details, failed = s.narrowedDetails(f.Details, t.form); failed != nil {
		return nil, failed
	}
	before := *f
	undo := func(f *grants.Family) { f.Key = before.Key }
	if generation == f.Generation {
		undo = func(f *grants.Family) {
			f.Generation, f.RotatedAt, f.RefreshExpires, f.Key = before.Generation, before.RotatedAt, before.RefreshExpires, before.Key
		}
		f.Generation++
		f.RotatedAt, f.RefreshExpires = now, now.Add(s.refreshTTL(t.client))
		f.Ends = later(f.Ends, f.RefreshExpires)
		all.Changed(now)
	}
	if t.client.Public && f.Key != t.proof.Key {
		f.Key = t.proof.Key // from now on, the refresh tokens are bound to this key
		all.Changed(now)
	}
	given.Generation, given.RefreshExpires, given.Ends = f.Generation, f.RefreshExpires, f.Ends
	return &grant{Family: given, kind: journal.Refreshed, refreshed: true, undo: undo}, nil
}

// withinGrace reports whether the refresh token whose number is generation may
// be used again. It must be the token that the current one replaced, and the
// grace period must not have ended. A client that did not receive the current
// token can thus repeat the request.
func (s tokenEndpoint) withinGrace(f *grants.Family, generation int, now time.Time) bool {
	return generation == f.Generation-1 && s.config.Grace > 0 && now.Before(f.RotatedAt.Add(s.config.Grace))
}

func (s tokenEndpoint) refreshTTL(c *registry.Registered) time.Duration {
	if c.RefreshTTL > 0 {
		return c.RefreshTTL
	}
	return s.config.RefreshTTL
}

// subset reports whether every name in the list part is also in the list whole.
// It uses a map, because a request without credentials can contain thousands of
// names.
func subset(part, whole []string) bool {
	has := make(map[string]bool, len(whole))
	for _, name := range whole {
		has[name] = true
	}
	return !slices.ContainsFunc(part, func(name string) bool { return !has[name] })
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// startRefreshing adds the first refresh token to a new token family, if the
// client may use the refresh_token grant. It also sets the time at which the
// family ends. certificate and key are the thumbprints to which the access
// token is bound, or "". The refresh tokens of a public client are bound to the
// same thumbprints (RFC 8705 §4, RFC 9449 §5). Other refresh tokens need no
// thumbprint, because their clients authenticate (RFC 8705 §7.1).
func (s tokenEndpoint) startRefreshing(c *registry.Registered, certificate, key string, f *grants.Family, now time.Time) {
	f.Ends = now
	if !c.May(catalogue.RefreshToken) {
		return
	}
	if c.Public {
		f.Certificate, f.Key = certificate, key
	}
	f.Generation, f.RotatedAt = 1, now
	f.RefreshExpires = now.Add(s.refreshTTL(c))
	f.Ends = f.RefreshExpires
}
