package testserver_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/testserver"
)

func fromFile(text string) testserver.Option { return testserver.ConfigJSON(strings.NewReader(text)) }

// jwk returns a new EC key as a private and as a public JWK.
func jwk(t testing.TB, curve elliptic.Curve, kid string) (private, public string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	both := [2]string{}
	for i, k := range []any{key, &key.PublicKey} {
		text, err := json.Marshal(jose.JSONWebKey{Key: k, KeyID: kid})
		if err != nil {
			t.Fatal(err)
		}
		both[i] = string(text)
	}
	return both[0], both[1]
}

func TestConfigJSONAppliesEveryMember(t *testing.T) {
	signs, _ := jwk(t, elliptic.P384(), "signs")
	old, _ := jwk(t, elliptic.P384(), "old")
	_, jobs := jwk(t, elliptic.P256(), "job")
	file := `{
		"issuer": "https://login.example.com/tenant",
		"signing": {"alg": "ES384", "keys": [` + signs + `,` + old + `]},
		"access": {"ttl": "7m", "format": "jwt", "audience": ["orders", "stock"]},
		"refresh": {"ttl": "1h", "grace": "10s"},
		"clients": [
			{"id": "web", "secret": "web-secret", "redirect_uris": ["https://app.example.com/cb"],
			 "grants": ["authorization_code", "refresh_token", "client_credentials"], "scopes": ["openid", "orders:read", "root"], "auth_method": "client_secret_basic"},
			{"id": "spa", "public": true},
			{"id": "job", "auth_method": "private_key_jwt", "jwks": {"keys": [` + jobs + `]}}
		],
		"users": [{"sub": "u1", "username": "alice", "password": "alices-password", "claims": {"number": 12345678901234567890}}],
		"scopes": ["orders:read", "root"], "authorization_detail_types": ["payment"],
		"rules": [
			{"when": {"client": "web"}, "claims": {"/realm/roles": ["admin"], "realm": {"id": 1}, "role": "admin", "sub": "someone"}},
			{"when": {"client": "spa"}, "claims": {"wrong": true}},
			{"when": {"client": "web", "scope": "root"}, "deny": "access_denied"}
		],
		"faults": [{"endpoint": "jwks", "status": 503, "times": 2}, {"endpoint": "any", "status": 502, "times": 1}],
		"endpoints": {"device_authorization": false, "userinfo": true},
		"interactive": false,
		"tls": true,
		"seed": "a-seed"
	}`
	s := testserver.New(t, testserver.InMemory(), testserver.Clock(atNoon), testserver.Interactive(), testserver.OpaqueTokens(),
		testserver.Disable(testserver.EndpointUserInfo), fromFile(file))

	if s.Issuer() != "https://login.example.com/tenant" || s.CACertPEM() == nil {
		t.Errorf("got issuer %q, want the issuer of the file, and TLS", s.Issuer())
	}
	for i, want := range []int{503, 503, 502, 200} {
		if resp, _ := get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS)); resp.StatusCode != want {
			t.Errorf("request %d: got %d, want %d: faults in the order of the file", i+1, resp.StatusCode, want)
		}
	}
	if k := s.SigningKey(); k.ID != "signs" || k.Alg != "ES384" || len(keySet(t, s.JWKS()).Keys) != 2 {
		t.Errorf("got %v of %s, want the first key to sign and both published", k, s.JWKS())
	}
	doc := getJSON(t, s.Client(), s.Endpoint(testserver.EndpointDiscovery))
	if doc["device_authorization_endpoint"] != nil || doc["userinfo_endpoint"] == nil {
		t.Errorf("got %v, want userinfo and no device endpoint", doc)
	}
	if got := fmt.Sprint(doc["scopes_supported"]); !strings.Contains(got, "orders:read") {
		t.Errorf("got scopes %s, want the scopes of the file", got)
	}

	if got := fmt.Sprint(doc["authorization_details_types_supported"]); got != "[payment]" {
		t.Errorf("got types %s, want the types of the file", got)
	}

	asWeb := basic("web:web-secret")
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"orders:read"}}
	_, claims := verified(t, s, wantTokens(t, exchange(t, s, form, asWeb)).text("access_token"))
	if fmt.Sprint(claims["aud"]) != "[orders stock]" || claims["exp"].(float64)-claims["iat"].(float64) != 420 {
		t.Errorf("got %v, want aud and exp of the file", claims)
	}
	if got := fmt.Sprint(claims["realm"]); got != "map[id:1 roles:[admin]]" {
		t.Errorf("got realm %s, want the members of both claims", got)
	}
	if claims["role"] != "admin" || claims["sub"] != "someone" || claims["wrong"] != nil {
		t.Errorf("got %v, want only the claims of the matching rule", claims)
	}
	wantError(t, exchange(t, s, values(form, "scope", "root"), asWeb), http.StatusBadRequest, "access_denied")
	wantError(t, exchange(t, s, values(form, "scope", "other"), asWeb), http.StatusBadRequest, "invalid_scope")
	wantError(t, exchange(t, s, values(form, "client_id", "web", "client_secret", "web-secret")), http.StatusUnauthorized, "invalid_client")

	const cb = "https://app.example.com/cb"
	_, to := authorize(s, authorizationRequest("client_id", "web", "redirect_uri", cb, "scope", "openid"))
	if to == nil || to.Query().Get("code") == "" {
		t.Fatalf("got %v, want a code at the redirect URI of the file, without pages", to)
	}
	r := wantTokens(t, exchange(t, s, codeRequest(to.Query().Get("code"), "redirect_uri", cb, "client_id", "-"), asWeb))
	if got := payload(t, r.text("id_token")); !strings.Contains(got, `"sub":"u1"`) || !strings.Contains(got, `"number":12345678901234567890`) {
		t.Errorf("got %s, want the user of the file", got)
	}
	again := refreshRequest(r.text("refresh_token"), "client_id", "-")
	wantTokens(t, exchange(t, s, again, asWeb))
	wantTokens(t, exchange(t, s, again, asWeb)) // reuse within the grace period
	s.Advance(3601e9)
	wantError(t, exchange(t, s, again, asWeb), http.StatusBadRequest, "invalid_grant")
	wantTokens(t, exchange(t, s, codeRequest(codeFor(t, s, "client_id", "spa"), "client_id", "spa")))
	wantError(t, exchange(t, s, form, basic("job:")), http.StatusUnauthorized, "invalid_client")
}

func TestConfigJSONOverridesOptions(t *testing.T) {
	s := testserver.New(t, testserver.InMemory(), testserver.TLS(), testserver.Scopes("one"), testserver.Disable(testserver.EndpointUserInfo), fromFile(
		`{"tls": false, "interactive": true, "scopes": [], "endpoints": {"userinfo": true}, "access": {"format": "opaque"}, "seed": "s"}`))
	if !strings.HasPrefix(s.Issuer(), "http:") || s.CACertPEM() != nil {
		t.Errorf("got %s, want no TLS", s.Issuer())
	}
	if token := s.Token(); strings.Contains(token, ".") || !isActive(s, token) {
		t.Error("want an opaque token")
	}
	if rec, to := authorize(s, authorizationRequest("scope", "two")); rec.Code != http.StatusOK || to != nil {
		t.Errorf("got %d %v, want a page, and any scope", rec.Code, to)
	}
	s.Endpoint(testserver.EndpointUserInfo)
	same := testserver.New(t, testserver.InMemory(), fromFile(`{"seed": "s"}`))
	if string(same.JWKS()) != string(s.JWKS()) || same.Issuer() != s.Issuer() {
		t.Error("want the same keys from the same seed")
	}
}

func TestConfigJSONDerivesTheAlgorithmFromKeys(t *testing.T) {
	p256, _ := jwk(t, elliptic.P256(), "")
	p521, _ := jwk(t, elliptic.P521(), "k")
	for _, c := range []struct{ signing, alg string }{
		{`{"keys": [` + p256 + `,` + p521 + `]}`, "ES256"},
		{`{"keys": [` + p521 + `]}`, "ES512"},
		{`{"alg": "ES256", "keys": [` + p521 + `,` + p256 + `]}`, "ES256"},
		{`{"alg": "HS384", "keys": [{"kty": "oct", "k": "` + strings.Repeat("c2Vj", 16) + `"}]}`, "HS384"},
	} {
		s := testserver.New(t, testserver.InMemory(), fromFile(`{"signing": `+c.signing+`}`))
		if k := s.SigningKey(); string(k.Alg) != c.alg || k.ID == "" {
			t.Errorf("got %v, want a key for %s", k, c.alg)
		}
		if n := len(keySet(t, s.JWKS()).Keys); n != strings.Count(c.signing, `"kty":"EC"`) {
			t.Errorf("%s: got %d published keys, want only the keys of the file", c.alg, n)
		}
	}
}

func TestConfigJSONReportsThePathsOfAllErrors(t *testing.T) {
	p256, _ := jwk(t, elliptic.P256(), "k")
	other, public := jwk(t, elliptic.P256(), "k")
	var mixed, foreign map[string]any
	_ = json.Unmarshal([]byte(p256), &mixed)
	_ = json.Unmarshal([]byte(public), &foreign)
	mixed["x"], mixed["y"] = foreign["x"], foreign["y"]
	torn, _ := json.Marshal(mixed)

	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"unknown members":                         {`{"isuer": "x", "clients": [{"id": "a", "secert": "s3cret"}]}`, []string{"ConfigJSON: ", "isuer: ", "clients[0].secert: "}},
		"an invalid redirect URI":                 {`{"access": {"ttl": "5ms"}, "clients": [{"id": "a", "secret": "s3cret", "redirect_uris": ["https://*.example.com/#x"]}]}`, []string{"clients[0].redirect_uris[0]: "}},
		"lifetimes below a second":                {`{"access": {"ttl": "5ms"}, "signing": {"keys": [{"kty": "EC", "d": "s3cret"}]}}`, []string{"ConfigJSON: access.ttl: ", "ConfigJSON: signing.keys[0]: "}},
		"two keys with the same kid":              {`{"signing": {"keys": [` + p256 + `,` + other + `]}}`, []string{`signing.keys[1]: another key has the kid "k"`}},
		"mismatched halves of two keys":           {`{"signing": {"keys": [` + string(torn) + `]}}`, []string{"signing.keys[0]: its private and public parts"}},
		"no key for the algorithm":                {`{"signing": {"alg": "RS256", "keys": [` + p256 + `]}}`, []string{"signing.keys: no key signs with RS256"}},
		"two secrets":                             {`{"signing": {"keys": [{"kty": "oct", "k": "c2Vj", "kid": "1"}, {"kty": "oct", "k": "c2Vj", "kid": "2"}]}}`, []string{"signing.keys[1]: another secret"}},
		"an endpoint without the one it needs":    {`{"endpoints": {"token": false, "authorize": true}}`, []string{"endpoints.authorize: this endpoint needs token"}},
		"an endpoint that needs one of these":     {`{"endpoints": {"authorize": false, "par": true}}`, []string{"endpoints.par: this endpoint needs authorize"}},
		"a chain of endpoints":                    {`{"endpoints": {"token": false, "device_authorization": true, "par": true}}`, []string{"endpoints.device_authorization: ", "endpoints.par: this endpoint needs authorize"}},
		"faults of endpoints that are not served": {`{"endpoints": {"jwks": false}, "faults": [{"endpoint": "jwks", "status": 500}, {"endpoint": "login", "status": 500}]}`, []string{"faults[0].endpoint: ", "faults[1].endpoint: "}},
		"a claim inside a string":                 {`{"rules": [{"claims": {"a": 1}}, {"claims": {"/sub/roles": ["s3cret"]}}]}`, []string{`rules[1].claims: claim "/sub/roles": "sub" is not an object`}},
		"malformed JSON":                          {`{`, []string{"ConfigJSON: ", "line 1"}},
		"options that contradict each other":      {`{"tls": true, "issuer": "http://login.example.com"}`, []string{"IssuerURL"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := fatalText(t, func(tb *recorder) { testserver.New(tb, testserver.InMemory(), fromFile(c.file)) })
			wantAll(t, got, c.want...)
			if strings.Contains(got, "s3cret") {
				t.Errorf("got a secret in %q", got)
			}
		})
	}
	twice := fatalText(t, func(tb *recorder) {
		testserver.New(tb, testserver.Clients(web), fromFile(`{"clients": [{"id": "`+web.ID+`", "secret": "x"}]}`))
	})
	wantAll(t, twice, "clients[0]: ", "two clients have the ID")
	wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb, testserver.ConfigJSON(nil)) }), "ConfigJSON(nil)")
}

func TestConfigJSONCanBeReused(t *testing.T) {
	o := fromFile(`{"issuer": "http://login.example.com"}`)
	for range 2 {
		if got := testserver.New(t, o).Issuer(); got != "http://login.example.com" {
			t.Errorf("got the issuer %s, want the issuer of the file each time", got)
		}
	}
}

func TestConfigJSONAcceptsTheNamesOfConstants(t *testing.T) {
	const eps = "discovery as_metadata jwks authorize token introspect revoke userinfo end_session device_authorization par"
	if got, want := fmt.Sprint([]testserver.Endpoint{
		testserver.EndpointDiscovery, testserver.EndpointASMetadata, testserver.EndpointJWKS, testserver.EndpointAuthorize, testserver.EndpointToken, testserver.EndpointIntrospect,
		testserver.EndpointRevoke, testserver.EndpointUserInfo, testserver.EndpointEndSession, testserver.EndpointDeviceAuthorization, testserver.EndpointPAR,
	}), "["+eps+"]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, c := range []struct {
		file  string
		names []string
	}{
		{`{"signing": {"alg": "?"}}`, texts("ES256", "ES384", "ES512", "RS256", "RS384", "RS512",
			"PS256", "PS384", "PS512", "EdDSA", "HS256", "HS384", "HS512")},
		{`{"clients": [{"id": "a", "secret": "b", "grants": ["?"]}]}`, texts("authorization_code", "client_credentials", "refresh_token", testserver.DeviceCode,
			testserver.TokenExchange, testserver.JWTBearer)},
		{`{"clients": [{"id": "a", "secret": "b", "auth_method": "?"}]}`, texts("client_secret_basic", "client_secret_post", "private_key_jwt",
			"tls_client_auth", "self_signed_tls_client_auth", "none")},
		{`{"endpoints": {"?": true}}`, strings.Fields(eps)},
		{`{"faults": [{"endpoint": "?", "status": 500}]}`, append(strings.Fields(eps), texts(testserver.EndpointRegister, testserver.EndpointLogin, testserver.EndpointConsent, testserver.EndpointDevice, testserver.EndpointAny)...)},
	} {
		text := fatalText(t, func(tb *recorder) { testserver.New(tb, fromFile(c.file)) })
		_, list, _ := strings.Cut(text, "one of ")
		list, _, _ = strings.Cut(list, "\n")
		if got := strings.Split(list, ", "); !slices.Equal(got, c.names) {
			t.Errorf("%s: got the names %v, want %v", c.file, got, c.names)
		}
	}
}

func texts[T ~string](list ...T) []string {
	var all []string
	for _, v := range list {
		all = append(all, string(v))
	}
	return all
}
