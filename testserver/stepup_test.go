package testserver_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

const pwd, mfa = "urn:example:pwd", "urn:example:mfa"

var (
	strong = testserver.User{Sub: "strong", Password: "p", ACR: []string{pwd, mfa}}
	weak   = testserver.User{Sub: "weak", Password: "p", ACR: []string{pwd}}
	free   = testserver.User{Sub: "free", Password: "p"}
)

// accessClaims returns the claims that an API gets from a JWT access token, or
// by introspection if the token is opaque.
func accessClaims(t *testing.T, s *testserver.Server, access string) map[string]any {
	t.Helper()
	if strings.Contains(access, ".") {
		_, claims := verified(t, s, access)
		return claims
	}
	_, body := introspectionResponse(t, s, access)
	var claims map[string]any
	if err := json.Unmarshal([]byte(body), &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestACRIsWhatTheUserCanDo(t *testing.T) {
	const either = `{"id_token":{"acr":{"values":["urn:example:key","urn:example:mfa"]}}}`
	essential := strings.Replace(either, `"values"`, `"essential":true,"values"`, 1)
	for name, options := range map[string][]testserver.Option{"JWTs": nil, "opaque tokens": {testserver.OpaqueTokens()}} {
		s := testserver.New(t, append(options, testserver.Users(strong, weak, free), testserver.Clock(atNoon))...)
		for _, tt := range []struct {
			user, parameter, value string
			want                   any // the acr (nil if absent), or the error code
		}{
			{"strong", "acr_values", "", pwd},
			{"strong", "acr_values", mfa, mfa},
			{"strong", "acr_values", "urn:example:key  " + mfa + " " + pwd, mfa},
			{"strong", "acr_values", "urn:example:key", pwd},
			{"strong", "claims", essential, mfa},
			{"weak", "acr_values", mfa, pwd},
			{"weak", "claims", either, pwd},
			{"weak", "claims", essential, "unmet_authentication_requirements"},
			{"weak", "claims", `{"id_token":{"acr":{"essential":true}}}`, pwd},
			{"free", "acr_values", "", nil},
			{"free", "acr_values", mfa + " " + pwd, mfa},
			{"free", "claims", essential, "urn:example:key"},
		} {
			rec, to := authorize(s, authorizationRequest("scope", "openid", "login_hint", tt.user, tt.parameter, tt.value))
			if to == nil {
				t.Fatalf("%s: got %d, want a redirect", name, rec.Code)
			}
			var got any = to.Query().Get("error")
			if code := to.Query().Get("code"); code != "" {
				r := wantTokens(t, exchange(t, s, codeRequest(code)))
				claims := accessClaims(t, s, r.text("access_token"))
				_, id := verified(t, s, r.text("id_token"))
				if got = claims["acr"]; id["acr"] != got {
					t.Errorf("%s: got acr %v in the ID token and %v in the access token", name, id["acr"], got)
				}
				if claims["auth_time"] != float64(atNoon().Unix()) {
					t.Errorf("%s: got auth_time %v, want the time of the login", name, claims["auth_time"])
				}
			}
			if got != tt.want {
				t.Errorf("%s, %s, %s %q: got %v, want %v", name, tt.user, tt.parameter, tt.value, got, tt.want)
			}
		}
	}
}

func TestRefreshedTokensKeepTheirLogin(t *testing.T) {
	s := testserver.New(t, testserver.Users(strong))
	r := tokens(t, s, "acr_values", mfa)
	login := s.Now().Unix()
	s.Advance(10 * time.Minute)
	claims := accessClaims(t, s, wantTokens(t, exchange(t, s, refreshRequest(r.text("refresh_token")))).text("access_token"))
	if claims["acr"] != mfa || claims["auth_time"] != float64(login) || claims["iat"] == float64(login) {
		t.Errorf("got %v, want the login of the first token in a new one", claims)
	}
	again := accessClaims(t, s, tokens(t, s, "max_age", "300").text("access_token"))
	if again["auth_time"] != float64(s.Now().Unix()) || again["acr"] != pwd {
		t.Errorf("got %v, want a new login without pages", again)
	}
}

func TestAStrongerLoginIsAskedForOnAPage(t *testing.T) {
	s := testserver.New(t, testserver.Interactive(), testserver.Users(strong, weak, free))
	for _, tt := range []struct {
		user, first, second, prompt string
		want                        string // "login" for the login page, an error code, or the acr
	}{
		{"strong", "", mfa, "", "login"},
		{"strong", "", mfa, "none", "login_required"},
		{"strong", "", pwd, "", pwd},
		{"strong", "", "urn:example:key", "", pwd},
		{"strong", "", "urn:example:key " + pwd, "", pwd},
		{"strong", mfa, mfa + " " + pwd, "", mfa},
		{"strong", mfa, pwd, "", "login"},
		{"strong", mfa, "", "", mfa},
		{"weak", "", mfa, "", pwd},
		{"free", "", mfa, "", "login"},
		{"free", mfa, mfa, "", mfa},
	} {
		p := newBrowser(t, s)
		login := func(query ...string) string {
			page := p.open(authorizationRequest(query...))
			page = p.follow(p.post(testserver.EndpointLogin, hiddenFields(page, "username", tt.user, "password", "p")))
			return callbackQuery(t, p.post(testserver.EndpointConsent, hiddenFields(page, "decision", "allow", "scope", "a"))).Get("code")
		}
		login("scope", "a", "acr_values", tt.first)
		s.Advance(time.Minute)
		request := []string{"scope", "a", "acr_values", tt.second, "prompt", tt.prompt}
		rec := p.open(authorizationRequest(request...))
		got := "login"
		if !strings.Contains(rec.Body.String(), `name="password"`) {
			query := callbackQuery(t, rec)
			if got = query.Get("error"); got == "" {
				claims := accessClaims(t, s, wantTokens(t, exchange(t, s, codeRequest(query.Get("code")))).text("access_token"))
				got = fmt.Sprint(claims["acr"])
				if claims["auth_time"] != float64(s.Now().Add(-time.Minute).Unix()) {
					t.Errorf("%v: got %v, want the time of the first login", tt, claims)
				}
			}
		}
		if got != tt.want {
			t.Errorf("%v: got %s", tt, got)
		}
	}
}

func TestALoginIsForOneAnswer(t *testing.T) {
	s := testserver.New(t, testserver.Interactive(), testserver.Users(alice, weak))
	const essential = `{"id_token":{"acr":{"essential":true,"value":"urn:example:mfa"}}}`
	silent := func(p *browser) {
		if got := callbackQuery(t, p.open(authorizationRequest("scope", "a b", "prompt", "none"))).Get("error"); got != "consent_required" {
			t.Errorf("got %q, want consent_required", got)
		}
	}
	for name, tt := range map[string]struct {
		user, decision string // the user who logs in; the decision on the consent page, or "" for none
		then           func(*browser)
		after          time.Duration
		change         []string
		want           bool // whether the same request shows the login page again
	}{
		"the end user refused":            {"alice", "deny", nil, 0, []string{"prompt", "login"}, true},
		"refused, and too old":            {"alice", "deny", nil, time.Minute, []string{"max_age", "59"}, true},
		"refused, and young enough":       {"alice", "deny", nil, time.Minute, []string{"max_age", "61"}, false},
		"too weak":                        {"weak", "allow", nil, 0, []string{"prompt", "login", "scope", "openid a", "claims", essential}, true},
		"left":                            {"alice", "", nil, 10*time.Minute - time.Second, []string{"prompt", "login"}, false},
		"left for a long time":            {"alice", "", nil, 10 * time.Minute, []string{"prompt", "login"}, true},
		"left for another refusal":        {"alice", "", silent, 0, []string{"prompt", "login"}, false},
		"left for a long time, any login": {"alice", "", nil, time.Hour, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := newBrowser(t, s)
			query := authorizationRequest(append([]string{"scope", "a"}, tt.change...)...)
			password := map[string]string{"alice": "alices-password", "weak": "p"}[tt.user]
			page := p.follow(p.post(testserver.EndpointLogin, hiddenFields(p.open(query), "username", tt.user, "password", password)))
			if tt.decision != "" {
				rec := p.post(testserver.EndpointConsent, hiddenFields(page, "decision", tt.decision, "scope", "a"))
				if callbackQuery(t, rec).Get("error") == "" {
					t.Fatal("got no error, want a refusal")
				}
			}
			if tt.then != nil {
				tt.then(p)
			}
			s.Advance(tt.after)
			if rec := p.open(query); strings.Contains(rec.Body.String(), `name="password"`) != tt.want {
				t.Errorf("got %d %s, want the login page: %v", rec.Code, rec.Body, tt.want)
			}
		})
	}
}

func TestADecidedLoginDoesNotHaveTheACROfTheSession(t *testing.T) {
	s := testserver.New(t, testserver.Interactive(), testserver.Users(strong, weak), testserver.Clock(atNoon))
	p := newBrowser(t, s)
	query := authorizationRequest("scope", "a", "acr_values", mfa)
	page := p.follow(p.post(testserver.EndpointLogin, hiddenFields(p.open(query), "username", "strong", "password", "p")))
	acr := func(rec *httptest.ResponseRecorder) any {
		return accessClaims(t, s, wantTokens(t, exchange(t, s, codeRequest(callbackQuery(t, rec).Get("code")))).text("access_token"))["acr"]
	}
	if got := acr(p.post(testserver.EndpointConsent, hiddenFields(page, "decision", "allow", "scope", "a"))); got != mfa {
		t.Fatalf("got acr %v, want %s", got, mfa)
	}
	s.NextUser(weak)
	for _, want := range []string{pwd, mfa} { // the first acr is that of the decision, the second that of the session
		if got := acr(p.open(query)); got != want {
			t.Errorf("got acr %v, want %s", got, want)
		}
	}
}

func TestMetadataListsTheACRsOfUsers(t *testing.T) {
	for _, tt := range []struct {
		users []testserver.User
		want  string
	}{
		{[]testserver.User{strong, weak, free}, fmt.Sprint([]any{pwd, mfa})},
		{[]testserver.User{free}, "<nil>"},
	} {
		s := testserver.New(t, testserver.Users(tt.users...))
		for _, ep := range []testserver.Endpoint{testserver.EndpointDiscovery, testserver.EndpointASMetadata} {
			document := decodeObject(t, serve(s, "GET", s.Endpoint(ep)).Body.Bytes())
			if got := fmt.Sprint(document["acr_values_supported"]); got != tt.want {
				t.Errorf("%s: got %s, want %s", ep, got, tt.want)
			}
		}
	}
}

func TestMalformedACRsOfUsersAreRefused(t *testing.T) {
	bad := testserver.User{Sub: "a", ACR: []string{"b c"}}
	if _, err := testserver.NewUnstarted(testserver.Users(bad)); err == nil || !strings.Contains(err.Error(), `user "a": ACR: "b c": an acr value must not be empty or contain spaces`) {
		t.Errorf("got %v, want the acr refused", err)
	}
	text := fatalText(t, func(tb *recorder) { testserver.New(tb).AddUser(bad) })
	wantAll(t, text, `AddUser: user "a": ACR: "b c"`)
}
