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

// The types of tokens that are taken and given (RFC 8693 §3): access tokens, by
// either name. An ID token has no scope that could shrink, and a refresh token is
// for this endpoint alone.
const (
	typeAccessToken = "urn:ietf:params:oauth:token-type:access_token" //nolint:gosec // a name, no credential
	typeJWT         = "urn:ietf:params:oauth:token-type:jwt"
)

// maxOrigins bounds how often what was exchanged can be exchanged again, and so
// how long a chain of actors gets.
const maxOrigins = 16

// exchanged is what an access token has of those that it was exchanged for.
type exchanged struct {
	kind        string          // issued_token_type
	act, mayAct json.RawMessage // nil for none
	until       time.Time       // which it must not outlive, zero for ever
}

// party is whom a token of the request stands for, once it is verified.
type party struct {
	reading
	act     json.RawMessage
	origins []token.Digest
	until   time.Time
}

// tokenExchangeGrant is the grant token-exchange (RFC 8693 §2): a token of this
// server for another of the same subject, which is good for nothing more and for no
// longer.
func (s tokenEndpoint) tokenExchangeGrant(t *tokenRequest) (*grant, *failure) {
	kind := t.form.Get("requested_token_type")
	switch kind {
	case "":
		kind = typeAccessToken
	case typeAccessToken, typeJWT:
	default:
		return nil, invalidRequest("requested_token_type is none that is issued here")
	}
	subject, failed := s.readToken(t, "subject_token")
	if failed != nil {
		return nil, failed
	}
	x := &exchanged{kind: kind, act: subject.act, until: subject.until}
	origins, actor := subject.origins, &party{reading: reading{Sub: t.client.ID, Client: t.client.ID}}
	if t.form.Has("actor_token") || t.form.Has("actor_token_type") {
		if actor, failed = s.readToken(t, "actor_token"); failed != nil {
			return nil, failed
		}
		if actor.act != nil {
			return nil, invalidRequest("the actor token is of somebody for whom another acts")
		}
		act := token.Object{}
		_ = act.Set("sub", actor.Sub) // a text
		act = append(act, token.Member{Name: "act", Value: subject.act})
		x.act, _ = act.MarshalJSON()
		x.until = earlier(x.until, actor.until)
		origins = append(slices.Clone(origins), actor.origins...)
	}
	if i := subject.Claims.Find("may_act"); i >= 0 {
		x.mayAct = subject.Claims[i].Value
		if !s.mayAct(x.mayAct, actor) {
			return nil, invalidRequest("the subject token is not for this actor")
		}
	}
	if len(origins) > maxOrigins {
		return nil, invalidRequest("the token comes of too many others")
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

// readToken verifies a token of the request: an access token of this server that is
// good now. What is bound to a key is refused, since nothing here proves the key,
// and the new token would be free of it. Whatever is wrong with a token, the answer
// is the same invalid_request (§2.2.2).
func (s tokenEndpoint) readToken(t *tokenRequest, name string) (*party, *failure) {
	text, kind := t.form.Get(name), t.form.Get(name+"_type")
	switch {
	case text == "":
		return nil, invalidRequest("a token is missing")
	case kind == "":
		return nil, invalidRequest("the type of a token is missing")
	case kind != typeAccessToken && kind != typeJWT:
		return nil, invalidRequest("a token is of a type that is not taken here")
	}
	wrong := invalidRequest("a token is not good")
	a, ok := s.active(text)
	claims := a.Claims
	if !ok || kind == typeJWT && strings.Count(text, ".") != 2 || claims.Find("cnf") >= 0 {
		return nil, wrong
	}
	p := &party{reading: a, origins: append([]token.Digest{token.Identify(text)}, s.grants.Family(token.Identify(text)).Origins...)}
	if i := claims.Find("act"); i >= 0 {
		if p.act = claims[i].Value; !isObject(p.act) { // §4.1
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

// mayAct reports whether the claim may_act (§4.4) is about actor. All that it says
// must be true, so a member that is unknown here is not.
func (s tokenEndpoint) mayAct(claim json.RawMessage, actor *party) bool {
	o, err := token.ParseObject(claim)
	if err != nil || o.Find("sub") < 0 {
		return false
	}
	is := map[string]string{"sub": actor.Sub, "client_id": actor.Client, "iss": s.IssuerOf(s.Form)}
	for _, m := range o {
		said, ok := o.Text(m.Name)
		if is, known := is[m.Name]; !ok || !known || said != is {
			return false
		}
	}
	return true
}

// narrow is a family for what the client asks for, all of which the subject token
// must be good for as well. Only the audience may be another one, if the client
// has been registered with it.
func (s tokenEndpoint) narrow(t *tokenRequest, subject *party) (f grants.Family, failed *failure) {
	f = grants.Family{ID: s.Source.Name("family"), Client: t.client.ID, Sub: subject.Sub, Kind: catalogue.TokenExchange}
	f.OfClient = s.grants.Family(token.Identify(t.form.Get("subject_token"))).OfClient
	f.Resources = subject.Form.AudienceOf(subject.Claims)
	if asked := t.targets; len(asked) > 0 {
		if !subset(asked, slices.Concat(f.Resources, audienceOf(t.client))) {
			return f, invalidTarget("the subject token is not for this target, and neither is the client")
		}
		f.Resources = asked
	}
	if len(f.Resources) == 0 {
		return f, invalidTarget("the subject token is for nobody")
	}

	had := slices.Clone(subject.Scopes)
	if f.Scopes, failed = splitScopes(t.form.Get("scope")); failed != nil {
		return f, failed
	}
	denied := func(scope string) bool { return !s.allows(t.client, scope) }
	if len(f.Scopes) == 0 {
		f.Scopes = slices.DeleteFunc(had, denied)
	} else if !subset(f.Scopes, had) || slices.ContainsFunc(f.Scopes, denied) {
		return f, invalidScope("the scope is more than that of the subject token, or than the client may ask for")
	}

	var details []string
	if i := subject.Claims.Find(detailsParameter); i >= 0 {
		details, _ = parseDetails(subject.Claims[i].Value)
	}
	if f.Details, failed = s.narrowedDetails(details, t.form); failed != nil {
		return f, failed
	}
	if i := subject.Claims.Find("auth_time"); i >= 0 { // it is still that login (RFC 9068 §2.2.1)
		if seconds, ok := token.NumericDate(subject.Claims[i].Value); ok {
			f.AuthTime = time.Unix(int64(seconds), 0)
		}
	}
	f.ACR, _ = subject.Claims.Text("acr")
	return f, nil
}

// audienceOf is what the client's own options say, nothing unless they do.
func audienceOf(c *registry.Registered) []string {
	d := &token.Draft{}
	for _, edit := range c.Edits {
		edit(d)
	}
	return d.Claims.Audience()
}

// write puts the claims into the token, after all others: no rule makes somebody
// else act, or the token last longer.
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

// earlier is the earlier of two times, of which zero means no limit.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
