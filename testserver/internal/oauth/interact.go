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

// A login, consent or logout page belongs to one of these kinds of requests.
// The form of the page contains the kind, followed by the query of the request.
// The server validates the request again when the form is submitted.
const (
	forAuthorize = "authorize?"
	forDevice    = "device?"
	forLogout    = "logout?" // never on a login page
)

// readSubmitted reads a form that was submitted from a page. The form must
// belong to the browser's session (RFC 9700 §4.7).
func (s sessions) readSubmitted(r *http.Request) (url.Values, *grants.Session, *failure) {
	form, failed := readForm(r, pages.FieldScope)
	if failed != nil {
		return nil, nil, failed
	}
	session := s.session(r)
	return form, session, s.checkCSRF(session, form)
}

// login handles the login form. After a login, it sets a new session cookie,
// which prevents session fixation. Then it redirects the browser, which repeats
// the original request.
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
		session.Consented = nil // drop the previous user's consents
		s.pushLogouts(r.Context(), s.grants.LeaveSession(session.SID))
		session.SID = s.Source.Name("sid")
	}
	session.Sub, session.AuthTime, session.Fresh = u.Sub, s.Clock.Now(), sha256.Sum256([]byte(raw))
	session.ACR = s.acrOf(u.Sub, nil) // s.finish replaces it with the context that the request wants
	s.sessions.begin(w, session)
	redirect(w, r, to)
}

// restartURL returns the URL at which the browser repeats a request after the
// login, and the query of that URL. The URL always belongs to this server.
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

// consent handles the forms of the consent page and of the logout page.
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
		// Change a clone of the map: a login request stores its own copy of the
		// session, and that copy shares this map.
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

// chosen returns the requested scopes that the user has checked, in the order
// of the request.
func chosen(requested, checked []string) []string {
	return slices.DeleteFunc(slices.Clone(requested), func(scope string) bool { return !slices.Contains(checked, scope) })
}
