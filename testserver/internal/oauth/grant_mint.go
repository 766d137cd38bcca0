package oauth

import (
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/identity"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Issued holds the tokens of one grant, as the token endpoint would issue them.
// When an Issued is printed or logged, only its fingerprint is shown.
type Issued struct {
	Access  string
	Refresh string // "" if the client gets no refresh token
	ID      string // "" without the scope openid

	Claims      map[string]any // claims of the access token, also of an opaque one
	Expiry      time.Time      // zero if the access token has no exp
	Fingerprint string         // identifies the access token in the audit log
}

// String returns the fingerprint of the access token. It does not show the
// tokens.
func (i Issued) String() string { return "tokens " + i.Fingerprint }

// GoString returns the same string as String, so that %#v does not show the
// tokens.
func (i Issued) GoString() string { return i.String() }

// LogValue returns the same string as String, so that log/slog does not show
// the tokens.
func (i Issued) LogValue() slog.Value { return slog.StringValue(i.String()) }

// Issue makes an access token as Mint does. It returns the access token
// together with the refresh token and the ID token that the client would get.
// If the access token is deliberately invalid, or has an unknown client or no
// sub, Issue returns only the access token.
func (s *Server) Issue(edit token.Edit) (Issued, error) { return s.IssueAs(s.Form, edit) }

// IssueAs is like Issue, but makes the access token in the given form.
func (s *Server) IssueAs(form *token.Form, edit token.Edit) (m Issued, err error) {
	d, err := s.DraftAs(form, edit)
	if err != nil {
		return m, err
	}
	alg := d.Alg
	if m.Access, err = s.Finish(d); err != nil {
		return m, err
	}
	m.Fingerprint = journal.Fingerprint(m.Access)
	text, err := d.Claims.MarshalJSON()
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m.Claims); err != nil {
		return m, err
	}
	if d.Claims.Find("exp") >= 0 {
		m.Expiry = d.Expiry()
	}
	sub, _ := d.Claims.Text("sub")
	client := form.Client(d.Claims)
	c, known := s.Registry.Client(client)
	if d.Defect != nil || !known || sub == "" {
		return m, nil
	}
	f := grants.Family{ID: s.Source.Name("family"), Client: client, Sub: sub, Scopes: form.ScopesOf(d.Claims), AuthTime: d.Now, Kind: catalogue.AuthorizationCode, Ends: d.Now}
	if sub == client {
		f.Kind = catalogue.ClientCredentials
	} else {
		certificate, _ := token.BoundCertificate(d.Claims)
		key, _ := token.BoundKey(d.Claims)
		s.tokens.startRefreshing(c, certificate, key, &f, d.Now)
	}
	s.grants.Begin(f, d.Now)
	s.grants.Belongs(m.Access, f.ID, m.Expiry)
	m.Refresh = grants.RefreshToken(s.secret, f)
	if f.Kind == catalogue.AuthorizationCode && slices.Contains(f.Scopes, "openid") {
		m.ID, err = s.tokens.idToken(&grant{Family: f}, alg, d.Expiry(), m.Access)
	}
	s.note(event{Kind: journal.Issued, ClientID: client, Sub: sub, Family: f.ID, Scopes: f.Scopes, Fingerprint: m.Fingerprint, Reason: "minted"})
	return m, err
}

// IDToken returns an ID token for the default user and the default client,
// without a token request. The given edit changes the token.
func (s *Server) IDToken(edit token.Edit) (string, error) {
	d := s.IDDraft("")
	d.Claims.Delete("azp")
	d.Set("sub", token.DefaultSubject)
	d.Set("client_id", token.DefaultClient) // edit may change the client
	edit(d)
	if d.Opaque || d.Defect != nil {
		d.Fail(errors.New("an ID token must be a valid JWT: remove the option OpaqueTokens() or With(…)"))
	}
	if i := d.Claims.Find("client_id"); i >= 0 {
		client := d.Claims[i].Value
		if d.Claims.Unset("aud") {
			d.Claims.Put("aud", client)
		}
		if d.Claims.Find("azp") < 0 {
			d.Claims.Put("azp", client)
		}
		d.Claims.Delete("client_id")
	}
	sub, _ := d.Claims.Text("sub")
	if u, ok := s.Registry.User(sub); ok {
		scope, _ := d.Claims.Text("scope")
		d.Claims.Delete("scope")
		addClaims(d, identity.Visible(u.Claims, strings.Fields(scope), nil))
	}
	return s.Sign(d)
}
