package as

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/persist"
)

// Minted is what the token endpoint would have given.
type Minted struct {
	Access, Refresh, ID string
	Claims              map[string]any
	Expiry              time.Time
}

// MintGrant returns an access token as Mint does, with the refresh token and the
// ID token that its client would get with it. One with a defect comes alone.
func (s *Server) MintGrant(edit Edit) (m Minted, err error) {
	d, err := s.Draft(edit)
	if err != nil {
		return m, err
	}
	alg := d.Alg
	if m.Access, err = s.Finish(d); err != nil {
		return m, err
	}
	text, err := d.Claims.MarshalJSON()
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m.Claims); err != nil {
		return m, err
	}
	if d.Claims.find("exp") >= 0 {
		m.Expiry = d.expiry()
	}
	sub, _ := d.Claims.text("sub")
	client, _ := d.Claims.text("client_id")
	scope, _ := d.Claims.text("scope")
	c, known := s.registry.client(client)
	if d.Defect != nil || !known || sub == "" {
		return m, nil
	}
	f := Family{ID: s.Source.Name("family"), Client: client, Sub: sub, Scopes: strings.Fields(scope), AuthTime: d.Now, Kind: AuthorizationCode, Ends: d.Now}
	if sub == client {
		f.Kind = ClientCredentials
	} else {
		s.mayRefresh(c, &f, d.Now)
	}
	s.grants.mu.Lock()
	s.grants.begin(f, d.Now)
	s.grants.mu.Unlock()
	s.grants.belongs(m.Access, f.ID, m.Expiry)
	m.Refresh = s.refreshToken(f)
	if f.Kind == AuthorizationCode && slices.Contains(f.Scopes, "openid") {
		m.ID, err = s.idToken(&grant{Family: f}, alg, d.expiry(), m.Access)
	}
	s.note(event{Kind: persist.Issued, ClientID: client, Sub: sub, Family: f.ID, Scopes: f.Scopes, Fingerprint: Fingerprint(m.Access), Reason: "minted"})
	return m, err
}

// MintID returns an ID token that nobody asked for: of the default user for the
// default client, then edit.
func (s *Server) MintID(edit Edit) (string, error) {
	d := s.IDDraft("")
	d.Claims.Delete("azp")
	d.Set("sub", defaultSubject)
	d.Set("client_id", defaultClient) // which options change
	edit(d)
	if d.Opaque || d.Defect != nil {
		d.Fail(errors.New("an ID token is a good JWT: leave out OpaqueTokens and With"))
	}
	if i := d.Claims.find("client_id"); i >= 0 {
		client := d.Claims[i].Value
		if d.Claims.unset("aud") {
			d.Claims.put("aud", client)
		}
		if d.Claims.find("azp") < 0 {
			d.Claims.put("azp", client)
		}
		d.Claims.Delete("client_id")
	}
	sub, _ := d.Claims.text("sub")
	if u, ok := s.registry.user(sub); ok {
		scope, _ := d.Claims.text("scope")
		d.Claims.Delete("scope")
		d.describe(u, strings.Fields(scope))
	}
	return s.Sign(d)
}
