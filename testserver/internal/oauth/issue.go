package oauth

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/identity"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// issue creates the tokens for a grant and returns the members of the token
// response (RFC 6749 §5.1).
func (s tokenEndpoint) issue(t *tokenRequest, g *grant) (map[string]any, *failure) {
	if failed := s.refusedByPolicy(g); failed != nil {
		return nil, failed
	}
	d := s.DraftFor(s.Source.Name("jti"), t.client.Edits)
	d.Grant(g.Sub, g.Client, g.Scopes, g.Resources)
	if len(g.Details) > 0 {
		d.Set(detailsParameter, writtenDetails(g.Details))
	}
	d.GrantLogin(g.AuthTime, g.ACR)
	if g.SID != "" {
		d.Set("sid", g.SID)
	}
	s.applyPolicies(d, g)
	if g.exchanged != nil {
		g.exchanged.write(d)
	}
	// Bind the token after the policies, so that a policy cannot replace this
	// binding.
	if bound := cmp.Or(t.bound, g.Certificate); bound != "" {
		d.BindToThumbprint(bound)
	}
	kind := "Bearer"
	if t.proof.Key != "" {
		d.BindToKey(t.proof.Key)
	}
	if _, bound := token.BoundKey(d.Claims); bound { // a policy may have bound the token
		kind = "DPoP" // RFC 9449 §5
	}
	alg, ends := d.Alg, d.Expiry()
	key, err := s.Stamp(d)
	if err != nil {
		return nil, serverError()
	}
	access, err := s.Write(d, key)
	if err != nil {
		return nil, serverError()
	}
	s.grants.Belongs(access, g.ID, ends)

	body := map[string]any{
		"access_token": access,
		"token_type":   kind,
		"expires_in":   ends.Unix() - d.Now.Unix(),
	}
	if len(g.Scopes) > 0 {
		body["scope"] = strings.Join(g.Scopes, " ")
	}
	if g.exchanged != nil {
		body["issued_token_type"] = g.exchanged.kind
	}
	if len(g.Details) > 0 {
		body[detailsParameter] = writtenDetails(g.Details)
	}
	if refresh := grants.RefreshToken(s.secret, g.Family); refresh != "" {
		body["refresh_token"] = refresh
	}
	if slices.Contains(g.Scopes, "openid") && g.Kind != catalogue.ClientCredentials && g.exchanged == nil {
		id, err := s.idToken(g, cmp.Or(t.client.Algs.IDToken, alg), ends, access)
		if err != nil {
			return nil, serverError()
		}
		body["id_token"] = id
	}
	g.event = event{Kind: g.kind, ClientID: g.Client, Sub: g.Sub, Family: g.ID, Scopes: g.Scopes, Fingerprint: journal.Fingerprint(access), Reason: string(g.Kind)}
	return body, nil
}

// idToken returns the ID token that is issued with an access token (OpenID
// Connect Core 1.0 §2, §3.1.3.6).
func (s tokenEndpoint) idToken(g *grant, alg catalogue.Alg, ends time.Time, access string) (string, error) {
	d := s.IDDraft(g.Client)
	d.Alg = alg
	d.Set("sub", g.Sub)
	d.Set("aud", g.Client)
	d.Set("exp", ends.Unix())
	d.Set("auth_time", g.AuthTime.Unix())
	if g.Nonce != "" && !g.refreshed { // after a refresh, the ID token has no nonce (OpenID Connect Core 1.0 §12.2)
		d.Set("nonce", g.Nonce)
	}
	if g.ACR != "" {
		d.Set("acr", g.ACR)
	}
	if g.SID != "" { // OpenID Connect Back-Channel Logout 1.0 §2.1
		d.Set("sid", g.SID)
	}
	key, err := s.Stamp(d)
	if err != nil {
		return "", err
	}
	d.Set("at_hash", token.HalfHash(key.Alg, access))
	if u, ok := s.Registry.User(g.Sub); ok {
		addClaims(d, identity.Visible(u.Claims, g.Scopes, requestedClaims(g.Claims).IDToken))
	}
	if err := d.Err(); err != nil {
		return "", err
	}
	return s.Write(d, key)
}

// addClaims adds claims about the user to d, except nonce, acr, sid and the
// claims that d already has.
func addClaims(d *token.Draft, claims map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(claims)) {
		if d.Claims.Find(name) < 0 && name != "nonce" && name != "acr" && name != "sid" {
			d.Set(name, claims[name])
		}
	}
}

// requestedClaims parses the claims parameter of an authorization request. It
// ignores the error, because the authorization endpoint has validated the
// parameter.
func requestedClaims(claims string) identity.ClaimsRequest {
	requested, _ := identity.ParseClaims(claims)
	return requested
}
