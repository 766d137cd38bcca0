package browser_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

// form contains the values that all forms on the test pages have in common. The
// tests check that the test site receives these values.
var form = pages.Form{Action: "/sent", Request: "client_id=web&scope=openid+orders%3Aread&decision=allow", CSRF: "the-token"}

// long is a name that is longer than a line of a narrow window.
var long = strings.Repeat("Unbreakable", 40)

// views contains pages with typical text and with very long text.
var views = map[string]func(http.ResponseWriter){
	"/login": func(w http.ResponseWriter) {
		pages.Login(w, pages.LoginPage{Form: form, ClientName: "Order Desk", Users: []pages.User{{Username: "alice", Name: "Alice Liddell", Email: "alice@example.com"}, {Username: "bob"}}})
	},
	"/login/again": func(w http.ResponseWriter) {
		pages.Login(w, pages.LoginPage{Form: form, ClientName: long, LoginHint: "alice", Users: []pages.User{{Username: long, Name: long, Email: long}}, Error: "There is no such user with this password."})
	},
	"/consent": func(w http.ResponseWriter) {
		pages.Consent(w, pages.ConsentPage{
			Form: form, ClientName: "Order Desk", ClientID: "web", User: "alice", ReturnTo: "https://desk.example/callback",
			Scopes: []pages.ScopeBox{
				{Name: "openid", Description: "Know who you are", Checked: true},
				{Name: "orders:read", Description: "Read your orders", Checked: true},
				{Name: "orders:write"},
			},
		})
	},
	"/consent/long": func(w http.ResponseWriter) {
		pages.Consent(w, pages.ConsentPage{
			Form: form, ClientName: long, ClientID: long, User: long, ReturnTo: "https://" + long, UserCode: "WDJB-MJHT",
			Scopes: []pages.ScopeBox{{Name: long, Description: long}},
		})
	},
	"/logout": func(w http.ResponseWriter) {
		pages.Logout(w, pages.LogoutPage{Form: form, ClientID: "web", User: "alice", ReturnTo: "https://desk.example/bye"})
	},
	"/logout/long": func(w http.ResponseWriter) {
		pages.Logout(w, pages.LogoutPage{Form: form, ClientID: long, User: long, ReturnTo: "https://" + long})
	},
	"/device": func(w http.ResponseWriter) { pages.Device(w, pages.DevicePage{Form: form, UserCode: "WDJB-MJHT"}) },
	"/device/again": func(w http.ResponseWriter) {
		pages.Device(w, pages.DevicePage{Form: form, Error: "No device shows this code."})
	},
	"/message": func(w http.ResponseWriter) {
		pages.Message(w, http.StatusOK, pages.MessagePage{Title: "You are signed out", Text: "You can close this window."})
	},
	"/message/error": func(w http.ResponseWriter) {
		pages.Message(w, http.StatusOK, pages.MessagePage{Title: long, Text: "The redirect URI is not registered: " + long, Code: "invalid_request"})
	},
	"/message/facts": func(w http.ResponseWriter) {
		pages.Message(w, http.StatusOK, pages.MessagePage{
			Title: "This request cannot be answered", Text: "The application sent a redirect_uri that is not registered for it.", Code: "invalid_request",
			Facts: []pages.Field{{Name: "Client", Value: "web"}, {Name: "It sent", Value: "https://" + long}, {Name: "Registered", Value: "https://desk.example/callback"}},
			Help:  "Change it in the application, or register it.",
		})
	},
	"/index": func(w http.ResponseWriter) {
		pages.Index(w, pages.IndexPage{Issuer: "https://" + long, Links: []pages.Link{{Name: "Discovery", URL: "/discovery", About: "What the server can do."}, {Name: long, URL: "/", About: long}}})
	},
	"/debug": func(w http.ResponseWriter) { pages.Debug(w, debug) },
	"/debug/empty": func(w http.ResponseWriter) {
		pages.Debug(w, pages.DebugPage{Form: form, Issuer: "http://127.0.0.1:8080", Error: "There is no client " + long})
	},
}

var debug = pages.DebugPage{
	Form: form, Issuer: "http://127.0.0.1:8080", Token: strings.Repeat("eyJhbGciOiJFUzI1NiJ9", 20), Defects: []string{"expired", "alg-none", long},
	Clients: []pages.DebugClient{
		{ID: "web", RedirectURIs: []string{"https://desk.example/callback", "http://127.0.0.1/callback"}, Grants: []string{"authorization_code", "refresh_token"}, Scopes: []string{"openid", "orders:read"}},
		{ID: long, Public: true, RedirectURIs: []string{"https://" + long}},
	},
	Users:  []pages.User{{Username: "alice", Name: "Alice Liddell", Email: "alice@example.com"}, {Username: long, Name: long}},
	Faults: []pages.DebugFault{{Endpoint: "jwks", Hits: 1, Left: 2, Skip: 3}, {Endpoint: "token"}},
	Now:    time.Date(2026, 1, 2, 3, 4, 7, 0, time.UTC),
	Links:  []pages.Link{{Name: "Discovery", URL: "/.well-known/openid-configuration"}, {Name: "JWKS", URL: "/jwks"}},
	Filter: pages.Filter{Endpoint: "token", Client: "web"}, Endpoints: []string{"token", "jwks", "no endpoint"},
	Keys: []pages.DebugKey{{ID: "kYt3B9d1", Alg: "ES256", Published: true, Signing: true}, {ID: long, Alg: "RS256", Published: true}},
	Requests: []pages.DebugRequest{
		{Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Method: "POST", Endpoint: "token", ClientID: "web", Status: 400, Times: 12, Form: []pages.Field{
			{Name: "grant_type", Value: "authorization_code"}, {Name: "code", Value: "sha256:5f2b7f0cc1a4e6d9"},
		}},
		{Time: time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC), Method: "GET", Endpoint: "jwks", Status: 503, Injected: true, ClientID: long},
	},
	Mint: pages.MintForm{ClientID: "web", Subject: "alice", Audience: "api", Scope: "orders:read", ExpiresIn: "5m", Defect: "expired"},
}

// sent is a form that the test site received.
type sent struct {
	form   url.Values
	origin string
}

// newSite serves the views. It returns the address, and a channel for the forms
// that the pages send.
func newSite(t *testing.T) (address string, forms <-chan sent) {
	t.Helper()
	received := make(chan sent, 10)
	mux := http.NewServeMux()
	for path, write := range views {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) { write(w) })
	}
	mux.HandleFunc("POST /sent", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		received <- sent{r.PostForm, r.Header.Get("Origin")}
		views["/message"](w)
	})
	return serve(t, mux), received
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}
