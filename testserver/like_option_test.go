package testserver_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/shapes"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestLikeWithSeedIsReproducible(t *testing.T) {
	made := func(t *testing.T, name string) (list []string) {
		s := testserver.New(t, testserver.InMemory(), testserver.Seed("a"), testserver.Clock(atNoon), testserver.Like(name))
		return append(list, s.Token(), string(s.JWKS()), s.Rotate().ID, string(s.JWKS()), s.Token())
	}
	for _, shape := range shapes.All {
		t.Run(shape.Name, func(t *testing.T) {
			first, second := made(t, shape.Name), made(t, shape.Name)
			if !slices.Equal(first, second) && !strings.HasPrefix(shape.Alg, "PS") {
				t.Errorf("got\n%q and\n%q, want the same", first, second)
			}
		})
	}
}

func TestLikeRefusesUnknownProviders(t *testing.T) {
	text := fatalText(t, func(tb *recorder) { testserver.New(tb, testserver.Like("keycloack")) })
	wantAll(t, text, `Like("keycloack"): unknown provider: give one of keycloak, keycloak-roles`)
	_, err := testserver.FormatConfig(strings.NewReader(`{"like":"keycloack"}`), false)
	if err == nil || !strings.Contains(err.Error(), `like: got "keycloack", want one of keycloak, keycloak-roles`) {
		t.Errorf("got %v, want the names", err)
	}
}

// One server can mint tokens that look like the tokens of several providers,
// and all these tokens are active.
func TestMintLikeOtherProviders(t *testing.T) {
	c := newControlAPI(t)
	for _, shape := range shapes.All {
		t.Run(shape.Name, func(t *testing.T) {
			minted := c.call("POST", "/v1/tokens", `{"like":"`+shape.Name+`","claims":{"extra":1}}`)
			token, _ := minted["access_token"].(string)
			claims := segments(t, token)[1]
			wantMembers(t, c.Server, shape, claims, shape.Claims, serverMembers...)
			if claims["extra"] != 1.0 {
				t.Errorf("got %v, want the claim of the request", claims)
			}
			if members := c.call("POST", "/v1/tokens/inspect", `{"token":"`+token+`"}`)["introspection"].(map[string]any); members["active"] != true {
				t.Errorf("got %v, want an active token", members)
			}
			bad := objects(c.call("POST", "/v1/bad-tokens", `{"like":"`+shape.Name+`"}`), "tokens")
			if len(bad) < 30 {
				t.Errorf("got %d bad tokens, want one of each kind", len(bad))
			}
		})
	}
	if claims := segments(t, c.Token())[1]; claims["client_id"] != "test-client" {
		t.Errorf("got %v, want the server's own tokens unchanged", claims)
	}
}

// Options override what Like sets, and Metadata options change the metadata
// that Like sets.
func TestOptionsOverrideLike(t *testing.T) {
	s := testserver.New(t, testserver.InMemory(), testserver.IssuerURL("http://id.example/realms/shop"), testserver.SigningAlg("ES256"),
		testserver.Audience("orders"), testserver.Scope("orders:read"), testserver.Like("keycloak"),
		testserver.Metadata(func(doc map[string]any) { doc["service_documentation"] = "x" }))
	parts := segments(t, s.Token())
	for name, want := range map[string]any{
		"iss": "http://id.example/realms/shop", "aud": "orders", "scope": "orders:read", "azp": "test-client",
		"resource_access": map[string]any{"orders": map[string]any{"roles": []any{"picker"}}},
	} {
		if got := parts[1][name]; !reflect.DeepEqual(got, want) {
			t.Errorf("got %s %v, want %v", name, got, want)
		}
	}
	if parts[0]["alg"] != "ES256" {
		t.Errorf("got %v, want ES256", parts[0])
	}
	wantVerified(t, s, s.Token())
	id := segments(t, s.Token(testserver.With(testserver.IDTokenAsAccess)))[1]
	if id["typ"] != "ID" || id["aud"] != "orders" || id["scope"] != nil || id["azp"] != "test-client" {
		t.Errorf("got %v, want an ID token of the provider", id)
	}
	if claims := segments(t, s.Token(testserver.With(testserver.MissingScope)))[1]; claims["scope"] != nil || claims["typ"] != "Bearer" {
		t.Errorf("got %v, want all except the scope", claims)
	}
}

// The keys and tokens of a server with Like survive a restart.
func TestLikeSurvivesARestart(t *testing.T) {
	for _, shape := range shapes.All {
		t.Run(shape.Name, func(t *testing.T) {
			first := testserver.New(t, testserver.InMemory(), testserver.IssuerURL("http://id.example"), testserver.Like(shape.Name))
			first.Rotate()
			token, jwt := first.Token(), signed(first, shape)
			state, err := testserver.Snapshot(first)
			if err != nil {
				t.Fatal(err)
			}
			second := testserver.New(t, testserver.InMemory(), testserver.IssuerURL("http://id.example"), testserver.Like(shape.Name))
			if err := testserver.Restore(second, state); err != nil {
				t.Fatal(err)
			}
			if got := introspected(t, second, token); got["active"] != true {
				t.Errorf("got %v for a token from before the restart, want it active", got)
			}
			wantVerified(t, second, jwt)
			wantVerified(t, second, signed(second, shape))
		})
	}
}

// A server with Like still refuses tokens that are not access tokens.
func TestLikeRefusesOtherTokens(t *testing.T) {
	s := testserver.New(t, testserver.InMemory(), testserver.Like("keycloak"))
	for name, token := range map[string]string{
		"an ID token":                 s.IDToken(),
		"an ID token as access token": s.Token(testserver.With(testserver.IDTokenAsAccess)),
		"a token of another type":     s.Token(testserver.With(testserver.WrongTyp)),
		"a token of another issuer":   s.Token(testserver.Claim("iss", "https://other.example")),
		"a token of another key":      s.Token(testserver.With(testserver.ForeignKeySameKid)),
	} {
		if members := introspected(t, s, token); members["active"] != false {
			t.Errorf("%s: got %v, want it inactive", name, members)
		}
	}
}
