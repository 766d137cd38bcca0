package settings_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver/internal/settings"
)

func printed(t testing.TB, c *settings.Config) string {
	t.Helper()
	var out strings.Builder
	if err := c.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestWritePrintsAllButSecrets(t *testing.T) {
	const want = `{
  "$schema": "config.schema.json",
  "issuer": "https://login.example.com/tenant",
  "signing": {
    "alg": "ES384",
    "keys": [
      {
        "crv": "P-256",
        "d": "***",
        "kid": "k1",
        "kty": "EC",
        "x": "eA",
        "y": "eQ"
      }
    ]
  },
  "access": {
    "ttl": "5m0s",
    "format": "opaque",
    "audience": [
      "api",
      "other"
    ]
  },
  "refresh": {
    "ttl": "24h0m0s",
    "grace": "0s"
  },
  "clients": [
    {
      "id": "web",
      "secret": "***",
      "redirect_uris": [
        "https://app.example.com/cb?x=1",
        "com.example.app:/cb"
      ],
`
	got := printed(t, parse(t, whole))
	if !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant it to begin\n%s", got, want)
	}
	for _, part := range []string{`"password": "***"`, `"id": 12345678901234567890`, `"seed": "***"`, `"interactive": false`, `"tls": true`} {
		if !strings.Contains(got, part) {
			t.Errorf("got\n%s\nwant it to have %s", got, part)
		}
	}
	if again := printed(t, parse(t, got)); again != got {
		t.Errorf("got\n%s\nafter reading what was printed, want the same", again)
	}
	if got := printed(t, &settings.Config{}); got != "{}\n" {
		t.Errorf("got %q of nothing, want {}", got)
	}
}

func TestSecretsAreHiddenHoweverTheyArePrinted(t *testing.T) {
	c := parse(t, whole)
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	logger.Info("x", "secret", c.Seed, "key", c.Signing.Keys[0], "config", *c, "client", c.Clients[0])
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", c.Seed, "key", c.Signing.Keys[0], "config", c)
	text := log.String()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "% x", "%t"} {
		for _, v := range []any{c.Seed, c.Signing.Keys[0], *c, c.Clients, c.Users, errors.Join(fmt.Errorf("%v", c.Seed))} {
			text += fmt.Sprintf(verb, v) + "\n"
		}
	}
	for _, secret := range []string{"s3cret", "c2VjcmV0LWtleQ", "7333637265", "99, 50, 86", "99 50 86"} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
			t.Errorf("%q is printed", secret)
		}
	}
	if string(c.Seed) != "s3cret-seed" {
		t.Errorf("got %q, want the seed itself", string(c.Seed))
	}
}

func TestKeysShowTheirPublicMembersAlone(t *testing.T) {
	for _, tt := range []struct{ name, key, want string }{
		{"a private RSA key", `{"kty":"RSA","n":"bg","e":"AQAB","d":"s3","p":"s3","q":"s3","dp":"s3","dq":"s3","qi":"s3","oth":[{"r":"s3"}]}`,
			`{"d":"***","dp":"***","dq":"***","e":"AQAB","kty":"RSA","n":"bg","oth":"***","p":"***","q":"***","qi":"***"}`},
		{"a secret", `{"kty":"oct","k":"s3"}`, `{"k":"***","kty":"oct"}`},
		{"a set", `{"keys":[{"kty":"oct","k":"s3"}],"note":"s3"}`, `{"keys":[{"k":"***","kty":"oct"}],"note":"***"}`},
		{"an unknown member", `{"kty":"oct","my":"s3"}`, `{"kty":"oct","my":"***"}`},
		{"an object in a public member", `{"kty":"EC","x":{"d":"s3"}}`, `{"kty":"EC","x":"***"}`},
		{"not a key", `["s3"]`, `"***"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := settings.JWK(tt.key).MarshalJSON()
			if err != nil || string(got) != tt.want {
				t.Errorf("got %s, %v, want %s", got, err, tt.want)
			}
		})
	}
	if _, err := settings.JWK("{").MarshalJSON(); err == nil {
		t.Error("got no error of what is not JSON")
	}
}
