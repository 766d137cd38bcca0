package issuers_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/internal/shapes"
	"github.com/bearerguard/bearerguard/issuers"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/apitest"
)

// likeProvider is a transport for a verifier. It sends every request, whatever
// its URL is, to a test server that imitates the provider.
type likeProvider struct {
	as   *testserver.Server
	conf []middleware.Issuer
}

func (p likeProvider) RoundTrip(r *http.Request) (*http.Response, error) {
	ep, named := testserver.EndpointJWKS, ""
	for _, i := range p.conf {
		issuer, at := cmp.Or(i.MetadataIssuer, i.URL), r.URL.String()
		found := i.MetadataURL == "" && i.KeysURL == "" && strings.HasPrefix(at, strings.TrimSuffix(issuer, "/")+"/.well-known/")
		if at == i.MetadataURL || found {
			ep, named = testserver.EndpointDiscovery, issuer
		}
	}
	ask, err := http.NewRequestWithContext(r.Context(), http.MethodGet, p.as.Endpoint(ep), nil)
	if err != nil {
		return nil, err
	}
	response, err := p.as.Client().Do(ask)
	if err != nil || ep == testserver.EndpointJWKS {
		return response, err
	}
	defer response.Body.Close()
	var doc map[string]any
	if err := json.NewDecoder(response.Body).Decode(&doc); err != nil {
		return nil, err
	}
	doc["issuer"], doc["jwks_uri"] = named, "https://keys.invalid/jwks" // the verifier requires the provider's issuer, and keys at an https URL
	text, err := json.Marshal(doc)
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return response, err
}

// This test runs the checks of package apitest against APIs with most presets.
// The test tokens have the same headers and claims as the tokens of the
// provider.
func TestPresetsRefuseBadTokensOfTheirShape(t *testing.T) {
	for _, p := range presets {
		shape, _ := shapes.Find(p.shape)
		if p.issuers == nil || p.mint != nil || shape.Introspection != nil {
			continue // the preset takes a client, or verifies no ordinary JWTs
		}
		t.Run(p.shape, func(t *testing.T) {
			opts := []testserver.Option{testserver.InMemory(), testserver.Audience(shape.Audience), testserver.Like(p.shape)}
			_, named := shapes.Lookup(shape.Claims, "iss")
			switch {
			case named: // the shape sets iss, so IssuerURL is not needed
			case strings.HasPrefix(shape.Issuer, "https://"):
				opts = append(opts, testserver.TLS(), testserver.IssuerURL(shape.Issuer))
			case strings.HasPrefix(shape.Issuer, "http://"):
				opts = append(opts, testserver.IssuerURL(shape.Issuer))
			}
			made := likeProvider{testserver.New(t, opts...), p.issuers()}
			v, err := middleware.NewVerifier(middleware.Config{
				Audience: shape.Audience, Issuers: made.conf, TokenHeader: p.tokenHeader, Client: &http.Client{Transport: made},
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := v.Verify(t.Context(), middleware.Credentials{Token: made.as.Token()}); err != nil {
				t.Fatal(err)
			}
			if p.tokenHeader != "" { // apitest sends tokens only in Authorization
				return
			}
			var options []apitest.Option
			for _, i := range made.conf {
				hasID := slices.ContainsFunc(shape.Bad, func(row shapes.Row) bool { return strings.HasPrefix(row.Name, "an ID token") })
				if i.Purpose == middleware.IDTokens || !hasID { // the preset may accept ID tokens
					options = append(options, apitest.SkipDefect(testserver.IDTokenAsAccess))
				}
				if i.InsecureNoAudience {
					options = append(options, apitest.SkipDefect(testserver.WrongAudience, testserver.MissingAudience))
				}
			}
			api := httpauth.Require(v)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			apitest.Check(t, made.as, api, func() *http.Request { return httptest.NewRequest("GET", "/orders", nil) }, options...)
		})
	}
}

// An API that is configured for Keycloak refuses all bad tokens of a test
// server that imitates Keycloak.
func TestAnAPIWithAServerLikeItsProvider(t *testing.T) {
	as := testserver.New(t, testserver.InMemory(), testserver.TLS(), testserver.IssuerURL("https://id.example.com/realms/shop"), testserver.Like("keycloak"))
	issuer := issuers.Keycloak("https://id.example.com", "shop")
	for name, tt := range map[string]struct {
		issuer  middleware.Issuer
		need    scopes.Requirement
		options []apitest.Option
	}{
		"keycloak":       {issuer, scopes.All("orders:read"), []apitest.Option{apitest.RequireScope("orders:read")}},
		"keycloak-roles": {issuers.KeycloakRoles(issuer, "api"), scopes.All("clerk"), []apitest.Option{apitest.RequireClaim("/resource_access/api/roles", "clerk")}},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.HasSuffix(name, "roles") { // a realm role with the same name would also be accepted
				tt.options = append(tt.options, apitest.Token(testserver.Without("realm_access")))
			}
			v, err := middleware.NewVerifier(middleware.Config{Audience: "api", Issuers: []middleware.Issuer{tt.issuer}, Client: as.Client()})
			if err != nil {
				t.Fatal(err)
			}
			api := httpauth.Require(v, tt.need)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			apitest.Check(t, as, api, func() *http.Request { return httptest.NewRequest("GET", "/orders", nil) }, tt.options...)
		})
	}
}
