package testserver_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// addReceiving registers a client that receives logout tokens.
func addReceiving(t *testing.T, s *testserver.Server, id string, sessionRequired bool) *signalReceiver {
	receiver := newSignalReceiver(t, s)
	receiver.client = id
	s.AddClient(testserver.Client{
		ID: id, Secret: "test-secret", RedirectURIs: []string{callback}, PostLogoutRedirectURIs: []string{callback},
		Logout: testserver.ClientLogout{URI: receiver.URL + "/bye?a=b", SessionRequired: sessionRequired},
	})
	return receiver
}

// logoutEvents returns the client, the subject and the result of the delivery
// for each logout token in the audit log.
func logoutEvents(s *testserver.Server) (reasons []string) {
	for _, e := range s.Events() {
		if e.Kind == "logout_sent" {
			reasons = append(reasons, e.ClientID+" "+e.Sub+" "+e.Reason)
		}
	}
	return reasons
}

func TestALogoutReachesTheClient(t *testing.T) {
	for _, required := range []bool{true, false} {
		s := testserver.New(t)
		receiver := addReceiving(t, s, "test-client", required)
		r, other := tokensOf(t, s, s.DefaultClient()), tokensOf(t, s, s.DefaultClient())
		_, id := verified(t, s, r.text("id_token"))
		_, access := verified(t, s, r.text("access_token"))
		_, second := verified(t, s, other.text("id_token"))
		if id["sid"] == nil || access["sid"] != id["sid"] || second["sid"] == id["sid"] {
			t.Errorf("got sid %v, %v and of another login %v, want one sid for each login", id["sid"], access["sid"], second["sid"])
		}
		end := s.Endpoint(testserver.EndpointEndSession) + "?" + url.Values{"id_token_hint": {r.text("id_token")}}.Encode()
		for range 2 { // the second logout has no effect
			if rec := serve(s, "GET", end); rec.Code != 200 {
				t.Fatalf("got %d %s, want a page", rec.Code, rec.Body)
			}
		}
		var sid any
		if required {
			sid = id["sid"]
		}
		if got := receiver.accepted(); len(got) != 1 || got[0]["sub"] != "test-user" || got[0]["sid"] != sid {
			t.Errorf("got %v, want one logout of test-user with sid %v", got, sid)
		}
		if got := fmt.Sprint(logoutEvents(s)); got != "[test-client test-user status 200]" {
			t.Errorf("got the events %s", got)
		}
	}
}

// codeOfAlice returns an authorization code for the client with the given id.
// It logs alice in if the browser has no session.
func codeOfAlice(t *testing.T, p *browser, id string) string {
	t.Helper()
	page := p.open(authorizationRequest("client_id", id, "scope", "openid"))
	if strings.Contains(page.Body.String(), `name="password"`) {
		page = p.follow(p.post(testserver.EndpointLogin, hiddenFields(page, "username", "alice", "password", "alices-password")))
	}
	page = p.post(testserver.EndpointConsent, hiddenFields(page, "decision", "allow", "scope", "openid"))
	return callbackQuery(t, page).Get("code")
}

func TestALogoutReachesEveryClientOfTheSession(t *testing.T) {
	s := interactive(t)
	web, shop := addReceiving(t, s, "web", true), addReceiving(t, s, "shop", true)
	signIn := func(p *browser, id string) string {
		r := wantTokens(t, exchange(t, s, codeRequest(codeOfAlice(t, p, id), "client_id", "-"), basic(id+":test-secret")))
		_, claims := verified(t, s, r.text("id_token"))
		sid, _ := claims["sid"].(string)
		return sid
	}
	p, elsewhere := newBrowser(t, s), newBrowser(t, s)
	first, second, third := signIn(p, "web"), signIn(p, "shop"), signIn(elsewhere, "web")
	if first == "" || first != second || third == first {
		t.Fatalf("got sid %q and %q in one browser and %q in another", first, second, third)
	}
	page := p.send(httptest.NewRequest("GET", s.Endpoint(testserver.EndpointEndSession), nil))
	p.post(testserver.EndpointConsent, hiddenFields(page, "decision", "allow"))
	for name, receiver := range map[string]*signalReceiver{"web": web, "shop": shop} {
		if got := receiver.accepted(); len(got) != 1 || got[0]["sid"] != first || got[0]["sub"] != "alice" {
			t.Errorf("%s: got %v, want one logout of alice in the session %s", name, got, first)
		}
	}
	// If another user logs in with the same browser, alice's session ends.
	login := elsewhere.open(authorizationRequest("client_id", "web", "scope", "openid", "prompt", "login"))
	elsewhere.post(testserver.EndpointLogin, hiddenFields(login, "username", "bob", "password", "bobs-password"))
	if got := web.accepted(); len(got) != 2 || got[1]["sid"] != third {
		t.Errorf("got %v, want a logout of the session %s", got, third)
	}
}

func TestRevokingASubjectSendsLogoutTokens(t *testing.T) {
	s := testserver.New(t)
	receiver := addReceiving(t, s, "test-client", false)
	tokensOf(t, s, s.DefaultClient())
	tokensOf(t, s, s.DefaultClient())
	s.RevokeSubject("test-user")
	s.RevokeSubject("nobody")
	if got := receiver.accepted(); len(got) != 1 || got[0]["sid"] != nil {
		t.Errorf("got %v, want one logout of all sessions", got)
	}
}

func TestALogoutDoesNotDependOnTheClient(t *testing.T) {
	s := testserver.New(t)
	receiver := addReceiving(t, s, "test-client", true)
	receiver.Close()
	id := tokensOf(t, s, s.DefaultClient()).text("id_token")
	rec := serve(s, "GET", s.Endpoint(testserver.EndpointEndSession)+"?"+url.Values{"id_token_hint": {id}, "post_logout_redirect_uri": {callback}}.Encode())
	if got := rec.Header().Get("Location"); got != callback {
		t.Errorf("got %d to %q, want the redirect", rec.Code, got)
	}
	if got := fmt.Sprint(logoutEvents(s)); got != "[test-client test-user no answer]" {
		t.Errorf("got the events %s", got)
	}
}

func TestABrowserThatLeavesDoesNotStopTheLogout(t *testing.T) {
	s := testserver.New(t)
	receiver := addReceiving(t, s, "test-client", true)
	id := tokensOf(t, s, s.DefaultClient()).text("id_token")
	gone, leave := context.WithCancel(t.Context())
	leave()
	r := httptest.NewRequest("GET", s.Endpoint(testserver.EndpointEndSession)+"?"+url.Values{"id_token_hint": {id}}.Encode(), nil)
	s.ServeHTTP(httptest.NewRecorder(), r.WithContext(gone))
	if got := receiver.accepted(); len(got) != 1 {
		t.Errorf("got %d logouts, want one", len(got))
	}
}

func TestSixteenLogoutTokensAreSentAtOnce(t *testing.T) {
	s := testserver.New(t)
	const limit, clients = 16, 48
	var mu sync.Mutex
	now, most := 0, 0
	full := make(chan struct{}) // closed 50 ms after request 16 arrives, so that request 17 could arrive
	fill := sync.OnceFunc(func() { time.AfterFunc(50*time.Millisecond, func() { close(full) }) })
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		now++
		most = max(most, now)
		if now == limit {
			fill()
		}
		mu.Unlock()
		select {
		case <-full:
		case <-r.Context().Done():
		}
		mu.Lock()
		now--
		mu.Unlock()
	}))
	defer receiver.Close()
	for i := range clients {
		c := testserver.Client{
			ID: fmt.Sprint("client-", i), Secret: "test-secret", RedirectURIs: []string{callback},
			Logout: testserver.ClientLogout{URI: receiver.URL},
		}
		s.AddClient(c)
		tokensOf(t, s, c)
	}
	s.RevokeSubject("test-user")
	answered := 0
	for _, reason := range logoutEvents(s) {
		if strings.HasSuffix(reason, " status 200") {
			answered++
		}
	}
	if most != limit || answered != clients {
		t.Errorf("got %d requests at once and %d answers, want %d and %d", most, answered, limit, clients)
	}
}

func TestAnIDTokenEndsTheSessionWithoutTheBrowser(t *testing.T) {
	s := interactive(t)
	receiver := addReceiving(t, s, "web", true)
	p := newBrowser(t, s)
	r := wantTokens(t, exchange(t, s, codeRequest(codeOfAlice(t, p, "web"), "client_id", "-"), basic("web:test-secret")))
	serve(s, "GET", s.Endpoint(testserver.EndpointEndSession)+"?"+url.Values{"id_token_hint": {r.text("id_token")}}.Encode())
	if got := receiver.accepted(); len(got) != 1 || got[0]["sub"] != "alice" {
		t.Errorf("got %v, want one logout of alice", got)
	}
	page := p.open(authorizationRequest("client_id", "web", "scope", "openid"))
	if strings.Contains(page.Body.String(), `name="password"`) {
		t.Errorf("got the login page, want the browser to stay signed in")
	}
}

func TestALogoutEndsTheUnusedCodesOfTheSession(t *testing.T) {
	s := interactive(t)
	addReceiving(t, s, "web", true)
	p := newBrowser(t, s)
	ended, other := codeOfAlice(t, p, "web"), codeOfAlice(t, newBrowser(t, s), "web")
	page := p.send(httptest.NewRequest("GET", s.Endpoint(testserver.EndpointEndSession), nil))
	p.post(testserver.EndpointConsent, hiddenFields(page, "decision", "allow"))
	if got := exchange(t, s, codeRequest(ended, "client_id", "-"), basic("web:test-secret")); got.text("error") != "invalid_grant" {
		t.Errorf("got %d %v for a code of the ended session, want invalid_grant", got.status, got.body)
	}
	wantTokens(t, exchange(t, s, codeRequest(other, "client_id", "-"), basic("web:test-secret")))
}

func TestRegistrationOfLogoutURIs(t *testing.T) {
	s := testserver.New(t, testserver.Registration())
	const metadata = `{"redirect_uris":["https://app.example/cb"],"backchannel_logout_uri":%q,"backchannel_logout_session_required":true}`
	for uri, ok := range map[string]bool{
		"https://app.example/logout?a=b": true, "http://127.0.0.1:3000/logout": true, "http://localhost/": true,
		"http://app.example/logout": false, "https://app.example/#a": false, "app.example:/logout": false, "/logout": false, "https://u:p@app.example/": false,
	} {
		r := register(t, s, fmt.Sprintf(metadata, uri))
		if (r.status == 201) != ok || ok && (r.text("backchannel_logout_uri") != uri || r.body["backchannel_logout_session_required"] != true) {
			t.Errorf("%s: got %d %v, want it registered: %v", uri, r.status, r.body, ok)
		}
	}
	wantAll(t, fatalText(t, func(tb *recorder) {
		testserver.New(tb, testserver.Clients(testserver.Client{ID: "a", Secret: "b", Logout: testserver.ClientLogout{URI: "/logout"}}))
	}), `client "a": backchannel_logout_uri "/logout" must be an absolute http or https URI`)
}
