package oauth

import (
	"crypto/sha256"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

// What a login or a consent is for, as the pages carry it: the request itself,
// which is read anew each time.
const (
	askedAuthorize = "authorize?"
	askedDevice    = "device?"
	askedLogout    = "logout?" // no login leads there
)

// submitted reads a form of one of the pages, whose session must have made it
// (RFC 9700 §4.7).
func (s sessions) submitted(r *http.Request) (url.Values, *grants.Session, *failure) {
	form, failed := readForm(r, pages.FieldScope)
	if failed != nil {
		return nil, nil, failed
	}
	v := s.session(r)
	return form, v, s.checkCSRF(v, form)
}

// login is where the login page leads. It begins a new session, so that one
// which somebody else knew is worth nothing, and then the request begins again.
func (s authorizeEndpoint) login(w http.ResponseWriter, r *http.Request) {
	form, v, failed := s.sessions.submitted(r)
	if failed != nil {
		failed.show(w)
		return
	}
	to, raw, ok := s.begun(form.Get(pages.FieldRequest))
	if !ok {
		foreignForm().show(w)
		return
	}
	u, known := s.Registry.Login(form.Get(pages.FieldUsername), form.Get(pages.FieldPassword))
	if pick := form.Get(pages.FieldPick); pick != "" {
		u, known = s.Registry.UserNamed(pick)
	}
	if !known {
		s.note(event{Kind: journal.Denied, Reason: "login"})
		s.sessions.showLogin(w, v, pages.LoginPage{
			LoginHint: form.Get(pages.FieldUsername), Error: "There is no such user with this password.",
			Form: pages.Form{Request: form.Get(pages.FieldRequest)},
		})
		return
	}
	if v.Sub != u.Sub {
		v.Consented = nil // another's
	}
	v.Sub, v.AuthTime, v.Fresh = u.Sub, s.Clock.Now(), sha256.Sum256([]byte(raw))
	v.ACR = s.acrOf(u.Sub, nil) // until the request that the login is for is answered
	s.sessions.begin(w, v)
	redirect(w, r, to)
}

// begun returns the URL at which a request begins again: always one of the
// server's own.
func (s authorizeEndpoint) begun(request string) (to, raw string, ok bool) {
	for prefix, ep := range map[string]catalogue.Endpoint{askedAuthorize: catalogue.Authorize, askedDevice: catalogue.Device} {
		if query, found := strings.CutPrefix(request, prefix); found {
			values, err := url.ParseQuery(query)
			u, routed := s.urls[ep]
			return u + "?" + values.Encode(), values.Encode(), err == nil && routed
		}
	}
	return "", "", false
}

// consent is where the consent page leads.
func (s authorizeEndpoint) consent(w http.ResponseWriter, r *http.Request) {
	form, v, failed := s.sessions.submitted(r)
	if failed != nil {
		failed.show(w)
		return
	}
	request := form.Get(pages.FieldRequest)
	if query, found := strings.CutPrefix(request, askedDevice); found {
		s.device.consentDevice(w, form, v, query)
		return
	}
	if query, found := strings.CutPrefix(request, askedLogout); found {
		s.logout.consentLogout(w, r, form, v, query)
		return
	}
	query, found := strings.CutPrefix(request, askedAuthorize)
	values, err := url.ParseQuery(query)
	if !found || err != nil {
		foreignForm().show(w)
		return
	}
	a, ok := s.readOrRefuse(w, r, values)
	switch {
	case !ok:
		return
	case s.needs(a, v, s.Clock.Now()) == toLogin:
		s.interact(w, r, a, v, s.Clock.Now())
		return
	case form.Get(pages.FieldDecision) != pages.DecisionAllow:
		s.refuse(w, r, a, refused("access_denied", "the end user has refused"))
		return
	}
	scopes := chosen(a.scopes, form[pages.FieldScope])
	s.grants.UpdateSession(v, func(kept *grants.Session) {
		// Another request may be reading the map that is there.
		consented := maps.Clone(kept.Consented)
		if consented == nil {
			consented = map[string][]string{}
		}
		consented[a.client.ID] = unique(slices.Concat(consented[a.client.ID], a.consents(scopes)))
		if consented[a.client.ID] == nil {
			consented[a.client.ID] = []string{}
		}
		kept.Consented = consented
	})
	u, _ := s.Registry.User(v.Sub)
	s.finish(w, r, a, v, u, scopes, v.AuthTime)
}

// chosen are the scopes of the request that were checked, in its order.
func chosen(asked, checked []string) []string {
	return slices.DeleteFunc(slices.Clone(asked), func(scope string) bool { return !slices.Contains(checked, scope) })
}
