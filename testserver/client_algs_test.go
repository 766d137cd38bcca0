package testserver_test

import (
	"crypto/elliptic"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// clientAlgUse is one kind of response or token that the server signs with an
// algorithm from the client's metadata.
type clientAlgUse struct {
	member, advertised string
	set                func(*testserver.ClientAlgs, testserver.Alg)
	signed             func(t *testing.T, s *testserver.Server, c testserver.Client) string
}

var clientAlgUses = []clientAlgUse{
	{
		"id_token_signed_response_alg", "id_token_signing_alg_values_supported",
		func(a *testserver.ClientAlgs, alg testserver.Alg) { a.IDToken = alg },
		func(t *testing.T, s *testserver.Server, c testserver.Client) string {
			return tokensOf(t, s, c).text("id_token")
		},
	},
	{
		"userinfo_signed_response_alg", "userinfo_signing_alg_values_supported",
		func(a *testserver.ClientAlgs, alg testserver.Alg) { a.UserInfo = alg },
		func(t *testing.T, s *testserver.Server, c testserver.Client) string {
			rec := userInfo(s, tokensOf(t, s, c).text("access_token"))
			if got := rec.Header().Get("Content-Type"); got != "application/jwt" {
				t.Errorf("got %s, want application/jwt", got)
			}
			return rec.Body.String()
		},
	},
	{
		"introspection_signed_response_alg", "introspection_signing_alg_values_supported",
		func(a *testserver.ClientAlgs, alg testserver.Alg) { a.Introspection = alg },
		func(_ *testing.T, s *testserver.Server, c testserver.Client) string {
			return postForm(s, "token=x", "Authorization", basic(c.ID+":"+c.Secret), "Accept", signedType).Body.String()
		},
	},
}

// tokensOf runs the code flow for c, a client with a secret, and returns the
// token response.
func tokensOf(t *testing.T, s *testserver.Server, c testserver.Client) reply {
	t.Helper()
	code := codeFor(t, s, "client_id", c.ID, "scope", "openid email")
	return wantTokens(t, exchange(t, s, codeRequest(code, "client_id", "-"), basic(c.ID+":"+c.Secret)))
}

func userInfo(s *testserver.Server, access string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", s.Endpoint(testserver.EndpointUserInfo), nil)
	r.Header.Set("Authorization", "Bearer "+access)
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	return rec
}

// wantAlg registers a client with the requested algorithm. It checks that the
// server signs with the wanted algorithm, and that the server published the key
// before it used the key.
func (u clientAlgUse) wantAlg(t *testing.T, s *testserver.Server, requested, want testserver.Alg) testserver.Client {
	t.Helper()
	c := testserver.Client{ID: "client-" + string(requested), Secret: "s", RedirectURIs: []string{callback}}
	u.set(&c.Algs, requested)
	s.AddClient(c)
	published := s.JWKS()
	header, claims, err := verify(published, u.signed(t, s, c))
	if err != nil || header.Algorithm != string(want) {
		t.Errorf("got %s, %v, want it signed with %s and an already published key", header.Algorithm, err, want)
	}
	if claims["iss"] != s.Issuer() || claims["aud"] != c.ID {
		t.Errorf("got %v, want the server as iss and the client as aud", claims)
	}
	return c
}

func TestDefaultClientAlgs(t *testing.T) {
	for _, own := range []testserver.Alg{"", "ES384", "RS512"} {
		var opts []testserver.Option
		if own != "" {
			opts = append(opts, testserver.SigningAlg(own))
		}
		s := testserver.New(t, opts...)
		own = s.SigningKey().Alg
		c := clientAlgUses[0].wantAlg(t, s, "", own)
		clientAlgUses[2].wantAlg(t, s, "", "RS256") // the default of RFC 9701 §6
		if rec := userInfo(s, tokensOf(t, s, c).text("access_token")); rec.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: got %s, want unsigned JSON", own, rec.Body)
		}
	}
}

// By default, the server publishes keys for ES256 and RS256. It also publishes
// the keys for the algorithms of its clients.
func TestPublishedKeys(t *testing.T) {
	client := testserver.Client{ID: "web", Secret: "s", Algs: testserver.ClientAlgs{UserInfo: "PS384"}}
	for _, tt := range []struct {
		name string
		opts []testserver.Option
		want string
	}{
		{"default", nil, "ES256 RS256"},
		{"another signing algorithm", []testserver.Option{testserver.SigningAlg("EdDSA")}, "EdDSA ES256 RS256"},
		{"RS256 as signing algorithm", []testserver.Option{testserver.SigningAlg("RS256")}, "RS256 ES256"},
		{"a client with another algorithm", []testserver.Option{testserver.Clients(client)}, "ES256 RS256 PS384"},
		{"a secret", []testserver.Option{testserver.SigningAlg("HS256")}, ""},
		{"a secret, and a client with an algorithm", []testserver.Option{testserver.SigningAlg("HS256"), testserver.Clients(client)}, "PS384"},
		{"like a provider", []testserver.Option{testserver.Like("keycloak")}, "RS256 RSA-OAEP"},
	} {
		var got []string
		for _, k := range keySet(t, testserver.New(t, tt.opts...).JWKS()).Keys {
			got = append(got, k.Algorithm)
		}
		if joined := strings.Join(got, " "); joined != tt.want {
			t.Errorf("%s: got the keys %s, want %s", tt.name, joined, tt.want)
		}
	}
	text, _ := jwk(t, elliptic.P384(), "mine")
	s := testserver.New(t, fromFile(`{"signing":{"keys":[`+text+`]}}`))
	if got := keySet(t, s.JWKS()).Keys; len(got) != 1 || got[0].KeyID != "mine" {
		t.Errorf("got %d keys, want only the key of the file", len(got))
	}
	header, _ := verified(t, s, postForm(s, "token=x", "Authorization", testClient, "Accept", signedType).Body.String())
	if got := keySet(t, s.JWKS()).Keys; len(got) != 2 || got[1].KeyID != header.KeyID || strings.HasPrefix(header.KeyID, "test-") {
		t.Errorf("got %d keys, the last of them %q, want a second, generated one after signing with it", len(got), header.KeyID)
	}
}

func TestRegisteredClientAlgs(t *testing.T) {
	s := testserver.New(t, testserver.Registration())
	c := registerClient(t, s, `{"redirect_uris":["`+callback+`"]}`)
	if c.text("id_token_signed_response_alg") != "RS256" || c.body["userinfo_signed_response_alg"] != nil {
		t.Errorf("got %v, want the default of OpenID Connect Dynamic Client Registration 1.0 §2", c.body)
	}
	signedWith := func(c reply, want string) {
		t.Helper()
		r := tokensOf(t, s, testserver.Client{ID: c.text("client_id"), Secret: c.text("client_secret")})
		if header, _ := verified(t, s, r.text("id_token")); header.Algorithm != want {
			t.Errorf("got an ID token signed with %s, want %s", header.Algorithm, want)
		}
	}
	signedWith(c, "RS256")
	signedWith(registerClient(t, s, `{"redirect_uris":["`+callback+`"],"id_token_signed_response_alg":"PS512"}`), "PS512")
	refused := register(t, s, `{"redirect_uris":["`+callback+`"],"id_token_signed_response_alg":"a\\b\"c\u00fc"}`)
	if text := refused.text("error_description"); refused.status != 400 || !strings.Contains(text, "id_token_signed_response_alg") || strings.ContainsAny(text, `"\ü`) {
		t.Errorf("got %d %q, want 400 and a description in the characters of RFC 6749 §5.2", refused.status, text)
	}

	body := `{"client_id":"` + c.text("client_id") + `","redirect_uris":["` + callback + `"],"id_token_signed_response_alg":"EdDSA","introspection_signed_response_alg":"ES384"}`
	r := sendRegistration(t, s, "PUT", c.text("registration_client_uri"), body, "Bearer "+c.text("registration_access_token"))
	if r.status != 200 || r.text("id_token_signed_response_alg") != "EdDSA" || r.text("introspection_signed_response_alg") != "ES384" {
		t.Fatalf("got %d %v, want the new algorithms", r.status, r.body)
	}
	signedWith(c, "EdDSA")
}

func TestAssertionAlgIsEnforced(t *testing.T) {
	rs := newRobot(t, "RS256")
	ps := rs.key
	ps.Alg = "PS256"
	jwks := []byte(strings.Replace(string(rs.jwks), `"alg":"RS256",`, "", 1)) // a key without alg can be used with RS256 and PS256
	for alg, want := range map[testserver.Alg][2]int{"": {200, 200}, "PS256": {401, 200}, "RS256": {200, 401}, "ES256": {401, 401}} {
		s := testserver.New(t, testserver.Clients(testserver.Client{ID: "robot", JWKS: jwks, Algs: testserver.ClientAlgs{Assertion: alg}}))
		for i, key := range []testserver.Key{rs.key, ps} {
			claims := map[string]any{"iss": "robot", "sub": "robot", "aud": s.Issuer(), "jti": string(key.Alg), "exp": s.Now().Unix() + 60}
			r := exchange(t, s, values(nil, "grant_type", "client_credentials", "client_assertion_type", assertionType, "client_assertion", rs.assert(t, claims, key)))
			if r.status != want[i] {
				t.Errorf("%q: got %d for an assertion with %s, want %d", alg, r.status, key.Alg, want[i])
			}
		}
	}
}

func TestUnsupportedClientAlgsAreRefused(t *testing.T) {
	for _, alg := range []testserver.Alg{"none", "HS256", "ES256K", "rs256"} {
		for _, use := range clientAlgUses {
			c := testserver.Client{ID: "web", Secret: "s"}
			use.set(&c.Algs, alg)
			if _, err := testserver.NewUnstarted(testserver.Clients(c)); err == nil || !strings.Contains(err.Error(), "give one of ES256, ") {
				t.Errorf("%s %s: got %v, want an error that lists the supported ones", use.member, alg, err)
			}
			if _, err := testserver.FormatConfig(strings.NewReader(`{"clients":[{"id":"web","secret":"s","`+use.member+`":"`+string(alg)+`"}]}`), false); err == nil || !strings.Contains(err.Error(), "clients[0]."+use.member) {
				t.Errorf("%s %s: got %v, want the path in the file", use.member, alg, err)
			}
		}
	}
	bad := testserver.Client{ID: "web", Secret: "s", Algs: testserver.ClientAlgs{Assertion: "HS256"}}
	if _, err := testserver.NewUnstarted(testserver.Clients(bad)); err == nil || !strings.Contains(err.Error(), `Algs.Assertion: "HS256" is not supported`) || !strings.Contains(err.Error(), "Ed25519") {
		t.Errorf("got %v, want the field and its valid values", err)
	}
}
