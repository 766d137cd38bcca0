package oauth

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"sync"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/pages"
	"github.com/bearerguard/bearerguard/testserver/internal/push"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// logoutEndpoint is the end session endpoint (OpenID Connect RP-Initiated
// Logout 1.0).
type logoutEndpoint struct{ *Server }

// logout is a client's request to log out its end user.
type logout struct {
	client string // client ID; "" if absent or unregistered
	sub    string // the subject of id_token_hint, "" without a hint
	sid    string // the session of id_token_hint, "" if the hint names none
	to     string // where the browser is redirected; "" means that a page is shown
	state  string
}

// readLogout reads and checks a logout request. The browser is redirected only
// to a URI that the client has registered (OpenID Connect RP-Initiated Logout
// 1.0 §3).
func (s logoutEndpoint) readLogout(form url.Values) (*logout, *failure) {
	form, failed := singleValued(form)
	if failed != nil {
		return nil, failed
	}
	requested := &logout{to: form.Get("post_logout_redirect_uri"), state: form.Get("state")}
	id := form.Get("client_id")
	if hint := form.Get("id_token_hint"); hint != "" {
		claims, ok := s.readIDTokenHint(hint) // the hint may have expired (§2)
		azp, _ := claims.Text("azp")
		if !ok || id != "" && azp != id {
			return nil, invalidRequest("id_token_hint is not an ID token of the client")
		}
		id = azp
		requested.sub, _ = claims.Text("sub")
		requested.sid, _ = claims.Text("sid")
	}
	c, known := s.Registry.Client(id)
	if known {
		requested.client = c.ID
	}
	switch {
	case requested.to == "":
	case id == "":
		return nil, invalidRequest("post_logout_redirect_uri requires client_id or id_token_hint")
	case !known:
		return nil, unknownClient(id)
	case !c.LogsOutTo(requested.to):
		own := c.PostLogoutRedirectURIs
		if len(own) == 0 {
			own = c.RedirectURIs
		}
		return nil, unregistered("post_logout_redirect_uri", c, requested.to, own)
	}
	return requested, nil
}

// serve logs an end user out (OpenID Connect RP-Initiated Logout 1.0 §2). Any
// web page can send a browser to this endpoint. Therefore the user must confirm
// the logout, unless id_token_hint is about this user. Only an interactive
// server has logged-in users.
func (s logoutEndpoint) serve(w http.ResponseWriter, r *http.Request) {
	form, failed := authorizeForm(r)
	var requested *logout
	if failed == nil {
		requested, failed = s.readLogout(form)
	}
	session := s.sessions.session(r)
	switch {
	case failed != nil:
		failed.show(w)
	case s.config.Interactive && !session.Known && r.Method == http.MethodPost:
		// Browsers do not send the session cookie with a form from another
		// site, such as the site of the client. But they send the cookie with
		// the GET that follows this redirect.
		redirect(w, r, s.urls[catalogue.EndSession]+"?"+form.Encode())
	case session.Sub != "" && session.Sub != requested.sub:
		u, _ := s.Registry.User(session.Sub)
		pages.Logout(w, pages.LogoutPage{
			ClientID: requested.client, User: u.Username, ReturnTo: requested.to,
			Form: pages.Form{Action: s.paths[catalogue.Consent], Request: forLogout + form.Encode(), CSRF: session.CSRF},
		})
	default:
		s.logOut(w, r, session, requested)
	}
}

// consentLogout handles the form of the logout page.
func (s logoutEndpoint) consentLogout(w http.ResponseWriter, r *http.Request, form url.Values, session *grants.Session, query string) {
	values, err := url.ParseQuery(query)
	if err != nil {
		foreignForm().show(w)
		return
	}
	requested, failed := s.readLogout(values)
	switch {
	case failed != nil:
		failed.show(w)
	case form.Get(pages.FieldDecision) != pages.DecisionAllow: // a redirect is allowed only "after a logout has been performed" (§3)
		pages.Message(w, http.StatusOK, pages.MessagePage{Title: "Still signed in", Text: "You can close this window."})
	default:
		s.logOut(w, r, session, requested)
	}
}

// logOut ends the session, if there is one, and responds with a redirect or a
// page. A missing session is not an error (§4). Before logOut responds, it
// sends logout tokens to the clients of the session and waits for their
// answers.
func (s logoutEndpoint) logOut(w http.ResponseWriter, r *http.Request, session *grants.Session, requested *logout) {
	if session.Known {
		s.grants.EndSession(session)
		s.cookie.Clear(w)
	}
	s.pushLogouts(r.Context(), s.grants.LeaveSession(cmp.Or(session.SID, requested.sid)))
	if requested.to == "" {
		pages.Message(w, http.StatusOK, pages.MessagePage{Title: "Signed out", Text: "You can close this window."})
		return
	}
	var fields []pages.Field
	if requested.state != "" {
		fields = append(fields, pages.Field{Name: "state", Value: requested.state})
	}
	redirect(w, r, withQuery(requested.to, fields))
}

// pushesAtOnce is the maximum number of logout tokens that one call of
// pushLogouts sends at the same time.
const pushesAtOnce = 16

// pushLogouts sends logout tokens to the clients of the families (OpenID
// Connect Back-Channel Logout 1.0 §2.5). It leaves out clients that have
// registered no URI for logout tokens. It waits for the answers and writes them
// to the audit log. The logout continues if a client does not answer. It also
// continues if the browser closes its connection, which cancels ctx.
func (s *Server) pushLogouts(ctx context.Context, families []grants.Family) {
	type addressee struct{ client, sub, sid string }
	reached := map[addressee]bool{}
	ctx = context.WithoutCancel(ctx) // each push has its own time limit
	slots := make(chan struct{}, pushesAtOnce)
	var sent sync.WaitGroup
	defer sent.Wait()
	for _, f := range families {
		c, known := s.Registry.Client(f.Client)
		if !known || c.Logout.URI == "" {
			continue
		}
		to := addressee{client: f.Client, sub: f.Sub}
		if c.Logout.SessionRequired {
			to.sid = f.SID
		}
		if reached[to] {
			continue
		}
		reached[to] = true
		signal, err := s.LogoutToken(func(d *token.Draft) {
			d.SetClient(to.client)
			d.Set("sub", to.sub)
			if to.sid != "" {
				d.Set("sid", to.sid)
			}
		})
		if err != nil {
			s.note(event{Kind: journal.LogoutSent, ClientID: to.client, Sub: to.sub, Reason: "no token"})
			continue
		}
		slots <- struct{}{}
		sent.Go(func() {
			defer func() { <-slots }()
			reason := "no answer"
			if receipt, err := (push.Receiver{URL: c.Logout.URI}).Logout(ctx, signal.Token); err == nil {
				reason = "status " + strconv.Itoa(receipt.Status)
			}
			s.note(event{Kind: journal.LogoutSent, ClientID: to.client, Sub: to.sub, Fingerprint: journal.Fingerprint(signal.Token), Reason: reason})
		})
	}
}
