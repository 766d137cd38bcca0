package oauth

import (
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// requestURN is the prefix of the request_uri of a pushed request (RFC 9126
// §2.2).
const requestURN = "urn:ietf:params:oauth:request_uri:"

// jktParameter is the parameter that binds the code to a DPoP key (RFC 9449
// §10).
const jktParameter = "dpop_jkt"

// pushedTTL is the time in which a browser must open a pushed request. If the
// browser opens the request in time, it may continue until [grants.PagesTTL]
// after the end of this time. The documentation of package testserver states
// the value.
const pushedTTL = 90 * time.Second

// pushedRequest serves the pushed authorization request endpoint (RFC 9126 §2).
// It checks the parameters as the authorization endpoint does. It does not
// check whether the user can log in and has consented.
func (s authorizeEndpoint) pushedRequest(w http.ResponseWriter, r *http.Request) {
	s.offerNonce(w.Header())
	uri, failed := s.push(r)
	if failed != nil {
		failed.send(w)
		return
	}
	body, _ := json.Marshal(map[string]any{"request_uri": uri, "expires_in": int(pushedTTL / time.Second)}) // cannot fail: the values are a string and a number
	sendText(w, http.StatusCreated, "application/json", body)
}

func (s authorizeEndpoint) push(r *http.Request) (uri string, failed *failure) {
	form, failed := readForm(r, targetParameters...)
	if failed != nil {
		return "", failed
	}
	var c *registry.Registered
	proof, failed := s.checkProof(r, catalogue.PAR, "") // before authenticate, as at the token endpoint
	if failed == nil {
		c, failed = s.auth.authenticate(r, form)
	}
	if failed != nil {
		s.note(event{Kind: journal.Denied, Reason: failed.code})
		return "", failed
	}
	s.Journal.Identify(r, c.ID)
	var p *grants.Pushed
	if failed = s.useProof(proof); failed == nil {
		p, failed = s.pushable(c, form, proof.Key)
	}
	if failed != nil {
		s.note(event{Kind: journal.Denied, ClientID: c.ID, Reason: failed.code})
		return "", failed
	}
	uri = requestURN + s.Source.Handle("pushed request")
	now := s.Clock.Now()
	p.Expires = now.Add(pushedTTL)
	all, unlock := s.grants.Lock()
	all.Changed(now)
	all.Pushed.Put(sha256.Sum256([]byte(uri)), p)
	unlock()
	if failed := s.durable(); failed != nil {
		return "", failed
	}
	s.note(event{Kind: journal.Pushed, ClientID: c.ID, Fingerprint: journal.Fingerprint(uri)})
	return uri, nil
}

// pushable checks a pushed request as the authorization endpoint would (RFC
// 9126 §2.1). It returns the request to store, without credentials. key is the
// thumbprint of the client's DPoP key, or "" without a proof. It has the same
// effect as dpop_jkt (RFC 9449 §10.1).
func (s authorizeEndpoint) pushable(c *registry.Registered, form url.Values, key string) (*grants.Pushed, *failure) {
	switch {
	case form.Has("request_uri"):
		return nil, invalidRequest("request_uri is not allowed in a pushed request")
	case form.Get("client_id") != c.ID: // client_id is required even with authentication
		return nil, invalidRequest("client_id is missing or does not match: it is required in addition to client authentication")
	case key != "" && form.Has(jktParameter) && form.Get(jktParameter) != key:
		return nil, invalidRequest("dpop_jkt does not match the key of the DPoP proof (RFC 9449 section 10.1)")
	case key != "":
		form.Set(jktParameter, key)
	}
	for _, name := range []string{"client_secret", "client_assertion", "client_assertion_type"} {
		form.Del(name) // credentials must not be stored
	}
	a, show, redirect := s.readAuthorization(form)
	switch {
	case show != nil:
		return nil, show
	case redirect != nil:
		return nil, redirect
	}
	p := &grants.Pushed{Client: c.ID, Form: form, Hinted: a.hinted}
	form.Del("id_token_hint")
	return p, nil
}

// requested does the same as readAuthorization, but also refuses a request that
// was not pushed if the client is registered for pushed requests. If form
// refers to a pushed request, requested reads that request. It then ignores the
// parameters in form other than client_id and request_uri (RFC 9126 §4, RFC
// 9101 §6.3).
func (s authorizeEndpoint) requested(r *http.Request, form url.Values) (a *authorization, show, redirect *failure) {
	uri := form.Get("request_uri")
	if _, served := s.urls[catalogue.PAR]; !served || !strings.HasPrefix(uri, requestURN) {
		a, show, redirect = s.readAuthorization(form)
		if show == nil && a.client.RequirePAR {
			redirect = invalidRequest("the client is registered for pushed authorization requests (RFC 9126), and this request was not pushed")
		}
		return a, show, redirect
	}
	id := form.Get("client_id")
	p, show := s.pushed(r, form)
	if show != nil {
		s.note(event{Kind: journal.Denied, Reason: show.code})
		return nil, show, nil
	}
	// The registration of the client may have changed since the request was
	// pushed, so the request is checked again.
	a, show, redirect = s.readAuthorization(p.Form)
	if a != nil {
		a.raw = url.Values{"client_id": {id}, "request_uri": {uri}}.Encode()
		a.pushed, a.hinted = sha256.Sum256([]byte(uri)), p.Hinted
	}
	return a, show, redirect
}

// pushed returns a copy of the pushed request that form refers to. A failure is
// shown on a page and not sent to the client, because only a valid pushed
// request contains the redirect URI.
func (s authorizeEndpoint) pushed(r *http.Request, form url.Values) (grants.Pushed, *failure) {
	if len(form["request_uri"]) > 1 || len(form["client_id"]) > 1 {
		return grants.Pushed{}, invalidRequest("client_id or request_uri is repeated")
	}
	uri := form.Get("request_uri")
	d := token.Digest(sha256.Sum256([]byte(uri)))
	session, now := s.sessions.session(r), s.Clock.Now()
	all, unlock := s.grants.RLock()
	defer unlock()
	p, known := all.Pushed.Get(d)
	switch {
	case !known || p.Client != form.Get("client_id"):
		return grants.Pushed{}, invalidRequest("request_uri is unknown, or belongs to another client")
	case p.Used:
		return grants.Pushed{}, invalidRequest("request_uri has been used before")
	case !now.Before(p.Expires) && (session.Pushed != d || !now.Before(p.Expires.Add(grants.PagesTTL))):
		return grants.Pushed{}, invalidRequest("request_uri has expired")
	}
	found := *p
	found.Form = url.Values(http.Header(p.Form).Clone()) // a copy, since readAuthorization changes the form
	return found, nil
}

// noteOpened records that a browser has opened a pushed request. That browser
// may finish the request even after the request has expired for other browsers.
func (s authorizeEndpoint) noteOpened(session *grants.Session, a *authorization) {
	if a.pushed == (token.Digest{}) {
		return
	}
	session.Pushed = a.pushed
	s.grants.UpdateSession(session, func(saved *grants.Session) { saved.Pushed = a.pushed })
}

// usePushed marks a pushed request as used. It returns false if the request was
// used before. Call usePushed only when the server sends the client a code or
// an error: until then, the user may reload the pages (RFC 9126 §4).
func (a *authorization) usePushed(all *grants.State) bool {
	if a.pushed == (token.Digest{}) || a.used {
		return true
	}
	a.used = all.UsePushed(a.pushed)
	return a.used
}

// refuseUsed shows the page for a pushed request that was used before.
func (s authorizeEndpoint) refuseUsed(w http.ResponseWriter, a *authorization) {
	s.note(event{Kind: journal.Denied, ClientID: a.client.ID, Reason: "invalid_request"})
	invalidRequest("request_uri has been used before").show(w)
}
