package issuers_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/bearerguard/bearerguard/internal/shapes"
	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

// signed makes a token for a test case and signs it with a new secret. It
// returns the token and the secret.
func signed(t *testing.T, p *provider, row shapes.Row) (token string, secret testserver.Key) {
	t.Helper()
	other := &provider{Server: testserver.New(t, testserver.InMemory(), testserver.SigningAlg("HS256")), preset: p.preset, shape: p.shape, conf: p.conf}
	return other.mint(t, row), other.SigningKey()
}

// status returns the status with which an API answers a request with the token.
func status(t *testing.T, p *provider, i middleware.Issuer, token string) int {
	t.Helper()
	v, err := middleware.NewVerifier(middleware.Config{Issuers: one(i), Client: &http.Client{Transport: p}})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	rec := httptest.NewRecorder()
	apis(v)["net/http"].ServeHTTP(rec, r)
	return rec.Code
}

// Supabase and authentik can sign tokens with a shared secret. The
// documentation of each preset names the field of middleware.Issuer for this
// secret. The API must accept such tokens only if the field contains the right
// secret.
func TestPresetsWithASecret(t *testing.T) {
	find := func(shape string) *provider {
		for _, p := range products {
			if p.shape == shape {
				return newProvider(t, p)
			}
		}
		t.Fatalf("no preset %q", shape)
		return nil
	}
	supabase, authentik := find("supabase"), find("authentik")
	old, secret := signed(t, supabase, shapes.Row{})
	byClient, clientSecret := signed(t, authentik, shapes.Row{})
	idToken, idSecret := signed(t, authentik, shapes.Row{Claims: []shapes.Member{{Name: "uid"}}})

	both := supabase.conf[0]
	both.Secrets = jwks.Secret(secret.ID, secret.Secret)
	only := func(key testserver.Key) middleware.Issuer {
		i := authentik.conf[0]
		i.Keys, i.Algorithms = jwks.Secret(key.ID, key.Secret), []string{"HS256"}
		return i
	}
	for name, row := range map[string]struct {
		provider *provider
		issuer   middleware.Issuer
		token    string
		want     int
	}{
		"Supabase, a token of the old secret without it":    {supabase, supabase.conf[0], old, 401},
		"Supabase, a token of the old secret with it":       {supabase, both, old, 200},
		"Supabase, a token of the new keys beside it":       {supabase, both, supabase.mint(t, shapes.Row{}), 200},
		"authentik, a token of the client's secret":         {authentik, only(clientSecret), byClient, 200},
		"authentik, a token of another client's secret":     {authentik, only(secret), byClient, 401},
		"authentik, a token of that secret without it":      {authentik, authentik.conf[0], byClient, 401},
		"authentik, an ID token with the client's secret":   {authentik, only(idSecret), idToken, 401},
		"authentik, a token of a key where a secret is set": {authentik, only(clientSecret), authentik.mint(t, shapes.Row{}), 401},
	} {
		t.Run(name, func(t *testing.T) {
			if got := status(t, row.provider, row.issuer, row.token); got != row.want {
				t.Errorf("got %d, want %d", got, row.want)
			}
		})
	}
}
