package oauth

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/token"

	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

// maxShown is how many requests the debug page shows.
const maxShown = 50

// showDebug fills in what the page shows of the server.
func (s *Server) showDebug(w http.ResponseWriter, v *grants.Session, p pages.DebugPage) {
	if !v.Known {
		s.begin(w, v)
	}
	p.Form = pages.Form{Action: s.debugPath, CSRF: v.CSRF}
	p.Issuer, p.Keys = s.Issuer, shownKeys(s.Keys.All())
	for _, c := range s.Registry.Clients() {
		shown := pages.DebugClient{ID: c.ID, Public: c.Public, RedirectURIs: c.RedirectURIs, Scopes: c.Scopes}
		for _, g := range catalogue.Grants {
			if c.May(g) && s.grantable(g) {
				shown.Grants = append(shown.Grants, string(g))
			}
		}
		p.Clients = append(p.Clients, shown)
	}
	requests := s.Journal.Requests()
	for _, r := range slices.Backward(requests[max(0, len(requests)-maxShown):]) {
		p.Requests = append(p.Requests, shownRequest(r))
	}
	for _, d := range token.Catalogue() {
		if !d.OnRequest {
			p.Defects = append(p.Defects, d.Name)
		}
	}
	pages.Debug(w, p)
}

// shownRequest is a request as the record has it: without secrets.
func shownRequest(r journal.Request) pages.DebugRequest {
	shown := pages.DebugRequest{
		Time: r.Time, Method: r.Method, Endpoint: string(r.Endpoint), ClientID: r.ClientID, Status: r.Status, Injected: r.Injected,
	}
	if r.Endpoint == catalogue.Any {
		shown.Endpoint = "no endpoint"
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
