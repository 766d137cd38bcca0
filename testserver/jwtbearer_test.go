package testserver_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver"
)

// jwtBearerClient returns a client that can request tokens for users by signing
// assertions with its key.
func jwtBearerClient(r robot) testserver.Client {
	return testserver.Client{ID: "robot", JWKS: r.jwks, Grants: []testserver.Grant{"client_credentials", testserver.JWTBearer}, Scopes: []string{"a", "b", "openid"}}
}

// jwtBearerRequest returns a token request of jwtBearerClient for the user
// alice. The client authenticates only with the assertion.
func jwtBearerRequest(t *testing.T, s *testserver.Server, r robot, change func(claims map[string]any), pairs ...string) url.Values {
	t.Helper()
	now := s.Now().Unix()
	claims := map[string]any{"iss": "robot", "sub": "alice", "aud": s.Issuer(), "jti": s.Token(), "exp": now + 60, "iat": now}
	if change != nil {
		change(claims)
	}
	return values(url.Values{"grant_type": {string(testserver.JWTBearer)}, "assertion": {r.assert(t, claims, r.key)}}, pairs...)
}

func newJWTBearerServer(t *testing.T, opts ...testserver.Option) (*testserver.Server, robot) {
	t.Helper()
	r := newRobot(t, "ES256")
	if len(opts) == 0 {
		opts = []testserver.Option{testserver.Users(alice)}
	}
	return testserver.New(t, append(opts, testserver.Clock(atNoon), testserver.Clients(jwtBearerClient(r)))...), r
}

func TestJWTBearer(t *testing.T) {
	s, r := newJWTBearerServer(t)
	now := s.Now().Unix()
	set := func(name string, v any) func(map[string]any) {
		return func(claims map[string]any) { claims[name] = v }
	}
	without := func(name string) func(map[string]any) {
		return func(claims map[string]any) { delete(claims, name) }
	}
	for name, tt := range map[string]struct {
		change func(claims map[string]any)
		form   []string
		code   string
	}{
		"T24/for a user":                            {nil, nil, ""},
		"T24/for the client":                        {set("sub", "robot"), nil, ""},
		"T24/for the token endpoint":                {set("aud", s.Endpoint(testserver.EndpointToken)), nil, ""},
		"T24/for a list of one":                     {set("aud", []string{s.Issuer()}), nil, ""},
		"T24/for an hour":                           {set("exp", now+3600), nil, ""},
		"T24/without jti":                           {without("jti"), nil, ""},
		"T24/without iat":                           {without("iat"), nil, ""},
		"T24/with client_id":                        {nil, []string{"client_id", "robot"}, ""},
		"T24/with a scope":                          {nil, []string{"scope", "a"}, ""},
		"T24/with a scope inside":                   {set("scope", "a b"), []string{"scope", "b"}, ""},
		"T24/of another issuer":                     {set("iss", "test-client"), nil, "invalid_grant"},
		"T24/without iss":                           {without("iss"), nil, "invalid_grant"},
		"T24/for an unknown user":                   {set("sub", "mallory"), nil, "invalid_grant"},
		"T24/for another client":                    {set("sub", "test-client"), nil, "invalid_grant"},
		"T24/without sub":                           {without("sub"), nil, "invalid_grant"},
		"T24/for another server":                    {set("aud", "https://other.example"), nil, "invalid_grant"},
		"T24/for another server as well":            {set("aud", []string{s.Issuer(), "https://other.example"}), nil, "invalid_grant"},
		"T24/without aud":                           {without("aud"), nil, "invalid_grant"},
		"T24/expired":                               {set("exp", now), nil, "invalid_grant"},
		"T24/without exp":                           {without("exp"), nil, "invalid_grant"},
		"T24/for a day":                             {set("exp", now+86400), nil, "invalid_grant"},
		"T24/not yet":                               {set("nbf", now+60), nil, "invalid_grant"},
		"T24/from the future":                       {set("iat", now+60), nil, "invalid_grant"},
		"T24/with another client_id":                {nil, []string{"client_id", "test-client"}, "invalid_grant"},
		"T24/without an assertion":                  {nil, []string{"assertion", "-"}, "invalid_request"},
		"T24/a malformed assertion":                 {nil, []string{"assertion", "x"}, "invalid_grant"},
		"T24/a token of the server":                 {nil, []string{"assertion", s.Token(testserver.Subject("alice"), testserver.Audience(s.Issuer()))}, "invalid_grant"},
		"T24/a scope that is not the client's":      {nil, []string{"scope", "c"}, "invalid_scope"},
		"T24/more than the scope inside":            {set("scope", "a"), []string{"scope", "a b"}, "invalid_scope"},
		"T24/an invalid scope inside":               {set("scope", []string{"a"}), []string{"scope", "a"}, "invalid_scope"},
		"T24/a scope inside that cannot be granted": {set("scope", "c"), nil, "invalid_scope"},
		"T24/openid":                                {nil, []string{"scope", "openid"}, "invalid_scope"},
		"T24/an invalid resource":                   {nil, []string{"resource", "api"}, "invalid_target"},
	} {
		t.Run(name, func(t *testing.T) {
			form := jwtBearerRequest(t, s, r, tt.change, tt.form...)
			got := exchange(t, s, form)
			if tt.code != "" {
				wantError(t, got, 400, tt.code)
				if code, text := got.text("error"), got.text("error_description"); code == "invalid_grant" && text != "the assertion is invalid" {
					t.Errorf("got %q, want the same text for all", text)
				}
				return
			}
			wantTokens(t, got)
			wantError(t, exchange(t, s, form), 400, "invalid_grant") // the assertion was used before
		})
	}
}

func TestJWTBearerToken(t *testing.T) {
	s, r := newJWTBearerServer(t)
	got := wantTokens(t, exchange(t, s, jwtBearerRequest(t, s, r, nil, "scope", "a", "resource", "https://api.example")))
	header, claims := verified(t, s, got.text("access_token"))
	if header.ExtraHeaders["typ"] != "at+jwt" || claims["sub"] != "alice" || claims["client_id"] != "robot" || claims["scope"] != "a" || claims["aud"] != "https://api.example" {
		t.Errorf("got %v, want an access token of alice for robot", claims)
	}
	if claims["auth_time"] != nil || got.body["refresh_token"] != nil || got.body["id_token"] != nil {
		t.Errorf("got %v and %v, want no sign of a login", claims, got.body)
	}
	if n := s.RevokeSubject("alice"); n != 1 || isActive(s, got.text("access_token")) {
		t.Errorf("got %d grants revoked, want 1, with its token", n)
	}
	if got := s.Events(); len(got) < 2 || got[0].Kind != "issued" || got[0].Reason != string(testserver.JWTBearer) || got[0].Sub != "alice" {
		t.Errorf("got %+v, want the event", got)
	}
}

func TestJWTBearerClientAuthentication(t *testing.T) {
	s, r := newJWTBearerServer(t)
	own := func(id string) func(map[string]any) {
		return func(claims map[string]any) { claims["iss"], claims["sub"] = id, "alice" }
	}
	add := func(id, secret string, method string, grants ...testserver.Grant) {
		s.AddClient(testserver.Client{ID: id, Secret: secret, JWKS: r.jwks, AuthMethod: catalogue.AuthMethod(method), Grants: grants})
	}
	add("basic", "s", "client_secret_basic", testserver.JWTBearer)
	add("any", "", "")
	wantError(t, exchange(t, s, jwtBearerRequest(t, s, r, own("any"))), 400, "unauthorized_client")
	wantError(t, exchange(t, s, jwtBearerRequest(t, s, r, own("basic"))), 400, "invalid_grant")
	wantTokens(t, exchange(t, s, jwtBearerRequest(t, s, r, own("basic")), basic("basic:s")))
	wantError(t, exchange(t, s, jwtBearerRequest(t, s, r, nil), basic("basic:s")), 400, "invalid_grant")
	wantError(t, exchange(t, s, jwtBearerRequest(t, s, r, own("basic")), basic("basic:x")), 401, "invalid_client")
	wantError(t, exchange(t, s, jwtBearerRequest(t, s, r, own("basic"), "assertion", "-"), basic("basic:s")), 400, "invalid_request")

	other := robot{newRobot(t, "ES256").key, r.jwks}
	wantError(t, exchange(t, s, jwtBearerRequest(t, s, other, nil)), 400, "invalid_grant")

	// One assertion must not serve twice, as authentication and as grant.
	both := jwtBearerRequest(t, s, r, func(claims map[string]any) { claims["sub"] = "robot" }, "client_assertion_type", assertionType)
	both["client_assertion"] = both["assertion"]
	wantError(t, exchange(t, s, both), 400, "invalid_grant")
}

func TestInvalidJWTBearerClientsAreRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		client testserver.Client
		want   string
	}{
		"a public one":     {testserver.Client{ID: "c", Public: true, Grants: []testserver.Grant{testserver.JWTBearer}}, "confidential"},
		"one without keys": {testserver.Client{ID: "c", Secret: "s", Grants: []testserver.Grant{testserver.JWTBearer}}, "set JWKS"},
	} {
		if _, err := testserver.NewUnstarted(testserver.Clients(tt.client)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
	}
}

func TestReplayIsRefusedAfterARestart(t *testing.T) {
	r, path := newRobot(t, "ES256"), statePath(t)
	opts := []testserver.Option{testserver.Clock(atNoon), testserver.Users(alice), testserver.Clients(jwtBearerClient(r))}
	s := startPersisted(t, path, opts...)
	form := jwtBearerRequest(t, s, r, nil)
	wantTokens(t, exchange(t, s, form))
	closeServer(t, s)
	wantError(t, exchange(t, startPersisted(t, path, opts...), form), 400, "invalid_grant")
}
