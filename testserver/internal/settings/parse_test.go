package settings_test

import (
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/settings"
)

func parse(t testing.TB, text string) *settings.Config {
	t.Helper()
	c, err := settings.ParseConfig(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const whole = `{
  "$schema": "config.schema.json",
  "issuer": "https://login.example.com/tenant",
  "signing": {"alg": "ES384", "keys": [{"kty": "EC", "crv": "P-256", "kid": "k1", "x": "eA", "y": "eQ", "d": "c2VjcmV0LWtleQ"}]},
  "access": {"ttl": "5m", "format": "opaque", "audience": ["api", "other"]},
  "refresh": {"ttl": "24h", "grace": "0s"},
  "clients": [
    {"id": "web", "secret": "s3cret-client", "redirect_uris": ["https://app.example.com/cb?x=1", "com.example.app:/cb"],
     "grants": ["authorization_code", "refresh_token"], "scopes": ["openid", "orders:read"], "auth_method": "client_secret_basic"},
    {"id": "spa", "public": true, "auth_method": "none"},
    {"id": "job", "auth_method": "private_key_jwt", "jwks": {"keys": [{"kty": "RSA", "n": "bg", "e": "AQAB"}]}}
  ],
  "users": [{"sub": "1", "username": "alice", "password": "s3cret-user", "claims": {"id": 12345678901234567890, "a": [true, null, {"b": "ü"}]}}],
  "scopes": ["orders:read"], "authorization_detail_types": ["payment"],
  "rules": [
    {"when": {"client": "web", "scope": "admin"}, "claims": {"role": "admin"}},
    {"when": {"scope": "root"}, "deny": "access_denied"}
  ],
  "faults": [{"endpoint": "jwks", "status": 503, "times": 2}, {"endpoint": "any", "status": 500}],
  "endpoints": {"device_authorization": false, "userinfo": true},
  "interactive": false,
  "tls": true,
  "seed": "s3cret-seed"
}`

func TestParseConfigReadsAllThereIs(t *testing.T) {
	want := &settings.Config{
		Schema: "config.schema.json",
		Issuer: "https://login.example.com/tenant",
		Signing: settings.Signing{Alg: "ES384", Keys: []settings.JWK{
			settings.JWK(`{"kty":"EC","crv":"P-256","kid":"k1","x":"eA","y":"eQ","d":"c2VjcmV0LWtleQ"}`),
		}},
		Access:  settings.Access{TTL: settings.Duration(5 * time.Minute), Format: "opaque", Audience: []string{"api", "other"}},
		Refresh: settings.Refresh{TTL: settings.Duration(24 * time.Hour), Grace: new(settings.Duration)},
		Clients: []settings.Client{
			{
				ID: "web", Secret: "s3cret-client", RedirectURIs: []string{"https://app.example.com/cb?x=1", "com.example.app:/cb"},
				Grants: []catalogue.Grant{"authorization_code", "refresh_token"}, Scopes: []string{"openid", "orders:read"},
				AuthMethod: "client_secret_basic",
			},
			{ID: "spa", Public: true, AuthMethod: "none"},
			{ID: "job", AuthMethod: "private_key_jwt", JWKS: settings.JWK(`{"keys":[{"kty":"RSA","n":"bg","e":"AQAB"}]}`)},
		},
		Users: []settings.User{{Sub: "1", Username: "alice", Password: "s3cret-user", Claims: map[string]any{
			"id": json.Number("12345678901234567890"), "a": []any{true, nil, map[string]any{"b": "ü"}},
		}}},
		Scopes: []string{"orders:read"}, DetailTypes: []string{"payment"},
		Rules: []settings.Rule{
			{When: settings.When{Client: "web", Scope: "admin"}, Claims: map[string]any{"role": "admin"}},
			{When: settings.When{Scope: "root"}, Deny: "access_denied"},
		},
		Faults:      []settings.Fault{{Endpoint: "jwks", Status: 503, Times: 2}, {Endpoint: "any", Status: 500}},
		Endpoints:   map[catalogue.Endpoint]bool{"device_authorization": false, "userinfo": true},
		Interactive: new(bool),
		TLS:         new(true),
		Seed:        "s3cret-seed",
	}
	if got := parse(t, whole); !reflect.DeepEqual(got, want) {
		g, w := reflect.ValueOf(*got), reflect.ValueOf(*want)
		for i := range g.NumField() {
			if !reflect.DeepEqual(g.Field(i).Interface(), w.Field(i).Interface()) {
				t.Errorf("%s: got %+v, want %+v", g.Type().Field(i).Name, g.Field(i), w.Field(i))
			}
		}
	}
}

func TestParseConfigTellsAbsentFromZero(t *testing.T) {
	if got := parse(t, " {} \n"); !reflect.DeepEqual(got, &settings.Config{}) {
		t.Errorf("got %+v of nothing, want zero", got)
	}
	got := parse(t, `{"scopes":[],"tls":false,"refresh":{"grace":"0s"}}`)
	if got.Scopes == nil || got.TLS == nil || *got.TLS || got.Refresh.Grace == nil || got.Interactive != nil {
		t.Errorf("got %+v, want scopes, tls and grace to be there and interactive not", got)
	}
}

func TestParseConfigReportsAllFaultsTogether(t *testing.T) {
	_, err := settings.ParseConfig(strings.NewReader(`{
		"isuer": "x",
		"access": {"ttl": 300, "format": "jws"},
		"clients": [{"id": "web", "public": true}, {"redirect_uris": ["#"], "secret": "s"}],
		"tls": null,
		"access": {}
	}`))
	if err == nil {
		t.Fatal("got no error")
	}
	want := []string{
		"isuer: is not a setting, want one of issuer, like, signing, access, refresh, clients, users, scopes, scope_descriptions, resources, authorization_detail_types, rules, faults, endpoints, interactive, registration, dpop_nonces, cors, tls, seed, $schema",
		`access.ttl: got a number, want a duration of more than zero, such as "90s", "5m" or "1h30m"`,
		`access.format: got "jws", want one of jwt, opaque`,
		`clients[1].redirect_uris[0]: want an absolute URI that a browser can open and that has no user information or fragment, such as "http://127.0.0.1/callback"`,
		"clients[1]: id is missing",
		"tls: got null: give true or false, or remove it",
		"access: is repeated, want it once",
	}
	if got := strings.Split(err.Error(), "\n"); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", err, strings.Join(want, "\n"))
	}
}

func TestParseConfigReportsAHundredFaultsAtMost(t *testing.T) {
	_, err := settings.ParseConfig(strings.NewReader(`{"scopes":[` + strings.Repeat(`1,`, 149) + `1]}`))
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 101 || !strings.HasPrefix(lines[99], "scopes[99]: ") || lines[100] != "… and 50 more faults" {
		t.Errorf("got %d lines that end in %q, want 101", len(lines), lines[len(lines)-1])
	}
}

func TestParseConfigNamesTheReadersError(t *testing.T) {
	broken := errors.New("broken")
	_, err := settings.ParseConfig(io.MultiReader(strings.NewReader("{"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}
