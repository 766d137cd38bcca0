package testserver_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// introspectionResponse introspects a token as the default client of s and
// returns the unparsed response. The request has the given Accept values.
func introspectionResponse(t testing.TB, s *testserver.Server, token string, accept ...string) (contentType, body string) {
	t.Helper()
	r, err := http.NewRequest("POST", s.Endpoint(testserver.EndpointIntrospect), strings.NewReader(url.Values{"token": {token}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header["Accept"] = accept
	r.SetBasicAuth(s.DefaultClient().ID, s.DefaultClient().Secret)
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || resp.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("got %d %q, Cache-Control %q, %v, want 200 and no-store", resp.StatusCode, text, resp.Header.Get("Cache-Control"), err)
	}
	return resp.Header.Get("Content-Type"), string(text)
}

// active introspects a token and reports whether the token is active. The
// response for an inactive token must be exactly {"active":false}.
func active(t testing.TB, s *testserver.Server, token string) bool {
	t.Helper()
	_, body := introspectionResponse(t, s, token)
	if body != `{"active":false}` && !strings.HasPrefix(body, `{"active":true,`) {
		t.Errorf("got %s, want active true with all claims, or only active false", body)
	}
	return strings.HasPrefix(body, `{"active":true`)
}

func opaque(s *testserver.Server, opts ...testserver.TokenOption) string {
	return s.Token(append([]testserver.TokenOption{testserver.OpaqueTokens()}, opts...)...)
}

// The introspection response for an opaque token must be the same as for a JWT,
// with all claims in order. The test checks this with every kind of listener.
func TestIntrospectionReturnsAllClaims(t *testing.T) {
	claims := []testserver.TokenOption{
		testserver.Scope("orders:read"), testserver.Claim("tenant", "<acme>"), testserver.Claim("n", json.RawMessage("1.50e1")), testserver.Claim("jti", "j"),
	}
	for name, opts := range listeners {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, append(opts, testserver.Clock(atNoon))...)
			want := `{"active":true,"iss":"` + s.Issuer() + `","sub":"test-user","aud":"api","exp":1772366700,"nbf":1772366400,"iat":1772366400,` +
				`"jti":"j","client_id":"test-client","scope":"orders:read","tenant":"<acme>","n":1.50e1,"token_type":"Bearer"}`
			for kind, token := range map[string]string{"opaque": opaque(s, claims...), "JWT": s.Token(claims...)} {
				if contentType, got := introspectionResponse(t, s, token); got != want || contentType != "application/json" {
					t.Errorf("%s: got %s %s\nwant %s", kind, contentType, got, want)
				}
			}
		})
	}
}

func TestTokenTypeClaimIsReturned(t *testing.T) {
	s := testserver.New(t)
	for _, token := range []string{
		opaque(s, testserver.Claim("token_type", "DPoP"), testserver.Claim("active", false)),
		s.Token(testserver.Claim("token_type", "DPoP"), testserver.Claim("active", false)),
	} {
		_, got := introspectionResponse(t, s, token)
		if strings.Count(got, "token_type") != 1 || strings.Count(got, "active") != 1 || !strings.Contains(got, `"token_type":"DPoP"`) || !strings.HasPrefix(got, `{"active":true,`) {
			t.Errorf("got %s, want the claim as token_type, and active unchanged", got)
		}
	}
}

// Each case lists unusual claims, and whether a JWT and an opaque token with
// these claims are active.
func TestIntrospectionOfValidityClaims(t *testing.T) {
	type opts = []testserver.TokenOption
	for name, tt := range map[string]struct {
		opts        opts
		jwt, opaque bool
	}{
		"a good token":                               {nil, true, true},
		"one that expires now":                       {opts{testserver.ExpiresIn(0)}, false, false},
		"one that expires in a second":               {opts{testserver.ExpiresIn(time.Second)}, true, true},
		"one with nbf in a second":                   {opts{testserver.NotBeforeIn(time.Second)}, false, false},
		"one with iat in a second":                   {opts{testserver.Claim("iat", noon.Unix()+1)}, false, false},
		"one that expires in a fraction of a second": {opts{testserver.Claim("exp", json.RawMessage("1772366401.5"))}, true, true},
		"one that never expires":                     {opts{testserver.Without("exp")}, false, true},
		"one without nbf and iat":                    {opts{testserver.Without("nbf", "iat")}, true, true},
		"one without audience and subject":           {opts{testserver.Without("aud", "sub")}, true, true},
		"an exp that is a string":                    {opts{testserver.Claim("exp", "1772366700")}, false, true},
		"an exp that is null":                        {opts{testserver.Claim("exp", nil)}, false, true},
		"an exp that overflows":                      {opts{testserver.Claim("exp", json.RawMessage("1e400"))}, false, true},
		"an nbf that is a string":                    {opts{testserver.Claim("nbf", "0")}, false, true},
		"one of another issuer":                      {opts{testserver.Claim("iss", "https://other.example")}, false, true},
		"one without issuer":                         {opts{testserver.Without("iss")}, false, true},
		"one with claims of an ID token":             {opts{testserver.Claim("nonce", "n")}, true, true},
		"one for another client and API":             {opts{testserver.ForClient("web"), testserver.Audience("x", "y")}, true, true},
		"one with a member that is repeated":         {opts{testserver.Claim("x", json.RawMessage(`{"a":1,"a":2}`))}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, testserver.Clock(atNoon))
			if got := active(t, s, s.Token(tt.opts...)); got != tt.jwt {
				t.Errorf("a JWT: got active %v, want %v", got, tt.jwt)
			}
			if got := active(t, s, opaque(s, tt.opts...)); got != tt.opaque {
				t.Errorf("an opaque token: got active %v, want %v", got, tt.opaque)
			}
		})
	}
}

func TestIntrospectionOfJWTHeaders(t *testing.T) {
	type opts = []testserver.TokenOption
	attackerKey := testserver.GenerateKey("ES256", "")
	published := testserver.GenerateKey("RS256", "")
	withoutKid := published
	withoutKid.ID = ""
	for name, tt := range map[string]struct {
		opts opts
		want bool
	}{
		"of another typ":                       {opts{testserver.Typ("logout+jwt")}, false},
		"of the media type":                    {opts{testserver.Typ("Application/AT+JWT")}, true},
		"of typ JWT":                           {opts{testserver.Typ("JWT")}, true},
		"without typ":                          {opts{testserver.Typ("")}, true},
		"of a typ that is not a string":        {opts{testserver.JOSEHeader("typ", 7)}, false},
		"without typ, and an ID token":         {opts{testserver.Typ(""), testserver.Claim("nonce", "n")}, false},
		"of typ JWT, and an ID token":          {opts{testserver.Typ("JWT"), testserver.Claim("at_hash", "h")}, false},
		"of typ JWT, and one of a hybrid flow": {opts{testserver.Typ("JWT"), testserver.Claim("c_hash", "h")}, false},
		"of an attacker's key":                 {opts{testserver.SignedWith(attackerKey)}, false},
		"of a published key":                   {opts{testserver.SignedWith(published)}, true},
		"without kid":                          {opts{testserver.SignedWith(withoutKid)}, true},
		"of another kid":                       {opts{testserver.JOSEHeader("kid", "other")}, false},
		"of a kid that is not a string":        {opts{testserver.JOSEHeader("kid", 7)}, false},
		"of an alg that is not a string":       {opts{testserver.JOSEHeader("alg", 7)}, false},
		"of critical extensions":               {opts{testserver.JOSEHeader("crit", []string{"b64"}), testserver.JOSEHeader("b64", true)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t)
			s.Publish(published)
			if got := active(t, s, s.Token(tt.opts...)); got != tt.want {
				t.Errorf("got active %v, want %v", got, tt.want)
			}
		})
	}
}

func TestIntrospectionOfEveryAlgorithm(t *testing.T) {
	s := testserver.New(t)
	for _, alg := range algs {
		if !active(t, s, s.Token(testserver.SigningAlg(alg))) {
			t.Errorf("%s: got inactive, want active", alg)
		}
	}
	if other := testserver.New(t); active(t, other, s.Token()) || active(t, other, opaque(s)) {
		t.Error("got a token of another server active")
	}
	secret := testserver.GenerateKey("HS256", "")
	if active(t, s, s.Token(testserver.SignedWith(secret))) {
		t.Error("got a token under another secret active")
	}
}

// Introspection reports tokens with a defect as active only in two cases: if
// only the API can detect the defect, and if a correct API may accept the
// token.
func TestIntrospectionOfDefects(t *testing.T) {
	for _, alg := range []testserver.Alg{"ES256", "RS256", "HS256"} {
		s := testserver.New(t, testserver.SigningAlg(alg))
		s.Publish(testserver.GenerateKey("ES256", "old"))
		s.Retire("old")
		tokens := collect(s.BadTokens(testserver.Scope("a")))
		for _, d := range optionalDefects {
			tokens[d] = s.Token(testserver.With(d))
		}
		want := map[testserver.Defect]bool{
			testserver.WrongAudience: true, testserver.MissingAudience: true, testserver.MissingScope: true, testserver.AudNotString: true,
			testserver.BoundAsBearer: true, testserver.MissingSub: true, testserver.NoKid: true, testserver.ExpFractional: true, testserver.Oversized: true,
			testserver.WeakACR: true, testserver.StaleAuth: true,
		}
		for d, token := range tokens {
			if got := active(t, s, token); got != want[d] {
				t.Errorf("%s: %s: got active %v, want %v", alg, d, got, want[d])
			}
		}
	}
}

// A JWT is active while its key is published, even if the JWKS endpoint serves
// an older key set.
func TestJWTIsActiveWhileItsKeyIsPublished(t *testing.T) {
	s := testserver.New(t)
	old, key := s.Token(), s.SigningKey()
	wantActive := func(when string, want bool) {
		t.Helper()
		if got := active(t, s, old); got != want {
			t.Errorf("%s: got active %v, want %v", when, got, want)
		}
	}
	thaw := s.FreezeJWKS()
	s.Rotate()
	wantActive("rotated", true)
	s.Retire(key.ID)
	wantActive("retired, but still in a cache", false)
	thaw()
	s.Publish(key)
	wantActive("published again", true)
	next := s.Rotate(testserver.Rotation{SignFirst: true})
	if active(t, s, s.Token()) {
		t.Error("got a token active whose key is not published yet")
	}
	s.Publish(next)
	s.Rotate(testserver.Rotation{DropOld: true})
	wantActive("after further rotations", true)
}

func TestSetIntrospection(t *testing.T) {
	s := testserver.New(t)
	known, revoked, jwt := opaque(s), opaque(s), s.Token()
	s.Revoke(revoked)
	for _, token := range []string{known, revoked, jwt, "legacy", "two words", "ä{}"} {
		for _, want := range []map[string]any{
			{"active": true, "sub": "alice"},
			{"active": "true"}, {"active": 1.0}, {"active": nil}, {"active": []any{true}},
			{}, {"sub": "bob"}, {"active": false, "sub": "carol"},
			{"active": true, "exp": "tomorrow", "aud": []any{7.0, nil}, "scope": []any{"a"}},
		} {
			s.SetIntrospection(token, want)
			_, body := introspectionResponse(t, s, token)
			var got map[string]any
			if err := json.Unmarshal([]byte(body), &got); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %s, %v, want %v", body, err, want)
			}
		}
		s.SetIntrospection(token, nil)
		if got := active(t, s, token); got != (token == known || token == jwt) {
			t.Errorf("afterwards: got active %v, want the real state", got)
		}
	}
	reply := map[string]any{"active": true}
	s.SetIntrospection("legacy", reply)
	reply["active"] = "changed"
	if _, got := introspectionResponse(t, s, "legacy"); got != `{"active":true}` {
		t.Errorf("got %s, want the reply that was given", got)
	}
	wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb).SetIntrospection("", reply) }), "SetIntrospection", "empty")
	wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb).SetIntrospection("x", map[string]any{"f": func() {}}) }), "SetIntrospection", "JSON")
}
