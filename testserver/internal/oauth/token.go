package oauth

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/dpop"
	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
)

// tokenEndpoint is the token endpoint (RFC 6749 §3.2) with its grants.
type tokenEndpoint struct{ *Server }

// tokenRequest is a token request of an authenticated client.
type tokenRequest struct {
	client  *registry.Registered
	form    url.Values
	targets []string // the APIs that the request names: see [Server.targets]

	proof     dpop.Proof // zero if the request has no proof
	presented string     // x5t#S256 of the client certificate; "" if the request has none
	bound     string     // equals presented if the client gets bound tokens; otherwise ""
}

// grant is the accepted grant of a token request.
type grant struct {
	grants.Family
	kind      string
	refreshed bool // a refresh token was used, so the family already had tokens
	event     event

	exchanged *exchanged           // nil except for a token exchange
	undo      func(*grants.Family) // reverts the use of the code, device code or refresh token; nil if nothing needs reverting
}

// serve responds to a token request. The hooks run before the response is sent.
func (s tokenEndpoint) serve(w http.ResponseWriter, r *http.Request) {
	t := &tokenRequest{}
	body, failed := s.exchange(r, t)
	answer := &TokenResponse{Status: http.StatusOK, Header: http.Header{}, Body: body}
	s.offerNonce(answer.Header)
	if failed != nil {
		answer.Status, answer.Body = failed.status, map[string]any{"error": failed.code, "error_description": failed.description}
		if failed.challenge {
			answer.Header.Set("WWW-Authenticate", basicChallenge)
		}
		e := event{Kind: journal.Denied, Reason: failed.code}
		if t.client != nil {
			e.ClientID = t.client.ID
		}
		s.note(e)
	}
	request := &TokenRequest{Form: url.Values(http.Header(t.form).Clone()), Grant: catalogue.Grant(t.form.Get("grant_type"))}
	if t.client != nil {
		request.ClientID = t.client.ID
	}
	for _, hook := range s.hooks.list() {
		if err := (*hook)(request, answer); err != nil { // the text of err is not sent, since it may contain secrets
			answer.Status, answer.Header = http.StatusInternalServerError, http.Header{}
			answer.Body = map[string]any{"error": "server_error", "error_description": "a hook of the test failed"}
			break
		}
	}
	text, err := json.Marshal(answer.Body)
	if err != nil {
		http.Error(w, "the response cannot be encoded as JSON after a hook of the test changed it", http.StatusInternalServerError)
		return
	}
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	sendText(w, answer.Status, "application/json", text)
}

func (s tokenEndpoint) exchange(r *http.Request, t *tokenRequest) (map[string]any, *failure) {
	form, failed := readForm(r, targetParameters...)
	if failed != nil {
		return nil, failed
	}
	t.form = form
	// The proof is checked before identify uses up the client's assertion. If
	// the proof lacks a nonce, the client can then retry with the same
	// assertion.
	if t.proof, failed = s.checkProof(r, catalogue.Token, ""); failed != nil {
		return nil, failed
	}
	if t.client, failed = s.auth.identify(r, form); failed != nil {
		return nil, failed
	}
	s.Journal.Identify(r, t.client.ID)
	if failed = t.readCertificate(r); failed != nil {
		return nil, failed
	}
	if t.client.RequireDPoP && t.proof.Key == "" {
		return nil, invalidProof("the client is registered for tokens that are bound to a DPoP key, and the request has no proof: send one in a DPoP field (RFC 9449 section 5.2)")
	}
	if failed = s.useProof(t.proof); failed != nil {
		return nil, failed
	}

	var use func(*tokenRequest) (*grant, *failure)
	g := catalogue.Grant(form.Get("grant_type"))
	switch g {
	case "":
		return nil, invalidRequest("the parameter grant_type is missing")
	case catalogue.AuthorizationCode:
		use = s.authorizationCodeGrant
	case catalogue.ClientCredentials:
		use = s.clientCredentialsGrant
	case catalogue.RefreshToken:
		use = s.refreshTokenGrant
	case catalogue.DeviceCode:
		use = s.device.deviceCodeGrant
	case catalogue.TokenExchange:
		use = s.tokenExchangeGrant
	case catalogue.JWTBearer:
		use = s.jwtBearerGrant
	}
	switch {
	case use == nil || !s.grantable(g):
		return nil, refused("unsupported_grant_type", "the server does not support this grant")
	case !t.client.May(g):
		return nil, refused("unauthorized_client", "the client may not use this grant")
	}
	if t.targets, failed = s.targets(form); failed != nil {
		return nil, failed
	}
	var body map[string]any
	given, failed := use(t)
	if failed == nil {
		body, failed = s.issue(t, given)
	}
	if unsaved := s.durable(); unsaved != nil { // a refusal may have revoked a family, which must be saved too
		s.takeBack(given)
		return nil, unsaved
	}
	if failed == nil {
		s.note(given.event)
	}
	return body, failed
}

// takeBack makes a used code or token usable again if the server could not save
// that it was used. The client can then try again. A family that has been
// revoked in the meantime stays revoked.
func (s tokenEndpoint) takeBack(g *grant) {
	all, unlock := s.grants.Lock()
	defer unlock()
	if g == nil || g.undo == nil {
		return
	}
	if f, ok := all.Families.Get(g.ID); ok && !f.Revoked {
		g.undo(f)
	}
}

// clientCredentialsGrant handles the grant client_credentials (RFC 6749 §4.4):
// the client is its own subject (RFC 9068 §2.2) and gets no refresh token
// (§4.4.3).
func (s tokenEndpoint) clientCredentialsGrant(t *tokenRequest) (*grant, *failure) {
	if t.client.Public {
		return nil, refused("unauthorized_client", "a public client may not use client_credentials")
	}
	scopes, failed := s.scopesFor(t.client, t.form.Get("scope"))
	if failed != nil {
		return nil, failed
	}
	if slices.Contains(scopes, "openid") {
		return nil, invalidScope("openid requires a login, and this grant has none")
	}
	details, failed := s.readDetails(t.form)
	if failed != nil {
		return nil, failed
	}
	now := s.Clock.Now()
	f := grants.Family{
		ID: s.Source.Name("family"), Client: t.client.ID, Sub: t.client.ID, OfClient: true, Kind: catalogue.ClientCredentials,
		Scopes: scopes, Resources: t.targets, Details: details, Ends: now,
	}
	all, unlock := s.grants.Lock()
	defer unlock()
	all.Begin(f, now)
	return &grant{Family: f, kind: journal.Issued}, nil
}
