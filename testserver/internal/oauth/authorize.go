package oauth

import (
	"cmp"
	"crypto/sha256"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/pages"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// authorizeEndpoint is the authorization endpoint (RFC 6749 §3.1). It also
// handles pushed requests and the login and consent pages.
type authorizeEndpoint struct{ *Server }

// serve responds to an authorization request.
func (s authorizeEndpoint) serve(w http.ResponseWriter, r *http.Request) {
	form, failed := authorizeForm(r)
	if failed != nil {
		failed.show(w)
		return
	}
	if a, ok := s.readOrRefuse(w, r, form); ok {
		s.Journal.Identify(r, a.client.ID)
		s.proceed(w, r, a)
	}
}

// readOrRefuse returns the authorization request. If the request is invalid, it
// writes the response and returns false.
func (s authorizeEndpoint) readOrRefuse(w http.ResponseWriter, r *http.Request, form url.Values) (a *authorization, ok bool) {
	a, show, redirect := s.requested(r, form)
	switch {
	case show != nil:
		show.show(w)
	case redirect != nil:
		s.refuse(w, r, a, redirect)
	default:
		return a, true
	}
	return nil, false
}

// authorizeForm returns the parameters from the query or, for a POST, from the
// form in the body (RFC 6749 §3.1). Its callers check for repeated parameters.
func authorizeForm(r *http.Request) (url.Values, *failure) {
	if r.Method == http.MethodPost {
		return readValues(r)
	}
	if len(r.URL.RawQuery) > journal.MaxForm {
		return nil, invalidRequest("the query is too large")
	}
	form, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, invalidRequest("the query is malformed")
	}
	return form, nil
}

// proceed handles a valid authorization request: it logs the end user in,
// obtains consent and responds to the client. If the test has decided which
// user logs in, or that the request is denied, proceed uses that decision and
// skips login and consent.
func (s authorizeEndpoint) proceed(w http.ResponseWriter, r *http.Request, a *authorization) {
	now := s.Clock.Now()
	session := s.sessions.session(r)
	var decision Decision
	if !s.loggedInFor(session, a) { // after the login, the request restarts, but must not get a decision again
		decision = s.decided(r)
	}
	switch {
	case decision.Deny != "":
		s.refuse(w, r, a, refused(decision.Deny, "the test denied the request"))
	case decision.User != nil:
		s.finish(w, r, a, session, *decision.User, decision.narrow(a.scopes), true)
	case !s.config.Interactive:
		u := s.preferredUser(a)
		if !a.acceptsSubject(u.Sub) {
			s.refuse(w, r, a, noSuchLogin())
			return
		}
		s.finish(w, r, a, session, u, decision.narrow(a.scopes), true)
	default:
		s.interact(w, r, a, session, now)
	}
}

// need is the next step that the end user must take.
type need int

const (
	nothing need = iota
	toLogin
	toConsent
)

// needs returns the next step for the end user. The result depends only on the
// request, the session, the registered user of the session and the time.
func (s authorizeEndpoint) needs(a *authorization, session *grants.Session, now time.Time) need {
	again := a.hasPrompt("login") || a.hasPrompt("select_account") || a.maxAge >= 0 && now.Sub(session.AuthTime) >= a.maxAge || s.stepsUp(a, session)
	switch {
	case session.Sub == "", again && !s.loggedInFor(session, a), !a.acceptsSubject(session.Sub):
		return toLogin
	case a.hasPrompt("consent"), !subset(a.consents(a.scopes), session.Consented[a.client.ID]), session.Consented[a.client.ID] == nil:
		return toConsent
	case len(a.details) > 0: // consent to authorization details, such as a payment, is not reused
		return toConsent
	}
	return nothing
}

// interact shows the login or consent page that the end user needs next. If the
// user needs no page, or the request forbids pages, interact responds to the
// client.
func (s authorizeEndpoint) interact(w http.ResponseWriter, r *http.Request, a *authorization, session *grants.Session, now time.Time) {
	next := s.needs(a, session, now)
	if next == toLogin && !s.acceptsAnybody(a) {
		s.refuse(w, r, a, noSuchLogin())
		return
	}
	if a.hasPrompt("none") { // OpenID Connect Core 1.0 §3.1.2.6
		switch next {
		case toLogin:
			reason := "no user is logged in"
			if session.Sub != "" {
				reason = "the login is too old, too weak, or that of another user"
			}
			s.refuse(w, r, a, refused("login_required", reason))
			return
		case toConsent:
			s.refuse(w, r, a, refused("consent_required", "the end user has not consented"))
			return
		case nothing:
		}
	}
	u, _ := s.Registry.User(session.Sub)
	if next != nothing {
		s.noteOpened(session, a)
	}
	switch next {
	case toLogin:
		s.sessions.showLogin(w, session, pages.LoginPage{ClientName: s.Registry.NameOf(a.client.ID), LoginHint: s.prefilledUsername(a), Form: pages.Form{Request: forAuthorize + a.raw}})
	case toConsent:
		s.sessions.showConsent(w, session, pages.ConsentPage{
			ClientName: s.Registry.NameOf(a.client.ID), ClientID: a.client.ID, User: u.Username, ReturnTo: a.redirectURI, Scopes: s.scopeBoxes(a.scopes), Claims: a.requested.Names(a.scopes), Details: shownDetails(a.details),
			Form: pages.Form{Request: forAuthorize + a.raw},
		})
	case nothing:
		s.finish(w, r, a, session, u, a.scopes, false)
	}
}

// acceptsSubject reports whether the request allows a login as the user sub
// (OpenID Connect Core 1.0 §3.1.2.1, §5.5.1).
func (a *authorization) acceptsSubject(sub string) bool {
	return (a.hinted == "" || a.hinted == sub) && a.requested.AllowsSubject(sub)
}

// acceptsAnybody reports whether the request allows every user, or at least one
// of the registered users.
func (s authorizeEndpoint) acceptsAnybody(a *authorization) bool {
	return a.acceptsSubject("") || slices.ContainsFunc(s.Registry.Users(), func(u registry.User) bool { return a.acceptsSubject(u.Sub) })
}

// preferredUser returns the first registered user in this order: the subject of
// id_token_hint, the subjects in the claims parameter, the user in login_hint.
// If none of them is registered, it returns the first user of the server.
func (s authorizeEndpoint) preferredUser(a *authorization) registry.User {
	for _, sub := range append([]string{a.hinted}, a.requested.Subjects()...) {
		if u, ok := s.Registry.User(sub); ok {
			return u
		}
	}
	return s.Registry.Hinted(a.loginHint)
}

// prefilledUsername returns the user name with which the login page opens, or
// "".
func (s authorizeEndpoint) prefilledUsername(a *authorization) string {
	if a.hinted == "" && len(a.requested.Subjects()) == 0 {
		return a.loginHint
	}
	if u := s.preferredUser(a); a.acceptsSubject(u.Sub) {
		return u.Username
	}
	return ""
}

// finish sends the client a code for a login. If decided is true, the user u
// logs in now, and no page is shown. If decided is false, the code is for the
// last login of the session.
func (s authorizeEndpoint) finish(w http.ResponseWriter, r *http.Request, a *authorization, session *grants.Session, u registry.User, scopes []string, decided bool) {
	now := s.Clock.Now()
	authTime, acr, fresh := session.AuthTime, session.ACR, s.loggedInFor(session, a)
	if decided {
		authTime = now
	}
	if decided || fresh {
		acr = s.acrOf(u.Sub, a.acrs)
	}
	if a.requested.EssentialACR && !slices.Contains(a.requested.ACRs(), acr) {
		s.refuse(w, r, a, refused("unmet_authentication_requirements", "the login has none of the acr values that the claims parameter requires"))
		return
	}
	if session.Known {
		s.grants.UpdateSession(session, func(saved *grants.Session) {
			if fresh {
				saved.ACR = acr
			}
			saved.Fresh = token.Digest{}
		})
	}
	sid := ""
	if a.client.Logout.URI != "" {
		if sid = session.SID; decided || sid == "" { // each login without pages gets a new sid
			sid = s.Source.Name("sid")
		}
	}
	ttl := cmp.Or(a.client.CodeTTL, defaultCodeTTL)
	text := s.Source.Handle("code")
	code := &grants.Code{
		Family: grants.Family{
			Client: a.client.ID, Sub: u.Sub, Scopes: scopes, Resources: a.resources, Details: a.details,
			Claims: a.claims, Nonce: a.nonce, ACR: acr, AuthTime: authTime, SID: sid,
		},
		RedirectURI: a.redirectURI, Stated: a.stated, Challenge: a.challenge, Key: a.jkt, Expires: now.Add(ttl),
	}
	all, unlock := s.grants.Lock()
	all.Changed(now)
	first := a.usePushed(all)
	if first {
		all.Codes.Put(sha256.Sum256([]byte(text)), code)
	}
	unlock()
	if !first {
		s.refuseUsed(w, a)
		return
	}
	if failed := s.durable(); failed != nil {
		s.refuse(w, r, a, failed)
		return
	}
	s.respond(w, r, a, pages.Field{Name: "code", Value: text})
}

// refuse sends the client an error (RFC 6749 §4.1.2.1). Like finish, it also
// clears Fresh in the session. If the same request is sent again, for example
// with prompt=login, the user must therefore log in again.
func (s authorizeEndpoint) refuse(w http.ResponseWriter, r *http.Request, a *authorization, f *failure) {
	if session := s.sessions.session(r); s.loggedInFor(session, a) { // the login was for this request
		s.grants.UpdateSession(session, func(saved *grants.Session) { saved.Fresh = token.Digest{} })
	}
	all, unlock := s.grants.Lock()
	first := a.usePushed(all)
	unlock()
	if !first {
		s.refuseUsed(w, a)
		return
	}
	s.note(event{Kind: journal.Denied, ClientID: a.client.ID, Reason: f.code})
	s.respond(w, r, a, pages.Field{Name: "error", Value: f.code}, pages.Field{Name: "error_description", Value: f.description})
}

// respond sends fields to the client through the browser. It adds iss (RFC
// 9207), and state if the request has it.
func (s authorizeEndpoint) respond(w http.ResponseWriter, r *http.Request, a *authorization, fields ...pages.Field) {
	if a.state != "" {
		fields = append(fields, pages.Field{Name: "state", Value: a.state})
	}
	fields = append(fields, pages.Field{Name: "iss", Value: s.Issuer})
	if a.mode == "form_post" {
		pages.FormPost(w, pages.FormPostPage{RedirectURI: a.redirectURI, Fields: fields})
		return
	}
	if a.mode == "fragment" { // OAuth 2.0 Multiple Response Type Encoding Practices §2.1
		redirect(w, r, a.redirectURI+"#"+strings.TrimPrefix(withQuery("", fields), "?"))
		return
	}
	redirect(w, r, withQuery(a.redirectURI, fields))
}

// withQuery appends fields to the query of uri (RFC 6749 §3.1.2).
func withQuery(uri string, fields []pages.Field) string {
	var b strings.Builder
	b.WriteString(uri)
	for i, f := range fields {
		switch {
		case i == 0 && !strings.Contains(uri, "?"):
			b.WriteByte('?')
		case i > 0 || !strings.HasSuffix(uri, "?") && !strings.HasSuffix(uri, "&"):
			b.WriteByte('&')
		}
		b.WriteString(f.Name + "=" + url.QueryEscape(f.Value))
	}
	return b.String()
}

// redirect sends the browser to another URL with a GET request. It does not use
// status 307, because the browser would then send the form in r to that URL,
// including a password (RFC 9700 §4.12).
func redirect(w http.ResponseWriter, r *http.Request, to string) {
	status := http.StatusFound
	if r.Method == http.MethodPost {
		status = http.StatusSeeOther
	}
	w.Header().Set("Location", to)
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
}
