package oauth

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/pages"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// debugPage is the page that shows the state of the server.
type debugPage struct{ *Server }

// isDebug reports whether r is for the debug page of an interactive server. The
// page is not an endpoint: its requests are neither recorded nor counted, and
// faults do not apply to them. So the page works even if faults make every
// endpoint fail.
func (s *Server) isDebug(r *http.Request) bool {
	return s.debugPath != "" && r.URL.Path == s.debugPath
}

// serve responds to a request for the page. The forms on the page rotate the
// keys and mint tokens. The page shows the faults, but cannot add faults.
func (s debugPage) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	methods := []string{http.MethodGet, http.MethodHead, http.MethodPost}
	switch {
	case !s.isOwnHost(r.Host):
		(&failure{
			status: http.StatusMisdirectedRequest, code: "invalid_request",
			description: "the debug page is available only on the issuer's host, localhost and loopback addresses",
		}).show(w)
	case !slices.Contains(methods, r.Method):
		w.Header().Set("Allow", strings.Join(methods, ", "))
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
	case r.Method == http.MethodPost:
		s.debugForm(w, r)
	default:
		query := r.URL.Query()
		s.showDebug(w, s.sessions.session(r), pages.DebugPage{
			Mint: s.mintForm(), Filter: pages.Filter{Endpoint: query.Get("endpoint"), Client: query.Get("client")},
		})
	}
}

// isOwnForm reports whether the header fields of r are those of a form on this
// server's pages. Browsers send Sec-Fetch-Site only over TLS or to loopback
// addresses. From pages that forbid referrers, such as this server's pages,
// they send Origin: null. If both fields are missing, only the CSRF token
// protects the form.
func isOwnForm(r *http.Request) bool {
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	if !slices.Contains([]string{"", "same-origin", "none"}, site) {
		return false
	}
	u, err := url.Parse(origin)
	return origin == "" || origin == "null" || err == nil && strings.EqualFold(u.Host, r.Host)
}

// debugForm handles the forms of the page.
func (s debugPage) debugForm(w http.ResponseWriter, r *http.Request) {
	session := s.sessions.session(r)
	form, failed := readForm(r)
	if failed == nil {
		failed = s.sessions.checkCSRF(session, form)
	}
	if !isOwnForm(r) {
		failed = &failure{status: http.StatusForbidden, code: "access_denied", description: "the form comes from another site"}
	}
	if failed != nil {
		failed.show(w)
		return
	}
	switch form.Get(pages.FieldDo) {
	case pages.DoRotate:
		if _, err := s.Keys.Rotate(token.Rotation{}); err != nil {
			s.showDebug(w, session, pages.DebugPage{Mint: s.mintForm(), Error: err.Error()})
			return
		}
		redirect(w, r, s.debugPath)
	case pages.DoMint: // responds with a page, not a redirect, because the token is not stored
		p := pages.DebugPage{Mint: pages.MintForm{
			ClientID: form.Get(pages.FieldClient), Subject: form.Get(pages.FieldSubject), Audience: form.Get(pages.FieldAudience),
			Scope: form.Get(pages.FieldScope), ExpiresIn: form.Get(pages.FieldExpires), Defect: form.Get(pages.FieldDefect),
		}}
		var err error
		if p.Token, err = s.Mint(mintEdit(p.Mint)); err != nil {
			p.Error = err.Error()
		}
		s.showDebug(w, session, p)
	default:
		foreignForm().show(w)
	}
}

// maxShown is the maximum number of clients on the debug page, and the maximum
// number of groups of equal requests.
const maxShown = 50

// shortened returns the first 10 elements of list, followed by the number of
// the remaining elements, because a client may register a list that is too long
// for a page.
func shortened(list []string) []string {
	const most = 10
	if len(list) <= most {
		return list
	}
	return append(slices.Clip(list[:most]), fmt.Sprintf("and %d more", len(list)-most))
}

// noEndpoint is the name that the debug page shows as the endpoint of a request
// to an unknown path.
const noEndpoint = "no endpoint"

// showDebug adds the state of the server to p and sends the page.
func (s debugPage) showDebug(w http.ResponseWriter, session *grants.Session, p pages.DebugPage) {
	if !session.Known {
		s.sessions.begin(w, session)
	}
	p.Form = pages.Form{Action: s.debugPath, CSRF: session.CSRF}
	p.Issuer, p.Keys = s.Issuer, shownKeys(s.Keys.All())
	clients := s.Registry.Clients()
	p.Others = max(0, len(clients)-maxShown)
	for _, c := range clients[:len(clients)-p.Others] {
		shown := pages.DebugClient{ID: c.ID, Public: c.Public, RedirectURIs: shortened(c.RedirectURIs), Scopes: shortened(c.Scopes)}
		for _, g := range catalogue.Grants {
			if c.May(g) && s.grantable(g) {
				shown.Grants = append(shown.Grants, string(g))
			}
		}
		p.Clients = append(p.Clients, shown)
	}
	for _, u := range s.Registry.Users() {
		p.Users = append(p.Users, pageUser(u))
	}
	for _, in := range s.Faults.All() {
		shown := pages.DebugFault{Endpoint: string(in.Endpoint), Hits: in.Hits(), Skip: in.Skip}
		if in.Times > 0 {
			shown.Left = in.Times - shown.Hits
		}
		p.Faults = append(p.Faults, shown)
	}
	for _, r := range slices.Backward(s.Journal.Requests()) {
		if shown := shownRequest(r); p.Filter.Fits(shown) {
			p.Requests = append(p.Requests, shown)
		}
	}
	p.Requests = pages.Grouped(p.Requests)
	p.Requests = p.Requests[:min(len(p.Requests), maxShown)]
	p.Now, p.Links = s.Clock.Now(), s.links()
	for _, ep := range catalogue.Endpoints() {
		if s.served[ep] {
			p.Endpoints = append(p.Endpoints, string(ep))
		}
	}
	p.Endpoints = append(p.Endpoints, noEndpoint)
	p.Defects = catalogue.Names(catalogue.Defects)
	pages.Debug(w, p)
}

// shownRequest returns a recorded request in the form that the page shows. The
// journal has already redacted the secrets.
func shownRequest(r journal.Request) pages.DebugRequest {
	shown := pages.DebugRequest{
		Time: r.Time, Method: r.Method, Endpoint: string(r.Endpoint), ClientID: r.ClientID, Status: r.Status, Injected: r.Injected,
	}
	if r.Endpoint == catalogue.Any {
		shown.Endpoint = noEndpoint
	}
	for _, v := range r.Header["Authorization"] {
		shown.Form = append(shown.Form, pages.Field{Name: "Authorization", Value: v})
	}
	for _, name := range slices.Sorted(maps.Keys(r.Form)) {
		shown.Form = append(shown.Form, pages.Field{Name: name, Value: strings.Join(r.Form[name], " ")})
	}
	return shown
}

func shownKeys(keys []token.KeyState) []pages.DebugKey {
	var list []pages.DebugKey
	for _, k := range keys {
		list = append(list, pages.DebugKey{ID: k.ID, Alg: string(k.Alg), Published: k.Published, Signing: k.Signing})
	}
	return list
}
