package issuers

import (
	"errors"
	"strings"

	"github.com/bearerguard/bearerguard/middleware"
)

// Keycloak is a realm of a Keycloak server at base, such as
// https://id.example.com, or https://id.example.com/auth before version 17. Access
// tokens have the claim typ "Bearer"; ID and refresh tokens are refused by it.
func Keycloak(base, realm string, audiences ...string) middleware.Issuer {
	f := &faults{function: "Keycloak"}
	base, realm = f.before("base", base, "/realms"), f.part("realm", realm)
	return f.in(middleware.Issuer{URL: base + "/realms/" + realm, Audiences: audiences, Mark: "typ=Bearer"})
}

// KeycloakRoles takes the realm roles of a [Keycloak] realm, and the roles of a
// client of it, for scopes, so that scopes.All("clerk") asks for a role.
func KeycloakRoles(i middleware.Issuer, client string) middleware.Issuer {
	f := &faults{function: "KeycloakRoles"}
	if client == "" {
		f.add("client is %q: give the client ID of the API, whose roles count", client)
	}
	i.Fault = errors.Join(i.Fault, f.in(i).Fault)
	i.ScopeClaims = []string{"/realm_access/roles", "/resource_access/" + pointerEscaper.Replace(client) + "/roles"}
	i.ScopeUnion = true
	return i
}

// pointerEscaper writes a name into a JSON Pointer (RFC 6901 §3).
var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")
