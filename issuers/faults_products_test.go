package issuers_test

import (
	"context"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/issuers"
	"github.com/bearerguard/bearerguard/middleware"
)

// If an argument of a function is wrong, the error of NewVerifier must name the
// function and contain the remedy.
func TestWrongArgumentsOfProducts(t *testing.T) {
	ask := introspect.Config{Auth: introspect.Basic("api", "secret")}
	bearer := introspect.Config{Auth: introspect.Bearer(func(context.Context) (string, error) { return "t", nil })}
	const guid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
	for _, row := range []struct {
		name   string
		issuer middleware.Issuer
		want   string
	}{
		{"Hydra: an issuer without a scheme", issuers.Hydra("hydra.example.com"), "give the value of issuer in the server's metadata"},
		{"Hydra: the metadata", issuers.Hydra("https://hydra.example.com/.well-known/openid-configuration"), "without /.well-known/"},
		{"Hydra: an issuer with a query", issuers.Hydra("https://hydra.example.com/?a=b"), "must not contain user information, a query or a fragment"},
		{"Hydra: an empty fragment", issuers.Hydra("https://hydra.example.com/#"), "must not contain user information, a query or a fragment"},
		{"Hydra: a space", issuers.Hydra("https://hydra.example.com/a b"), "without spaces"},
		{"OryNetwork: capitals", issuers.OryNetwork("Great-Hopper"), "give it in lower case"},
		{"Supabase: capitals", issuers.Supabase("ABCDEFGHIJKLMNOPQRST"), "give it in lower case"},
		{"Authelia: the metadata", issuers.Authelia("https://auth.example.com/.well-known/openid-configuration"), "without /.well-known/"},
		{"PingOne: a region with two dots", issuers.PingOne(guid, "com..au"), "such as com, eu or com.au"},
		{"OryNetwork: no slug", issuers.OryNetwork(""), "slug is \"\": give an ID such as great-hopper"},
		{"OryNetwork: a host", issuers.OryNetwork("great-hopper.projects.oryapis.com"), "without https:// and .projects.oryapis.com"},
		{"Zitadel: a URL", issuers.Zitadel("https://acme.zitadel.cloud", "218528353504723201"), "without https:// and slashes"},
		{"Zitadel: no project", issuers.Zitadel("acme.zitadel.cloud", ""), "project is \"\": give an ID such as 2185"},
		{"Zitadel: the scope of a project", issuers.Zitadel("acme.zitadel.cloud", "urn:zitadel:iam:org:project:id:2185:aud"), "give an ID such as 2185"},
		{"Zitadel: the ID of a client", issuers.Zitadel("acme.zitadel.cloud", "218528353504723300@orders"), "give an ID such as 2185"},
		{"Dex: no client", issuers.Dex("https://id.example.com/dex"), "give the clients of Dex"},
		{"Dex: an issuer without a scheme", issuers.Dex("id.example.com/dex", "web"), "give the value of issuer in the server's metadata"},
		{"Authentik: the issuer", issuers.Authentik("https://auth.example.com/application/o/orders/", "orders", "c"), "remove /application/o"},
		{"Authentik: no slug", issuers.Authentik("https://auth.example.com", "", "c"), "slug is \"\": give it as in the URL"},
		{"Authentik: a slug with slashes", issuers.Authentik("https://auth.example.com", "/orders/", "c"), "without slashes"},
		{"Authelia: no scheme", issuers.Authelia("auth.example.com"), "give a URL such as https://id.example.com"},
		{"Logto: the issuer", issuers.Logto("https://acme.logto.app/oidc"), "remove /oidc"},
		{"Logto: no scheme", issuers.Logto("acme.logto.app"), "give a URL such as"},
		{"Duende: no scheme", issuers.Duende("id.example.com"), "give the value of issuer in the server's metadata"},
		{"OpenIddict: no scheme", issuers.OpenIddict("id.example.com"), "give the value of issuer in the server's metadata"},
		{"WSO2: the issuer", issuers.WSO2("https://id.example.com:9443/oauth2/token"), "remove /oauth2/token"},
		{"SpringAS: an empty issuer", issuers.SpringAS(""), "give the value of issuer in the server's metadata"},
		{"FusionAuth: no issuer", issuers.FusionAuth("https://auth.example.com", "", guid), "give the issuer in the settings of the tenant"},
		{"FusionAuth: the key set", issuers.FusionAuth("https://auth.example.com/.well-known/jwks.json", "acme.com", guid), "remove /.well-known"},
		{"FusionAuth: an empty query before the path of the keys", issuers.FusionAuth("https://auth.example.com?", "acme.com", guid), "must not contain user information, a query or a fragment"},
		{"FusionAuth: the name of an application", issuers.FusionAuth("https://auth.example.com", "acme.com", "orders"), "give its ID, a GUID"},
		{"FusionAuthEntity: the name of an entity", issuers.FusionAuthEntity("https://auth.example.com", "acme.com", "orders"), "give its ID, a GUID"},
		{"PingOne: an environment in capitals", issuers.PingOne(strings.ToUpper(guid), "com"), "give it in lower case"},
		{"PingOne: the name of an environment", issuers.PingOne("production", "com"), "give its ID, a GUID"},
		{"PingOne: no region", issuers.PingOne(guid, ""), "such as com, eu or com.au"},
		{"PingOne: a region with a dot", issuers.PingOne(guid, ".eu"), "without a dot before it"},
		{"PingOne: a region in capitals", issuers.PingOne(guid, "EU"), "such as com, eu or com.au"},
		{"PingFederate: no scheme", issuers.PingFederate("sso.example.com"), "give the value of issuer in the server's metadata"},
		{"PingAM: the server", issuers.PingAM("https://am.example.com/am"), "give it with /oauth2 and the realm"},
		{"Supabase: no reference", issuers.Supabase(""), "ref is \"\": give an ID such as abcdefghijklmnopqrst"},
		{"Supabase: a URL", issuers.Supabase("https://abcdefghijklmnopqrst.supabase.co"), "without https:// and .supabase.co"},
		{"WorkOS: an API key", issuers.WorkOS("sk_test_1"), "give an ID such as client_"},
		{"WorkOS: only the prefix", issuers.WorkOS("client_"), "give an ID such as client_"},
		{"AuthKit: a URL", issuers.AuthKit("https://acme.authkit.app"), "without https:// and slashes"},
		{"Descope: a URL", issuers.Descope("https://api.descope.com/P2abc"), "give an ID such as P2abc"},
		{"Descope: no project", issuers.Descope(""), "give an ID such as P2abc"},
		{"Stytch: the issuer", issuers.Stytch("stytch.com/project-test-1", "https://test.stytch.com"), "give an ID such as project-live-"},
		{"Stytch: a test project at the live API", issuers.Stytch("project-test-1", "https://api.stytch.com"), "has the base https://test.stytch.com"},
		{"Stytch: a live project at the test API", issuers.Stytch("project-live-1", "https://test.stytch.com"), "use https://api.stytch.com"},
		{"Stytch: the key set", issuers.Stytch("project-live-1", "https://api.stytch.com/v1/sessions/jwks/project-live-1"), "remove /v1/sessions"},
		{"Kinde: a URL", issuers.Kinde("https://acme.kinde.com"), "without https:// and slashes"},
		{"XSUAA: the issuer", issuers.XSUAA("https://acme.authentication.eu10.hana.ondemand.com/oauth/token"), "remove /oauth/token"},
		{"IAS: an endpoint", issuers.IAS("https://acme.accounts.ondemand.com/oauth2/token"), "remove /oauth2"},
		{"Casdoor: an endpoint", issuers.Casdoor("https://door.example.com/api/login"), "remove /api"},
		{"Gravitee: the issuer", issuers.Gravitee("https://am.example.com/shop/oidc", "shop"), "remove /oidc"},
		{"Gravitee: no domain", issuers.Gravitee("https://am.example.com", ""), "domain is \"\": give it as in the URL"},
		{"Curity: no scheme", issuers.Curity("id.example.com/oauth/v2/oauth-anonymous"), "give the value of issuer in the server's metadata"},
		{"Doorkeeper: an endpoint", issuers.Doorkeeper("https://app.example.com/oauth/introspect", ask, "c"), "remove /oauth"},
		{"Doorkeeper: no credentials", issuers.Doorkeeper("https://app.example.com", introspect.Config{}, "c"), "Auth is missing: use Basic"},
		{"GitLab: no scheme", issuers.GitLab("gitlab.com", ask, "c"), "give a URL such as"},
		{"GitLab: no credentials", issuers.GitLab("https://gitlab.com", introspect.Config{}, "c"), "Auth is missing: use Basic"},
		{"DjangoOAuthToolkit: the endpoint", issuers.DjangoOAuthToolkit("https://id.example.com/o/introspect/", bearer, "c"), "remove /introspect"},
		{"DjangoOAuthToolkit: no credentials", issuers.DjangoOAuthToolkit("https://id.example.com/o", introspect.Config{}, "c"), "Auth is missing: use Basic"},
	} {
		t.Run(row.name, func(t *testing.T) {
			function, _, _ := strings.Cut(row.name, ":")
			_, err := middleware.NewVerifier(middleware.Config{Audience: "orders-api", Issuers: one(row.issuer)})
			if err == nil || !strings.Contains(err.Error(), "issuers."+function+": ") || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want issuers.%s and %q", err, function, row.want)
			}
		})
	}
}
