package issuers

import (
	"errors"
	"strings"

	"github.com/bearerguard/bearerguard/middleware"
)

// Keycloak accepts the access tokens of a realm of a Keycloak server at base,
// such as https://id.example.com, or https://id.example.com/auth before version
// 17. Access tokens have the claim typ "Bearer". ID and refresh tokens have
// other values of typ and are refused.
func Keycloak(base, realm string, audiences ...string) middleware.Issuer {
	f := &faults{function: "Keycloak"}
	base, realm = f.baseBefore("base", base, "/realms"), f.pathElement("realm", realm)
	return f.attach(middleware.Issuer{URL: base + "/realms/" + realm, Audiences: audiences, Mark: "typ=Bearer"})
}

// KeycloakRoles makes an issuer of [Keycloak] use roles as scopes: the roles of
// the realm and the roles of one client. client is the ID of this client.
// scopes.All("clerk") then requires the role clerk.
func KeycloakRoles(i middleware.Issuer, client string) middleware.Issuer {
	f := &faults{function: "KeycloakRoles"}
	if client == "" {
		f.add("client is %q: give the client ID of the API, whose roles are the scopes", client)
	}
	i.Fault = errors.Join(i.Fault, f.attach(i).Fault)
	i.ScopeClaims = []string{"/realm_access/roles", "/resource_access/" + pointerEscaper.Replace(client) + "/roles"}
	i.ScopeUnion = true
	return i
}

// pointerEscaper escapes a name for a JSON Pointer (RFC 6901 §3).
var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")
