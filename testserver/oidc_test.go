package testserver_test

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestIDTokens(t *testing.T) {
	s := testserver.New(t, testserver.Clock(atNoon))
	for name, tt := range map[string]struct {
		scope string
		want  bool
	}{
		"openid first": {"openid a", true}, "openid last": {"a openid", true}, "only openid": {"openid", true},
		"no openid": {"a profile", false}, "nothing": {"-", false}, "a scope with the prefix openid": {"openid2", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := tokens(t, s, "scope", tt.scope, "nonce", "n-0S6", "acr_values", "gold silver")
			if got := r.text("id_token") != ""; got != tt.want {
				t.Fatalf("got an ID token %v, want %v", got, tt.want)
			}
			if !tt.want {
				return
			}
			header, claims := verified(t, s, r.text("id_token"))
			for claim, want := range map[string]any{
				"iss": s.Issuer(), "sub": "test-user", "aud": "test-public", "azp": "test-public", "nonce": "n-0S6", "acr": "gold",
				"auth_time": float64(s.Now().Unix()), "iat": float64(s.Now().Unix()), "exp": float64(s.Now().Unix() + 900),
			} {
				if claims[claim] != want {
					t.Errorf("got %s %v, want %v", claim, claims[claim], want)
				}
			}
			sum := sha256.Sum256([]byte(r.text("access_token")))
			if claims["at_hash"] != base64.RawURLEncoding.EncodeToString(sum[:16]) || header.ExtraHeaders["typ"] != "JWT" {
				t.Errorf("got %v %v, want the access token's hash", header, claims)
			}
			s.Advance(time.Minute)
			again := wantTokens(t, exchange(t, s, refreshRequest(r.text("refresh_token"))))
			_, later := verified(t, s, again.text("id_token"))
			if later["auth_time"] != claims["auth_time"] || later["nonce"] != nil || later["iat"].(float64) != claims["iat"].(float64)+60 {
				t.Errorf("got %v after the refresh, want the time of the login and no nonce", later)
			}
		})
	}
	s = testserver.New(t, testserver.SigningAlg("EdDSA"))
	r := tokens(t, s, "scope", "openid")
	_, claims := verified(t, s, r.text("id_token"))
	if sum := sha512.Sum512([]byte(r.text("access_token"))); claims["at_hash"] != base64.RawURLEncoding.EncodeToString(sum[:32]) {
		t.Errorf("got at_hash %v, want half of a SHA-512 for Ed25519", claims["at_hash"])
	}
}

func TestSharedSecretsSignAndAreNotPublished(t *testing.T) {
	for _, alg := range []testserver.Alg{"HS256", "HS384", "HS512"} {
		s := testserver.New(t, testserver.SigningAlg(alg))
		r := tokens(t, s, "scope", "openid")
		for _, token := range []string{r.text("access_token"), r.text("id_token")} {
			if header, _ := verified(t, s, token, s.SigningKey().Secret); header.Algorithm != string(alg) {
				t.Errorf("got alg %s, want %s", header.Algorithm, alg)
			}
		}
		if jwks := string(s.JWKS()); jwks != `{"keys":[]}` || !isActive(s, r.text("access_token")) {
			t.Errorf("%s: got JWKS %s, want none, and the token active", alg, jwks)
		}
	}
}

var alice = testserver.User{Sub: "alice", Password: "alices-password", Claims: map[string]any{
	"name": "Alice", "email": "alice@example.com", "email_verified": true, "roles": []string{"admin"}, "sub": "mallory", "iss": "https://evil.example",
}}

func TestUserInfo(t *testing.T) {
	s := testserver.New(t, testserver.Users(alice))
	request := func(method string, header string, body string) (*httptest.ResponseRecorder, map[string]any) {
		r := httptest.NewRequest(method, s.Endpoint(testserver.EndpointUserInfo), strings.NewReader(body))
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		if body != "" {
			r.Header.Set("Content-Type", formType)
		}
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, r)
		claims := map[string]any{}
		_ = json.Unmarshal(rec.Body.Bytes(), &claims)
		return rec, claims
	}
	r := tokens(t, s, "scope", "openid email")
	access := r.text("access_token")
	for name, send := range map[string]func() (*httptest.ResponseRecorder, map[string]any){
		"T18/in the header":           func() (*httptest.ResponseRecorder, map[string]any) { return request("GET", "Bearer "+access, "") },
		"T18/in the header of a POST": func() (*httptest.ResponseRecorder, map[string]any) { return request("POST", "bearer "+access, "") },
		"T18/in the body": func() (*httptest.ResponseRecorder, map[string]any) {
			return request("POST", "", "access_token="+access)
		},
		"T18/a token made in process": func() (*httptest.ResponseRecorder, map[string]any) {
			return request("GET", "Bearer "+s.Token(testserver.Subject(alice.Sub), testserver.Scope("openid", "email")), "")
		},
		"T18/an opaque token made in process": func() (*httptest.ResponseRecorder, map[string]any) {
			return request("GET", "Bearer "+opaque(s, testserver.Subject("alice"), testserver.Scope("email", "openid")), "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			rec, claims := send()
			if rec.Code != 200 || claims["sub"] != "alice" || claims["email"] != "alice@example.com" || claims["roles"] == nil || claims["name"] != nil || rec.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("got %d %v, want alice with her email and without her name", rec.Code, claims)
			}
		})
	}
	revoked := s.Token(testserver.Scope("openid"))
	s.Revoke(revoked)
	for name, tt := range map[string]struct {
		method, header, body string
		status               int
		code                 string
	}{
		"T18/nothing":             {"GET", "", "", 401, ""},
		"T18/Basic":               {"GET", testClient, "", 401, ""},
		"T18/an ID token":         {"GET", "Bearer " + r.text("id_token"), "", 401, "invalid_token"},
		"T18/an ID token, minted": {"GET", "Bearer " + s.IDToken(testserver.Claim("scope", "openid")), "", 401, "invalid_token"},
		"T18/a refresh token":     {"GET", "Bearer " + r.text("refresh_token"), "", 401, "invalid_token"},
		"T18/an unknown token":    {"GET", "Bearer x", "", 401, "invalid_token"},
		"T18/an expired one":      {"GET", "Bearer " + s.Token(testserver.Scope("openid"), testserver.ExpiresIn(-time.Second)), "", 401, "invalid_token"},
		"T18/a revoked one":       {"GET", "Bearer " + revoked, "", 401, "invalid_token"},
		"T18/one without openid":  {"GET", "Bearer " + s.Token(testserver.Scope("email")), "", 403, "insufficient_scope"},
		"T18/one without scopes":  {"GET", "Bearer " + s.Token(), "", 403, "insufficient_scope"},
		"T18/one twice":           {"POST", "Bearer " + access, "access_token=" + access, 400, "invalid_request"},
		"T20/one twice in a form": {"POST", "", "access_token=" + access + "&access_token=" + access, 400, "invalid_request"},
		"T18/an empty one":        {"GET", "Bearer ", "", 400, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			rec, _ := request(tt.method, tt.header, tt.body)
			challenge := rec.Header().Get("WWW-Authenticate")
			if rec.Code != tt.status || !strings.HasPrefix(challenge, "Bearer ") || strings.Contains(challenge, `error="`+tt.code+`"`) != (tt.code != "") {
				t.Errorf("got %d %s, want %d %q", rec.Code, challenge, tt.status, tt.code)
			}
		})
	}
	if rec := serve(s, "GET", s.Endpoint(testserver.EndpointUserInfo)+"?access_token="+access); rec.Code != 401 {
		t.Errorf("T18: got %d for a token in the URL, want 401", rec.Code)
	}
	_, claims := verified(t, s, r.text("id_token"))
	if claims["sub"] != "alice" || claims["iss"] != s.Issuer() || claims["email"] != "alice@example.com" || claims["name"] != nil {
		t.Errorf("got the ID token %v, want alice, her email and the server's issuer", claims)
	}
}

func TestRevocation(t *testing.T) {
	s := testserver.New(t, testserver.Clients(web))
	revoke := func(token, hint string, auth ...string) reply {
		form := url.Values{"token": {token}}
		if hint != "" {
			form.Set("token_type_hint", hint)
		}
		if len(auth) == 0 {
			form.Set("client_id", "test-public")
		}
		return formTo(t, s, testserver.EndpointRevoke, form.Encode(), auth...)
	}
	for _, hint := range []string{"", "access_token", "refresh_token", "x"} {
		t.Run("T16/hint "+hint, func(t *testing.T) {
			r := tokens(t, s)
			next := wantTokens(t, exchange(t, s, refreshRequest(r.text("refresh_token"))))
			if got := revoke(r.text("access_token"), hint); got.status != 200 || isActive(s, r.text("access_token")) || !isActive(s, next.text("access_token")) {
				t.Errorf("got %d, want one access token revoked", got.status)
			}
			if got := revoke(next.text("refresh_token"), hint); got.status != 200 || isActive(s, next.text("access_token")) {
				t.Errorf("got %d, want the refresh token revoked with its access tokens", got.status)
			}
			wantError(t, exchange(t, s, refreshRequest(next.text("refresh_token"))), 400, "invalid_grant")
			if got := revoke(next.text("refresh_token"), hint); got.status != 200 {
				t.Errorf("got %d the second time, want 200", got.status)
			}
		})
	}
	t.Run("T16/unknown tokens", func(t *testing.T) {
		for _, token := range []string{"x", "a.b.c", strings.Repeat("A", 70)} {
			if got := revoke(token, ""); got.status != 200 {
				t.Errorf("got %d, want 200", got.status)
			}
		}
	})
	t.Run("T16/another client's tokens", func(t *testing.T) {
		r := tokens(t, s)
		for _, token := range []string{r.text("access_token"), r.text("refresh_token")} {
			if got := revoke(token, "", basic("web:web-secret")); got.status != 200 {
				t.Errorf("got %d, want 200", got.status)
			}
		}
		if !isActive(s, r.text("access_token")) {
			t.Error("got it revoked, want no effect")
		}
		wantTokens(t, exchange(t, s, refreshRequest(r.text("refresh_token"))))
	})
	t.Run("T16/not authenticated", func(t *testing.T) {
		wantError(t, revoke("x", "", basic("web:wrong")), 401, "invalid_client")
		wantError(t, formTo(t, s, testserver.EndpointRevoke, "client_id=test-public"), 400, "invalid_request")
	})
	t.Run("T17/introspection without authentication", func(t *testing.T) {
		wantError(t, formTo(t, s, testserver.EndpointIntrospect, "token=x"), 401, "invalid_client")
		wantError(t, formTo(t, s, testserver.EndpointIntrospect, "token=x&client_id=test-public"), 401, "invalid_client")
	})
	t.Run("in process", func(t *testing.T) {
		r := tokens(t, s)
		if !s.Revoke(r.text("refresh_token")) || isActive(s, r.text("access_token")) {
			t.Error("want the refresh token revoked with its access token")
		}
		a, b := tokens(t, s), tokens(t, s)
		if n := s.RevokeSubject("test-user"); n < 2 || isActive(s, a.text("access_token")) || isActive(s, b.text("access_token")) || s.RevokeSubject("test-user") != 0 {
			t.Errorf("got %d grants revoked, want each grant revoked once", n)
		}
	})
}
