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

// The kinds of requests that a login or consent page can belong to. The page
// carries the request itself, which the server checks again each time.
const (
	forAuthorize = "authorize?"
	forDevice    = "device?"
	forLogout    = "logout?" // consent only
)

// readSubmitted reads a form that one of the pages sent. The form must belong
// to the session of the browser (RFC 9700 §4.7).
func (s sessions) readSubmitted(r *http.Request) (url.Values, *grants.Session, *failure) {
	form, failed := readForm(r, pages.FieldScope)
	if failed != nil {
		return nil, nil, failed
	}
	session := s.session(r)
	return form, session, s.checkCSRF(session, form)
}

// login handles the login form. It starts a new session, as protection against
// session fixation, and restarts the request.
func (s authorizeEndpoint) login(w http.ResponseWriter, r *http.Request) {
	form, session, failed := s.sessions.readSubmitted(r)
	if failed != nil {
		failed.show(w)
		return
	}
	to, raw, ok := s.restartURL(form.Get(pages.FieldRequest))
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
		s.sessions.showLogin(w, session, pages.LoginPage{
			LoginHint: form.Get(pages.FieldUsername), Error: "Unknown user or wrong password.",
			Form: pages.Form{Request: form.Get(pages.FieldRequest)},
		})
		return
	}
	if session.Sub != u.Sub {
		session.Consented = nil // those of another user
	}
	session.Sub, session.AuthTime, session.Fresh = u.Sub, s.Clock.Now(), sha256.Sum256([]byte(raw))
	session.ACR = s.acrOf(u.Sub, nil) // until the request that the login is for is answered
	s.sessions.begin(w, session)
	redirect(w, r, to)
}

// restartURL returns the URL that restarts a request. The URL is always one of
// this server's.
func (s authorizeEndpoint) restartURL(request string) (to, raw string, ok bool) {
	for prefix, ep := range map[string]catalogue.Endpoint{forAuthorize: catalogue.Authorize, forDevice: catalogue.Device} {
		if query, found := strings.CutPrefix(request, prefix); found {
			values, err := url.ParseQuery(query)
			u, routed := s.urls[ep]
			return u + "?" + values.Encode(), values.Encode(), err == nil && routed
		}
	}
	return "", "", false
}

// consent handles the consent form.
func (s authorizeEndpoint) consent(w http.ResponseWriter, r *http.Request) {
	form, session, failed := s.sessions.readSubmitted(r)
	if failed != nil {
		failed.show(w)
		return
	}
	request := form.Get(pages.FieldRequest)
	if query, found := strings.CutPrefix(request, forDevice); found {
		s.device.consentDevice(w, form, session, query)
		return
	}
	if query, found := strings.CutPrefix(request, forLogout); found {
		s.logout.consentLogout(w, r, form, session, query)
		return
	}
	query, found := strings.CutPrefix(request, forAuthorize)
	values, err := url.ParseQuery(query)
	if !found || err != nil {
		foreignForm().show(w)
		return
	}
	a, ok := s.readOrRefuse(w, r, values)
	switch {
	case !ok:
		return
	case s.needs(a, session, s.Clock.Now()) == toLogin:
		s.interact(w, r, a, session, s.Clock.Now())
		return
	case form.Get(pages.FieldDecision) != pages.DecisionAllow:
		s.refuse(w, r, a, refused("access_denied", "the end user has refused"))
		return
	}
	scopes := chosen(a.scopes, form[pages.FieldScope])
	s.grants.UpdateSession(session, func(saved *grants.Session) {
		// Another request may be reading the current map.
		consented := maps.Clone(saved.Consented)
		if consented == nil {
			consented = map[string][]string{}
		}
		consented[a.client.ID] = unique(slices.Concat(consented[a.client.ID], a.consents(scopes)))
		if consented[a.client.ID] == nil {
			consented[a.client.ID] = []string{}
		}
		saved.Consented = consented
	})
	u, _ := s.Registry.User(session.Sub)
	s.finish(w, r, a, session, u, scopes, false)
}

// chosen returns the requested scopes that were checked, in the order of the
// request.
func chosen(requested, checked []string) []string {
	return slices.DeleteFunc(slices.Clone(requested), func(scope string) bool { return !slices.Contains(checked, scope) })
}
