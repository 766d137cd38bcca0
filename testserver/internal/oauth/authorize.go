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

// authorizeEndpoint is the authorization endpoint (RFC 6749 §3.1), with the
// requests that are pushed to it and the pages that lead to its answer.
type authorizeEndpoint struct{ *Server }

// serve answers an authorization request.
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

// readOrRefuse returns the authorization request, or answers one that is wrong.
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

// authorizeForm reads the parameters, which stand in the query or in a form
// (§3.1). Those that are there twice are for the caller.
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

// proceed does what is left to do before the client gets an answer.
func (s authorizeEndpoint) proceed(w http.ResponseWriter, r *http.Request, a *authorization) {
	now := s.Clock.Now()
	v := s.sessions.session(r)
	var decision Decision
	if !loggedInFor(v, a) { // an authorization is scripted when it begins, and not once more after its login
		decision = s.decided(r)
	}
	switch {
	case decision.Deny != "":
		s.refuse(w, r, a, refused(decision.Deny, "the test has refused"))
	case decision.User != nil:
		s.finish(w, r, a, v, *decision.User, decision.narrow(a.scopes), now)
	case !s.config.Interactive:
		u := s.preferredUser(a)
		if !a.acceptsSubject(u.Sub) {
			s.refuse(w, r, a, noSuchLogin())
			return
		}
		s.finish(w, r, a, v, u, decision.narrow(a.scopes), now)
	default:
		s.interact(w, r, a, v, now)
	}
}

// need is what an end user still has to do.
type need int

const (
	nothing need = iota
	toLogin
	toConsent
)

// needs decides it from the request and the session, and nothing else.
func (s authorizeEndpoint) needs(a *authorization, v *grants.Session, now time.Time) need {
	again := a.asks("login") || a.asks("select_account") || a.maxAge >= 0 && now.Sub(v.AuthTime) >= a.maxAge || s.stepsUp(a, v)
	switch {
	case v.Sub == "", again && !loggedInFor(v, a), !a.acceptsSubject(v.Sub):
		return toLogin
	case a.asks("consent"), !subset(a.consents(a.scopes), v.Consented[a.client.ID]), v.Consented[a.client.ID] == nil:
		return toConsent
	case len(a.details) > 0: // a payment is agreed to once, and not for ever
		return toConsent
	}
	return nothing
}

// interact shows the page that is next, or answers the client.
func (s authorizeEndpoint) interact(w http.ResponseWriter, r *http.Request, a *authorization, v *grants.Session, now time.Time) {
	next := s.needs(a, v, now)
	if next == toLogin && !s.acceptsAnybody(a) {
		s.refuse(w, r, a, noSuchLogin())
		return
	}
	if a.asks("none") { // OpenID Connect Core 1.0 §3.1.2.6
		switch next {
		case toLogin:
			reason := "nobody is logged in"
			if v.Sub != "" {
				reason = "the login is too old, too weak, or of somebody else"
			}
			s.refuse(w, r, a, refused("login_required", reason))
			return
		case toConsent:
			s.refuse(w, r, a, refused("consent_required", "the end user has not consented"))
			return
		case nothing:
		}
	}
	u, _ := s.Registry.User(v.Sub)
	if next != nothing {
		s.noteOpened(v, a)
	}
	switch next {
	case toLogin:
		s.sessions.showLogin(w, v, pages.LoginPage{ClientName: s.Registry.NameOf(a.client.ID), LoginHint: s.prefilledUsername(a), Form: pages.Form{Request: askedAuthorize + a.raw}})
	case toConsent:
		s.sessions.showConsent(w, v, pages.ConsentPage{
			ClientName: s.Registry.NameOf(a.client.ID), ClientID: a.client.ID, User: u.Username, ReturnTo: a.redirectURI, Scopes: s.boxes(a.scopes), Claims: a.asked.Names(a.scopes), Details: shownDetails(a.details),
			Form: pages.Form{Request: askedAuthorize + a.raw},
		})
	case nothing:
		s.finish(w, r, a, v, u, a.scopes, v.AuthTime)
	}
}

// acceptsSubject reports whether the request may be answered about sub (OpenID Connect
// Core 1.0 §3.1.2.1, §5.5.1).
func (a *authorization) acceptsSubject(sub string) bool {
	return (a.hinted == "" || a.hinted == sub) && a.asked.AllowsSubject(sub)
}

// acceptsAnybody reports whether the request says nothing of its user, or there is one
// whom it may be about.
func (s authorizeEndpoint) acceptsAnybody(a *authorization) bool {
	return a.acceptsSubject("") || slices.ContainsFunc(s.Registry.Users(), func(u registry.User) bool { return a.acceptsSubject(u.Sub) })
}

// preferredUser is the one that the request is about, else the one that login_hint
// names.
func (s authorizeEndpoint) preferredUser(a *authorization) registry.User {
	for _, sub := range append([]string{a.hinted}, a.asked.Subjects()...) {
		if u, ok := s.Registry.User(sub); ok {
			return u
		}
	}
	return s.Registry.Hinted(a.loginHint)
}

// prefilledUsername is what the login page begins with.
func (s authorizeEndpoint) prefilledUsername(a *authorization) string {
	if a.hinted == "" && len(a.asked.Subjects()) == 0 {
		return a.loginHint
	}
	if u := s.preferredUser(a); a.acceptsSubject(u.Sub) {
		return u.Username
	}
	return ""
}

// finish sends the client a code.
func (s authorizeEndpoint) finish(w http.ResponseWriter, r *http.Request, a *authorization, v *grants.Session, u registry.User, scopes []string, authTime time.Time) {
	acr := v.ACR
	if !authTime.Equal(v.AuthTime) || loggedInFor(v, a) {
		acr = s.acrOf(u.Sub, a.acrs)
	}
	if a.asked.EssentialACR && !slices.Contains(a.asked.ACRs(), acr) {
		s.refuse(w, r, a, refused("unmet_authentication_requirements", "the login has none of the acr values that claims requires"))
		return
	}
	if v.Known {
		s.grants.UpdateSession(v, func(kept *grants.Session) {
			if loggedInFor(v, a) {
				kept.ACR = acr
			}
			kept.Fresh = token.Digest{}
		})
	}
	now := s.Clock.Now()
	ttl := cmp.Or(a.client.CodeTTL, defaultCodeTTL)
	text := s.Source.Handle("code")
	code := &grants.Code{
		Family: grants.Family{
			Client: a.client.ID, Sub: u.Sub, Scopes: scopes, Resources: a.resources, Details: a.details,
			Claims: a.claims, Nonce: a.nonce, ACR: acr, AuthTime: authTime,
		},
		RedirectURI: a.redirectURI, Stated: a.stated, Challenge: a.challenge, Expires: now.Add(ttl),
	}
	all, unlock := s.grants.Lock()
	all.Changed(now)
	first := a.take(all)
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

// refuse sends the client an error (RFC 6749 §4.1.2.1).
func (s authorizeEndpoint) refuse(w http.ResponseWriter, r *http.Request, a *authorization, f *failure) {
	all, unlock := s.grants.Lock()
	first := a.take(all)
	unlock()
	if !first {
		s.refuseUsed(w, a)
		return
	}
	s.note(event{Kind: journal.Denied, ClientID: a.client.ID, Reason: f.code})
	s.respond(w, r, a, pages.Field{Name: "error", Value: f.code}, pages.Field{Name: "error_description", Value: f.description})
}

// respond sends the browser back to the client, always with the issuer (RFC 9207).
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

// withQuery adds fields to what query uri has (RFC 6749 §3.1.2).
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

// redirect goes on with a GET: 307 would send a password on (RFC 9700 §4.12).
func redirect(w http.ResponseWriter, r *http.Request, to string) {
	status := http.StatusFound
	if r.Method == http.MethodPost {
		status = http.StatusSeeOther
	}
	w.Header().Set("Location", to)
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
}
