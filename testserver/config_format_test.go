package testserver_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
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
	}
}

// fullConfig returns a configuration with a key set. Together with
// secretConfig, it has every member that a configuration can have.
func fullConfig(t *testing.T) string {
	t.Helper()
	jwks := testserver.New(t, testserver.InMemory()).JWKS()
	return `{"$schema":"config.schema.json","issuer":"http://127.0.0.1/x","tls":false,"interactive":true,"scopes":["a"],"refresh":{"grace":"10s"},
		"clients":[{"id":"job","jwks":` + string(jwks) + `},{"id":"spa","public":true,"redirect_uris":["app://cb"]}],
		"rules":[{"when":{"client":"job"},"claims":{"n":12345678901234567890}}],"faults":[{"endpoint":"jwks","status":503,"times":2}]}`
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
