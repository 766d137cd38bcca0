package testserver_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

const (
	requestName        = `{"userinfo":{"name":null},"id_token":{"email":{"essential":true}}}`
	requestAlice       = `{"id_token":{"sub":{"value":"alice"}}}`
	requestBob         = `{"userinfo":{"sub":{"value":"bob"}}}`
	requestUnknownUser = `{"id_token":{"sub":{"value":"nobody"}}}`
	requestGold        = `{"id_token":{"acr":{"essential":true,"values":["gold","silver"]}}}`
	requestNothing     = `{}`
)

// A client can request a claim by name, even without the scope of this claim. A
// claim that is requested in the ID token is only in the ID token. A claim that
// is requested from UserInfo is only in the UserInfo response. Access tokens
// never have these claims (OpenID Connect Core 1.0 §5.5). This is also true
// after a refresh and after a restart.
func TestClaimsRequestedByName(t *testing.T) {
	path := statePath(t)
	s := startPersisted(t, path, testserver.Users(alice))
	claims := func(s *testserver.Server, r reply) string {
		t.Helper()
		_, id := verified(t, s, r.text("id_token"))
		_, access := verified(t, s, r.text("access_token"))
		var info map[string]any
		if err := json.Unmarshal(userInfo(s, r.text("access_token")).Body.Bytes(), &info); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%v %v; %v %v; %v %v", info["name"], info["email"], id["name"], id["email"], access["name"], access["email"])
	}
	const want = "Alice <nil>; <nil> alice@example.com; <nil> <nil>"
	first := tokens(t, s, "scope", "openid", "claims", requestName)
	byPush := wantTokens(t, exchange(t, s, codeRequest(mustCode(t, s, push(t, s, "scope", "openid", "claims", requestName)))))
	for name, r := range map[string]reply{
		"a code": first, "a pushed request": byPush, "a refresh token": wantTokens(t, exchange(t, s, refreshRequest(first.text("refresh_token")))),
	} {
		if got := claims(s, r); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	if got := claims(s, tokens(t, s, "scope", "openid", "claims", requestNothing)); got != "<nil> <nil>; <nil> <nil>; <nil> <nil>" {
		t.Errorf("got %s for an empty request, want no claims", got)
	}
	again := tokens(t, s, "scope", "openid", "claims", requestName)
	closeServer(t, s)
	two := startPersisted(t, path)
	if got := claims(two, wantTokens(t, exchange(t, two, refreshRequest(again.text("refresh_token"))))); got != want {
		t.Errorf("after a restart: got %s, want %s", got, want)
	}
}

// mustCode sends an authorization request and returns the code from the
// response.
func mustCode(t *testing.T, s *testserver.Server, query url.Values) string {
	t.Helper()
	_, to := authorize(s, query)
	if to == nil || to.Query().Get("code") == "" {
		t.Fatalf("got %v, want a code", to)
	}
	return to.Query().Get("code")
}

// A login_hint, an id_token_hint or a requested sub selects the user (OpenID
// Connect Core 1.0 §3.1.2.1, §5.5.1).
func TestHintsAndClaimsSelectTheUser(t *testing.T) {
	bob := testserver.User{Sub: "bob", Username: "bobby", Password: "x"}
	s := testserver.New(t, testserver.Users(alice, bob))
	hint := func(sub string) string { return s.IDToken(testserver.Subject(sub), testserver.ExpiresIn(-1)) }
	for name, tt := range map[string]struct {
		change []string
		want   string // the subject, or an error
	}{
		"default":                               {nil, "alice"},
		"a login_hint":                          {[]string{"login_hint", "bobby"}, "bob"},
		"an id_token_hint":                      {[]string{"id_token_hint", hint("bob")}, "bob"},
		"an id_token_hint above login_hint":     {[]string{"id_token_hint", hint("bob"), "login_hint", "alice"}, "bob"},
		"a malformed id_token_hint":             {[]string{"id_token_hint", "x"}, "invalid_request"},
		"an access token":                       {[]string{"id_token_hint", s.Token(testserver.Subject("bob"))}, "invalid_request"},
		"a subject that is a number":            {[]string{"claims", `{"id_token":{"sub":{"value":7}}}`}, "login_required"},
		"two subjects":                          {[]string{"claims", `{"id_token":{"sub":{"value":"bob"}},"userinfo":{"sub":{"value":"alice"}}}`}, "login_required"},
		"an id_token_hint for an unknown user":  {[]string{"id_token_hint", hint("carol")}, "login_required"},
		"a subject by claims":                   {[]string{"claims", requestBob}, "bob"},
		"a subject by claims above login_hint":  {[]string{"claims", requestAlice, "login_hint", "bobby"}, "alice"},
		"an unknown subject by claims":          {[]string{"claims", requestUnknownUser}, "login_required"},
		"different subjects by claims and hint": {[]string{"claims", requestAlice, "id_token_hint", hint("bob")}, "login_required"},
		"the same subject by hint and claims":   {[]string{"claims", requestBob, "id_token_hint", hint("bob")}, "bob"},
		"claims that are not JSON":              {[]string{"claims", "{"}, "invalid_request"},
	} {
		for _, push := range []bool{false, true} {
			query := authorizationRequest(append([]string{"scope", "openid"}, tt.change...)...)
			if push {
				r := formTo(t, s, testserver.EndpointPAR, query.Encode())
				if tt.want == "invalid_request" {
					wantError(t, r, 400, tt.want)
					continue
				}
				query = url.Values{"client_id": {"test-public"}, "request_uri": {r.text("request_uri")}}
			}
			_, to := authorize(s, query)
			got := to.Query().Get("error")
			if code := to.Query().Get("code"); code != "" {
				_, claims := verified(t, s, wantTokens(t, exchange(t, s, codeRequest(code))).text("id_token"))
				got = fmt.Sprint(claims["sub"])
			}
			if got != tt.want {
				t.Errorf("%s, pushed %v: got %s, want %s", name, push, got, tt.want)
			}
		}
	}
}

func TestACRRequestedByName(t *testing.T) {
	s := testserver.New(t)
	for asked, want := range map[string]string{"": "gold", "silver": "silver", "bronze": "gold"} {
		_, claims := verified(t, s, tokens(t, s, "scope", "openid", "claims", requestGold, "acr_values", asked).text("id_token"))
		if claims["acr"] != want {
			t.Errorf("acr_values %q: got acr %v, want %s", asked, claims["acr"], want)
		}
	}
}

// The consent page shows the requested claims, and the user consents to them
// only once. The login page suggests the requested user.
func TestUsersConsentToClaims(t *testing.T) {
	s := interactive(t)
	query := authorizationRequest("scope", "openid", "claims", requestName)
	p := newBrowser(t, s)
	page := p.signIn(query)
	for _, want := range []string{"Requested claims", "<code>email</code>", "<code>name</code>"} {
		if !strings.Contains(page.Body.String(), want) {
			t.Errorf("got a page without %s", want)
		}
	}
	form := hiddenFields(page, "decision", "allow", "scope", "openid")
	wantTokens(t, exchange(t, s, codeRequest(callbackQuery(t, p.post(testserver.EndpointConsent, form)).Get("code"))))
	for name, tt := range map[string]struct{ claims, want string }{
		"the same claims again": {requestName, ""},
		"fewer claims":          {`{"userinfo":{"name":null}}`, ""},
		"more claims":           {`{"userinfo":{"phone_number":null}}`, "consent_required"},
		"about another user":    {`{"userinfo":{"sub":{"value":"bob"}}}`, "login_required"},
	} {
		if got := callbackQuery(t, p.open(authorizationRequest("scope", "openid", "claims", tt.claims, "prompt", "none"))).Get("error"); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
	for _, change := range [][]string{{"claims", requestUnknownUser}, {"id_token_hint", s.IDToken(testserver.Subject("carol"))}} {
		if got := callbackQuery(t, newBrowser(t, s).open(authorizationRequest(append([]string{"scope", "openid"}, change...)...))).Get("error"); got != "login_required" {
			t.Errorf("%s for an unknown user: got %q, want login_required", change[0], got)
		}
	}
	if got := callbackQuery(t, p.open(authorizationRequest("scope", "openid email", "claims", `{"userinfo":{"email":null}}`, "prompt", "none"))).Get("error"); got != "consent_required" {
		t.Errorf("got %q, want consent_required for a scope", got)
	}
	hint := s.IDToken(testserver.Subject("bob"))
	for _, change := range [][]string{{"id_token_hint", hint}, {"claims", requestBob}, {"id_token_hint", hint, "login_hint", "alice"}} {
		if body := newBrowser(t, s).open(authorizationRequest(append([]string{"scope", "openid"}, change...)...)).Body.String(); !strings.Contains(body, `name="username" value="bob"`) {
			t.Errorf("%q: got a login page that does not suggest bob", change[0])
		}
	}
}
