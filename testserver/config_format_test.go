package testserver_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/internal/settings"
)

const secretConfig = `{"seed":"s3cret-seed","signing":{"keys":[{"kty":"oct","k":"czNjcmV0LWtleQ"}]},
	"clients":[{"id":"web","secret":"s3cret-client"}],"users":[{"sub":"a","password":"s3cret-user"}],"endpoints":{"token":false}}`

func TestFormatConfigAddsDefaults(t *testing.T) {
	text, err := testserver.FormatConfig(strings.NewReader(secretConfig), false)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "s3cret") || strings.Contains(string(text), "czNjcmV0") {
		t.Errorf("got %s, which contains a secret", text)
	}
	var got struct {
		Signing struct{ Alg string }
		Access  struct {
			TTL, Format string
			Audience    []string
		}
		Refresh   struct{ TTL, Grace string }
		Clients   []struct{ ID string }
		Endpoints map[string]bool
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got.Signing.Alg != "HS256" || got.Access.TTL != "15m0s" || got.Access.Format != "jwt" || got.Access.Audience[0] != "api" || got.Refresh.TTL != "720h0m0s" {
		t.Errorf("got %+v, want the documented defaults", got)
	}
	if len(got.Clients) != 3 || got.Clients[0].ID != "test-client" || got.Clients[2].ID != "web" {
		t.Errorf("got the clients %v, want the default ones and web", got.Clients)
	}
	if len(got.Endpoints) != 11 || got.Endpoints["authorize"] || got.Endpoints["par"] || !got.Endpoints["jwks"] {
		t.Errorf("got the endpoints %v, want no endpoint that needs token", got.Endpoints)
	}
}

func TestFormatConfigWithSecretsRoundTrips(t *testing.T) {
	for _, text := range []string{`{}`, secretConfig, fullConfig(t)} {
		once, err := testserver.FormatConfig(strings.NewReader(text), true)
		if err != nil {
			t.Fatal(err)
		}
		twice, err := testserver.FormatConfig(bytes.NewReader(once), true)
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("got %s, %v, want %s", twice, err, once)
		}
		kept := membersOf(t, string(once))
		for member, given := range membersOf(t, text) {
			if given && !kept[member] {
				t.Errorf("got %s, want it to have %s", once, member)
			}
		}
	}
}

func TestFormatConfigKeepsTheFormatOfAProvider(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                `"format": "jwt"`,
		`{"like":"gitlab"}`: `"format": "opaque"`,
		`{"like":"gitlab","access":{"format":"jwt"}}`: `"format": "jwt"`,
	} {
		if got, err := testserver.FormatConfig(strings.NewReader(text), false); err != nil || !strings.Contains(string(got), want) {
			t.Errorf("%s: got %s, %v, want %s", text, got, err, want)
		}
	}
}

func TestSampleConfigurationsHaveEveryMember(t *testing.T) {
	all := map[string]bool{}
	for _, text := range []string{secretConfig, fullConfig(t)} {
		for member, given := range membersOf(t, text) {
			all[member] = all[member] || given
		}
	}
	for member, given := range all {
		if !given {
			t.Errorf("%s is neither in secretConfig nor in fullConfig: add it", member)
		}
	}
}

// fullConfig returns a configuration with a key set. Together with
// secretConfig, it has every member that a configuration can have.
func fullConfig(t *testing.T) string {
	t.Helper()
	jwks := testserver.New(t, testserver.InMemory()).JWKS()
	return `{"$schema":"config.schema.json","issuer":"https://127.0.0.1/x","like":"keycloak","tls":true,"interactive":true,
		"signing":{"alg":"RS256"},"access":{"ttl":"5m","format":"opaque","audience":["api"]},"refresh":{"ttl":"1h","grace":"10s"},
		"scopes":["a"],"scope_descriptions":{"a":"All."},"resources":["https://one.example"],"authorization_detail_types":["payment"],
		"clients":[{"id":"job","jwks":` + string(jwks) + `,"auth_method":"private_key_jwt","token_endpoint_auth_signing_alg":"ES256"},
			{"id":"spa","public":true,"redirect_uris":["app://cb"],"post_logout_redirect_uris":["app://out"],"grants":["authorization_code"],"scopes":["a"],
			 "backchannel_logout_uri":"https://spa.example/out","backchannel_logout_session_required":true,
			 "require_pushed_authorization_requests":true,"dpop_bound_access_tokens":true,
			 "id_token_signed_response_alg":"ES256","userinfo_signed_response_alg":"ES384","introspection_signed_response_alg":"PS256"},
			{"id":"dn","auth_method":"tls_client_auth","tls_client_auth_subject_dn":"CN=a","tls_client_certificate_bound_access_tokens":true},
			{"id":"dns","auth_method":"tls_client_auth","tls_client_auth_san_dns":"a.example"},
			{"id":"uri","auth_method":"tls_client_auth","tls_client_auth_san_uri":"https://a.example"},
			{"id":"ip","auth_method":"tls_client_auth","tls_client_auth_san_ip":"127.0.0.1"},
			{"id":"email","auth_method":"tls_client_auth","tls_client_auth_san_email":"a@a.example"}],
		"users":[{"sub":"b","username":"bob","claims":{"name":"Bob"},"access_claims":{"roles":["admin"]},"acr":["gold"]}],
		"rules":[{"when":{"client":"job"},"claims":{"n":12345678901234567890}},{"when":{"user":"b","scope":"a"},"deny":"access_denied"}],
		"faults":[{"endpoint":"jwks","status":503,"times":2}],"registration":true,"dpop_nonces":true,"cors":["https://app.example"]}`
}

// membersOf returns the fields of the configuration, such as .Access.TTL, and
// whether the configuration has the member for the field.
func membersOf(t *testing.T, text string) map[string]bool {
	t.Helper()
	file, err := settings.ParseConfig(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	members := map[string]bool{}
	var add func(path string, v reflect.Value)
	add = func(path string, v reflect.Value) {
		members[path] = members[path] || !v.IsZero()
		for i := 0; v.Kind() == reflect.Struct && i < v.NumField(); i++ {
			add(path+"."+v.Type().Field(i).Name, v.Field(i))
		}
		for i := 0; v.Kind() == reflect.Slice && i < v.Len(); i++ {
			add(path, v.Index(i))
		}
	}
	add("", reflect.ValueOf(*file))
	return members
}

func TestFormatConfigRefusesInvalidConfigurations(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`{"access":{"aud":[]}}`, "access.aud: is not a setting"},
		{`{"endpoints":{"jwks":false},"faults":[{"endpoint":"jwks","status":503}]}`, `faults[0].endpoint: "jwks" is not served`},
	} {
		if text, err := testserver.FormatConfig(strings.NewReader(tt.text), false); err == nil || !strings.Contains(err.Error(), tt.want) || text != nil {
			t.Errorf("got %s, %v, want %s", text, err, tt.want)
		}
	}
}
