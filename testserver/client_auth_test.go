package testserver_test

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/testserver"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

func TestClientAuthentication(t *testing.T) {
	s := testserver.New(t, testserver.Clients(encodedClient,
		testserver.Client{ID: "basic", Secret: "x", AuthMethod: "client_secret_basic"},
		testserver.Client{ID: "post", Secret: "x", AuthMethod: "client_secret_post"},
	))
	for name, tt := range map[string]struct {
		auth   []string
		body   string
		status int
		code   string
	}{
		"T10/Basic": {[]string{testClient}, "", 200, ""},
		"T10/Basic with characters that need encoding": {[]string{basic(url.QueryEscape(encodedClient.ID) + ":" + url.QueryEscape(encodedClient.Secret))}, "", 200, ""},
		"T10/in the body":                  {nil, byPost, 200, ""},
		"T10/Basic and the body":           {[]string{testClient}, byPost, 400, "invalid_request"},
		"T10/Basic and an assertion":       {[]string{testClient}, "client_assertion=x", 400, "invalid_request"},
		"T10/the body and an assertion":    {nil, byPost + "&client_assertion=x", 400, "invalid_request"},
		"T10/Basic twice":                  {[]string{testClient, testClient}, "", 400, "invalid_request"},
		"T10/a wrong secret":               {[]string{basic("test-client:wrong")}, "", 401, "invalid_client"},
		"T10/a wrong secret in the body":   {nil, "client_id=test-client&client_secret=wrong", 401, "invalid_client"},
		"T10/an empty secret":              {[]string{basic("test-client:")}, "", 401, "invalid_client"},
		"T10/an empty secret in the body":  {nil, "client_id=test-client&client_secret=", 401, "invalid_client"},
		"T10/a truncated secret":           {[]string{basic("test-client:test-secre")}, "", 401, "invalid_client"},
		"T10/no secret":                    {nil, "client_id=test-client", 401, "invalid_client"},
		"T10/no authentication":            {nil, "", 401, "invalid_client"},
		"T10/a secret for a public client": {nil, "client_id=test-public&client_secret=test-secret", 401, "invalid_client"},
		"T10/a public client":              {nil, "client_id=test-public", 400, "unauthorized_client"},
		"T10/a Basic client with Basic":    {[]string{basic("basic:x")}, "", 200, ""},
		"T10/a Basic client with the body": {nil, "client_id=basic&client_secret=x", 401, "invalid_client"},
		"T10/a post client with the body":  {nil, "client_id=post&client_secret=x", 200, ""},
		"T10/a post client with Basic":     {[]string{basic("post:x")}, "", 401, "invalid_client"},
		"T10/Basic with another client_id": {[]string{testClient}, "client_id=basic", 400, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			r := formTo(t, s, testserver.EndpointToken, strings.Trim(tt.body+"&grant_type=client_credentials", "&"), tt.auth...)
			if want := tt.status == 401 && len(tt.auth) > 0; r.header.Get("WWW-Authenticate") != "" != want {
				t.Errorf("got WWW-Authenticate %q, want the header present: %v", r.header.Get("WWW-Authenticate"), want)
			}
			if tt.code == "" {
				wantTokens(t, r)
				return
			}
			wantError(t, r, tt.status, tt.code)
		})
	}
}

// robot holds the key of a client that authenticates with private_key_jwt, and
// the JWKS with its public key.
type robot struct {
	key  testserver.Key
	jwks []byte
}

// ed25519Alg (RFC 9864 §2.2) is not supported by go-jose.
const ed25519Alg testserver.Alg = "Ed25519"

func newRobot(t *testing.T, alg testserver.Alg) robot {
	t.Helper()
	made := alg
	if alg == ed25519Alg {
		made = "EdDSA"
	}
	k := testserver.GenerateKey(made, "robot-key")
	k.Alg = alg
	jwks, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: k.Private.Public(), KeyID: k.ID, Algorithm: string(alg), Use: "sig"}}})
	if err != nil {
		t.Fatal(err)
	}
	return robot{k, jwks}
}

func (r robot) assert(t *testing.T, claims map[string]any, key testserver.Key) string {
	t.Helper()
	text, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	if key.Alg == ed25519Alg {
		return signedEd25519(t, `{"alg":"Ed25519"}`, string(text), key)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(key.Alg), Key: jose.JSONWebKey{Key: key.Private, KeyID: key.ID}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(text)
	if err != nil {
		t.Fatal(err)
	}
	compact, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

func TestClientAuthenticationByKey(t *testing.T) {
	r := newRobot(t, "ES256")
	s := testserver.New(t, testserver.Clock(atNoon), testserver.Clients(testserver.Client{ID: "robot", JWKS: r.jwks}))
	now := s.Now().Unix()
	for name, tt := range map[string]struct {
		change func(claims map[string]any)
		key    *testserver.Key
		form   []string
		ok     bool
	}{
		"T10/for the issuer":                        {nil, nil, nil, true},
		"T10/for the token endpoint":                {func(c map[string]any) { c["aud"] = s.Endpoint(testserver.EndpointToken) }, nil, nil, true},
		"T10/for a list of one":                     {func(c map[string]any) { c["aud"] = []string{s.Issuer()} }, nil, nil, true},
		"T10/for the issuer and the token endpoint": {func(c map[string]any) { c["aud"] = []string{s.Issuer(), s.Endpoint(testserver.EndpointToken)} }, nil, nil, true},
		"T10/with client_id":                        {nil, nil, []string{"client_id", "robot"}, true},
		"T10/with another client_id":                {nil, nil, []string{"client_id", "test-client"}, false},
		"T10/another type":                          {nil, nil, []string{"client_assertion_type", "x"}, false},
		"T10/no type":                               {nil, nil, []string{"client_assertion_type", "-"}, false},
		"T10/for another server":                    {func(c map[string]any) { c["aud"] = "https://other.example" }, nil, nil, false},
		"T10/for another server as well":            {func(c map[string]any) { c["aud"] = []string{s.Issuer(), "https://other.example"} }, nil, nil, false},
		"T10/without aud":                           {func(c map[string]any) { delete(c, "aud") }, nil, nil, false},
		"T10/expired":                               {func(c map[string]any) { c["exp"] = now }, nil, nil, false},
		"T10/without exp":                           {func(c map[string]any) { delete(c, "exp") }, nil, nil, false},
		"T10/for a day":                             {func(c map[string]any) { c["exp"] = now + 86400 }, nil, nil, false},
		"T10/from the future":                       {func(c map[string]any) { c["nbf"] = now + 60 }, nil, nil, false},
		"T10/without jti":                           {func(c map[string]any) { delete(c, "jti") }, nil, nil, false},
		"T10/of another issuer":                     {func(c map[string]any) { c["iss"] = "other" }, nil, nil, false},
		"T10/for another client":                    {func(c map[string]any) { c["sub"] = "test-client" }, nil, nil, false},
		"T10/of a client without keys":              {func(c map[string]any) { c["sub"], c["iss"] = "test-client", "test-client" }, nil, nil, false},
		"T10/signed by another":                     {nil, new(testserver.GenerateKey("ES256", "robot-key")), nil, false},
		"T10/signed with another algorithm":         {nil, new(testserver.GenerateKey("EdDSA", "robot-key")), nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			claims := map[string]any{"iss": "robot", "sub": "robot", "aud": s.Issuer(), "jti": name, "exp": now + 60, "iat": now}
			if tt.change != nil {
				tt.change(claims)
			}
			key := r.key
			if tt.key != nil {
				key = *tt.key
			}
			form := values(url.Values{
				"grant_type": {"client_credentials"}, "client_assertion_type": {assertionType}, "client_assertion": {r.assert(t, claims, key)},
			}, tt.form...)
			got := exchange(t, s, form)
			if !tt.ok {
				wantError(t, got, 401, "invalid_client")
				return
			}
			wantTokens(t, got)
			wantError(t, exchange(t, s, form), 401, "invalid_client") // the jti was used before
		})
	}
	t.Run("T10/a key for a client with another method", func(t *testing.T) {
		s.AddClient(testserver.Client{ID: "old", Secret: "x", JWKS: r.jwks, AuthMethod: "client_secret_basic"})
		assertion := r.assert(t, map[string]any{"iss": "old", "sub": "old", "aud": s.Issuer(), "jti": "old", "exp": now + 60}, r.key)
		wantError(t, exchange(t, s, url.Values{"grant_type": {"client_credentials"}, "client_assertion_type": {assertionType}, "client_assertion": {assertion}}), 401, "invalid_client")
	})
	t.Run("T10/a secret for a client without one", func(t *testing.T) {
		wantError(t, exchange(t, s, url.Values{"grant_type": {"client_credentials"}}, basic("robot:")), 401, "invalid_client")
		wantError(t, exchange(t, s, url.Values{"grant_type": {"client_credentials"}, "client_id": {"robot"}}), 401, "invalid_client")
	})
}

// signedEd25519 returns a JWT with the given header, signed with Ed25519.
func signedEd25519(t *testing.T, header, claims string, key testserver.Key) string {
	t.Helper()
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	signature, err := key.Private.Sign(nil, []byte(text), crypto.Hash(0))
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestClientAuthenticationByEd25519(t *testing.T) {
	r := newRobot(t, ed25519Alg)
	s := testserver.New(t, testserver.Clock(atNoon), testserver.Clients(testserver.Client{ID: "robot", JWKS: r.jwks}))
	for name, tt := range map[string]struct {
		header string
		key    testserver.Key
		ok     bool
	}{
		"by its key":                         {`{"alg":"Ed25519"}`, r.key, true},
		"by its key, with another name":      {`{"alg":"EdDSA"}`, r.key, false},
		"by another key":                     {`{"alg":"Ed25519"}`, newRobot(t, ed25519Alg).key, false},
		"with an unknown critical extension": {`{"alg":"Ed25519","crit":["x"],"x":1}`, r.key, false},
	} {
		t.Run(name, func(t *testing.T) {
			claims := fmt.Sprintf(`{"iss":"robot","sub":"robot","aud":%q,"jti":%q,"exp":%d}`, s.Issuer(), name, s.Now().Unix()+60)
			got := exchange(t, s, url.Values{
				"grant_type": {"client_credentials"}, "client_assertion_type": {assertionType},
				"client_assertion": {signedEd25519(t, tt.header, claims, tt.key)},
			})
			if tt.ok {
				wantTokens(t, got)
			} else {
				wantError(t, got, 401, "invalid_client")
			}
		})
	}
}

// go-jose supports the critical extension b64, but the server refuses it in an
// assertion, even if b64 is true.
func TestAnAssertionHasNoCriticalExtensions(t *testing.T) {
	r := newRobot(t, "EdDSA")
	s := testserver.New(t, testserver.Clock(atNoon), testserver.Clients(testserver.Client{ID: "robot", JWKS: r.jwks}))
	send := func(header string) reply {
		claims := fmt.Sprintf(`{"iss":"robot","sub":"robot","aud":%q,"jti":"%x","exp":%d}`, s.Issuer(), header, s.Now().Unix()+60)
		return exchange(t, s, url.Values{
			"grant_type": {"client_credentials"}, "client_assertion_type": {assertionType},
			"client_assertion": {signedEd25519(t, header, claims, r.key)},
		})
	}
	wantTokens(t, send(`{"alg":"EdDSA"}`))
	wantError(t, send(`{"alg":"EdDSA","crit":["b64"],"b64":true}`), 401, "invalid_client")
}

func TestTokenEndpointRequests(t *testing.T) {
	s := testserver.New(t)
	const grant = "grant_type=client_credentials"
	for name, tt := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"T20/grant_type twice":           {grant + "&" + grant, 400, "invalid_request"},
		"T20/an unknown parameter twice": {grant + "&x=1&x=2", 400, "invalid_request"},
		"T20/no grant_type":              {"scope=a", 400, "invalid_request"},
		"T20/an unknown grant_type":      {"grant_type=x", 400, "unsupported_grant_type"},
		"T20/password":                   {"grant_type=password&username=a&password=b", 400, "unsupported_grant_type"},
		"T20/implicit":                   {"grant_type=implicit", 400, "unsupported_grant_type"},
		"T20/a megabyte":                 {grant + "&x=" + strings.Repeat("x", 1<<20), 413, "invalid_request"},
		"T20/a bad escape":               {grant + "&x=%zz", 400, "invalid_request"},
		"T20/openid without an end user": {grant + "&scope=openid", 400, "invalid_scope"},
		"T20/a malformed scope":          {grant + "&scope=%22", 400, "invalid_scope"},
		"T20/a malformed resource":       {grant + "&resource=/x", 400, "invalid_target"},
		"T20/two resources":              {grant + "&resource=https://a.example&resource=https://b.example", 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := formTo(t, s, testserver.EndpointToken, tt.body, testClient)
			if tt.code == "" {
				wantTokens(t, r)
				return
			}
			wantError(t, r, tt.status, tt.code)
		})
	}
	for _, ep := range []testserver.Endpoint{testserver.EndpointToken, testserver.EndpointRevoke, testserver.EndpointIntrospect, testserver.EndpointDeviceAuthorization} {
		t.Run("T20/GET of "+string(ep), func(t *testing.T) {
			if rec := serve(s, "GET", s.Endpoint(ep)+"?"+grant); rec.Code != 405 || rec.Header().Get("Allow") != "POST" {
				t.Errorf("got %d, Allow %q, want 405 and POST", rec.Code, rec.Header().Get("Allow"))
			}
		})
	}
	for name, body := range map[string]string{"T21/tokens": grant, "T21/a refusal": "grant_type=x"} {
		t.Run(name, func(t *testing.T) {
			r := formTo(t, s, testserver.EndpointToken, body, testClient)
			if r.header.Get("Cache-Control") != "no-store" || r.header.Get("Pragma") != "no-cache" || r.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("got %v, want no-store, no-cache and no CORS header without an Origin", r.header)
			}
		})
	}
}

func TestClientCredentials(t *testing.T) {
	s := testserver.New(t, testserver.Clock(atNoon), testserver.AccessTTL(90*time.Second))
	r := wantTokens(t, formTo(t, s, testserver.EndpointToken, "grant_type=client_credentials&scope=b+a+b", testClient))
	header, claims := verified(t, s, r.text("access_token"))
	if claims["sub"] != "test-client" || claims["client_id"] != "test-client" || claims["scope"] != "b a" || claims["aud"] != "api" || claims["iss"] != s.Issuer() {
		t.Errorf("got %v, want the client as its subject", claims)
	}
	if header.ExtraHeaders["typ"] != "at+jwt" || claims["jti"] == "" || claims["exp"].(float64)-claims["iat"].(float64) != 90 || r.body["expires_in"] != 90.0 {
		t.Errorf("got %v and %v, want an at+jwt for 90 seconds", claims, r.body)
	}
	if r.body["refresh_token"] != nil || r.body["id_token"] != nil || r.text("scope") != "b a" {
		t.Errorf("got %v, want only an access token", r.body)
	}
}

func TestClientTokenOptions(t *testing.T) {
	s := testserver.New(t)
	c := s.AddClient(testserver.Client{RefreshTTL: time.Hour}, testserver.AccessTTL(time.Minute), testserver.SigningAlg("EdDSA"), testserver.Audience("own"))
	if c.ID == "" || c.Secret == "" || len(c.RedirectURIs) == 0 {
		t.Fatalf("got %v, want the empty fields filled in", c)
	}
	r := wantTokens(t, exchange(t, s, url.Values{"grant_type": {"client_credentials"}}, basic(c.ID+":"+c.Secret)))
	header, claims := verified(t, s, r.text("access_token"))
	if header.Algorithm != "EdDSA" || claims["aud"] != "own" || r.body["expires_in"] != 60.0 {
		t.Errorf("got %v %v %v, want the values of the client's options", header, claims, r.body)
	}
	o := s.AddClient(testserver.Client{Grants: []testserver.Grant{"client_credentials"}, Scopes: []string{"a"}}, testserver.OpaqueTokens())
	r = wantTokens(t, exchange(t, s, url.Values{"grant_type": {"client_credentials"}, "scope": {"a"}}, basic(o.ID+":"+o.Secret)))
	if token := r.text("access_token"); strings.Contains(token, ".") || !isActive(s, token) {
		t.Error("want an opaque token that is active")
	}
	wantError(t, exchange(t, s, url.Values{"grant_type": {"client_credentials"}, "scope": {"b"}}, basic(o.ID+":"+o.Secret)), 400, "invalid_scope")
	wantError(t, exchange(t, s, refreshRequest("x", "client_id", "-"), basic(o.ID+":"+o.Secret)), 400, "unauthorized_client")
	s.AddClient(testserver.Client{ID: "brief", Public: true, Grants: []testserver.Grant{"authorization_code"}})
	if r := wantTokens(t, exchange(t, s, codeRequest(codeFor(t, s, "client_id", "brief"), "client_id", "brief"))); r.body["refresh_token"] != nil {
		t.Errorf("got %v, want no refresh token for a client without the grant", r.body)
	}
}
