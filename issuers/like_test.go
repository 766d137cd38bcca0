package issuers_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/issuers"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/apitest"
)

// An API that is configured for a provider refuses everything bad of a server that
// is like it.
func TestAnAPIAgainstAServerLikeItsProvider(t *testing.T) {
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
			if strings.HasSuffix(name, "roles") { // a realm role of that name would do as well
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
