package oauth

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// These are the token types that the server supports (RFC 8693 §3). Both are
// for access tokens; a token of typeJWT must also be a JWT. ID tokens are not
// accepted, because they have no scope that limits the new token. Refresh
// tokens are not accepted, because they are only for the grant refresh_token.
const (
	typeAccessToken = "urn:ietf:params:oauth:token-type:access_token" //nolint:gosec // a name, not a credential
	typeJWT         = "urn:ietf:params:oauth:token-type:jwt"
)

// maxOrigins is the maximum number of origins of a token. The origins are the
// tokens from which token exchanges derived it, directly or indirectly. This
// maximum also limits the length of the chain of actors.
const maxOrigins = 16

// exchanged contains the values that the new access token of a token exchange
// inherits from the subject token and the actor token.
type exchanged struct {
	kind        string          // the issued_token_type
	act, mayAct json.RawMessage // the claims act and may_act, nil for none
	until       time.Time       // the latest allowed expiry, zero for no limit
}

// party is the subject or the actor of a token exchange, with its verified
// token. If a request has no actor_token, the client is the actor.
type party struct {
	accessToken
	act     json.RawMessage
	origins []token.Digest
	until   time.Time
}

// tokenExchangeGrant handles the grant token-exchange (RFC 8693 §2). It
// exchanges a token of this server for another token with the same subject, no
// more scope and no later expiry.
func (s tokenEndpoint) tokenExchangeGrant(t *tokenRequest) (*grant, *failure) {
	kind := t.form.Get("requested_token_type")
	switch kind {
	case "":
		kind = typeAccessToken
	case typeAccessToken, typeJWT:
	default:
		return nil, invalidRequest("requested_token_type is not supported")
	}
	subject, failed := s.readToken(t, "subject_token")
	if failed != nil {
		return nil, failed
	}
	x := &exchanged{kind: kind, act: subject.act, until: subject.until}
	origins, actor := subject.origins, &party{accessToken: accessToken{Sub: t.client.ID, Client: t.client.ID}}
	if t.form.Has("actor_token") || t.form.Has("actor_token_type") {
		if actor, failed = s.readToken(t, "actor_token"); failed != nil {
			return nil, failed
		}
		if actor.act != nil {
			return nil, invalidRequest("the actor token must not contain the claim act")
		}
		act := token.Object{}
		_ = act.Set("sub", actor.Sub) // cannot fail: Sub is a string
		act = append(act, token.Member{Name: "act", Value: subject.act})
		x.act, _ = act.MarshalJSON()
		x.until = earlier(x.until, actor.until)
		origins = append(slices.Clone(origins), actor.origins...)
	}
	if i := subject.Claims.Find("may_act"); i >= 0 {
		x.mayAct = subject.Claims[i].Value
		if !s.mayAct(x.mayAct, actor) {
			return nil, invalidRequest("may_act of the subject token does not allow this actor")
		}
	}
	if len(origins) > maxOrigins {
		return nil, invalidRequest("the token was exchanged too many times")
	}
	f, failed := s.narrow(t, subject)
	if failed != nil {
		return nil, failed
	}
	f.Origins = origins
	now := s.Clock.Now()
	f.Ends = now
	all, unlock := s.grants.Lock()
	defer unlock()
	all.Begin(f, now)
	return &grant{Family: f, kind: journal.Issued, exchanged: x}, nil
}

// readToken verifies a token that is in a parameter of the request. The token
// must be a valid access token of this server. It must not be bound to a key or
// to a certificate: a proof in the request is for the new token, so it cannot
// prove the possession of that key. All invalid tokens get the same error,
// invalid_request (RFC 8693 §2.2.2).
func (s tokenEndpoint) readToken(t *tokenRequest, name string) (*party, *failure) {
	text, kind := t.form.Get(name), t.form.Get(name+"_type")
	switch {
	case text == "":
		return nil, invalidRequest("subject_token or actor_token is missing")
	case kind == "":
		return nil, invalidRequest("subject_token_type or actor_token_type is missing")
	case kind != typeAccessToken && kind != typeJWT:
		return nil, invalidRequest("subject_token_type or actor_token_type is not supported")
	}
	wrong := invalidRequest("subject_token or actor_token is invalid")
	a, ok := s.active(text)
	claims := a.Claims
	if !ok || kind == typeJWT && strings.Count(text, ".") != 2 || claims.Find("cnf") >= 0 {
		return nil, wrong
	}
	p := &party{accessToken: a, origins: append([]token.Digest{token.Identify(text)}, s.grants.Family(token.Identify(text)).Origins...)}
	if i := claims.Find("act"); i >= 0 {
		if p.act = claims[i].Value; !isObject(p.act) { // RFC 8693 §4.1
			return nil, wrong
		}
	}
	if i := claims.Find("exp"); i >= 0 {
		seconds, ok := token.NumericDate(claims[i].Value)
		if !ok {
			return nil, wrong
		}
		p.until = time.Unix(int64(seconds), 0)
	}
	if p.Sub == "" {
		return nil, wrong
	}
	return p, nil
}

// mayAct reports whether the claim may_act (RFC 8693 §4.4) allows actor. Every
// member of the claim must match the actor, so mayAct returns false if the
// claim has an unknown member.
func (s tokenEndpoint) mayAct(claim json.RawMessage, actor *party) bool {
	o, err := token.ParseObject(claim)
	if err != nil || o.Find("sub") < 0 {
		return false
	}
	is := map[string]string{"sub": actor.Sub, "client_id": actor.Client, "iss": s.IssuerOf(s.Form)}
	for _, m := range o {
		asserted, ok := o.Text(m.Name)
		if is, known := is[m.Name]; !ok || !known || asserted != is {
			return false
		}
	}
	return true
}

// narrow returns the grant for the new token of a token exchange. The scopes
// and the details must be in the subject token. The audience must be in the
// subject token or in the options of the client.
func (s tokenEndpoint) narrow(t *tokenRequest, subject *party) (f grants.Family, failed *failure) {
	f = grants.Family{ID: s.Source.Name("family"), Client: t.client.ID, Sub: subject.Sub, Kind: catalogue.TokenExchange}
	f.OfClient = s.grants.Family(token.Identify(t.form.Get("subject_token"))).OfClient
	f.Resources = subject.Form.AudienceOf(subject.Claims)
	if requested := t.targets; len(requested) > 0 {
		if !subset(requested, slices.Concat(f.Resources, audienceOf(t.client))) {
			return f, invalidTarget("neither the subject token nor the client has this target as an audience")
		}
		f.Resources = requested
	}
	if len(f.Resources) == 0 {
		return f, invalidTarget("the subject token has no audience")
	}

	subjectScopes := slices.Clone(subject.Scopes)
	if f.Scopes, failed = splitScopes(t.form.Get("scope")); failed != nil {
		return f, failed
	}
	denied := func(scope string) bool { return !s.allows(t.client, scope) }
	if len(f.Scopes) == 0 {
		f.Scopes = slices.DeleteFunc(subjectScopes, denied)
	} else if !subset(f.Scopes, subjectScopes) || slices.ContainsFunc(f.Scopes, denied) {
		return f, invalidScope("the scope exceeds that of the subject token or of the client")
	}

	var details []string
	if i := subject.Claims.Find(detailsParameter); i >= 0 {
		details, _ = parseDetails(subject.Claims[i].Value)
	}
	if f.Details, failed = s.narrowedDetails(details, t.form); failed != nil {
		return f, failed
	}
	if i := subject.Claims.Find("auth_time"); i >= 0 { // the time of the original login (RFC 9068 §2.2.1)
		if seconds, ok := token.NumericDate(subject.Claims[i].Value); ok {
			f.AuthTime = time.Unix(int64(seconds), 0)
		}
	}
	f.ACR, _ = subject.Claims.Text("acr")
	return f, nil
}

// audienceOf returns the audience that the client's options set, or nil if they
// do not set an audience.
func audienceOf(c *registry.Registered) []string {
	d := &token.Draft{}
	for _, edit := range c.Edits {
		edit(d)
	}
	return d.Claims.Audience()
}

// write sets the claims that the token inherits. It runs after the policies, so
// that a policy cannot change the actor or extend the lifetime.
func (x *exchanged) write(d *token.Draft) {
	if x.act != nil {
		d.Set("act", x.act)
	} else {
		d.Claims.Delete("act")
	}
	if x.mayAct != nil {
		d.Set("may_act", x.mayAct)
	}
	if !x.until.IsZero() && (d.Claims.Find("exp") < 0 || d.Expiry().After(x.until)) {
		d.Set("exp", x.until.Unix())
	}
	if x.kind == typeJWT {
		d.Opaque = false
	}
}

func isObject(text json.RawMessage) bool { _, err := token.ParseObject(text); return err == nil }

// earlier returns the earlier of two times. A zero time means no limit.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
