package testserver_test

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// manage sends a request to the registration_client_uri in the registration
// response c. The request is authorized by the registration access token in c.
func manage(t testing.TB, s *testserver.Server, method string, c reply, body string) reply {
	t.Helper()
	return sendRegistration(t, s, method, c.text("registration_client_uri"), body, "Bearer "+c.text("registration_access_token"))
}

// wantInvalidToken checks that the response r refuses the registration access
// token with invalid_token.
func wantInvalidToken(t testing.TB, r reply) {
	t.Helper()
	if r.status != 401 || !strings.Contains(r.header.Get("WWW-Authenticate"), `error="invalid_token"`) || r.body["client_id"] != nil {
		t.Errorf("got %d %q %v, want 401 invalid_token", r.status, r.header.Get("WWW-Authenticate"), r.body)
	}
}

func clientCredentials(t testing.TB, s *testserver.Server, c reply, secret string) reply {
	t.Helper()
	return exchange(t, s, url.Values{"grant_type": {"client_credentials"}}, basic(c.text("client_id")+":"+secret))
}

const machineMetadata = `{"grant_types":["client_credentials"],"client_name":"Machine"}`

func TestClientReadsItsRegistration(t *testing.T) {
	s := testserver.New(t, testserver.Registration())
	c := registerClient(t, s, machineMetadata)
	r := manage(t, s, "GET", c, "")
	for _, name := range []string{"client_id", "registration_access_token", "registration_client_uri", "client_id_issued_at", "client_name", "token_endpoint_auth_method"} {
		if r.status != 200 || r.body[name] == nil || r.body[name] != c.body[name] {
			t.Errorf("got %d, %s %v, want %v", r.status, name, r.body[name], c.body[name])
		}
	}
	if r.body["client_secret"] != nil || r.body["client_secret_expires_at"] != nil {
		t.Errorf("got %v, want the secret only in the first response", r.body)
	}
}

func TestRegistrationRequiresItsToken(t *testing.T) {
	s := testserver.New(t, testserver.Registration())
	c, other := registerClient(t, s, machineMetadata), registerClient(t, s, machineMetadata)
	place, token := c.text("registration_client_uri"), c.text("registration_access_token")
	at := s.Endpoint(testserver.EndpointRegister)
	for name, tt := range map[string]struct {
		u    string
		auth []string
		want string // the error code; "" means 401 without an error code
	}{
		"T11/the token of another client":           {place, []string{"Bearer " + other.text("registration_access_token")}, "invalid_token"},
		"T11/its own secret":                        {place, []string{"Bearer " + c.text("client_secret")}, "invalid_token"},
		"T11/an access token":                       {place, []string{"Bearer " + wantTokens(t, clientCredentials(t, s, c, c.text("client_secret"))).text("access_token")}, "invalid_token"},
		"T11/a truncated token":                     {place, []string{"Bearer " + token[1:]}, "invalid_token"},
		"T11/the URI of another client":             {other.text("registration_client_uri"), []string{"Bearer " + token}, "invalid_token"},
		"T11/no client_id":                          {at, []string{"Bearer " + token}, "invalid_token"},
		"T11/two client_id":                         {place + "&client_id=" + other.text("client_id"), []string{"Bearer " + token}, "invalid_token"},
		"T11/a client that did not register itself": {at + "?client_id=test-client", []string{"Bearer test-secret"}, "invalid_token"},
		"T11/an unknown client":                     {at + "?client_id=nobody", []string{"Bearer " + token}, "invalid_token"},
		"T11/no token":                              {place, nil, ""},
		"T11/the token as Basic":                    {place, []string{basic(c.text("client_id") + ":" + token)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, method := range []string{"GET", "PUT", "DELETE"} {
				r := sendRegistration(t, s, method, tt.u, `{"client_id":"`+c.text("client_id")+`","redirect_uris":["https://evil.example/cb"]}`, tt.auth...)
				if got := r.header.Get("WWW-Authenticate"); r.status != 401 || !strings.HasPrefix(got, "Bearer ") || strings.Contains(got, "invalid_token") != (tt.want != "") {
					t.Errorf("%s: got %d %q, want 401 %s", method, r.status, got, tt.want)
				}
			}
		})
	}
	if r := manage(t, s, "GET", c, ""); r.status != 200 || r.body["redirect_uris"] != nil {
		t.Errorf("got %d %v, want the client unchanged", r.status, r.body)
	}
}

func TestUpdateReplacesTheRegistration(t *testing.T) {
	s := testserver.New(t, testserver.Registration())
	c := registerClient(t, s, `{"redirect_uris":["https://app.example/cb"],"grant_types":["authorization_code","client_credentials"],"client_name":"Old","scope":"a"}`)
	id, secret := c.text("client_id"), c.text("client_secret")
	with := func(more string) string { return `{"client_id":"` + id + `"` + more + `}` }

	r := manage(t, s, "PUT", c, with(`,"redirect_uris":["https://app.example/new"],"grant_types":["authorization_code","client_credentials"],"client_secret":"`+secret+`"`))
	if r.status != 200 || r.list("redirect_uris") != "https://app.example/new" || r.body["client_name"] != nil || r.body["scope"] != nil || r.body["client_secret"] != nil || r.text("registration_access_token") != c.text("registration_access_token") {
		t.Errorf("got %d %v, want only the new metadata", r.status, r.body)
	}
	wantTokens(t, clientCredentials(t, s, c, secret))
	wantError(t, clientCredentials(t, s, c, "the digest"), 401, "invalid_client")
	if _, to := authorize(s, authorizationRequest("client_id", id, "redirect_uri", "https://app.example/cb")); to != nil {
		t.Errorf("got %v, want the old redirect URI refused", to)
	}
	for name, body := range map[string]string{
		"another client":                        `{"client_id":"test-client","grant_types":["client_credentials"]}`,
		"no client":                             machineMetadata,
		"a chosen secret":                       with(`,"grant_types":["client_credentials"],"client_secret":"chosen"`),
		"an empty secret":                       with(`,"grant_types":["client_credentials"],"client_secret":""`),
		"a registration token":                  with(`,"grant_types":["client_credentials"],"registration_access_token":"` + c.text("registration_access_token") + `"`),
		"a registration URI":                    with(`,"grant_types":["client_credentials"],"registration_client_uri":"https://evil.example"`),
		"a time of expiry":                      with(`,"grant_types":["client_credentials"],"client_secret_expires_at":0`),
		"a time of issue":                       with(`,"grant_types":["client_credentials"],"client_id_issued_at":0`),
		"an unknown grant":                      with(`,"grant_types":["password"]`),
		"malformed JSON":                        "x",
		"T20/a member twice":                    with(`,"grant_types":["client_credentials"],"client_id":"test-client"`),
		"a confidential client as a public one": with(`,"grant_types":["client_credentials"],"token_endpoint_auth_method":"none"`),
	} {
		t.Run(name, func(t *testing.T) { wantError(t, manage(t, s, "PUT", c, body), 400, "invalid_client_metadata") })
	}
	t.Run("T03/a script", func(t *testing.T) {
		wantError(t, manage(t, s, "PUT", c, with(`,"redirect_uris":["javascript:alert(1)"]`)), 400, "invalid_redirect_uri")
	})
	if got := manage(t, s, "GET", c, ""); got.list("redirect_uris") != "https://app.example/new" {
		t.Errorf("got %v, want nothing changed by refused updates", got.body)
	}

	public := manage(t, s, "PUT", c, with(`,"redirect_uris":["`+callback+`"],"token_endpoint_auth_method":"none"`))
	if public.status != 200 || public.body["client_secret"] != nil {
		t.Fatalf("got %d %v, want a public client", public.status, public.body)
	}
	wantError(t, clientCredentials(t, s, c, secret), 401, "invalid_client")
	again := manage(t, s, "PUT", c, with(`,"grant_types":["client_credentials"]`))
	if again.text("client_secret") == "" || again.text("client_secret") == secret || again.body["client_secret_expires_at"] != 0.0 {
		t.Fatalf("got %d %v, want a new secret", again.status, again.body)
	}
	wantError(t, clientCredentials(t, s, c, secret), 401, "invalid_client")
	wantTokens(t, clientCredentials(t, s, c, again.text("client_secret")))
}

func TestDeletedClientLosesItsGrants(t *testing.T) {
	s := testserver.New(t, testserver.Registration(), testserver.AllowUnregistered())
	c := registerClient(t, s, `{"redirect_uris":["`+callback+`"],"token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token","`+string(testserver.DeviceCode)+`"]}`)
	id := c.text("client_id")
	code, request := codeFor(t, s, "client_id", id), push(t, s, "client_id", id)
	r := wantTokens(t, exchange(t, s, codeRequest(codeFor(t, s, "client_id", id), "client_id", id)))
	begun := formTo(t, s, testserver.EndpointDeviceAuthorization, "client_id="+id)
	s.Login(t, begun.text("verification_uri_complete"))

	if got := manage(t, s, "DELETE", c, ""); got.status != 204 {
		t.Fatalf("got %d, want 204", got.status)
	}
	kinds := ""
	for _, e := range s.Events()[len(s.Events())-2:] {
		kinds += e.Kind + " " + e.ClientID + " "
	}
	if kinds != "revoked "+id+" unregistered "+id+" " || isActive(s, r.text("access_token")) {
		t.Errorf("got the events %s, want its grant revoked", kinds)
	}
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		wantInvalidToken(t, manage(t, s, method, c, ""))
	}
	wantError(t, exchange(t, s, refreshRequest(r.text("refresh_token"), "client_id", id)), 401, "invalid_client")
	// A new client now has the ID of the deleted client. The new client must
	// not get tokens for the old code or the old refresh token.
	if _, to := authorize(s, authorizationRequest("client_id", id, "redirect_uri", callback)); to == nil {
		t.Fatal("got no redirect, want the ID available")
	}
	wantError(t, exchange(t, s, codeRequest(code, "client_id", id)), 400, "invalid_grant")
	wantError(t, exchange(t, s, refreshRequest(r.text("refresh_token"), "client_id", id)), 400, "invalid_grant")
	wantError(t, exchange(t, s, url.Values{"grant_type": {string(testserver.DeviceCode)}, "client_id": {id}, "device_code": {begun.text("device_code")}}), 400, "invalid_grant")
	wantPage(t, s, request)
	wantInvalidToken(t, manage(t, s, "GET", c, ""))
}

func TestClientNameOnPages(t *testing.T) {
	s := testserver.New(t, testserver.Interactive(), testserver.Registration(), testserver.Users(alice), testserver.AllowUnregistered())
	c := registerClient(t, s, `{"redirect_uris":["`+callback+`"],"client_name":"<b>Shop</b> & Co","token_endpoint_auth_method":"none"}`)
	p := newBrowser(t, s)
	query := authorizationRequest("client_id", c.text("client_id"), "scope", "a")
	login := p.open(query)
	consent := p.signIn(query)
	t.Run("T12/a name with markup", func(t *testing.T) {
		for _, page := range []string{login.Body.String(), consent.Body.String()} {
			if !strings.Contains(page, "&lt;b&gt;Shop&lt;/b&gt; &amp; Co") || strings.Contains(page, "<b>Shop") {
				t.Errorf("got %s, want the name, escaped", page)
			}
		}
		if !strings.Contains(consent.Body.String(), c.text("client_id")) {
			t.Error("got no ID next to the name")
		}
	})
	callbackQuery(t, p.post(testserver.EndpointConsent, hiddenFields(consent, "decision", "allow", "scope", "a")))
	manage(t, s, "DELETE", c, "")
	if rec := p.open(query); rec.Code != 200 || !strings.Contains(rec.Body.String(), `name="decision"`) {
		t.Errorf("got %d %s, want a new consent for the next client with the ID", rec.Code, rec.Body)
	}
}

func TestRegistrationsSurviveARestart(t *testing.T) {
	path := statePath(t)
	one := startPersisted(t, path, testserver.Registration())
	c, gone := registerClient(t, one, machineMetadata), registerClient(t, one, machineMetadata)
	hint := one.IDToken()
	request := push(t, one, "id_token_hint", hint)
	manage(t, one, "DELETE", gone, "")
	closeServer(t, one)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{c.text("client_secret"), c.text("registration_access_token"), request.Get("request_uri")[34:], hint} {
		if len(secret) < 30 || strings.Contains(string(text), secret) {
			t.Errorf("got %d characters of a secret in the file", len(secret))
		}
	}
	two := startPersisted(t, path, testserver.Registration())
	wantTokens(t, clientCredentials(t, two, c, c.text("client_secret")))
	if r := manage(t, two, "GET", c, ""); r.status != 200 || r.body["client_name"] != "Machine" || r.body["client_id_issued_at"] != c.body["client_id_issued_at"] {
		t.Errorf("got %d %v, want the registration", r.status, r.body)
	}
	wantInvalidToken(t, manage(t, two, "GET", gone, ""))
	two.Reset() // deletes grants, but not clients
	closeServer(t, two)
	three := startPersisted(t, path)
	wantTokens(t, clientCredentials(t, three, c, c.text("client_secret"))) // the client still works without the registration endpoint
}

func TestRegistrationAndPARSecretsAreNotLogged(t *testing.T) {
	var audit bytes.Buffer
	s := testserver.New(t, testserver.Registration(), testserver.AuditTo(&audit))
	c := &canary{t: t, secrets: map[string]string{}}
	const misplaced = "canary-in-a-wrong-place"
	client := registerClient(t, s, machineMetadata)
	c.secret("the secret", client.text("client_secret"))
	c.secret("the registration token", client.text("registration_access_token"))
	at := func(method, u, body string, auth ...string) {
		c.errorReply(sendRegistration(t, s, method, u, body, auth...))
	}
	place := client.text("registration_client_uri")
	manage(t, s, "GET", client, "")
	at("GET", place, "", "Bearer "+client.text("client_secret"))
	at("PUT", place, `{"client_id":"`+misplaced+`"}`, "Bearer "+client.text("registration_access_token"))
	at("POST", s.Endpoint(testserver.EndpointRegister)+"?client_secret="+client.text("client_secret"), `{"redirect_uris":["https://`+misplaced+`/#"]}`)
	at("POST", s.Endpoint(testserver.EndpointRegister), `{"redirect_uris":["https://a/"],"scope":"`+misplaced+` `+client.text("client_secret")+`\u0001","client_secret":"`+client.text("client_secret")+`"}`)
	at("DELETE", place+"&token="+client.text("registration_access_token"), "", "Basic "+client.text("registration_access_token"))

	hint := c.secret("the hint", s.IDToken())
	query := push(t, s, "state", c.secret("the state", "state-of-a-canary"), "nonce", c.secret("the nonce", "nonce-of-a-canary"), "id_token_hint", hint)
	uri := c.secret("the request_uri", query.Get("request_uri"))
	c.secret("its handle", uri[34:])
	if _, to := authorize(s, query); to != nil {
		c.secret("the code", to.Query().Get("code"))
	}
	rec, _ := authorize(s, query)
	c.errorPage(rec)
	c.errorReply(formTo(t, s, testserver.EndpointPAR, authorizationRequest("request_uri", uri).Encode()))
	c.errorReply(formTo(t, s, testserver.EndpointPAR, authorizationRequest("response_type", misplaced, "client_assertion", uri).Encode()))
	c.errorReply(exchange(t, s, values(query, "grant_type", "authorization_code", "code", uri)))
	manage(t, s, "DELETE", client, "")

	if strings.Contains(c.output.String(), misplaced) {
		t.Error("got a part of a request in an error")
	}
	c.record(s.Requests(), s.Events(), audit.String())
	output := c.output.String()
	for name, secret := range c.secrets {
		if strings.Contains(output, secret) {
			t.Errorf("got %s in the output", name)
		}
	}
	if asked := fmt.Sprint(s.Requests(testserver.EndpointAuthorize)[0].Form); !strings.Contains(asked, "request_uri:") || len(c.secrets) < 8 || s.Count(testserver.EndpointRegister) != 8 {
		t.Errorf("got %s, %d secrets, %d requests, want all of them recorded", asked, len(c.secrets), s.Count(testserver.EndpointRegister))
	}
}

func TestUnsavedRegistrationsAreErrors(t *testing.T) {
	path := statePath(t)
	s := startPersisted(t, path, testserver.Registration())
	c, waits := registerClient(t, s, machineMetadata), push(t, s)
	unblock := blockSaving(t, path)
	const change = `","grant_types":["client_credentials"],"client_name":"Changed"}`
	for name, r := range map[string]reply{
		"a push":         formTo(t, s, testserver.EndpointPAR, authorizationRequest().Encode()),
		"a registration": register(t, s, machineMetadata),
		"an update":      manage(t, s, "PUT", c, `{"client_id":"`+c.text("client_id")+change),
		"a deletion":     manage(t, s, "DELETE", c, ""),
	} {
		t.Run(name, func(t *testing.T) { wantError(t, r, 503, "temporarily_unavailable") })
	}
	if _, to := authorize(s, waits); to == nil || to.Query().Get("error") != "temporarily_unavailable" || to.Query().Get("state") != "s" {
		t.Errorf("got %v, want an error at the client", to)
	}
	unblock()
	if r := manage(t, s, "GET", c, ""); r.status != 200 || r.text("client_name") != "Machine" {
		t.Errorf("got %d %v, want the client unchanged", r.status, r.body)
	}
	if r := manage(t, s, "DELETE", c, ""); r.status != 204 {
		t.Errorf("got %d, want 204", r.status)
	}
	for _, e := range s.Events() {
		if e.Kind == "registered" && e.ClientID != c.text("client_id") || e.Kind == "registered" && e.Reason != "" {
			t.Errorf("got the event %v for a registration that failed", e)
		}
	}
}
