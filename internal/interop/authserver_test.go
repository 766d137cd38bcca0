package interop_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// authServer is authserver/server.mjs, as its ready line describes it.
type authServer struct {
	Issuer        string `json:"issuer"`
	TokenEndpoint string `json:"token_endpoint"`
	Control       string `json:"control"`
	ClientID      string `json:"client_id"`
	ClientSecret  string `json:"client_secret"`
}

func startAuthServer(t *testing.T) *authServer {
	t.Helper()
	const remedy = "install Node.js 20 or later and run `npm ci` in internal/interop/authserver"
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatalf("node is missing: %s (%v)", remedy, err)
	}
	if _, err := os.Stat(filepath.Join("authserver", "node_modules", "oidc-provider")); err != nil {
		t.Fatalf("node_modules is missing: %s (%v)", remedy, err)
	}

	cmd := exec.CommandContext(t.Context(), node, "server.mjs")
	cmd.Dir = "authserver"
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var as authServer
	if line := start(t, cmd, stdin.Close); json.Unmarshal([]byte(line), &as) != nil {
		t.Fatalf("the authorization server's ready line is not JSON: %s", line)
	}
	return &as
}

// token obtains a JWT access token by client_credentials, and checks that it is what was asked for: a check against
// the wrong kind of token would prove nothing.
func (as *authServer) token(t *testing.T, audience, alg, scope string) string {
	t.Helper()
	token := as.request(t, url.Values{"resource": {audience + "?alg=" + alg}, "scope": {scope}})
	var header struct{ Alg, Typ string }
	decode(t, token, 0, &header)
	if header.Alg != alg || header.Typ != "at+jwt" {
		t.Fatalf("the authorization server issued alg %q typ %q, want %q and at+jwt", header.Alg, header.Typ, alg)
	}
	var claims struct{ Aud, Scope string }
	decode(t, token, 1, &claims)
	if claims.Aud != audience || claims.Scope != scope {
		t.Fatalf("the authorization server issued aud %q scope %q, want %q and %q", claims.Aud, claims.Scope, audience, scope)
	}
	return token
}

// opaqueToken obtains a token without naming a resource; such a token is a mere reference.
func (as *authServer) opaqueToken(t *testing.T) string {
	t.Helper()
	token := as.request(t, url.Values{})
	if strings.Contains(token, ".") {
		t.Fatalf("the authorization server issued a JWT, want an opaque token")
	}
	return token
}

func (as *authServer) request(t *testing.T, form url.Values) string {
	t.Helper()
	form.Set("grant_type", "client_credentials")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, as.TokenEndpoint, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(as.ClientID), url.QueryEscape(as.ClientSecret)) // RFC 6749 §2.3.1
	status, body := send(t, req)
	var answer struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
	}
	if err := json.Unmarshal(body, &answer); status != http.StatusOK || err != nil || answer.TokenType != "Bearer" {
		t.Fatalf("the token endpoint answered %d: %s", status, body)
	}
	return answer.AccessToken
}

// rotate replaces every key of the authorization server and withdraws the old ones.
func (as *authServer) rotate(t *testing.T) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, as.Control, nil)
	if err != nil {
		t.Fatal(err)
	}
	if status, body := send(t, req); status != http.StatusNoContent {
		t.Fatalf("the authorization server's control answered %d: %s", status, body)
	}
}

func send(t *testing.T, req *http.Request) (int, []byte) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}

// decode reads one segment of a compact JWS.
func decode(t *testing.T, token string, segment int, v any) {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[segment])
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		t.Fatalf("the authorization server issued a token whose segment %d cannot be read: %v", segment, err)
	}
}
