package oauth_test

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/oauth"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

const (
	issuer   = "https://issuer.example/tenant"
	callback = "https://app.example/cb"
	verifier = "a-code-verifier-of-forty-three-characters-1"
	formType = "application/x-www-form-urlencoded"

	accessType = "urn:ietf:params:oauth:token-type:access_token"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// fixture is a server with one client for each purpose. The secret of each
// confidential client is its ID.
type fixture struct {
	*oauth.Server
	robot token.Key // the key of the client robot
}

func newServer(t *testing.T, changes ...func(*oauth.Config)) fixture {
	t.Helper()
	robot, err := token.NewKey(catalogue.ES256, "robot", token.RandomSource())
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := robot.JWK(false)
	if err != nil {
		t.Fatal(err)
	}
	c := oauth.Config{
		Issuer: issuer, Source: token.RandomSource(), Now: func() time.Time { return noon },
		Users: []registry.User{{Sub: "alice"}},
		Clients: []registry.Client{
			{ID: "web", Secret: "web", RedirectURIs: []string{callback}},
			{ID: "other", Secret: "other", RedirectURIs: []string{callback}},
			{ID: "app", Public: true, RedirectURIs: []string{callback}},
			{ID: "narrow", Secret: "narrow", Scopes: []string{"a"}, Grants: []catalogue.Grant{catalogue.ClientCredentials}, AuthMethod: catalogue.ClientSecretBasic},
			{ID: "gateway", Secret: "gateway", Grants: []catalogue.Grant{catalogue.TokenExchange}},
			{ID: "robot", Secret: "robot", JWKS: fmt.Appendf(nil, `{"keys":[%s]}`, jwk), Grants: []catalogue.Grant{catalogue.JWTBearer}},
		},
	}
	for _, change := range changes {
		change(&c)
	}
	s, err := oauth.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return fixture{s, robot}
}

// send sends a request to the server without a socket. The header is a list of
// names, each followed by its value.
func (s fixture) send(method, target, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	return rec
}

// post sends a form to an endpoint. It authenticates as the given client, or
// not at all if client is "".
func (s fixture) post(t *testing.T, ep catalogue.Endpoint, client string, form url.Values) reply {
	t.Helper()
	u, ok := s.URL(ep)
	if !ok {
		t.Fatalf("the endpoint %s is not served, want it served", ep)
	}
	header := []string{"Content-Type", formType}
	if client != "" {
		header = append(header, "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(client+":"+client)))
	}
	return read(t, s.send("POST", u, form.Encode(), header...))
}

// reply is a JSON response.
type reply struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

func read(t *testing.T, rec *httptest.ResponseRecorder) reply {
	t.Helper()
	r := reply{status: rec.Code, header: rec.Header(), text: rec.Body.String()}
	if err := json.Unmarshal(rec.Body.Bytes(), &r.body); err != nil {
		t.Fatalf("got %d %s, want JSON: %v", r.status, r.text, err)
	}
	return r
}

func (r reply) get(name string) string { s, _ := r.body[name].(string); return s }

// with returns a copy of form with changed parameters. The pairs are names,
// each followed by its value. An empty value removes the parameter.
func with(form url.Values, pairs ...string) url.Values {
	changed := url.Values(http.Header(form).Clone())
	for i := 0; i < len(pairs); i += 2 {
		if changed.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			changed.Del(pairs[i])
		}
	}
	return changed
}

// code returns a valid token request of the client web with a new code.
func (s fixture) code(t *testing.T) url.Values {
	t.Helper()
	u, _ := s.URL(catalogue.Authorize)
	sum := sha256.Sum256([]byte(verifier))
	query := url.Values{
		"response_type": {"code"}, "client_id": {"web"}, "redirect_uri": {callback}, "scope": {"a b"},
		"code_challenge_method": {"S256"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])},
	}
	rec := s.send("GET", u+"?"+query.Encode(), "")
	to, err := url.Parse(rec.Header().Get("Location"))
	if err != nil || to.Query().Get("code") == "" {
		t.Fatalf("got %d %v, want a code", rec.Code, rec.Header())
	}
	return url.Values{"grant_type": {string(catalogue.AuthorizationCode)}, "code": {to.Query().Get("code")}, "redirect_uri": {callback}, "code_verifier": {verifier}}
}

// refresh returns a valid token request of the client web with a new refresh
// token.
func (s fixture) refresh(t *testing.T) url.Values {
	t.Helper()
	r := s.post(t, catalogue.Token, "web", s.code(t))
	if r.get("refresh_token") == "" {
		t.Fatalf("got %d %v, want a refresh token", r.status, r.body)
	}
	return url.Values{"grant_type": {string(catalogue.RefreshToken)}, "refresh_token": {r.get("refresh_token")}}
}

// device returns a token request of the client web with a new device code. The
// request is valid after decide has approved the device.
func (s fixture) device(t *testing.T) (form url.Values, decide func()) {
	t.Helper()
	r := s.post(t, catalogue.DeviceAuthorization, "web", nil)
	if r.get("device_code") == "" {
		t.Fatalf("got %d %v, want a device code", r.status, r.body)
	}
	form = url.Values{"grant_type": {string(catalogue.DeviceCode)}, "device_code": {r.get("device_code")}}
	return form, func() { s.send("GET", r.get("verification_uri_complete"), "") }
}

// tokenExchange returns a valid token exchange request of the client gateway.
func (s fixture) tokenExchange(t *testing.T) url.Values {
	t.Helper()
	subject, err := s.Mint(func(d *token.Draft) { d.Set("scope", "a") })
	if err != nil {
		t.Fatal(err)
	}
	return url.Values{"grant_type": {string(catalogue.TokenExchange)}, "subject_token": {subject}, "subject_token_type": {accessType}}
}

// assertion returns a token request of the client robot with an assertion. The
// assertion is valid unless change makes it invalid.
func (s fixture) assertion(t *testing.T, change func(jwt.MapClaims)) url.Values {
	t.Helper()
	claims := jwt.MapClaims{"iss": "robot", "sub": "alice", "aud": issuer, "exp": noon.Unix() + 60, "jti": s.Source.Name("test")}
	change(claims)
	key, _ := s.robot.Private.(*ecdsa.PrivateKey)
	text, err := jwt.NewWithClaims(jwt.SigningMethodES256, claims).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return url.Values{"grant_type": {string(catalogue.JWTBearer)}, "assertion": {text}}
}

func unchanged(jwt.MapClaims) {}
