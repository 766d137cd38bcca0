package testserver_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestDisabledEndpointsAreNeitherServedNorListed(t *testing.T) {
	members := map[testserver.Endpoint]string{
		testserver.EndpointJWKS: "jwks_uri", testserver.EndpointAuthorize: "authorization_endpoint", testserver.EndpointToken: "token_endpoint",
		testserver.EndpointIntrospect: "introspection_endpoint", testserver.EndpointRevoke: "revocation_endpoint", testserver.EndpointUserInfo: "userinfo_endpoint",
		testserver.EndpointEndSession: "end_session_endpoint", testserver.EndpointDeviceAuthorization: "device_authorization_endpoint",
		testserver.EndpointPAR: "pushed_authorization_request_endpoint",
	}
	whole := testserver.New(t, testserver.InMemory(), testserver.Seed("disabled"))
	for ep, member := range members {
		t.Run(string(ep), func(t *testing.T) {
			s := testserver.New(t, testserver.InMemory(), testserver.Seed("disabled"), testserver.Disable(ep))
			if s.Issuer() != whole.Issuer() {
				t.Fatal("want two servers with the same issuer")
			}
			for _, method := range []string{"GET", "POST"} {
				if rec := serve(s, method, whole.Endpoint(ep)); rec.Code != 404 {
					t.Errorf("%s: got %d, want 404", method, rec.Code)
				}
			}
			for _, document := range []testserver.Endpoint{testserver.EndpointDiscovery, testserver.EndpointASMetadata} {
				doc := getJSON(t, s.Client(), s.Endpoint(document))
				if doc[member] != nil {
					t.Errorf("got %s %v, want none", member, doc[member])
				}
				grants := fmt.Sprint(doc["grant_types_supported"])
				for grant, needs := range map[testserver.Grant][]testserver.Endpoint{
					"authorization_code": {testserver.EndpointAuthorize, testserver.EndpointToken}, "client_credentials": {testserver.EndpointToken},
					testserver.DeviceCode: {testserver.EndpointDeviceAuthorization, testserver.EndpointToken}, "refresh_token": {testserver.EndpointToken},
				} {
					if got, want := strings.Contains(grants, string(grant)), !slices.Contains(needs, ep); got != want {
						t.Errorf("got grants %s: %s is %v, want %v", grants, grant, got, want)
					}
				}
			}
			wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb, testserver.Disable(ep)).Endpoint(ep) }), "no such endpoint on this server")
		})
	}
	wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb, testserver.Disable("jkws", testserver.EndpointAny)) }), `Disable("jkws")`, `Disable("any")`)
}

func TestListedEndpointsAreServed(t *testing.T) {
	s := testserver.New(t, testserver.IssuerURL("https://as.example/tenant"))
	for name, v := range getJSONOf(t, s, testserver.EndpointDiscovery) {
		if u, ok := v.(string); ok && (strings.HasSuffix(name, "_endpoint") || name == "jwks_uri") {
			if rec := serve(s, "GET", u); rec.Code == 404 || !strings.HasPrefix(u, s.Issuer()+"/") {
				t.Errorf("%s %s: got %d, want it under the issuer's path", name, u, rec.Code)
			}
		}
	}
}

func getJSONOf(t *testing.T, s *testserver.Server, ep testserver.Endpoint) map[string]any {
	t.Helper()
	return parse(serve(s, "GET", s.Endpoint(ep)).Body.Bytes())
}

func TestSameSeedGivesSameGrants(t *testing.T) {
	run := func(seed string) []string {
		s := testserver.New(t, testserver.InMemory(), testserver.Seed(seed), testserver.Clock(atNoon))
		code := codeFor(t, s, "scope", "openid")
		first := wantTokens(t, exchange(t, s, codeRequest(code)))
		second := wantTokens(t, exchange(t, s, refreshRequest(first.text("refresh_token"))))
		c := s.AddClient(testserver.Client{})
		return []string{code, first.text("access_token"), first.text("refresh_token"), first.text("id_token"), second.text("refresh_token"), c.ID, c.Secret}
	}
	if !slices.Equal(run("a"), run("a")) {
		t.Error("got other grants from one seed, want the same")
	}
	for i, text := range run("b") {
		if slices.Contains(run("a"), text) {
			t.Errorf("%d: got the same from another seed", i)
		}
	}
}

// All times in the token response, the ID token and the introspection response
// come from the server's clock, even after the clock was moved forwards or
// backwards.
func TestAllTimesUseTheServerClock(t *testing.T) {
	for name, opts := range map[string][]testserver.Option{"JWTs": nil, "opaque tokens": {testserver.OpaqueTokens()}} {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, append(opts, testserver.Clock(atNoon), testserver.AccessTTL(10*time.Minute))...)
			for _, step := range []time.Duration{0, time.Second, 48 * time.Hour, -24 * time.Hour} {
				s.Advance(step)
				now := float64(s.Now().Unix())
				r := tokens(t, s, "scope", "openid")
				_, body := introspectionResponse(t, s, r.text("access_token"))
				_, id := verified(t, s, r.text("id_token"))
				if r.body["expires_in"] != 600.0 {
					t.Errorf("got expires_in %v, want 600", r.body["expires_in"])
				}
				for what, claims := range map[string]map[string]any{"introspection": parse([]byte(body)), "the ID token": id} {
					if claims["iat"] != now || claims["exp"] != now+600 || claims["auth_time"] != now {
						t.Errorf("%s: got %v, want %v, and exp ten minutes later", what, claims, now)
					}
				}
				s.Advance(10*time.Minute - time.Second)
				before := isActive(s, r.text("access_token"))
				s.Advance(time.Second)
				if after := isActive(s, r.text("access_token")); !before || after {
					t.Errorf("got active %v and then %v, want it inactive from exp on", before, after)
				}
			}
		})
	}
}

func TestAdvanceExpiresCodesAndTokens(t *testing.T) {
	s := testserver.New(t, testserver.OpaqueTokens(), testserver.ConfigJSON(strings.NewReader(`{"refresh":{"ttl":"1h"}}`)))
	code := codeFor(t, s)
	r := tokens(t, s)
	s.Advance(15*time.Minute - time.Second)
	if !isActive(s, r.text("access_token")) {
		t.Error("got the access token inactive before it expires")
	}
	s.Advance(2 * time.Second)
	if isActive(s, r.text("access_token")) {
		t.Error("got the access token active after 15 minutes")
	}
	wantError(t, exchange(t, s, codeRequest(code)), 400, "invalid_grant")
	wantTokens(t, exchange(t, s, refreshRequest(r.text("refresh_token"))))
}

func TestResetDeletesGrantsAndKeepsClients(t *testing.T) {
	s := testserver.New(t)
	c, u := s.AddClient(web), s.AddUser(alice)
	code, r := codeFor(t, s), tokens(t, s)
	first, poll := startDevice(t, s)
	s.Reset()
	wantError(t, exchange(t, s, codeRequest(code)), 400, "invalid_grant")
	wantError(t, exchange(t, s, refreshRequest(r.text("refresh_token"))), 400, "invalid_grant")
	wantError(t, poll(), 400, "invalid_grant")
	if rec := serve(s, "GET", first.text("verification_uri_complete")); rec.Code == 200 {
		t.Error("got a page for the user code, want it unknown")
	}
	wantTokens(t, exchange(t, s, url.Values{"grant_type": {"client_credentials"}}, basic(c.ID+":"+c.Secret)))
	if _, claims := verified(t, s, tokens(t, s, "login_hint", u.Sub).text("access_token")); claims["sub"] != u.Sub {
		t.Errorf("got %v, want the user kept", claims)
	}
}

func TestParallelAuthorizations(t *testing.T) {
	s := testserver.New(t)
	for i := range 50 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			u := s.AddUser(testserver.User{Sub: fmt.Sprintf("user-%d", i)})
			c := s.AddClient(testserver.Client{}, testserver.AccessTTL(time.Duration(i+1)*time.Minute))
			to := s.Login(t, s.Endpoint(testserver.EndpointAuthorize)+"?"+authorizationRequest("client_id", c.ID, "scope", "openid").Encode(), testserver.LoginAs{User: u})
			r := wantTokens(t, exchange(t, s, codeRequest(to.Query().Get("code"), "client_id", c.ID, "client_secret", c.Secret)))
			for range 3 {
				_, claims := verified(t, s, r.text("access_token"))
				if claims["sub"] != u.Sub || claims["client_id"] != c.ID || r.body["expires_in"] != float64((i+1)*60) {
					t.Errorf("got the claims %v, want the claims of %s", claims, u)
				}
				r = wantTokens(t, exchange(t, s, refreshRequest(r.text("refresh_token"), "client_id", c.ID, "client_secret", c.Secret)))
			}
			own := []string{"client_id", c.ID, "client_secret", c.Secret}
			machine := wantTokens(t, exchange(t, s, values(url.Values{"grant_type": {"client_credentials"}}, own...)))
			begun := formTo(t, s, testserver.EndpointDeviceAuthorization, values(url.Values{"scope": {"openid"}}, own...).Encode())
			s.Login(t, begun.text("verification_uri_complete"), testserver.LoginAs{User: testserver.User{Sub: u.Sub + "'s device"}})
			gadget := wantTokens(t, exchange(t, s, values(url.Values{"grant_type": {string(testserver.DeviceCode)}, "device_code": {begun.text("device_code")}}, own...)))
			for _, tt := range []struct {
				token reply
				sub   string
			}{{machine, c.ID}, {gadget, u.Sub + "'s device"}} {
				if _, claims := verified(t, s, tt.token.text("access_token")); claims["sub"] != tt.sub || claims["client_id"] != c.ID || !isActive(s, tt.token.text("access_token")) {
					t.Errorf("got %v, want an active token of %s", claims, tt.sub)
				}
			}
			if got := formTo(t, s, testserver.EndpointRevoke, values(url.Values{"token": {gadget.text("refresh_token")}}, own...).Encode()); got.status != 200 || isActive(s, gadget.text("access_token")) {
				t.Errorf("got %d, want the device's grant revoked", got.status)
			}
			if n := s.RevokeSubject(u.Sub); n != 1 || isActive(s, r.text("access_token")) {
				t.Errorf("got %d grants revoked, want 1", n)
			}
			_, _, _ = s.Events(), s.Requests(), s.Env()
			s.Advance(time.Millisecond)
		})
	}
}

func TestEveryJWTHasAPublishedKid(t *testing.T) {
	s := testserver.New(t, testserver.SigningAlg("RS256"))
	r := tokens(t, s, "scope", "openid")
	s.Rotate()
	next := wantTokens(t, exchange(t, s, refreshRequest(r.text("refresh_token"))))
	for _, token := range []string{r.text("access_token"), r.text("id_token"), next.text("access_token"), next.text("id_token")} {
		verified(t, s, token)
	}
	if strings.Contains(string(s.JWKS()), `"d"`) {
		t.Error("got private members in the JWKS")
	}
}

func TestInvalidOptionsAreRefused(t *testing.T) {
	for want, opt := range map[string]testserver.Option{
		"RefreshTTL or CodeTTL is negative": testserver.Clients(testserver.Client{ID: "c", Public: true, CodeTTL: -time.Second}), "RotateRefresh(-1s)": testserver.RotateRefresh(-time.Second),
		`Scopes: "a b" is not a scope (RFC 6749 §3.3): pass each scope separately: "a", "b"`: testserver.Scopes("a b"), "needs a Sub": testserver.Users(testserver.User{}), "has the Sub or Username of another": testserver.Users(alice, alice),
		`unknown grant "password"`:                             testserver.Clients(testserver.Client{ID: "a", Secret: "x", Grants: []testserver.Grant{"password"}}),
		"is only for confidential clients":                     testserver.Clients(testserver.Client{ID: "a", Public: true, Grants: []testserver.Grant{"client_credentials"}}),
		"unknown AuthMethod":                                   testserver.Clients(testserver.Client{ID: "a", Secret: "x", AuthMethod: "x"}),
		"AuthMethod private_key_jwt is not possible: set JWKS": testserver.Clients(testserver.Client{ID: "a", Secret: "x", AuthMethod: "private_key_jwt"}),
		"JWKS is not a JSON Web Key Set":                       testserver.Clients(testserver.Client{ID: "a", JWKS: []byte(`{"keys":[]}`)}),
		"a key that is not public":                             testserver.Clients(testserver.Client{ID: "a", JWKS: []byte(`{"keys":[{"kty":"oct","k":"AAAA"}]}`)}),
		`"a b" is not a scope`:                                 testserver.Clients(testserver.Client{ID: "a", Secret: "x", Scopes: []string{"a b"}}),
		"a public client does not auth":                        testserver.Clients(testserver.Client{ID: "a", Public: true, AuthMethod: "client_secret_post"}),
	} {
		wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb, opt) }), "testserver.New: ", want)
	}
}

func TestClientsWithoutScopesGetTheDefaultScope(t *testing.T) {
	s := testserver.New(t, testserver.Scope("a", "b"), testserver.Clients(testserver.Client{ID: "narrow", Secret: "x", Scopes: []string{"b"}}))
	for auth, want := range map[string]string{testClient: "a b", basic("narrow:x"): "b"} {
		if r := wantTokens(t, formTo(t, s, testserver.EndpointToken, "grant_type=client_credentials", auth)); r.text("scope") != want {
			t.Errorf("got %q, want %q", r.text("scope"), want)
		}
	}
}
