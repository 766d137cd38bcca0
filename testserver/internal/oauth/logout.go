package oauth

import (
	"net/http"
	"net/url"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

// logoutEndpoint is the end session endpoint (OpenID Connect RP-Initiated Logout 1.0).
type logoutEndpoint struct{ *Server }

// logout is a request of a client to log its end user out.
type logout struct {
	client string // "" if it is not known
	sub    string // of the ID token, "" without one
	to     string // where the browser goes then, "" for a page of the server
	state  string
}

// readLogout checks the request. The browser goes only to a URI that the client has
// registered for it (OpenID Connect RP-Initiated Logout 1.0 §3).
func (s logoutEndpoint) readLogout(form url.Values) (*logout, *failure) {
	form, failed := once(form)
	if failed != nil {
		return nil, failed
	}
	asked := &logout{to: form.Get("post_logout_redirect_uri"), state: form.Get("state")}
	id := form.Get("client_id")
	if hint := form.Get("id_token_hint"); hint != "" {
		claims, ok := s.hint(hint) // also one that has expired, says §2
		azp, _ := claims.Text("azp")
		if !ok || id != "" && azp != id {
			return nil, invalidRequest("id_token_hint is not an ID token of the client")
		}
		id = azp
		asked.sub, _ = claims.Text("sub")
	}
	c, known := s.Registry.Client(id)
	if known {
		asked.client = c.ID
	}
	switch {
	case asked.to == "":
	case id == "":
		return nil, invalidRequest("client_id or id_token_hint is missing, which says whose post_logout_redirect_uri it is")
	case !known:
		return nil, unknownClient(id)
	case !c.LogsOutTo(asked.to):
		own := c.PostLogoutRedirectURIs
		if len(own) == 0 {
			own = c.RedirectURIs
		}
		return nil, unregistered("post_logout_redirect_uri", c, asked.to, own)
	}
	return asked, nil
}

// serve logs an end user out (OpenID Connect RP-Initiated Logout 1.0 §2). Any page
// can make a browser come here, so people are asked unless the client shows that
// it knows them. Nobody is logged in, and so nobody asked, unless the server is
// interactive.
func (s logoutEndpoint) serve(w http.ResponseWriter, r *http.Request) {
	form, failed := authorizeForm(r)
	var asked *logout
	if failed == nil {
		asked, failed = s.readLogout(form)
	}
	v := s.sessions.session(r)
	switch {
	case failed != nil:
		failed.show(w)
	case s.config.Interactive && !v.Known && r.Method == http.MethodPost:
		// A browser does not send the cookie with a form of another site, such as
		// the client, but with the GET that follows it.
		redirect(w, r, s.urls[catalogue.EndSession]+"?"+form.Encode())
	case v.Sub != "" && v.Sub != asked.sub:
		u, _ := s.Registry.User(v.Sub)
		pages.Logout(w, pages.LogoutPage{
			ClientID: asked.client, User: u.Username, ReturnTo: asked.to,
			Form: pages.Form{Action: s.paths[catalogue.Consent], Request: askedLogout + form.Encode(), CSRF: v.CSRF},
		})
	default:
		s.logOut(w, r, v, asked)
	}
}

// consentLogout is where the logout page leads.
func (s logoutEndpoint) consentLogout(w http.ResponseWriter, r *http.Request, form url.Values, v *grants.Session, query string) {
	values, err := url.ParseQuery(query)
	if err != nil {
		foreignForm().show(w)
		return
	}
	asked, failed := s.readLogout(values)
	switch {
	case failed != nil:
		failed.show(w)
	case form.Get(pages.FieldDecision) != pages.DecisionAllow: // and back only "after a logout has been performed" (§3)
		pages.Message(w, http.StatusOK, pages.MessagePage{Title: "Still signed in", Text: "You can close this window."})
	default:
		s.logOut(w, r, v, asked)
	}
}

// logOut ends the session, if there is one: asking for what is already so is no
// error (§4).
func (s logoutEndpoint) logOut(w http.ResponseWriter, r *http.Request, v *grants.Session, asked *logout) {
	if v.Known {
		s.grants.EndSession(v)
		s.cookie.Clear(w)
	}
	if asked.to == "" {
		pages.Message(w, http.StatusOK, pages.MessagePage{Title: "Signed out", Text: "You can close this window."})
		return
	}
	var fields []pages.Field
	if asked.state != "" {
		fields = append(fields, pages.Field{Name: "state", Value: asked.state})
	}
	redirect(w, r, withQuery(asked.to, fields))
}
