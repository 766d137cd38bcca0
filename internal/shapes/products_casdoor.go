package shapes

import (
	"slices"
	"strings"
)

// casdoorUser lists the 170 claims about a user that Casdoor puts into a token.
var casdoorUser = slices.Concat([]Member{
	{"owner", "acme"}, {"name", "anna"}, {"createdTime", "2026-01-02T03:04:05Z"}, {"displayName", "Anna Clerk"}, {"email", "anna@example.com"},
	{"isAdmin", false}, {"roles", []map[string]any{{"name": "clerk", "isEnabled": true}}}, {"permissions", []map[string]any{}}, {"groups", []string{"acme/clerks"}},
	{"properties", map[string]any{}}, {"address", []string{}}, {"managedAccounts", Null{}}, {"score", 0},
}, empty(numbered("thirdPartyAccountNumber%d", 157)))

func empty(names []string) (members []Member) {
	for _, name := range names {
		members = append(members, Member{name, ""})
	}
	return members
}

// casdoor is the shape of Casdoor.
var casdoor = []Shape{{
	Name: "casdoor", Title: "Casdoor", Issuer: "https://door.example.com", Audience: "0a1b2c3d4e5f60718293",
	Header: []Member{{"typ", "JWT"}},
	Claims: slices.Concat(casdoorUser, []Member{
		{"tokenType", "access-token"}, {"nonce", ""}, {"tag", ""}, {"scope", "profile"}, {"azp", "{audience}"}, {"provider", ""}, {"aud", []string{"{audience}"}},
		{"nbf", "{now}"}, {"jti", "admin/6ba7b811-9dad-11d1-80b4-00c04fd430c8"},
	}),
	Keys: []Key{{Alg: "RS256", Members: []Member{{"x5c", []string{"MIIC"}}, {"x5t", "thumb"}, {"x5t#S256", "thumb"}}}},
	Good: []Row{
		{Name: "a scope", Needs: "profile", Status: 200},
		{Name: "a user with long claims", Claims: []Member{{"bio", strings.Repeat("Anna has been a clerk for long. ", 90)}}, Status: 200},
		{Name: "no scope", Claims: []Member{{"scope", ""}}, Status: 200},
		{Name: "a resource and the client in aud", Claims: []Member{{"aud", []string{"https://api.example.com", "{audience}"}}}, Status: 200},
	},
	Bad: []Row{
		{Name: "a refresh token", Claims: []Member{{"tokenType", "refresh-token"}}, Status: 401},
		{Name: "a refresh token of the format JWT-Custom", Claims: []Member{{"tokenType", nil}, {"TokenType", "refresh-token"}}, Status: 401},
		{Name: "a token without the claim for its kind", Claims: []Member{{"tokenType", nil}}, Status: 401},
		{Name: "a token for another application", Claims: []Member{{"aud", []string{"other"}}}, Status: 401},
		{Name: "a token of another server", Claims: []Member{{"iss", "https://other.example.com"}}, Status: 401},
		{Name: "a role is not a scope", Needs: "clerk", Status: 403},
	},
	Setup: "Set origin in app.conf: it is the issuer. Choose the token format JWT or JWT-Empty of the application. With JWT-Custom, add the token " +
		"field TokenType, and set Issuer.Mark to TokenType=access-token.",
	Preset:     "Casdoor",
	Recognised: Recognised{Claims: []string{"tokenType", "owner"}},
	Hints: []Hint{
		{Name: "tokenType", Value: "refresh-token", Text: "this is a refresh token: send the access token instead"},
		{Name: "TokenType", Value: "refresh-token", Text: "this is a refresh token: send the access token instead"},
		{Name: "tokenType", Absent: true, Text: "tokenType is absent: add the token field TokenType to the application, and set Issuer.Mark to TokenType=access-token"},
	},
}, {
	Name: "casdoor-custom", Title: "Casdoor, the token format JWT-Custom", Issuer: "https://door.example.com", Audience: "0a1b2c3d4e5f60718293",
	Header: []Member{{"typ", "JWT"}},
	Claims: []Member{
		{"TokenType", "access-token"}, {"nonce", ""}, {"scope", ""}, {"tag", ""}, {"azp", "{audience}"}, {"aud", []string{"{audience}"}}, {"nbf", "{now}"}, {"jti", "j1"},
		{"Owner", "acme"}, {"Name", "anna"},
	},
	Good: []Row{{Name: "a nonce", Claims: []Member{{"nonce", "n"}}, Status: 200}},
	Bad: []Row{
		{Name: "a refresh token", Claims: []Member{{"TokenType", "refresh-token"}}, Status: 401},
		{Name: "a token without the claim for its kind", Claims: []Member{{"TokenType", nil}}, Status: 401},
		{Name: "a token for another application", Claims: []Member{{"aud", []string{"other"}}}, Status: 401},
		{Name: "no scope", Needs: "profile", Status: 403},
	},
	Setup:  "As for Casdoor, with the token field TokenType and Issuer.Mark TokenType=access-token.",
	Preset: "Casdoor",
}}
