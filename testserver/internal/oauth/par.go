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

// requestURN begins the request_uri of a request that was pushed (RFC 9126 §2.2).
const requestURN = "urn:ietf:params:oauth:request_uri:"

// pushedTTL is how long a pushed request may wait for its browser: see
// [grants.PagesTTL] for how long that may then take. It is stated in the
// documentation of package testserver.
const pushedTTL = 90 * time.Second

// pushedRequest is the endpoint where a client leaves its authorization request
// (RFC 9126 §2). What would be refused when the browser comes is refused here.
func (s authorizeEndpoint) pushedRequest(w http.ResponseWriter, r *http.Request) {
	uri, failed := s.push(r)
	if failed != nil {
		failed.send(w)
		return
	}
	body, _ := json.Marshal(map[string]any{"request_uri": uri, "expires_in": int(pushedTTL / time.Second)}) // of a text and a number
	sendText(w, http.StatusCreated, "application/json", body)
}

func (s authorizeEndpoint) push(r *http.Request) (uri string, failed *failure) {
	form, failed := readForm(r, targetParameters...)
	if failed != nil {
		return "", failed
	}
	c, failed := s.auth.authenticate(r, form)
	if failed != nil {
		s.note(event{Kind: journal.Denied, Reason: failed.code})
		return "", failed
	}
	s.Journal.Identify(r, c.ID)
	p, failed := s.pushable(c, form)
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

// pushable checks a request as the authorization endpoint would (§2.1).
func (s authorizeEndpoint) pushable(c *registry.Registered, form url.Values) (*grants.Pushed, *failure) {
	switch {
	case form.Has("request_uri"):
		return nil, invalidRequest("request_uri is what this endpoint answers with, and not for a request to it")
	case form.Get("client_id") != c.ID: // to authenticate does not say it yet
		return nil, invalidRequest("client_id is missing, which is required beside the authentication as well")
	}
	for _, name := range []string{"client_secret", "client_assertion", "client_assertion_type"} {
		form.Del(name) // they have done their work, and must not be stored
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

// requested reads an authorization request as readAuthorization does: the one in
// form or, if there is a request_uri, the one that was pushed, and then nothing
// else of form (RFC 9126 §4, RFC 9101 §6.3).
func (s authorizeEndpoint) requested(r *http.Request, form url.Values) (a *authorization, show, redirect *failure) {
	uri := form.Get("request_uri")
	if _, served := s.urls[catalogue.PAR]; !served || !strings.HasPrefix(uri, requestURN) {
		a, show, redirect = s.readAuthorization(form)
		if show == nil && a.client.RequirePAR {
			redirect = invalidRequest("the client pushes its authorization requests (RFC 9126), and this one was not")
		}
		return a, show, redirect
	}
	id := form.Get("client_id")
	p, show := s.pushed(r, form)
	if show != nil {
		s.note(event{Kind: journal.Denied, Reason: show.code})
		return nil, show, nil
	}
	// The client can have changed in the meantime, and with it what is right.
	a, show, redirect = s.readAuthorization(p.Form)
	if a != nil {
		a.raw = url.Values{"client_id": {id}, "request_uri": {uri}}.Encode()
		a.pushed, a.hinted = sha256.Sum256([]byte(uri)), p.Hinted
	}
	return a, show, redirect
}

// pushed finds the request that form refers to, with a form of its own. A wrong
// reference is shown on a page: where to send the browser stands in the request.
func (s authorizeEndpoint) pushed(r *http.Request, form url.Values) (grants.Pushed, *failure) {
	if len(form["request_uri"]) > 1 || len(form["client_id"]) > 1 {
		return grants.Pushed{}, invalidRequest("client_id or request_uri is there more than once")
	}
	uri := form.Get("request_uri")
	d := token.Digest(sha256.Sum256([]byte(uri)))
	v, now := s.sessions.session(r), s.Clock.Now()
	all, unlock := s.grants.RLock()
	defer unlock()
	p, known := all.Pushed.Get(d)
	switch {
	case !known || p.Client != form.Get("client_id"):
		return grants.Pushed{}, invalidRequest("request_uri is none of this client's")
	case p.Used:
		return grants.Pushed{}, invalidRequest("request_uri has been used before")
	case !now.Before(p.Expires) && (v.Pushed != d || !now.Before(p.Expires.Add(grants.PagesTTL))):
		return grants.Pushed{}, invalidRequest("request_uri has expired")
	}
	found := *p
	found.Form = url.Values(http.Header(p.Form).Clone()) // since readAuthorization changes it
	return found, nil
}

// noteOpened notes that a browser has begun with a pushed request, which it may
// then finish after the request has expired for all others.
func (s authorizeEndpoint) noteOpened(v *grants.Session, a *authorization) {
	if a.pushed == (token.Digest{}) {
		return
	}
	v.Pushed = a.pushed
	s.grants.UpdateSession(v, func(kept *grants.Session) { kept.Pushed = a.pushed })
}

// take uses a pushed request up, which an answer to the client does, be it a code
// or a refusal, and not a page: pages may be loaded again (§4). False is for the
// request that comes second.
func (a *authorization) take(all *grants.State) bool {
	if a.pushed == (token.Digest{}) || a.taken {
		return true
	}
	a.taken = all.UsePushed(a.pushed)
	return a.taken
}

// refuseUsed is the page for the request that comes second.
func (s authorizeEndpoint) refuseUsed(w http.ResponseWriter, a *authorization) {
	s.note(event{Kind: journal.Denied, ClientID: a.client.ID, Reason: "invalid_request"})
	invalidRequest("request_uri has been used before").show(w)
}
