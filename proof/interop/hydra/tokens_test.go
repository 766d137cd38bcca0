package hydra_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// user is the subject in all logins.
const user = "alice"

// token gets an access token by client_credentials. If audience or scopes are
// empty, the request does not contain them.
func (h *hydra) token(t *testing.T, client, audience string, scopes ...string) string {
	t.Helper()
	config := clientcredentials.Config{
		ClientID: client, ClientSecret: secret, Scopes: scopes,
		TokenURL: h.public + "/oauth2/token", AuthStyle: oauth2.AuthStyleInHeader,
	}
	if audience != "" {
		config.EndpointParams = url.Values{"audience": {audience}}
	}
	token, err := config.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return token.AccessToken
}

// login gets tokens with the code flow and PKCE. It uses an HTTP client that
// stores cookies like a browser, and accepts the login and the consent at
// Hydra's admin API.
func (h *hydra) login(t *testing.T, client, audience string, scopes ...string) *oauth2.Token {
	t.Helper()
	config := oauth2.Config{
		ClientID: client, ClientSecret: secret, RedirectURL: callback, Scopes: scopes,
		Endpoint: oauth2.Endpoint{AuthURL: h.public + "/oauth2/auth", TokenURL: h.public + "/oauth2/token", AuthStyle: oauth2.AuthStyleInHeader},
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	verifier := oauth2.GenerateVerifier()
	at := redirected(t, browser, config.AuthCodeURL("state-of-the-test", oauth2.S256ChallengeOption(verifier),
		oauth2.SetAuthURLParam("audience", audience), oauth2.SetAuthURLParam("nonce", "nonce-of-the-test")))
	at = h.accept(t, "login", at, loginURL, map[string]any{"subject": user, "remember": true})
	at = redirected(t, browser, at)
	claims := map[string]any{"craft": "smith"}
	if h.namesSession {
		claims["sid"] = h.sessionOf(t, at)
	}
	at = h.accept(t, "consent", at, consentURL, map[string]any{
		"grant_scope": scopes, "grant_access_token_audience": []string{audience},
		"session": map[string]any{"access_token": claims},
	})
	at = redirected(t, browser, at)
	back, err := url.Parse(at)
	if err != nil || !strings.HasPrefix(at, callback+"?") || back.Query().Get("state") != "state-of-the-test" {
		t.Fatalf("got %q, %v, want a redirect to the client", at, err)
	}
	token, err := config.Exchange(t.Context(), back.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// accept accepts a login or consent challenge at the admin API. The at argument
// is the URL of the login or consent page to which Hydra redirects. Its query
// contains the challenge. accept returns the URL that the browser must open
// next.
func (h *hydra) accept(t *testing.T, what, at, page string, answer map[string]any) string {
	t.Helper()
	to, err := url.Parse(at)
	if err != nil || !strings.HasPrefix(at, page+"?") {
		t.Fatalf("got %q, %v, want a redirect to %s", at, err, page)
	}
	query := url.Values{what + "_challenge": {to.Query().Get(what + "_challenge")}}
	var next struct {
		RedirectTo string `json:"redirect_to"`
	}
	h.request(t, http.MethodPut, "/admin/oauth2/auth/requests/"+what+"/accept?"+query.Encode(), answer, &next)
	return next.RedirectTo
}

// sessionOf returns the session ID of a consent request. The given URL is that
// of the consent page to which Hydra redirects. Its query contains the
// challenge of the consent request.
func (h *hydra) sessionOf(t *testing.T, at string) string {
	t.Helper()
	_, query, _ := strings.Cut(at, "?")
	var consent struct {
		LoginSessionID string `json:"login_session_id"`
	}
	h.request(t, http.MethodGet, "/admin/oauth2/auth/requests/consent?"+query, nil, &consent)
	return consent.LoginSessionID
}

// redirected sends a request and returns the URL to which the answer redirects.
func redirected(t *testing.T, browser *http.Client, to string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, to, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := browser.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	location, err := resp.Location()
	if err != nil {
		t.Fatalf("GET %s: got %s, want a redirect: %v", req.URL.Path, resp.Status, err)
	}
	return location.String()
}

// idToken returns the ID token in a token response, and checks its audience.
func idToken(t *testing.T, token *oauth2.Token, audience string) string {
	t.Helper()
	text, _ := token.Extra("id_token").(string)
	var claims struct {
		Aud   []string
		Nonce string
	}
	if decode(t, text, 1, &claims); strings.Join(claims.Aud, " ") != audience || claims.Nonce == "" {
		t.Fatalf("got aud %q nonce %q, want an ID token for %s", claims.Aud, claims.Nonce, audience)
	}
	return text
}

// refreshToken returns the refresh token in a token response.
func refreshToken(t *testing.T, token *oauth2.Token) string {
	t.Helper()
	if !strings.HasPrefix(token.RefreshToken, "ory_rt_") {
		t.Fatalf("got %q, want a refresh token", token.RefreshToken)
	}
	return token.RefreshToken
}

// decode decodes the JSON in one segment of a compact JWS.
func decode(t *testing.T, token string, segment int, v any) {
	t.Helper()
	segments := strings.Split(token, ".")
	if len(segments) != 3 {
		t.Fatalf("got a token of %d segments, want a JWT", len(segments))
	}
	text, err := base64.RawURLEncoding.DecodeString(segments[segment])
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		t.Fatalf("segment %d cannot be read: %v", segment, err)
	}
}

// withScope adds a scope to a JWT without changing the signature.
func withScope(t *testing.T, token, scope string) string {
	t.Helper()
	var claims map[string]any
	decode(t, token, 1, &claims)
	claims["scp"] = append(claims["scp"].([]any), scope)
	text, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	segments := strings.Split(token, ".")
	segments[1] = base64.RawURLEncoding.EncodeToString(text)
	return strings.Join(segments, ".")
}

// changed changes the first character of a token's last segment. This always
// changes the decoded bytes, because the first character has no unused bits.
// The last character may have unused bits.
func changed(token string) string {
	text := []byte(token)
	if at := strings.LastIndexByte(token, '.') + 1; text[at] == 'A' {
		text[at] = 'B'
	} else {
		text[at] = 'A'
	}
	return string(text)
}
