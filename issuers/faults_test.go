package issuers_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/issuers"
	"github.com/bearerguard/bearerguard/middleware"
)

// fault is a test case with a wrong argument. One line of the error of
// NewVerifier must contain the text report and, after it, the text remedy.
type fault struct {
	name    string
	issuers []middleware.Issuer
	report  string // begins with the function's name
	remedy  string
}

var keycloakFaults = []fault{
	{"no base", one(issuers.Keycloak("id.example.com", "shop")), `Keycloak: base is "id.example.com"`, "give a URL such as"},
	{"a realm with a slash", one(issuers.Keycloak("https://id.example.com", "realms/shop")), `Keycloak: realm is "realms/shop"`, "without slashes"},
	{"the parent folder as a realm", one(issuers.Keycloak("https://id.example.com", "..")), `Keycloak: realm is ".."`, "as in the URL"},
	{"a realm that is not ASCII", one(issuers.Keycloak("https://id.example.com", "läden")), `Keycloak: realm is "läden"`, "as in the URL"},
	{"a realm with a backslash", one(issuers.Keycloak("https://id.example.com", `a\b`)), `Keycloak: realm is "a\\b"`, "as in the URL"},
	{"the issuer as a base", one(issuers.Keycloak("https://id.example.com/realms/shop", "shop")), `Keycloak: base is "https://id.example.com/realms/shop"`, "remove /realms"},
	{"no client of the roles", one(issuers.KeycloakRoles(issuers.Keycloak("https://id.example.com", "shop"), "")), `KeycloakRoles: client is ""`, "give the client ID of the API"},
	{"a fault before that of the roles", one(issuers.KeycloakRoles(issuers.Keycloak("https://id.example.com", ""), "")), `Keycloak: realm is ""`, "as in the URL"},
	{"an empty query", one(issuers.Keycloak("https://id.example.com?", "shop")), `Keycloak: base is "https://id.example.com?"`, "must not contain user information, a query or a fragment"},
	{"an empty fragment", one(issuers.Keycloak("https://id.example.com#", "shop")), `Keycloak: base is "https://id.example.com#"`, "must not contain user information, a query or a fragment"},
	{"a scheme in capitals", one(issuers.Keycloak("HTTPS://id.example.com", "shop")), `Keycloak: base is "HTTPS://id.example.com"`, "in lower case"},
	{"a space in a path", one(issuers.Keycloak("https://id.example.com/a b", "shop")), `Keycloak: base is "https://id.example.com/a b"`, "without spaces"},
}

func TestWrongArguments(t *testing.T) {
	for _, row := range slices.Concat(keycloakFaults, cloudFaults) {
		t.Run(row.name, func(t *testing.T) {
			_, err := middleware.NewVerifier(middleware.Config{Audience: "orders-api", Issuers: row.issuers})
			if err == nil {
				t.Fatal("got no error")
			}
			for line := range strings.Lines(err.Error()) {
				if _, report, found := strings.Cut(line, "issuers."+row.report); found && strings.Contains(report, row.remedy) {
					return
				}
			}
			t.Errorf("got %v, want issuers.%s … %s", err, row.report, row.remedy)
		})
	}
}
