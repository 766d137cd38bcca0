package interop_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

func TestExampleAPIAgainstZitadelOP(t *testing.T) {
	z := startZitadel(t, "")
	r := zitadelRun(t, z)
	defer r.print()
	r.open()
	r.zitadelAccepted(z)
	r.zitadelRefused(z)
	r.zitadelRotated(z)
}

// The provider's JWTs have the typ JWT. An API with the RFC 9068 profile must
// refuse them, because the profile requires the typ at+jwt.
func TestStrictProfileRefusesTokensOfZitadelOP(t *testing.T) {
	z := startZitadel(t, "")
	r := zitadelRun(t, z, "PROFILE=rfc9068")
	defer r.print()
	token := z.token(t, "jwt", "items:read")
	var header struct{ Typ string }
	if decode(t, token, 0, &header); header.Typ != "JWT" {
		t.Fatalf("got typ %q, want JWT", header.Typ)
	}
	r.check(call{what: "a JWT, in the RFC 9068 profile", route: "GET /items", token: token, status: 401, err: "invalid_token"})
}

func TestExampleAPIIntrospectsAtZitadelOP(t *testing.T) {
	z := startZitadel(t, "")
	r := zitadelRun(t, z, "INTROSPECTION_CLIENT_ID=api", "INTROSPECTION_CLIENT_SECRET="+zitadelSecret, "INTROSPECTION_MAX_TTL="+maxTTL.String())
	defer r.print()
	r.open()
	r.zitadelAccepted(z) // JWTs are still accepted
	r.zitadelOpaque(z)
	r.zitadelRevoked(z)
}

func zitadelRun(t *testing.T, z *zitadelOP, env ...string) *run {
	t.Helper()
	return &run{T: t, api: startAPI(t, buildAPI(t), append(env, "ISSUER="+z.issuer, "AUDIENCE="+audience)...)}
}

// token gets an access token by client_credentials.
func (z *zitadelOP) token(t *testing.T, client string, scopes ...string) string {
	t.Helper()
	config := clientcredentials.Config{
		ClientID: client, ClientSecret: zitadelSecret, Scopes: scopes,
		TokenURL: z.issuer + "/oauth/token", AuthStyle: oauth2.AuthStyleInHeader,
	}
	token, err := config.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return token.AccessToken
}

// login gets tokens with the code flow and PKCE, through the login page.
func (z *zitadelOP) login(t *testing.T, client string, scopes ...string) *oauth2.Token {
	t.Helper()
	config, verifier := z.config(client, scopes...), oauth2.GenerateVerifier()
	at := redirected(t, http.MethodGet, config.AuthCodeURL("s", oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("nonce", "n")), nil)
	at = redirected(t, http.MethodPost, at, url.Values{"username": {zitadelName}, "password": {zitadelPassword}})
	at = redirected(t, http.MethodGet, at, nil)
	back, err := url.Parse(at)
	if err != nil || !strings.HasPrefix(at, callback+"?") || back.Query().Get("state") != "s" {
		t.Fatalf("got %q, %v, want a redirect to the client", at, err)
	}
	token, err := config.Exchange(t.Context(), back.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// redirected sends a request and returns the URL to which the answer redirects.
func redirected(t *testing.T, method, to string, form url.Values) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, to, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	location, err := resp.Location()
	if err != nil {
		t.Fatalf("%s %s: got %s, want a redirect: %v", method, req.URL.Path, resp.Status, err)
	}
	return location.String()
}

// idToken returns the ID token in a token response. It checks that the audience
// of the ID token includes the API. The API must nevertheless refuse the ID
// token.
func idToken(t *testing.T, token *oauth2.Token) string {
	t.Helper()
	text := raw(token)
	var claims struct {
		Aud    []string
		Nonce  string
		AtHash string `json:"at_hash"`
	}
	decode(t, text, 1, &claims)
	if got := strings.Join(claims.Aud, " "); !strings.Contains(got, audience) || claims.Nonce == "" || claims.AtHash == "" {
		t.Fatalf("got aud %q nonce %q at_hash %q, want an ID token whose audience includes the API", got, claims.Nonce, claims.AtHash)
	}
	return text
}

func (z *zitadelOP) me(subject, client, scopes string) string {
	return fmt.Sprintf(`{"sub":%q,"client_id":%q,"iss":%q,"scopes":[%s]}`, subject, client, z.issuer, scopes)
}

func (r *run) zitadelAccepted(z *zitadelOP) {
	user, service := z.login(r.T, "jwt", "openid", "items:read").AccessToken, z.token(r.T, "jwt", "items:read", "items:write")
	r.check(
		call{what: "by code", route: "GET /me", token: user, status: 200, body: z.me(zitadelUser, "jwt", `"openid","items:read"`)},
		call{what: "by code", route: "GET /items", token: user, status: 200, body: items},
		call{what: "by client_credentials", route: "GET /me", token: service, status: 200, body: z.me("jwt", "jwt", `"items:read","items:write"`)},
		call{what: "by client_credentials", route: "POST /items", token: service, status: 200, body: `{"status":"ok"}`},
	)
}

func (r *run) zitadelRefused(z *zitadelOP) {
	login := z.login(r.T, "jwt", "openid", "items:read")
	header, rest, _ := strings.Cut(login.AccessToken, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	another, namesake := startZitadel(r.T, ""), startZitadel(r.T, z.issuer)
	for _, c := range []call{
		{what: "an ID token for the client and the API", token: idToken(r.T, login), status: 401, err: "invalid_token"},
		{what: "of another provider", token: another.token(r.T, "jwt", "items:read"), status: 401, err: "invalid_token"},
		{what: "of another provider with the same issuer", token: namesake.token(r.T, "jwt", "items:read"), status: 401, err: "invalid_token"},
		{what: "for another audience", token: z.token(r.T, "elsewhere", "items:read"), status: 401, err: "invalid_token"},
		{what: "scope added by the client", token: header + "." + r.addScope(payload) + "." + signature, status: 401, err: "invalid_token"},
		{what: "another signature", token: header + "." + payload + "." + changeFirst(signature), status: 401, err: "invalid_token"},
		{what: "opaque, without introspection", token: z.token(r.T, "opaque", "items:read"), status: 401, err: "invalid_token"},
		{what: "without the scope", token: z.token(r.T, "jwt", "items:write"), status: 403, err: "insufficient_scope", scope: "items:read"},
		{what: "without any scope claim", token: z.token(r.T, "bare", "items:read"), status: 403, err: "insufficient_scope", scope: "items:read"},
	} {
		c.route = "GET /items"
		r.check(c)
	}
}

func (r *run) zitadelRotated(z *zitadelOP) {
	old := call{what: "the old key, before rotation", route: "GET /items", token: z.token(r.T, "jwt", "items:read"), status: 200, body: items}
	r.check(old)
	z.rotate(r.T, jose.ES256)
	fresh := z.token(r.T, "jwt", "items:read")
	r.poll(rotationTimeout, call{what: "the new key", route: "GET /items", token: fresh, status: 200, body: items})
	r.check(call{what: "the old key, withdrawn", route: "GET /items", token: old.token, status: 401, err: "invalid_token"})
}

func (r *run) zitadelOpaque(z *zitadelOP) {
	user, service := z.login(r.T, "opaque", "openid", "items:read"), z.token(r.T, "opaque", "items:read", "items:write")
	if strings.Count(user.AccessToken, ".") != 4 || strings.Count(service, ".") != 4 {
		r.Fatal("got tokens without five segments, want encrypted tokens")
	}
	sealed := strings.LastIndex(service, ".") + 1
	r.check(
		call{what: "opaque, by code", route: "GET /me", token: user.AccessToken, status: 200, body: z.me(zitadelUser, "opaque", `"openid","items:read"`)},
		call{what: "opaque, by client_credentials", route: "GET /me", token: service, status: 200, body: z.me("opaque", "opaque", `"items:read","items:write"`)},
		call{what: "opaque, by client_credentials", route: "POST /items", token: service, status: 200, body: `{"status":"ok"}`},
	)
	another := startZitadel(r.T, "")
	for _, c := range []call{
		{what: "an ID token issued with an opaque token", token: idToken(r.T, user), status: 401, err: "invalid_token"},
		{what: "opaque, of another provider", token: another.token(r.T, "opaque", "items:read"), status: 401, err: "invalid_token"},
		{what: "opaque, for another audience", token: z.token(r.T, "opaque2", "items:read"), status: 401, err: "invalid_token"},
		{what: "opaque, changed", token: service[:sealed] + changeFirst(service[sealed:]), status: 401, err: "invalid_token"},
		{what: "opaque, without the scope", token: z.token(r.T, "opaque", "items:write"), status: 403, err: "insufficient_scope", scope: "items:read"},
	} {
		c.route = "GET /items"
		r.check(c)
	}
}

func (r *run) zitadelRevoked(z *zitadelOP) {
	c := call{what: "opaque, before it is revoked", route: "GET /items", token: z.token(r.T, "opaque", "items:read"), status: 200, body: items}
	r.check(c)
	z.revoke(r.T, "opaque", c.token)
	r.poll(maxTTL+time.Second, call{what: "opaque, revoked", route: c.route, token: c.token, status: 401, err: "invalid_token"})

	never := z.token(r.T, "opaque", "items:read")
	z.revoke(r.T, "opaque", never)
	r.check(call{what: "opaque, revoked before its first use", route: c.route, token: never, status: 401, err: "invalid_token"})
}

// revoke revokes a token (RFC 7009).
func (z *zitadelOP) revoke(t *testing.T, client, token string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, z.issuer+"/revoke", strings.NewReader(url.Values{"token": {token}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(client), url.QueryEscape(zitadelSecret))
	if status, body := send(t, http.DefaultClient, req); status != http.StatusOK {
		t.Fatalf("the revocation endpoint answered %d: %s", status, body)
	}
}
