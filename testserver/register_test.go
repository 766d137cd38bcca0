package testserver_test

import (
	"crypto/elliptic"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// register sends JSON to the registration endpoint.
func register(t testing.TB, s *testserver.Server, body string) reply {
	t.Helper()
	return sendRegistration(t, s, "POST", s.Endpoint(testserver.EndpointRegister), body)
}

func sendRegistration(t testing.TB, s *testserver.Server, method, u, body string, auth ...string) reply {
	t.Helper()
	r := httptest.NewRequest(method, u, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if len(auth) > 0 {
		r.Header["Authorization"] = auth
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	return reply{status: rec.Code, header: rec.Header(), body: parse(rec.Body.Bytes())}
}

// registerClient registers a client and returns the response. The registration
// must succeed.
func registerClient(t testing.TB, s *testserver.Server, body string) reply {
	t.Helper()
	r := register(t, s, body)
	if r.status != 201 || r.text("client_id") == "" || r.text("registration_access_token") == "" || r.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("got %d %v, want a client", r.status, r.body)
	}
	return r
}

func (r reply) list(name string) string {
	all, _ := r.body[name].([]any)
	var list []string
	for _, v := range all {
		text, _ := v.(string)
		list = append(list, text)
	}
	return strings.Join(list, " ")
}

const (
	webMetadata    = `{"redirect_uris":["https://app.example/cb"]}`
	nativeMetadata = `{"redirect_uris":["http://127.0.0.1/callback","com.example.app:/cb"],"token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"]}`
)

func TestRegistration(t *testing.T) {
	key := newRobot(t, "ES256")
	s := testserver.New(t, testserver.Registration(), testserver.Clock(atNoon), testserver.Scopes("orders"))
	for name, tt := range map[string]struct {
		body          string
		secret        bool
		method        string
		grants, types string
		scope         string
	}{
		"omitted members":    {webMetadata, true, "client_secret_basic", "authorization_code", "code", ""},
		"null members":       {`{"redirect_uris":["https://app.example/cb"],"grant_types":null,"scope":null,"jwks_uri":null}`, true, "client_secret_basic", "authorization_code", "code", ""},
		"unknown members":    {`{"redirect_uris":["https://app.example/cb"],"logo_uri":7,"Grant_Types":["x"],"software_statement":"e30.e30.","client_id":"mine"}`, true, "client_secret_basic", "authorization_code", "code", ""},
		"a native client":    {nativeMetadata, false, "none", "authorization_code refresh_token", "code", ""},
		"a machine":          {`{"grant_types":["client_credentials"],"token_endpoint_auth_method":"client_secret_post","scope":"orders email"}`, true, "client_secret_post", "client_credentials", "", "orders email"},
		"a device":           {`{"grant_types":["urn:ietf:params:oauth:grant-type:device_code"],"response_types":[],"token_endpoint_auth_method":"none"}`, false, "none", string(testserver.DeviceCode), "", ""},
		"a client with keys": {`{"grant_types":["client_credentials"],"token_endpoint_auth_method":"private_key_jwt","jwks":` + string(key.jwks) + `}`, false, "private_key_jwt", "client_credentials", "", ""},
		"all members": {`{"redirect_uris":["https://app.example/cb"],"client_name":"Näme","response_types":["code"],"require_pushed_authorization_requests":true,
			"grant_types":["authorization_code","client_credentials"],"token_endpoint_auth_method":"client_secret_basic"}`, true, "client_secret_basic", "authorization_code client_credentials", "code", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := registerClient(t, s, tt.body)
			if got := r.text("token_endpoint_auth_method") + ", " + r.list("grant_types") + ", " + r.list("response_types") + ", " + r.text("scope"); got != tt.method+", "+tt.grants+", "+tt.types+", "+tt.scope {
				t.Errorf("got %s, want %s, %s, %s, %s", got, tt.method, tt.grants, tt.types, tt.scope)
			}
			expires, inBubble := r.body["client_secret_expires_at"]
			if (r.text("client_secret") != "") != tt.secret || inBubble != tt.secret || inBubble && expires != 0.0 {
				t.Errorf("got %v, want a secret without expiry: %v", r.body, tt.secret)
			}
			if r.body["client_id_issued_at"] != float64(s.Now().Unix()) || !strings.HasPrefix(r.text("registration_client_uri"), s.Endpoint(testserver.EndpointRegister)+"?client_id=registered-") {
				t.Errorf("got %v, want the time of issue and the registration URI", r.body)
			}
			if e := s.Events()[len(s.Events())-1]; e.Kind != "registered" || e.ClientID != r.text("client_id") {
				t.Errorf("got %v, want the registration", e)
			}
		})
	}
	if r := registerClient(t, s, `{"redirect_uris":["https://app.example/cb"],"client_name":"Näme","require_pushed_authorization_requests":true}`); r.text("client_name") != "Näme" || r.body["require_pushed_authorization_requests"] != true {
		t.Errorf("got %v, want the name and require_pushed_authorization_requests", r.body)
	}
}

func TestInvalidRegistrationsAreRefused(t *testing.T) {
	private, public := jwk(t, elliptic.P256(), "k")
	s := testserver.New(t, testserver.Registration(), testserver.Scopes("orders"), testserver.Disable(testserver.EndpointDeviceAuthorization, testserver.EndpointPAR))
	at := func(uri string, more ...string) string {
		return `{"redirect_uris":["` + uri + `"]` + strings.Join(more, "") + `}`
	}
	const native, uri, data = `,"token_endpoint_auth_method":"none"`, "invalid_redirect_uri", "invalid_client_metadata"
	for name, tt := range map[string]struct{ body, code string }{
		"T03/a script":                           {at("javascript:alert(1)"), uri},
		"T03/a script of a native client":        {at("javascript:alert(1)", native), uri},
		"T03/a script in another case":           {at("JavaScript:alert(1)", native), uri},
		"T03/a script after a valid URI":         {at(`https://app.example/cb","javascript:alert(1)`), uri},
		"T03/a document":                         {at("data:text/html,x", native), uri},
		"T03/a file":                             {at("file:///etc/passwd", native), uri},
		"T03/view-source":                        {at("view-source:https://app.example", native), uri},
		"T03/an intent":                          {at("intent://x#Intent;end", native), uri},
		"T03/a fragment":                         {at("https://app.example/cb#x"), uri},
		"T03/an empty fragment":                  {at("https://app.example/cb#"), uri},
		"T03/no scheme":                          {at("/cb"), uri},
		"T03/no host":                            {at("https:///cb"), uri},
		"T03/a user":                             {at("https://app.example@evil.example/cb"), uri},
		"T03/a line break":                       {at(`https://app.example/\ncb`), uri},
		"T03/http":                               {at("http://app.example/cb"), uri},
		"T03/http in another case":               {at("HTTP://app.example/cb"), uri},
		"T03/http at a host like loopback":       {at("http://localhost.evil.example/cb"), uri},
		"T03/http of a native client":            {at("http://app.example/cb", native), uri},
		"T03/a private-use scheme, confidential": {at("com.example.app:/cb"), uri},
		"T03/a private-use scheme without a dot": {at("myapp:/cb", native), uri},
		"T03/nothing":                            {at(""), uri},
		"T03/none for the code grant":            {`{}`, uri},
		"T03/an empty list":                      {`{"redirect_uris":[]}`, uri},
		"T03/a text":                             {`{"redirect_uris":"https://app.example/cb"}`, uri},

		"a grant by password":              {at("https://app.example/cb", `,"grant_types":["password"]`), data},
		"the implicit grant":               {at("https://app.example/cb", `,"grant_types":["implicit"],"response_types":["token"]`), data},
		"a grant that is not served":       {`{"grant_types":["urn:ietf:params:oauth:grant-type:device_code"]}`, data},
		"no grant":                         {at("https://app.example/cb", `,"grant_types":[]`), data},
		"credentials of a public client":   {`{"grant_types":["client_credentials"],"token_endpoint_auth_method":"none"}`, data},
		"an unsupported response type":     {at("https://app.example/cb", `,"response_types":["code","id_token"]`), data},
		"code without its grant":           {`{"grant_types":["client_credentials"],"response_types":["code"]}`, data},
		"the grant without code":           {at("https://app.example/cb", `,"response_types":[]`), data},
		"an unknown authentication method": {at("https://app.example/cb", `,"token_endpoint_auth_method":"tls_client_auth"`), data},
		"an empty authentication method":   {at("https://app.example/cb", `,"token_endpoint_auth_method":""`), data},
		"unsigned ID tokens":               {at("https://app.example/cb", `,"id_token_signed_response_alg":"none"`), data},
		"ID tokens signed by a secret":     {at("https://app.example/cb", `,"id_token_signed_response_alg":"HS256"`), data},
		"an algorithm that is a number":    {at("https://app.example/cb", `,"userinfo_signed_response_alg":256`), data},
		"an unsupported algorithm":         {at("https://app.example/cb", `,"introspection_signed_response_alg":"ES256K"`), data},
		"unsigned assertions":              {at("https://app.example/cb", `,"token_endpoint_auth_signing_alg":"none"`), data},
		"keys by URL":                      {at("https://app.example/cb", `,"jwks_uri":"https://app.example/keys"`), data},
		"keys missing":                     {at("https://app.example/cb", `,"token_endpoint_auth_method":"private_key_jwt"`), data},
		"keys that are private":            {at("https://app.example/cb", `,"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[`+private+`]}`), data},
		"an empty key set":                 {at("https://app.example/cb", `,"jwks":{"keys":[]}`), data},
		"keys of a public client":          {at("https://app.example/cb", native, `,"jwks":{"keys":[`+public+`]}`), data},
		"an unknown scope":                 {at("https://app.example/cb", `,"scope":"orders root"`), data},
		"a malformed scope":                {at("https://app.example/cb", `,"scope":"a  b"`), data},
		"a name that is a number":          {at("https://app.example/cb", `,"client_name":7`), data},
		"a name of two lines":              {at("https://app.example/cb", `,"client_name":"a\nb"`), data},
		"a name that is too long":          {at("https://app.example/cb", `,"client_name":"`+strings.Repeat("x", 257)+`"`), data},
		"pushed requests, not served":      {at("https://app.example/cb", `,"require_pushed_authorization_requests":true`), data},
		"T20/a repeated member":            {at("https://app.example/cb", `,"redirect_uris":["https://evil.example/"]`), data},
		"trailing data":                    {webMetadata + "{}", data},
		"an array":                         {`[` + webMetadata + `]`, data},
		"an empty body":                    {" ", data},
	} {
		t.Run(name, func(t *testing.T) {
			r := register(t, s, tt.body)
			wantError(t, r, 400, tt.code)
			if r.body["client_id"] != nil {
				t.Errorf("got %v, want no client", r.body)
			}
		})
	}
	wantError(t, register(t, s, at("https://app.example/"+strings.Repeat("x", 64<<10))), 413, data)
	wantError(t, formTo(t, s, testserver.EndpointRegister, "redirect_uris=https://app.example/cb"), 400, data)
}

func TestRegisteredClientsCanUseGrants(t *testing.T) {
	key := newRobot(t, "ES256")
	s := testserver.New(t, testserver.Registration())
	t.Run("a native client", func(t *testing.T) {
		c := registerClient(t, s, nativeMetadata)
		r := wantTokens(t, exchange(t, s, codeRequest(codeFor(t, s, "client_id", c.text("client_id")), "client_id", c.text("client_id"))))
		wantTokens(t, exchange(t, s, refreshRequest(r.text("refresh_token"), "client_id", c.text("client_id"))))
		wantError(t, exchange(t, s, url.Values{"grant_type": {"client_credentials"}, "client_id": {c.text("client_id")}}), 400, "unauthorized_client")
		if rec, to := authorize(s, authorizationRequest("client_id", c.text("client_id"), "redirect_uri", "https://app.example/cb")); to != nil {
			t.Errorf("got %d to %v, want no redirect elsewhere", rec.Code, to)
		}
	})
	t.Run("a client with a secret", func(t *testing.T) {
		c := registerClient(t, s, `{"grant_types":["client_credentials"],"scope":"a b"}`)
		form := url.Values{"grant_type": {"client_credentials"}}
		wantTokens(t, exchange(t, s, form, basic(c.text("client_id")+":"+c.text("client_secret"))))
		wantError(t, exchange(t, s, form, basic(c.text("client_id")+":"+c.text("registration_access_token"))), 401, "invalid_client")
		byForm := values(form, "client_id", c.text("client_id"), "client_secret", c.text("client_secret"))
		wantTokens(t, exchange(t, s, byForm)) // the registration request did not contain token_endpoint_auth_method
		same := `{"client_id":"` + c.text("client_id") + `","grant_types":["client_credentials"],"scope":"a b","token_endpoint_auth_method":"client_secret_basic"}`
		if r := sendRegistration(t, s, "PUT", c.text("registration_client_uri"), same, "Bearer "+c.text("registration_access_token")); r.status != 200 {
			t.Fatalf("got %d %v, want the default method accepted in an update", r.status, r.body)
		}
		wantTokens(t, exchange(t, s, byForm))
		wantError(t, exchange(t, s, values(form, "scope", "c"), basic(c.text("client_id")+":"+c.text("client_secret"))), 400, "invalid_scope")
	})
	t.Run("a client with keys", func(t *testing.T) {
		id := registerClient(t, s, `{"grant_types":["client_credentials"],"token_endpoint_auth_method":"private_key_jwt","jwks":`+string(key.jwks)+`}`).text("client_id")
		wantTokens(t, exchange(t, s, url.Values{"grant_type": {"client_credentials"}, "client_assertion_type": {assertionType}, "client_assertion": {
			key.assert(t, map[string]any{"iss": id, "sub": id, "aud": s.Issuer(), "jti": "1", "exp": s.Now().Unix() + 60}, key.key),
		}}))
	})
}

func TestRegistrationIsOffByDefault(t *testing.T) {
	s := testserver.New(t)
	if rec := serve(s, "POST", s.Issuer()+"/register"); rec.Code != 404 || getJSONOf(t, s, testserver.EndpointDiscovery)["registration_endpoint"] != nil {
		t.Errorf("got %d, want the endpoint neither served nor listed", rec.Code)
	}
	for name, opt := range map[string]testserver.Option{"an option": testserver.Registration(), "a file": fromFile(`{"registration": true}`)} {
		t.Run("T22/by "+name, func(t *testing.T) {
			s := testserver.New(t, opt)
			if got := getJSONOf(t, s, testserver.EndpointASMetadata)["registration_endpoint"]; got != s.Endpoint(testserver.EndpointRegister) {
				t.Errorf("got %v, want it listed", got)
			}
			wantMethods(t, s, "/register", "POST, GET, PUT, DELETE")
		})
	}
	off := testserver.New(t, testserver.Registration(), fromFile(`{"registration": false}`))
	if rec := serve(off, "POST", off.Issuer()+"/register"); rec.Code != 404 {
		t.Errorf("got %d, want the file to override the option", rec.Code)
	}
}

func TestRegistrationLimit(t *testing.T) {
	s := testserver.New(t, testserver.Registration())
	var last reply
	for range 1000 {
		last = registerClient(t, s, webMetadata)
	}
	wantError(t, register(t, s, webMetadata), 503, "temporarily_unavailable")
	if r := sendRegistration(t, s, "DELETE", last.text("registration_client_uri"), "", "Bearer "+last.text("registration_access_token")); r.status != 204 {
		t.Errorf("got %d, want 204", r.status)
	}
	registerClient(t, s, webMetadata)
}
