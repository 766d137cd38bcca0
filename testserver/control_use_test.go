package testserver_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestControlMints(t *testing.T) {
	c := newControlAPI(t)
	for _, tt := range []struct {
		name, body string
		want       map[string]any
	}{
		{"a valid token", "", map[string]any{"sub": "test-user", "aud": "api", "client_id": "test-client", "scope": nil}},
		{"requested claims", `{"sub":"alice","scope":"a b","aud":["x","y"],"client_id":"web"}`,
			map[string]any{"sub": "alice", "scope": "a b", "aud": []any{"x", "y"}, "client_id": "web"}},
		{"claims override other members", `{"sub":"alice","claims":{"sub":7,"roles":["r"],"none":null}}`,
			map[string]any{"sub": 7.0, "roles": []any{"r"}, "none": nil}},
		{"claims by pointer, applied after those by name", `{"claims":{"/r/b":["y"],"r":{"a":1,"c":2}},"without":["/r/c"]}`,
			map[string]any{"r": map[string]any{"a": 1.0, "b": []any{"y"}}}},
		{"without a claim", `{"without":["aud"]}`, map[string]any{"aud": nil, "sub": "test-user"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answer := c.call("POST", "/v1/tokens", tt.body)
			token, _ := answer["access_token"].(string)
			inspected := c.call("POST", "/v1/tokens/inspect", fmt.Sprintf(`{"token":%q}`, token))
			claims, _ := inspected["claims"].(map[string]any)
			for name, want := range tt.want {
				if got := claims[name]; fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%s: got %v, want %v", name, got, want)
				}
			}
			if inspected["fingerprint"] != answer["fingerprint"] || answer["token_type"] != "Bearer" {
				t.Errorf("got %v and %v, want the same fingerprint and a bearer token", inspected["fingerprint"], answer)
			}
		})
	}
	if got := c.call("POST", "/v1/tokens", `{"expires_in":"-5m"}`)["expires_in"]; got != -300.0 {
		t.Errorf("got %v, want a token that expired 300 s ago", got)
	}
	if got, _ := c.call("POST", "/v1/tokens", `{"opaque":true}`)["access_token"].(string); len(got) != 32 {
		t.Errorf("got %d characters, want a handle of 32", len(got))
	}
	answer := c.call("POST", "/v1/tokens", `{"scope":"openid offline_access"}`)
	if answer["id_token"] == nil || answer["refresh_token"] == nil {
		t.Error("got no ID token or refresh token, want both, as from the token endpoint")
	}
}

func TestControlMintsBadTokens(t *testing.T) {
	c := newControlAPI(t)
	bad := objects(c.call("POST", "/v1/bad-tokens", `{"scope":"a"}`), "tokens")
	i := 0
	for d := range testserver.Defects() {
		status, code := d.Expect()
		if got := bad[i]; got["name"] != string(d) || got["expected_status"] != float64(status) || got["expected_error"] != code || got["token"] == "" {
			t.Errorf("got %v, want %s with %d %s", got, d, status, code)
		}
		i++
	}
	if len(bad) != i || len(objects(c.call("GET", "/v1/bad-tokens", ""), "tokens")) != i {
		t.Errorf("got %d, want all %d", len(bad), i)
	}
}

func TestControlRevokes(t *testing.T) {
	c := newControlAPI(t)
	first, _ := c.call("POST", "/v1/tokens", "")["access_token"].(string)
	c.call("POST", "/v1/tokens", "")
	c.call("POST", "/v1/tokens", `{"sub":"alice"}`)
	revoked := func() (flags string) {
		for _, token := range objects(c.call("GET", "/v1/tokens", ""), "tokens") {
			flags += fmt.Sprint(token["revoked"], ";")
		}
		return flags
	}
	if got := revoked(); got != "false;false;false;" {
		t.Errorf("got %s, want nothing revoked", got)
	}
	c.call("POST", "/v1/tokens/revoke", fmt.Sprintf(`{"token":%q}`, first))
	if got := revoked(); got != "true;false;false;" {
		t.Errorf("got %s, want the first revoked", got)
	}
	if got := c.call("POST", "/v1/tokens/revoke", `{"sub":"alice"}`)["revoked"]; got != 1.0 {
		t.Errorf("got %v grants of alice, want 1", got)
	}
	if got := revoked(); got != "true;false;true;" {
		t.Errorf("got %s, want the first and the third revoked", got)
	}
	introspection := c.call("POST", "/v1/tokens/inspect", fmt.Sprintf(`{"token":%q}`, first))["introspection"]
	if fmt.Sprint(introspection) != "map[active:false]" {
		t.Errorf("got %v, want it inactive", introspection)
	}
}

// keyStates returns the members signing and published of each ES256 key, for
// example "true/false". The newest key comes first.
func (c controlAPI) keyStates() (states []string) {
	c.Helper()
	for _, k := range objects(c.call("GET", "/v1/keys", ""), "keys") {
		if k["alg"] != "ES256" {
			continue
		}
		states = append([]string{fmt.Sprintf("%v/%v", k["signing"], k["published"])}, states...)
	}
	return states
}

func TestControlRotatesKeys(t *testing.T) {
	for _, tt := range []struct{ how, want string }{
		{`{}`, "[true/true false/true]"},
		{`{"publish_first":true}`, "[false/true true/true]"},
		{`{"sign_first":true}`, "[true/false false/true]"},
		{`{"drop_old":true}`, "[true/true]"},
		{`{"reuse_kid":true}`, "[true/true]"},
	} {
		c := newControlAPI(t)
		c.call("POST", "/v1/keys/rotate", tt.how)
		if got := fmt.Sprint(c.keyStates()); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.how, got, tt.want)
		}
	}
	c := newControlAPI(t)
	kid := c.call("POST", "/v1/keys/rotate", `{"sign_first":true}`)["kid"]
	c.call("POST", "/v1/keys/publish", fmt.Sprintf(`{"kid":%q}`, kid))
	if got := fmt.Sprint(c.keyStates()); got != "[true/true false/true]" {
		t.Errorf("got %s, want the signing key published", got)
	}
	c.call("POST", "/v1/keys/retire", fmt.Sprintf(`{"kid":%q}`, kid))
	if got := fmt.Sprint(c.keyStates()); got != "[true/false false/true]" {
		t.Errorf("got %s, want the signing key retired", got)
	}
}

func TestControlExportsAndImportsKeys(t *testing.T) {
	for _, alg := range []testserver.Alg{"ES256", "RS256", "EdDSA", "HS256"} {
		from, to := newControlAPI(t, testserver.SigningAlg(alg)), newControlAPI(t)
		if text := from.send("POST", "/v1/keys/export", "").Body.String(); strings.Contains(text, `"d"`) || strings.Contains(text, `"k"`) {
			t.Errorf("%s: got %s, want no private part", alg, text)
		}
		export := fmt.Sprintf(`{"private":true,"kid":%q}`, from.SigningKey().ID)
		private := objects(from.call("POST", "/v1/keys/export", export), "keys")
		if len(private) != 1 {
			t.Fatalf("%s: got %d keys, want 1", alg, len(private))
		}
		key := strings.TrimSpace(from.send("POST", "/v1/keys/export", export).Body.String())
		key = strings.TrimSuffix(strings.TrimPrefix(key, `{"keys":[`), `]}`)
		got := to.call("POST", "/v1/keys/import", `{"sign":true,"key":`+key+`}`)
		if got["kid"] != from.SigningKey().ID || got["signing"] != true || got["published"] != (alg != "HS256") {
			t.Errorf("%s: got %v, want the imported key, signing", alg, got)
		}
	}
}

func TestControlInjectsFaults(t *testing.T) {
	c := newControlAPI(t, testserver.Clients(testserver.Client{ID: "web:1", Secret: "s"}, testserver.Client{ID: "spa", Public: true}))
	token := func(change func(url.Values, *http.Request)) int {
		form := url.Values{"grant_type": {"client_credentials"}}
		by := &http.Request{Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}}
		change(form, by)
		r, err := http.NewRequest("POST", c.Endpoint(testserver.EndpointToken), strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = by.Header
		resp, err := c.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	c.call("POST", "/v1/faults", `{"endpoint":"token","status":503,"client":"web:1"}`)
	for _, tt := range []struct {
		name   string
		change func(url.Values, *http.Request)
		want   int
	}{
		{"the client by Basic", func(_ url.Values, r *http.Request) { r.SetBasicAuth(url.QueryEscape("web:1"), "s") }, 503},
		{"the client by its form", func(f url.Values, _ *http.Request) { f.Set("client_id", "web:1"); f.Set("client_secret", "s") }, 503},
		{"another client by Basic", func(_ url.Values, r *http.Request) { r.SetBasicAuth("test-client", "test-secret") }, 200},
		{"another client by its form", func(f url.Values, _ *http.Request) {
			f.Set("client_id", "test-client")
			f.Set("client_secret", "test-secret")
		}, 200},
	} {
		if got := token(tt.change); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
	faults := objects(c.call("GET", "/v1/faults", ""), "faults")
	if len(faults) != 1 || faults[0]["hits"] != 2.0 || faults[0]["client"] != "web:1" {
		t.Errorf("got %v, want one fault with 2 hits", faults)
	}
	c.call("DELETE", fmt.Sprintf("/v1/faults/%v", faults[0]["id"]), "")
	c.Inject(testserver.EndpointAny, testserver.Status(500), testserver.Skip(9))
	if faults := objects(c.call("GET", "/v1/faults", ""), "faults"); len(faults) != 1 || faults[0]["endpoint"] != "any" || faults[0]["skip"] != 9.0 {
		t.Errorf("got %v, want the fault that was injected in Go", faults)
	}
	c.call("DELETE", "/v1/faults", "")
	if faults := objects(c.call("GET", "/v1/faults", ""), "faults"); len(faults) != 0 {
		t.Errorf("got %v, want none", faults)
	}
}

func TestControlCanInjectEveryFault(t *testing.T) {
	for _, body := range []string{
		`"status":503`, `"retry_after":30`, `"retry_after":"30s","status":429`, `"error":"server_error","error_description":"d"`, `"redirect_to":"/x"`,
		`"latency":"1ns"`, `"latency":"1ns","status":503`, `"hang":true`, `"drop":true`, `"truncate":0`, `"malformed":true`,
		`"content_type":"text/html"`, `"body":"","content_type":"text/plain"`, `"huge":100`, `"empty_jwks":true`,
	} {
		newControlAPI(t).call("POST", "/v1/faults", `{"endpoint":"jwks","times":1,"skip":1,`+body+`}`)
	}
	newControlAPI(t).call("POST", "/v1/faults", `{"endpoint":"discovery","issuer":"https://evil.example"}`)
}

func TestControlListsRequests(t *testing.T) {
	c := newControlAPI(t)
	get(t, c.Client(), c.Endpoint(testserver.EndpointJWKS))
	get(t, c.Client(), c.Endpoint(testserver.EndpointDiscovery))
	if got := c.call("GET", "/v1/requests/count?endpoint=jwks", "")["count"]; got != 1.0 {
		t.Errorf("got %v, want 1", got)
	}
	if got := c.call("GET", "/v1/requests/count", "")["count"]; got != 2.0 {
		t.Errorf("got %v, want 2", got)
	}
	if got := c.call("GET", "/v1/requests/wait?n=2&timeout=1m", "")["count"]; got != 2.0 {
		t.Errorf("got %v, want 2", got)
	}
	requests := objects(c.call("GET", "/v1/requests?endpoint=jwks&endpoint=token", ""), "requests")
	if len(requests) != 1 || requests[0]["endpoint"] != "jwks" || requests[0]["status"] != 200.0 || requests[0]["method"] != "GET" {
		t.Errorf("got %v, want the one to jwks", requests)
	}
	c.call("POST", "/v1/reset", "")
	if got := c.call("GET", "/v1/requests/count", "")["count"]; got != 0.0 {
		t.Errorf("got %v after a reset, want 0", got)
	}
}

func TestControlMovesTheClock(t *testing.T) {
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := newControlAPI(t, testserver.Clock(func() time.Time { return base }))
	for _, tt := range []struct{ method, body, want string }{
		{"GET", "", "2026-01-01T00:00:00Z"},
		{"POST", `{"advance":"10m"}`, "2026-01-01T00:10:00Z"},
		{"POST", `{"advance":-60}`, "2026-01-01T00:09:00Z"},
		{"PUT", `{"now":"2030-06-01T02:00:00+02:00"}`, "2030-06-01T00:00:00Z"},
	} {
		if got := c.call(tt.method, "/v1/clock", tt.body)["now"]; got != tt.want {
			t.Errorf("%s %s: got %v, want %s", tt.method, tt.body, got, tt.want)
		}
	}
}

func TestControlManagesClientsAndUsers(t *testing.T) {
	c := newControlAPI(t)
	made := c.call("POST", "/v1/clients", `{"id":"a/b c","scopes":["x"],"grants":["client_credentials"]}`)
	secret, _ := made["secret"].(string)
	if secret == "" {
		t.Errorf("got %v, want a secret", made)
	}
	user := c.call("POST", "/v1/users", `{"sub":"al/ice","claims":{"email":"a@example.com"}}`)
	password, _ := user["password"].(string)
	if password == "" || user["username"] != "al/ice" {
		t.Errorf("got %v, want a username and a password", user)
	}
	if servedJWKS := c.call("GET", "/v1/clients/a%2Fb%20c", ""); servedJWKS["id"] != "a/b c" || servedJWKS["secret"] != nil || fmt.Sprint(servedJWKS["scopes"], servedJWKS["grants"]) != "[x] [client_credentials]" {
		t.Errorf("got %v, want the client without secret", servedJWKS)
	}
	for _, path := range []string{"/v1/clients", "/v1/users", "/v1/snapshot", "/v1/events"} {
		if text := c.send("GET", path, "").Body.String(); strings.Contains(text, secret) || strings.Contains(text, password) || strings.Contains(text, "test-secret") {
			t.Errorf("%s: got %s, which contains a secret", path, text)
		}
	}
	c.call("DELETE", "/v1/clients/a%2Fb%20c", "")
	c.call("DELETE", "/v1/users/al%2Fice", "")
	if clients, users := objects(c.call("GET", "/v1/clients", ""), "clients"), objects(c.call("GET", "/v1/users", ""), "users"); len(clients) != 2 || len(users) != 1 {
		t.Errorf("got %v and %v, want only the default ones", clients, users)
	}
}
