package oauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/oauth"
)

const canary = "canary-that-must-not-come-back"

// wantRefusal checks that r is an error response (RFC 6749 §5.2) and does not
// repeat the canary from the request.
func wantRefusal(t *testing.T, r reply, status int, code string) {
	t.Helper()
	if r.status != status || r.get("error") != code {
		t.Errorf("got %d %s, want %d %s", r.status, r.text, status, code)
	}
	for name := range r.body {
		if name != "error" && name != "error_description" {
			t.Errorf("got the member %q, want only error and error_description", name)
		}
	}
	foreign := func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }
	if text := r.get("error_description"); text == "" || strings.ContainsFunc(text, foreign) {
		t.Errorf("got the error_description %q, want text with only the characters that RFC 6749 section 5.2 allows", text)
	}
	if strings.Contains(r.text, canary) {
		t.Errorf("got %s, want no part of the request in the response", r.text)
	}
	if r.header.Get("Content-Type") != "application/json" || r.header.Get("Cache-Control") != "no-store" || r.header.Get("Pragma") != "no-cache" {
		t.Errorf("got the header %v, want JSON with Cache-Control no-store and Pragma no-cache", r.header)
	}
}

// refusal is a token request and the error code that the server must return for
// it.
type refusal struct {
	client string
	form   url.Values
	code   string // "" if the server must issue tokens
}

// requests maps each grant to a function that returns the test requests for
// that grant. The keys of the function's result are the names of the test
// cases. Each grant is tested on a new server.
var requests = map[catalogue.Grant]func(*testing.T, fixture) map[string]refusal{
	catalogue.AuthorizationCode: func(t *testing.T, s fixture) map[string]refusal {
		late := s.code(t)
		s.Clock.Advance(2 * time.Minute)
		good, other := s.code(t), s.code(t)
		return map[string]refusal{
			"a valid code":                 {"web", good, ""},
			"no code":                      {"web", with(good, "code", ""), "invalid_request"},
			"an unknown code":              {"web", with(good, "code", canary), "invalid_grant"},
			"a code of another client":     {"other", other, "invalid_grant"},
			"a code that has expired":      {"web", late, "invalid_grant"},
			"another redirect URI":         {"web", with(other, "redirect_uri", "https://app.example/"+canary), "invalid_grant"},
			"no redirect URI":              {"web", with(other, "redirect_uri", ""), "invalid_grant"},
			"another verifier":             {"web", with(other, "code_verifier", verifier+canary), "invalid_grant"},
			"no verifier":                  {"web", with(other, "code_verifier", ""), "invalid_grant"},
			"a verifier that is too short": {"web", with(other, "code_verifier", canary), "invalid_grant"},
			"an invalid resource":          {"web", with(other, "resource", canary), "invalid_target"},
			"a client without this grant":  {"narrow", other, "unauthorized_client"},
			"a code in another parameter":  {"web", url.Values{"grant_type": good["grant_type"], "user_code": good["code"]}, "invalid_request"},
		}
	},
	catalogue.ClientCredentials: func(_ *testing.T, _ fixture) map[string]refusal {
		good := url.Values{"grant_type": {string(catalogue.ClientCredentials)}}
		return map[string]refusal{
			"a valid request":                  {"web", good, ""},
			"a scope of the client":            {"narrow", with(good, "scope", "a"), ""},
			"a scope that is not the client's": {"narrow", with(good, "scope", "a "+canary), "invalid_scope"},
			"a malformed scope":                {"web", with(good, "scope", canary+`"`), "invalid_scope"},
			"openid, without a login":          {"web", with(good, "scope", "openid"), "invalid_scope"},
			"a resource with a fragment":       {"web", with(good, "resource", "https://api.example/#"+canary), "invalid_target"},
			"a repeated parameter":             {"web", url.Values{"grant_type": good["grant_type"], "scope": {"a", canary}}, "invalid_request"},
			"a public client":                  {"", with(good, "client_id", "app"), "unauthorized_client"},
			"a client without this grant":      {"gateway", good, "unauthorized_client"},
			"an unknown type of details":       {"web", with(good, "authorization_details", `[{"type":"`+canary+`"}]`), "invalid_authorization_details"},
			"the client_id of another client":  {"web", with(good, "client_id", "other"), "invalid_request"},
		}
	},
	catalogue.RefreshToken: func(t *testing.T, s fixture) map[string]refusal {
		good, other, used := s.refresh(t), s.refresh(t), s.refresh(t)
		s.post(t, catalogue.Token, "web", used)
		return map[string]refusal{
			"a valid refresh token":          {"web", good, ""},
			"no token":                       {"web", with(good, "refresh_token", ""), "invalid_request"},
			"an unknown token":               {"web", with(good, "refresh_token", canary), "invalid_grant"},
			"a token of another client":      {"other", other, "invalid_grant"},
			"a token that was used before":   {"web", used, "invalid_grant"},
			"more scope than was granted":    {"web", with(other, "scope", "a "+canary), "invalid_scope"},
			"a malformed scope":              {"web", with(other, "scope", `\`+canary), "invalid_scope"},
			"an invalid resource":            {"web", with(other, "resource", canary), "invalid_target"},
			"a client without this grant":    {"narrow", other, "unauthorized_client"},
			"its value in another parameter": {"web", with(other, "refresh_token", "", "token", canary), "invalid_request"},
		}
	},
	catalogue.DeviceCode: func(t *testing.T, s fixture) map[string]refusal {
		late, _ := s.device(t)
		s.Clock.Advance(10 * time.Minute)
		good, decide := s.device(t)
		pending, _ := s.device(t)
		decide()
		early, _ := s.device(t)
		s.post(t, catalogue.Token, "web", early)
		return map[string]refusal{
			"an approved code":            {"web", good, ""},
			"no code":                     {"web", with(good, "device_code", ""), "invalid_request"},
			"an unknown code":             {"web", with(good, "device_code", canary), "invalid_grant"},
			"a code of another client":    {"other", pending, "invalid_grant"},
			"a code without a decision":   {"web", pending, "authorization_pending"},
			"a code that was just polled": {"web", early, "slow_down"},
			"an expired code":             {"web", late, "expired_token"},
			"a client without this grant": {"narrow", pending, "unauthorized_client"},
		}
	},
	catalogue.TokenExchange: func(t *testing.T, s fixture) map[string]refusal {
		good := s.tokenExchange(t)
		return map[string]refusal{
			"a valid token":               {"gateway", good, ""},
			"no token":                    {"gateway", with(good, "subject_token", ""), "invalid_request"},
			"a token without its type":    {"gateway", with(good, "subject_token_type", ""), "invalid_request"},
			"an unknown token":            {"gateway", with(good, "subject_token", canary), "invalid_request"},
			"an unknown actor":            {"gateway", with(good, "actor_token", canary, "actor_token_type", accessType), "invalid_request"},
			"an unsupported type":         {"gateway", with(good, "requested_token_type", canary), "invalid_request"},
			"more scope than the token":   {"gateway", with(good, "scope", "a "+canary), "invalid_scope"},
			"another audience":            {"gateway", with(good, "audience", canary), "invalid_target"},
			"a client without this grant": {"web", good, "unauthorized_client"},
			"a public client":             {"", with(good, "client_id", "app"), "unauthorized_client"},
			"another resource":            {"gateway", with(good, "resource", "https://"+canary+".example"), "invalid_target"},
		}
	},
	catalogue.JWTBearer: func(t *testing.T, s fixture) map[string]refusal {
		used := s.assertion(t, unchanged)
		s.post(t, catalogue.Token, "robot", used)
		set := func(name string, v any) url.Values { return s.assertion(t, func(c jwt.MapClaims) { c[name] = v }) }
		return map[string]refusal{
			"a valid assertion":           {"robot", s.assertion(t, unchanged), ""},
			"without client credentials":  {"", s.assertion(t, unchanged), ""},
			"no assertion":                {"robot", with(used, "assertion", ""), "invalid_request"},
			"neither of the two":          {"", with(used, "assertion", ""), "invalid_request"},
			"not an assertion":            {"robot", with(used, "assertion", canary), "invalid_grant"},
			"used before":                 {"robot", used, "invalid_grant"},
			"of an unknown client":        {"robot", set("iss", canary), "invalid_grant"},
			"for an unknown user":         {"robot", set("sub", canary), "invalid_grant"},
			"for another server":          {"robot", set("aud", "https://"+canary+".example"), "invalid_grant"},
			"expired":                     {"robot", set("exp", noon.Unix()), "invalid_grant"},
			"exp is too far away":         {"robot", set("exp", noon.Unix()+86400), "invalid_grant"},
			"a malformed scope":           {"robot", with(s.assertion(t, unchanged), "scope", `"`+canary), "invalid_scope"},
			"a client without this grant": {"web", s.assertion(t, unchanged), "unauthorized_client"},
		}
	},
}

func TestTokenEndpointForEachGrant(t *testing.T) {
	for _, grant := range catalogue.Grants {
		prepare, ok := requests[grant]
		if !ok {
			t.Errorf("%s: got no test requests in the table, want some for every grant", grant)
			continue
		}
		s := newServer(t, func(c *oauth.Config) { c.DetailTypes = []string{"payment"} })
		for name, tt := range prepare(t, s) {
			t.Run(string(grant)+"/"+name, func(t *testing.T) {
				r := s.post(t, catalogue.Token, tt.client, tt.form)
				if tt.code != "" {
					wantRefusal(t, r, http.StatusBadRequest, tt.code)
					return
				}
				if r.status != http.StatusOK || r.get("access_token") == "" || r.get("token_type") != "Bearer" || r.header.Get("Cache-Control") != "no-store" {
					t.Errorf("got %d %s, want tokens with Cache-Control no-store", r.status, r.text)
				}
			})
		}
	}
}

func TestAGrantWithoutItsEndpointIsUnsupported(t *testing.T) {
	off := newServer(t, func(c *oauth.Config) {
		c.Disabled = []catalogue.Endpoint{catalogue.Authorize, catalogue.DeviceAuthorization}
	})
	for _, grant := range catalogue.Grants {
		want := map[catalogue.Grant]bool{catalogue.AuthorizationCode: true, catalogue.RefreshToken: true, catalogue.DeviceCode: true}[grant]
		r := off.post(t, catalogue.Token, "web", url.Values{"grant_type": {string(grant)}})
		if got := r.get("error") == "unsupported_grant_type"; got != want {
			t.Errorf("%s: got %d %s, want unsupported_grant_type: %v", grant, r.status, r.text, want)
		}
	}
	for _, grant := range []string{"password", "implicit", canary} {
		wantRefusal(t, off.post(t, catalogue.Token, "web", url.Values{"grant_type": {grant}}), http.StatusBadRequest, "unsupported_grant_type")
	}
	wantRefusal(t, off.post(t, catalogue.Token, "web", url.Values{"scope": {canary}}), http.StatusBadRequest, "invalid_request")
}

// If a code or refresh token is used a second time, either the client or an
// attacker may have made the first use. The server cannot tell which, so it
// revokes all tokens of the family.
func TestReuseRevokesTheFamily(t *testing.T) {
	s := newServer(t)
	code := s.code(t)
	first := s.post(t, catalogue.Token, "web", code)
	wantRefusal(t, s.post(t, catalogue.Token, "web", code), http.StatusBadRequest, "invalid_grant")
	renew := url.Values{"grant_type": {string(catalogue.RefreshToken)}, "refresh_token": {first.get("refresh_token")}}
	wantRefusal(t, s.post(t, catalogue.Token, "web", renew), http.StatusBadRequest, "invalid_grant")
	if got := string(s.Introspection(first.get("access_token"))); got != `{"active":false}` {
		t.Errorf("got %s, want the access token inactive after its code was used twice", got)
	}

	old := s.refresh(t)
	next := s.post(t, catalogue.Token, "web", old)
	renew.Set("refresh_token", next.get("refresh_token"))
	wantRefusal(t, s.post(t, catalogue.Token, "web", old), http.StatusBadRequest, "invalid_grant")
	wantRefusal(t, s.post(t, catalogue.Token, "web", renew), http.StatusBadRequest, "invalid_grant")
}
