package oauth

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/testserver/internal/token"

	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

// isDebug reports whether r is for the debug page, which an interactive server has.
// It is not an endpoint: requests to it are neither recorded nor counted, so that
// looking changes nothing, and get no fault, so that there is a place to look from
// when all else fails.
func (s *Server) isDebug(r *http.Request) bool {
	return s.debugPath != "" && r.URL.Path == s.debugPath
}

// debug shows the server from within. It rotates the keys and mints a token for
// whoever sits in front of it; faults are for the test alone.
func (s *Server) debug(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	methods := []string{http.MethodGet, http.MethodHead, http.MethodPost}
	switch {
	case !s.IsOwnHost(r.Host):
		showFailure(w, &failure{
			status: http.StatusMisdirectedRequest, code: "invalid_request",
			description: "the debug page is at the issuer's host, localhost and loopback addresses alone",
		})
	case !slices.Contains(methods, r.Method):
		w.Header().Set("Allow", strings.Join(methods, ", "))
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
	case r.Method == http.MethodPost:
		s.debugForm(w, r)
	default:
		s.showDebug(w, s.session(r), pages.DebugPage{Mint: s.mintForm()})
	}
}

// isOwnForm reports whether nothing speaks against r being sent by one of the
// server's pages. Browsers send Sec-Fetch-Site to loopback and over TLS; Origin is
// null from pages without a referrer, as these are. What a browser leaves out is
// for the token of the session to prove.
func isOwnForm(r *http.Request) bool {
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	if !slices.Contains([]string{"", "same-origin", "none"}, site) {
		return false
	}
	u, err := url.Parse(origin)
	return origin == "" || origin == "null" || err == nil && strings.EqualFold(u.Host, r.Host)
}

// debugForm does what a button of the page says.
func (s *Server) debugForm(w http.ResponseWriter, r *http.Request) {
	v := s.session(r)
	form, failed := readForm(r)
	if failed == nil {
		failed = s.checkCSRF(v, form)
	}
	if !isOwnForm(r) {
		failed = &failure{status: http.StatusForbidden, code: "access_denied", description: "the form comes from another site"}
	}
	if failed != nil {
		showFailure(w, failed)
		return
	}
	switch form.Get(pages.FieldDo) {
	case pages.DoRotate:
		if _, err := s.Keys.Rotate(token.Rotation{}); err != nil {
			s.showDebug(w, v, pages.DebugPage{Mint: s.mintForm(), Error: err.Error()})
			return
		}
		redirect(w, r, s.debugPath)
	case pages.DoMint: // the one answer to a POST that is a page: what it shows is not kept
		p := pages.DebugPage{Mint: pages.MintForm{
			ClientID: form.Get(pages.FieldClient), Subject: form.Get(pages.FieldSubject), Audience: form.Get(pages.FieldAudience),
			Scope: form.Get(pages.FieldScope), ExpiresIn: form.Get(pages.FieldExpires), Defect: form.Get(pages.FieldDefect),
		}}
		var err error
		if p.Token, err = s.Mint(minting(p.Mint)); err != nil {
			p.Error = err.Error()
		}
		s.showDebug(w, v, p)
	default:
		showFailure(w, invalidRequest("the form is none of this server's"))
	}
}
