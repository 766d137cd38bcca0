package jwks_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/jwks"
)

// okp returns a JWK with the key ID 1. The text in more adds members to it.
func okp(more string) string {
	return `{"kty":"OKP","crv":"Ed25519","kid":"1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"` + more + `}`
}

func TestKeysOfSeveralIssuers(t *testing.T) {
	const a, b = "https://login.example/a/v2.0", "https://login.example/b/v2.0"
	const template = `,"issuer":"https://login.example/{tenantid}/v2.0"`
	for _, tt := range []struct {
		name, keys, issuer, kid string
		want                    error
	}{
		{"a key without an issuer is for all issuers", okp(""), a, "1", nil},
		{"a key of an issuer is for that issuer", okp(`,"issuer":"` + a + `"`), a, "1", nil},
		{"a key of an issuer is not for another one", okp(`,"issuer":"` + a + `"`), b, "1", jwks.ErrUnfitKey},
		{"a key of an issuer is not for one with an extra slash", okp(`,"issuer":"` + a + `"`), a + "/", "1", jwks.ErrUnfitKey},
		{"a key of all tenants is for each tenant", okp(template), a, "1", nil},
		{"a tenant has no slash", okp(template), "https://login.example/a/b/v2.0", "1", jwks.ErrUnfitKey},
		{"a tenant is not empty", okp(template), "https://login.example//v2.0", "1", jwks.ErrUnfitKey},
		{"a key of all tenants is not for another server", okp(template), "https://login.example.org/a/v2.0", "1", jwks.ErrUnfitKey},
		{"an issuer that is null counts as absent", okp(`,"issuer":null`), a, "1", nil},
		{"an issuer that is not a string matches no issuer", okp(`,"issuer":["` + a + `"]`), a, "1", jwks.ErrUnfitKey},
		{"a repeated key is for both issuers", okp(`,"issuer":"`+a+`"`) + "," + okp(`,"issuer":"`+b+`"`), b, "1", nil},
		{"a repeated key is for all issuers if one has no issuer", okp(`,"issuer":"`+a+`"`) + "," + okp(""), b, "1", nil},
		{"a token without kid", okp(`,"issuer":"` + a + `"`), a, "", nil},
		{"a token of another issuer without kid", okp(`,"issuer":"` + a + `"`), b, "", jwks.ErrUnfitKey},
		{"an unknown key ID", okp(template), a, "2", jwks.ErrUnknownKey},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := `{"keys":[` + tt.keys + `]}`
			set, err := jwks.Parse([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }))
			defer server.Close()
			remote, err := jwks.NewRemote(server.URL, jwks.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, alg := range []string{"EdDSA", "Ed25519"} {
				if key, err := set.KeyFor(t.Context(), tt.issuer, tt.kid, alg); !errors.Is(err, tt.want) || (key == nil) != (err != nil) {
					t.Errorf("a Set: got %v, want %v", err, tt.want)
				}
				if key, err := remote.KeyFor(t.Context(), tt.issuer, tt.kid, alg); !errors.Is(err, tt.want) || (key == nil) != (err != nil) {
					t.Errorf("a Remote: got %v, want %v", err, tt.want)
				}
			}
			if _, err := set.Key(t.Context(), "1", "EdDSA"); err != nil {
				t.Errorf("Key without an issuer: got %v, want the key", err)
			}
		})
	}
}

func TestMetadataURL(t *testing.T) {
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/policy" {
			fmt.Fprintf(w, `{"issuer":"acme.com","jwks_uri":%q}`, server.URL+"/keys")
			return
		}
		_, _ = w.Write([]byte(`{"keys":[` + okp("") + `]}`))
	}))
	defer server.Close()
	for issuer, want := range map[string]error{"acme.com": nil, "acme.org": jwks.ErrUnavailable} {
		keys, err := jwks.Discover(issuer, jwks.Options{MetadataURL: server.URL + "/policy"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := keys.Key(t.Context(), "1", "EdDSA"); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", issuer, err, want)
		}
	}
	for name, options := range map[string]jwks.Options{
		"MetadataURL": {MetadataURL: "http://id.example/policy"}, "MetadataURL: must be an absolute": {MetadataURL: "x"}, "Use": {Use: []string{""}},
	} {
		if _, err := jwks.Discover("https://id.example", options); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want it to mention %q", err, name)
		}
	}
	if _, err := jwks.Discover("acme com", jwks.Options{MetadataURL: server.URL}); !errors.Is(err, jwks.ErrConfig) {
		t.Errorf("an issuer with a space: got %v, want ErrConfig", err)
	}
	if _, err := jwks.NewRemote(server.URL, jwks.Options{MetadataURL: server.URL}); !errors.Is(err, jwks.ErrConfig) {
		t.Errorf("NewRemote with MetadataURL: got %v, want ErrConfig", err)
	}
}
