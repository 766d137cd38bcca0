package as

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

// maxShown is how many requests the debug page shows.
const maxShown = 50

// showDebug fills in what the page shows of the server.
func (s *Server) showDebug(w http.ResponseWriter, v *visit, p pages.DebugPage) {
	if !v.known {
		s.begin(w, v)
	}
	p.Form = pages.Form{Action: s.paths[debugPage], CSRF: v.CSRF}
	p.Issuer, p.Keys = s.Issuer, s.Keys.shown()
	for _, c := range s.registry.all() {
		shown := pages.DebugClient{ID: c.ID, Public: c.Public, RedirectURIs: c.RedirectURIs, Scopes: c.Scopes}
		for _, g := range allGrants {
			if c.may(g) && s.grantable(g) {
				shown.Grants = append(shown.Grants, string(g))
			}
		}
		p.Clients = append(p.Clients, shown)
	}
	requests := s.Requests()
	for _, r := range slices.Backward(requests[max(0, len(requests)-maxShown):]) {
		p.Requests = append(p.Requests, r.shown())
	}
	for _, d := range Catalogue() {
		if !d.OnRequest {
			p.Defects = append(p.Defects, d.Name)
		}
	}
	pages.Debug(w, p)
}

// shown is a request as the record has it: without secrets.
func (r Request) shown() pages.DebugRequest {
	shown := pages.DebugRequest{
		Time: r.Time, Method: r.Method, Endpoint: string(r.Endpoint), ClientID: r.ClientID, Status: r.Status, Injected: r.Injected,
	}
	if r.Endpoint == Any {
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

// all are the clients, by their IDs.
func (r *registry) all() []*registered {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.SortedFunc(maps.Values(r.clients), func(a, b *registered) int { return strings.Compare(a.ID, b.ID) })
}

// shown are the published keys, oldest first, and then those that sign in secret.
func (k *Keyring) shown() []pages.DebugKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	var list []pages.DebugKey
	for _, key := range k.published {
		signer, signs := k.signing[key.Alg]
		list = append(list, pages.DebugKey{ID: key.ID, Alg: string(key.Alg), Published: true, Signing: signs && signer.same(key)})
	}
	for _, alg := range slices.Sorted(maps.Keys(k.signing)) {
		if key := k.signing[alg]; alg.Shared() || !k.shows(key) {
			list = append(list, pages.DebugKey{ID: key.ID, Alg: string(key.Alg), Signing: true})
		}
	}
	return list
}
