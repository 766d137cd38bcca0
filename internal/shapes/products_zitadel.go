package shapes

// zitadelProject is the ID of the project for which the sample tokens are
// issued.
const zitadelProject = "218528353504723201"

// zitadelClaim is the claim with the roles of the project.
const zitadelClaim = "urn:zitadel:iam:org:project:" + zitadelProject + ":roles"

// zitadel describes the tokens of ZITADEL, in the cloud or self-hosted.
var zitadel = []Shape{{
	Name: "zitadel", Title: "ZITADEL, with JWTs", Issuer: "https://acme.zitadel.cloud", Audience: zitadelProject,
	Header: []Member{{"typ", "JWT"}},
	Claims: []Member{
		{"aud", []string{"218528353504723300", "{audience}"}}, {"client_id", "218528353504723300"}, {"jti", "V2_1"}, {"nbf", "{now}"},
		{zitadelClaim, map[string]any{"clerk": map[string]any{"218528353504723100": "acme.zitadel.cloud"}}},
	},
	Keys: []Key{{Alg: "RS256"}, {Alg: "RS256"}, {Alg: "ES256"}},
	Good: []Row{
		{Name: "a role", Needs: "clerk", Status: 200},
		{Name: "a project with 90 applications", Claims: []Member{{"aud", append(numbered("2185283535047233%02d", 90), "{audience}")}}, Needs: "clerk", Status: 200},
		{Name: "a user without the role", Claims: []Member{{zitadelClaim, nil}}, Needs: "clerk", Status: 403},
		{Name: "a user without roles", Claims: []Member{{zitadelClaim, nil}}, Status: 200},
	},
	Bad: []Row{
		{Name: "an ID token", Claims: []Member{
			{"azp", "218528353504723300"}, {"auth_time", "{now}"}, {"amr", []string{"pwd"}}, {"at_hash", "h"}, {"nonce", "n"}, {"jti", nil},
		}, Status: 401},
		{Name: "an ID token without a hash and nonce", Claims: []Member{{"azp", "218528353504723300"}, {"auth_time", "{now}"}, {"jti", nil}}, Status: 401},
		{Name: "a token for the application only", Claims: []Member{{"aud", []string{"218528353504723300"}}}, Status: 401},
		{Name: "a token of another instance", Claims: []Member{{"iss", "https://other.zitadel.cloud"}}, Status: 401},
		{Name: "a role of another project", Claims: []Member{
			{zitadelClaim, nil}, {"urn:zitadel:iam:org:project:218528353504723999:roles", map[string]any{"clerk": map[string]any{}}},
		}, Needs: "clerk", Status: 403},
		{Name: "a role with a space is not two roles", Claims: []Member{{zitadelClaim, map[string]any{"chief clerk": map[string]any{}}}}, Needs: "clerk", Status: 403},
	},
	Setup: "Set the access token type of the application to JWT, and turn on Assert Roles on Authentication (project, General). The " +
		"client requests the scope urn:zitadel:iam:org:project:id:PROJECT:aud.",
	Preset:     "Zitadel",
	Recognised: Recognised{Issuer: `^https://[^/]+\.zitadel\.cloud$`},
	Hints: []Hint{
		{Name: "at_hash", Text: "this is an ID token: send the access token instead"},
	},
}, {
	Name: "zitadel-opaque", Title: "ZITADEL, with opaque tokens", Issuer: "https://acme.zitadel.cloud", Audience: zitadelProject,
	Introspection: []Member{
		{"scope", "openid profile"}, {"client_id", "218528353504723300"}, {"token_type", "Bearer"}, {"iat", "{now}"}, {"auth_time", "{now}"}, {"nbf", "{now}"},
		{"sub", "218528353504723400"}, {"aud", []string{"218528353504723300", "{audience}"}}, {"iss", "{issuer}"}, {"jti", "V2_1"}, {"username", "clerk@acme.zitadel.cloud"},
		{"name", "Anna Clerk"}, {"email", "clerk@example.com"}, {"email_verified", true},
		{zitadelClaim, map[string]any{"clerk": map[string]any{"218528353504723100": "acme.zitadel.cloud"}}},
	},
	Good: []Row{
		{Name: "a role", Needs: "clerk", Status: 200},
		{Name: "a user without the role", Claims: []Member{{zitadelClaim, nil}}, Needs: "clerk", Status: 403},
	},
	Bad: []Row{
		{Name: "a token for another project", Claims: []Member{{"aud", []string{"218528353504723999"}}}, Status: 401},
		{Name: "a token of another instance", Claims: []Member{{"iss", "https://other.zitadel.cloud"}}, Status: 401},
		{Name: "a token that has expired", Claims: []Member{{"exp", 1}}, Status: 401},
		{Name: "a scope is not a role", Needs: "profile", Status: 403},
	},
	Setup: "This is the default of ZITADEL, and personal access tokens are always opaque. Create an application of the type API in the project, and " +
		"set Issuer.Introspection to a client with its credentials, which can introspect only tokens for that project.",
	Preset: "Zitadel",
}}
