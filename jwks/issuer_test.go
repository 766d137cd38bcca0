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

// okp is a JWK of the key ID 1, with further members.
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
		{"a key without an issuer serves all", okp(""), a, "1", nil},
		{"a key of an issuer serves it", okp(`,"issuer":"` + a + `"`), a, "1", nil},
		{"and no other", okp(`,"issuer":"` + a + `"`), b, "1", jwks.ErrUnfitKey},
		{"nor one with a slash more", okp(`,"issuer":"` + a + `"`), a + "/", "1", jwks.ErrUnfitKey},
		{"a key of all tenants serves one", okp(template), a, "1", nil},
		{"but no path", okp(template), "https://login.example/a/b/v2.0", "1", jwks.ErrUnfitKey},
		{"nor nothing", okp(template), "https://login.example//v2.0", "1", jwks.ErrUnfitKey},
		{"nor another server", okp(template), "https://login.example.org/a/v2.0", "1", jwks.ErrUnfitKey},
		{"an issuer that is null says nothing", okp(`,"issuer":null`), a, "1", nil},
		{"an issuer that is not a string matches no issuer", okp(`,"issuer":["` + a + `"]`), a, "1", jwks.ErrUnfitKey},
		{"a key given twice serves both", okp(`,"issuer":"`+a+`"`) + "," + okp(`,"issuer":"`+b+`"`), b, "1", nil},
		{"a key given twice serves all if one says nothing", okp(`,"issuer":"`+a+`"`) + "," + okp(""), b, "1", nil},
		{"a token without kid", okp(`,"issuer":"` + a + `"`), a, "", nil},
		{"a token of another without kid", okp(`,"issuer":"` + a + `"`), b, "", jwks.ErrUnfitKey},
		{"a key ID that is unknown", okp(template), a, "2", jwks.ErrUnknownKey},
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
				t.Errorf("for one issuer: got %v", err)
			}
		})
	}
}

func TestMetadataElsewhere(t *testing.T) {
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
		"MetadataURL": {MetadataURL: "http://id.example/policy"}, "MetadataURL: not an absolute": {MetadataURL: "x"}, "Use": {Use: []string{""}},
	} {
		if _, err := jwks.Discover("https://id.example", options); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want it to mention %q", err, name)
		}
	}
	if _, err := jwks.Discover("acme com", jwks.Options{MetadataURL: server.URL}); !errors.Is(err, jwks.ErrConfig) {
		t.Errorf("got %v for an issuer with a space", err)
	}
	if _, err := jwks.NewRemote(server.URL, jwks.Options{MetadataURL: server.URL}); !errors.Is(err, jwks.ErrConfig) {
		t.Errorf("got %v for metadata of a set whose URL is given", err)
	}
}
