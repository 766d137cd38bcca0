package interop_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// authServer is a running authserver/server.mjs. On startup, the program prints
// the values of the fields as one line of JSON.
type authServer struct {
	Issuer             string `json:"issuer"`
	TokenEndpoint      string `json:"token_endpoint"`
	RevocationEndpoint string `json:"revocation_endpoint"`
	Control            string `json:"control"`
	ClientID           string `json:"client_id"`
	ClientSecret       string `json:"client_secret"`
	APIID              string `json:"api_id"`
	APISecret          string `json:"api_secret"`
	SignedID           string `json:"signed_id"`
	SignedKey          string `json:"signed_key"`
	NamedID            string `json:"named_id"`       // only if the env has MTLS
	SelfSignedID       string `json:"self_signed_id"` // only if the env has MTLS

	client *http.Client
}

func startAuthServer(t *testing.T, env ...string) *authServer {
	t.Helper()
	node := nodeFor(t, "authserver")
	cmd := exec.CommandContext(t.Context(), node, "server.mjs")
	cmd.Dir, cmd.Env = "authserver", append(os.Environ(), env...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	as := authServer{client: http.DefaultClient}
	if line := start(t, cmd, stdin.Close); json.Unmarshal([]byte(line), &as) != nil {
		t.Fatalf("the authorization server's ready line is not JSON: %s", line)
	}
	return &as
}

// token gets a JWT access token by client_credentials. It checks that the token
// has the requested algorithm, audience and scope, because a test with a
// different token would prove nothing.
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

// opaque gets an opaque access token. params contains additional query
// parameters of the resource indicator, each preceded by an ampersand.
func (as *authServer) opaque(t *testing.T, audience, scope, params string) string {
	t.Helper()
	token := as.request(t, url.Values{"resource": {audience + "?opaque" + params}, "scope": {scope}})
	if strings.Contains(token, ".") {
		t.Fatalf("the authorization server issued a JWT, want an opaque token")
	}
	return token
}

func (as *authServer) request(t *testing.T, form url.Values) string {
	t.Helper()
	form.Set("grant_type", "client_credentials")
	status, body := as.post(t, as.TokenEndpoint, form)
	var answer struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
	}
	if err := json.Unmarshal(body, &answer); status != http.StatusOK || err != nil || answer.TokenType != "Bearer" {
		t.Fatalf("the token endpoint answered %d: %s", status, body)
	}
	return answer.AccessToken
}

// revoke revokes an opaque token (RFC 7009).
func (as *authServer) revoke(t *testing.T, token string) {
	t.Helper()
	if status, body := as.post(t, as.RevocationEndpoint, url.Values{"token": {token}}); status != http.StatusOK {
		t.Fatalf("the revocation endpoint answered %d: %s", status, body)
	}
}

// post sends a form to the authorization server. The request contains ClientID
// and ClientSecret as the credentials.
func (as *authServer) post(t *testing.T, endpoint string, form url.Values) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(as.ClientID), url.QueryEscape(as.ClientSecret)) // RFC 6749 §2.3.1
	return send(t, as.client, req)
}

// rotate replaces all keys of the authorization server. The old keys are
// removed from the JWKS.
func (as *authServer) rotate(t *testing.T) { t.Helper(); as.do(t, "/rotate") }

// stop makes the introspection endpoint close each connection without an
// answer.
func (as *authServer) stop(t *testing.T) { t.Helper(); as.do(t, "/introspection/stop") }

// start makes the introspection endpoint answer again.
func (as *authServer) start(t *testing.T) { t.Helper(); as.do(t, "/introspection/start") }

func (as *authServer) do(t *testing.T, control string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, as.Control+control, nil)
	if err != nil {
		t.Fatal(err)
	}
	if status, body := send(t, as.client, req); status != http.StatusNoContent {
		t.Fatalf("the authorization server's control answered %d: %s", status, body)
	}
}

func send(t *testing.T, client *http.Client, req *http.Request) (int, []byte) {
	t.Helper()
	resp, err := client.Do(req)
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

// decode decodes the JSON in one segment of a compact JWS.
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
