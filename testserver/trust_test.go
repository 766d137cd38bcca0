package testserver_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// Most tests in this file check that the server refuses requests that it must
// not trust.

func TestRegistrationRefusesTrustedGrants(t *testing.T) {
	s := testserver.New(t, testserver.Registration())
	for _, grant := range []testserver.Grant{testserver.JWTBearer, testserver.TokenExchange} {
		body := `{"redirect_uris":[],"response_types":[],"grant_types":["` + string(grant) + `"]}`
		r := register(t, s, body)
		wantError(t, r, 400, "invalid_client_metadata")
		if !strings.Contains(r.text("error_description"), "the server's configuration") {
			t.Errorf("%s: got %q, want a text that says where it is configured", grant, r.text("error_description"))
		}
	}
}

func TestUnregisteredClientCannotUseTheNameOfAUser(t *testing.T) {
	s := testserver.New(t, testserver.AllowUnregistered(), testserver.Users(alice))
	if rec, to := authorize(s, authorizationRequest("client_id", "alice")); to != nil || rec.Code != 400 {
		t.Errorf("got %d to %v, want a page: its tokens would look like alice's", rec.Code, to)
	}
	if _, to := authorize(s, authorizationRequest("client_id", "alices")); to == nil {
		t.Error("got no redirect for another name, want one")
	}
}

func TestAssertionReplayInAnotherSpelling(t *testing.T) {
	s, r := newJWTBearerServer(t)
	form := jwtBearerRequest(t, s, r, func(claims map[string]any) { delete(claims, "jti") })
	text := form.Get("assertion")
	dot := strings.IndexByte(text, '.')
	form.Set("assertion", text[:dot+9]+"\n"+text[dot+9:])
	wantError(t, exchange(t, s, form), 400, "invalid_grant")
	form.Set("assertion", text)
	wantTokens(t, exchange(t, s, form))
	wantError(t, exchange(t, s, form), 400, "invalid_grant")
}

func TestRevokeSubjectCancelsPendingGrants(t *testing.T) {
	s := testserver.New(t, testserver.Users(alice))
	_, to := authorize(s, authorizationRequest())
	first, poll := startDevice(t, s)
	s.Login(t, first.text("verification_uri_complete"))
	s.RevokeSubject("alice")
	wantError(t, exchange(t, s, codeRequest(to.Query().Get("code"))), 400, "invalid_grant")
	wantError(t, poll(), 400, "access_denied")
}

func TestAccessTokenIsNotAnIDTokenHint(t *testing.T) {
	s := testserver.New(t)
	rec := serve(s, "GET", s.Endpoint(testserver.EndpointEndSession)+"?"+url.Values{"id_token_hint": {tokens(t, s).text("access_token")}}.Encode())
	if rec.Code != 400 {
		t.Errorf("got %d, want an error: every API has access tokens of its callers", rec.Code)
	}
}

func TestEmptyParametersAreIgnored(t *testing.T) {
	s := testserver.New(t)
	for _, list := range [][]string{{"", "https://api.example"}, {"https://api.example", ""}, {"", "https://api.example", ""}} {
		r := wantTokens(t, exchange(t, s, url.Values{"grant_type": {"client_credentials"}, "resource": list}, testClient))
		if _, claims := verified(t, s, r.text("access_token")); claims["aud"] != "https://api.example" {
			t.Errorf("%q: got aud %v, want the value that is not empty (RFC 6749 §3.2)", list, claims["aud"])
		}
		query := authorizationRequest()
		query["resource"] = list
		_, to := authorize(s, query)
		r = wantTokens(t, exchange(t, s, codeRequest(to.Query().Get("code"))))
		if _, claims := verified(t, s, r.text("access_token")); claims["aud"] != "https://api.example" {
			t.Errorf("%q: got aud %v, want the value that is not empty (RFC 6749 §3.1)", list, claims["aud"])
		}
	}
}

func TestApprovedDeviceIsNotSlowedDown(t *testing.T) {
	s := testserver.New(t, testserver.Clock(atNoon))
	first, poll := startDevice(t, s)
	wantError(t, poll(), 400, "authorization_pending")
	s.Login(t, first.text("verification_uri_complete"))
	wantTokens(t, poll()) // slow_down is only for a request that is still pending (RFC 8628 §3.5)
}

// RFC 6749 §5.2 and RFC 7591 §3.2.2 allow only printable ASCII in
// error_description.
func TestDescriptionsAreASCII(t *testing.T) {
	s := testserver.New(t, testserver.Registration())
	_, to := authorize(s, authorizationRequest("code_challenge", "", "code_challenge_method", ""))
	texts := []string{
		to.Query().Get("error_description"),
		exchange(t, s, codeRequest("x", "code_verifier", "short")).text("error_description"),
		register(t, s, `{"redirect_uris":["https://app.example/cb"],"jwks_uri":"https://app.example/jwks"}`).text("error_description"),
	}
	for _, text := range texts {
		if text == "" || strings.ContainsFunc(text, func(r rune) bool { return r > '~' }) {
			t.Errorf("got %q, want only ASCII", text)
		}
	}
}

func TestRemovedUserIsLoggedOut(t *testing.T) {
	s := testserver.New(t, testserver.Interactive(), testserver.Users(alice))
	p := newBrowser(t, s)
	p.signIn(authorizationRequest())
	login := `name="password"`
	if rec := p.open(authorizationRequest()); strings.Contains(rec.Body.String(), login) {
		t.Fatal("got the login page for a user who is logged in")
	}
	controlAPI{t, s, s.Control(controlToken)}.send("DELETE", "/v1/users/alice", "")
	if rec := p.open(authorizationRequest()); rec.Code != 200 || !strings.Contains(rec.Body.String(), login) {
		t.Errorf("got %d %s, want the login page", rec.Code, rec.Body)
	}
}
