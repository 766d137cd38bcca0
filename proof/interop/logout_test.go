package interop_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/proof/program"
	"golang.org/x/oauth2"
)

// logoutTest is a test case in which oidc-provider sends a logout token to the
// API.
type logoutTest struct {
	namesSession bool // the logout token has sid
	tokensHave   bool // the access tokens have sid
	ended        int  // the status of a request with a token of the session that has ended
	other        int  // the status for a token of the user's other session
}

// newAuthServer starts an authorization server that sends logout tokens to the
// URI.
func (l logoutTest) newAuthServer(t *testing.T, uri string) *authServer {
	t.Helper()
	return startAuthServer(t, `LOGOUT={"backchannel_logout_uri":"`+uri+`","backchannel_logout_session_required":`+strconv.FormatBool(l.namesSession)+`}`)
}

// If an access token has no sid, the API must assume that the token belongs to
// the session that has ended.
func TestOIDCProviderLogsOutAtTheExampleAPI(t *testing.T) {
	built := buildAPI(t)
	for name, test := range map[string]logoutTest{
		"a user":    {false, false, 401, 401},
		"a session": {true, true, 401, 200},
		"a session, which the access tokens lack": {true, false, 401, 401},
	} {
		t.Run(name, func(t *testing.T) {
			receiver := program.Address(t)
			as := test.newAuthServer(t, "http://"+receiver+"/logout")
			test.run(t, as, startAPI(t, built, "ISSUER="+as.Issuer, "AUDIENCE="+audience, "REVOCATION_LISTEN="+receiver, "REVOCATION_AUDIENCE=program"))
		})
	}
}

func (l logoutTest) run(t *testing.T, as *authServer, api *api) {
	t.Helper()
	r := &run{T: t, as: as, api: api}
	defer r.print()
	resource := audience + "?alg=ES256"
	if l.tokensHave {
		resource += "&sid"
	}
	browser := newBrowser(t)
	session, other := as.login(t, browser, resource), as.login(t, newBrowser(t), resource)
	for _, token := range []*oauth2.Token{session, other} {
		var claims struct{ Sid string }
		if decode(t, token.AccessToken, 1, &claims); (claims.Sid != "") != l.tokensHave {
			t.Fatalf("got an access token with sid %q, want one: %v", claims.Sid, l.tokensHave)
		}
		r.poll(rotationTimeout, itemsCall("before the logout", token, 200))
	}

	as.logOut(t, browser, session)
	r.check(itemsCall("the session that has ended", session, l.ended), itemsCall("another session", other, l.other))

	// A logout that revokes all tokens of the user also revokes tokens that are
	// issued later in the same second. The test therefore logs in until a new
	// token is accepted.
	again := itemsCall("a new login", as.login(t, browser, resource), 200)
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for began := time.Now(); api.fault(t, again) != "" && time.Since(began) < rotationTimeout; <-tick.C {
		again.token = as.login(t, browser, resource).AccessToken
	}
	r.check(again)
}

func itemsCall(what string, token *oauth2.Token, status int) call {
	c := call{what: what, route: "GET /items", token: token.AccessToken, status: status, body: items}
	if status == http.StatusUnauthorized {
		c.err = "invalid_token"
	}
	return c
}

// login gets tokens for the resource with the code flow and PKCE.
func (as *authServer) login(t *testing.T, browser *http.Client, resource string) *oauth2.Token {
	t.Helper()
	config := &oauth2.Config{
		ClientID: "program", RedirectURL: callback, Scopes: []string{"openid", "items:read"},
		Endpoint: oauth2.Endpoint{AuthURL: as.Issuer + "/auth", TokenURL: as.TokenEndpoint, AuthStyle: oauth2.AuthStyleInParams},
	}
	verifier := oauth2.GenerateVerifier()
	page := config.AuthCodeURL("s", oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("resource", resource))
	token, err := config.Exchange(t.Context(), codeOf(t, browser, page), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

var xsrf = regexp.MustCompile(`name="xsrf" value="([^"]*)"`)

// logOut ends the session of the browser. The server answers only after it has
// sent all logout tokens and received the answers.
func (as *authServer) logOut(t *testing.T, browser *http.Client, token *oauth2.Token) {
	t.Helper()
	hint, _ := token.Extra("id_token").(string)
	resp, err := browser.Get(as.Issuer + "/session/end?" + url.Values{"id_token_hint": {hint}}.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	field := xsrf.FindSubmatch(page)
	if field == nil {
		t.Fatalf("the end of the session: got %s %s, want a page with a form", resp.Status, page)
	}
	resp, err = browser.PostForm(as.Issuer+"/session/end/confirm", url.Values{"xsrf": {string(field[1])}, "logout": {"yes"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("the end of the session: got %s, want 200", resp.Status)
	}
}
