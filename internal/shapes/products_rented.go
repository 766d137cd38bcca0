package shapes

// rented describes the tokens of hosted services that issue access tokens for
// an audience.
var rented = []Shape{{
	Name: "logto", Title: "Logto", Issuer: "https://acme.logto.app/oidc", Audience: "https://api.example.com", Alg: "ES384",
	Header: []Member{{"typ", "at+jwt"}},
	Claims: []Member{{"jti", "j1"}, {"scope", "orders:read"}, {"client_id", "aBcDeFgHiJkLmNoPqRsTu"}},
	Good: []Row{
		{Name: "a scope", Needs: "orders:read", Status: 200},
		{Name: "an application without a user", Claims: []Member{{"sub", "aBcDeFgHiJkLmNoPqRsTu"}}, Status: 200},
	},
	Bad: []Row{
		{Name: "an ID token", Header: []Member{{"typ", "JWT"}}, Claims: []Member{{"scope", nil}, {"client_id", nil}, {"at_hash", "h"}, {"sid", "s1"}}, Status: 401},
		{Name: "a token with the typ JWT", Header: []Member{{"typ", "JWT"}}, Status: 401},
		{Name: "a token for an organization", Claims: []Member{{"aud", "urn:logto:organization:org1"}}, Status: 401},
		{Name: "a token for the resource of another API", Claims: []Member{{"aud", "https://other.example.com"}}, Status: 401},
		{Name: "a token of another tenant", Claims: []Member{{"iss", "https://other.logto.app/oidc"}}, Status: 401},
		{Name: "a token without the scope", Needs: "orders:write", Status: 403},
	},
	Setup: "Create an API resource whose identifier is the audience, with its permissions. The client must request it as resource. For tokens of an " +
		"organization use the audience urn:logto:organization:ID.",
	Preset:     "Logto",
	Recognised: Recognised{Issuer: `^https://[^/]+\.logto\.app/oidc$`},
	Hints: []Hint{
		{Name: "at_hash", Text: "this is an ID token: send the access token instead"},
	},
}, {
	Name: "fusionauth", Title: "FusionAuth", Issuer: "acme.com", Audience: "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
	Header: []Member{{"typ", "JWT"}, {"gty", []string{"authorization_code"}}},
	Claims: []Member{
		{"jti", "6ba7b811-9dad-11d1-80b4-00c04fd430c8"}, {"authenticationType", "PASSWORD"}, {"email", "anna@example.com"}, {"email_verified", true},
		{"applicationId", "{audience}"}, {"scope", "openid offline_access"}, {"roles", []string{"clerk"}}, {"auth_time", "{now}"},
		{"tid", "6ba7b812-9dad-11d1-80b4-00c04fd430c8"}, {"sid", "6ba7b813-9dad-11d1-80b4-00c04fd430c8"},
	},
	Keys: []Key{{Alg: "RS256", Members: []Member{{"x5c", []string{"MIIC"}}, {"x5t", "thumb"}, {"x5t#S256", "thumb"}}}},
	Good: []Row{
		{Name: "a role", Needs: "clerk", Status: 200},
		{Name: "a refreshed token", Header: []Member{{"gty", []string{"authorization_code", "refresh_token"}}}, Status: 200},
		{Name: "a user without the role", Claims: []Member{{"roles", []string{}}}, Needs: "clerk", Status: 403},
		{Name: "a version without scopes", Claims: []Member{{"scope", nil}}, Status: 200},
	},
	Bad: []Row{
		{Name: "an ID token for the same application", Claims: []Member{
			{"applicationId", nil}, {"roles", nil}, {"at_hash", "h"}, {"c_hash", "h"}, {"nonce", "n"},
		}, Status: 401},
		{Name: "an ID token without a hash and nonce", Claims: []Member{{"applicationId", nil}, {"roles", nil}}, Status: 401},
		{Name: "a token for another application", Claims: []Member{{"aud", "6ba7b814-9dad-11d1-80b4-00c04fd430c8"}}, Status: 401},
		{Name: "a token of another tenant", Claims: []Member{{"iss", "other.example.com"}}, Status: 401},
		{Name: "a scope is not a role", Needs: "openid", Status: 403},
	},
	Setup: "Set the issuer of the tenant, and choose an RSA or EC key for access tokens in the JWT settings of the tenant or application. Register " +
		"the users for the application: otherwise applicationId is absent.",
	Preset:     "FusionAuth",
	Recognised: Recognised{Header: []string{"gty"}},
	Hints: []Hint{
		{Name: "applicationId", Absent: true, Text: "applicationId is absent: this is an ID token, or the user is not registered for the application"},
		{Header: true, Name: "alg", Value: "HS256", Text: "alg is HS256: choose an RSA or EC key for access tokens in the JWT settings of the tenant"},
	},
}, {
	Name: "fusionauth-entity", Title: "FusionAuth, entities", Issuer: "acme.com", Audience: "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
	Header: []Member{{"typ", "JWT"}, {"gty", []string{"client_credentials"}}},
	Claims: []Member{
		{"sub", "6ba7b815-9dad-11d1-80b4-00c04fd430c8"}, {"jti", "6ba7b811-9dad-11d1-80b4-00c04fd430c8"}, {"scope", "target-entity:{audience}:orders.read"},
		{"permissions", []string{"orders.read"}}, {"tid", "6ba7b812-9dad-11d1-80b4-00c04fd430c8"},
	},
	Keys: []Key{{Alg: "RS256", Members: []Member{{"x5c", []string{"MIIC"}}}}},
	Good: []Row{
		{Name: "a permission", Needs: "orders.read", Status: 200},
		{Name: "a grant without permissions", Claims: []Member{{"permissions", nil}}, Status: 200},
	},
	Bad: []Row{
		{Name: "a token for another entity", Claims: []Member{{"aud", "6ba7b814-9dad-11d1-80b4-00c04fd430c8"}}, Status: 401},
		{Name: "a token of another tenant", Claims: []Member{{"iss", "other.example.com"}}, Status: 401},
		{Name: "an ID token", Claims: []Member{{"permissions", nil}, {"at_hash", "h"}}, Status: 401},
		{Name: "a permission that was not granted", Needs: "orders.write", Status: 403},
	},
	Setup: "Create an entity for the API and one for each caller, and grant the callers permissions on the entity of the API. Callers request the scope " +
		"target-entity:ID. Choose an RSA or EC key in the JWT settings of the entity type.",
	Preset: "FusionAuthEntity",
	Hints: []Hint{
		{Name: "permissions", Absent: true, Text: "permissions is absent: grant the caller permissions on the entity of the API"},
	},
}, {
	Name: "kinde", Title: "Kinde", Issuer: "https://acme.kinde.com", Audience: "https://api.example.com",
	Header: []Member{{"typ", "JWT"}},
	Claims: []Member{
		{"aud", []string{"{audience}"}}, {"azp", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"}, {"jti", "6ba7b811-9dad-11d1-80b4-00c04fd430c8"}, {"org_code", "org_1"},
		{"permissions", []string{"orders:read"}}, {"scp", []string{"openid", "offline"}},
	},
	Good: []Row{
		{Name: "a permission", Needs: "orders:read", Status: 200},
		{Name: "an application without a user", Claims: []Member{{"sub", nil}, {"org_code", nil}, {"permissions", nil}, {"scp", []string{}}, {"gty", []string{"client_credentials"}}}, Status: 200},
		{Name: "a user without an organization has no permissions", Claims: []Member{{"permissions", nil}}, Needs: "orders:read", Status: 403},
	},
	Bad: []Row{
		{Name: "a token whose client did not request the audience", Claims: []Member{{"aud", []string{}}}, Status: 401},
		{Name: "an ID token", Claims: []Member{{"scp", nil}, {"permissions", nil}, {"at_hash", "h"}, {"auth_time", "{now}"}, {"org_codes", []string{"org_1"}}, {"email", "anna@example.com"}}, Status: 401},
		{Name: "an ID token without a hash", Claims: []Member{{"scp", nil}, {"permissions", nil}, {"auth_time", "{now}"}}, Status: 401},
		{Name: "a token of another business", Claims: []Member{{"iss", "https://other.kinde.com"}}, Status: 401},
		{Name: "a scope is not a permission", Needs: "openid", Status: 403},
	},
	Setup: "Register an API, whose audience becomes aud, and authorize the application for it. The client must request the audience. Permissions come from " +
		"the roles in the organization.",
	Preset:     "Kinde",
	Recognised: Recognised{Issuer: `^https://[^/]+\.kinde\.com$`},
	Hints: []Hint{
		{Name: "permissions", Absent: true, Text: "permissions is absent: the user must have logged in to an organization"},
		{Name: "at_hash", Text: "this is an ID token: send the access token instead"},
	},
}}
