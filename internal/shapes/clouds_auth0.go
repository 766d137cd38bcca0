package shapes

const auth0Setup = "Register the API (Applications, APIs) with an identifier, which is the audience. Clients must send it in the parameter audience when they request " +
	"a token. Set the signing algorithm of the API to RS256."

var auth0Keys = []Key{
	{Alg: "RS256", Members: []Member{{"x5c", []string{"MIIC"}}, {"x5t", "thumb"}}},
	{Alg: "RS256", Members: []Member{{"x5c", []string{"MIIC"}}, {"x5t", "next"}}},
}

// auth0 describes the access tokens of Auth0.
var auth0 = []Shape{{
	Name: "auth0", Title: "Auth0", Issuer: "https://tenant.eu.auth0.com/", Audience: "https://orders.example.com",
	Header: []Member{{"typ", "JWT"}},
	Claims: []Member{
		{"sub", "auth0|u1"}, {"aud", []string{"{audience}", "{issuer}userinfo"}}, {"azp", "c1"}, {"scope", "openid profile orders:read"},
		{"permissions", []string{"orders:read"}},
	},
	Keys: auth0Keys,
	Good: []Row{
		{Name: "a scope", Needs: "orders:read", Status: 200},
		{Name: "a machine", Claims: []Member{{"sub", "c1@clients"}, {"aud", "{audience}"}, {"gty", "client-credentials"}, {"scope", nil}, {"permissions", nil}}, Status: 200},
		{Name: "a user of an organization", Claims: []Member{{"org_id", "org_1"}, {"aud", "{audience}"}}, Status: 200},
		{
			Name: "the profile of RFC 9068", Header: []Member{{"typ", "at+jwt"}},
			Claims: []Member{{"azp", nil}, {"client_id", "c1"}, {"jti", "j1"}}, Needs: "orders:read", Status: 200,
		},
		{Name: "claims that are null", Claims: []Member{{"nbf", Null{}}, {"jti", Null{}}, {"acr", Null{}}}, Status: 200},
	},
	Bad: []Row{
		{Name: "an ID token", Claims: []Member{{"aud", "c1"}, {"azp", nil}, {"scope", nil}, {"permissions", nil}, {"nonce", "n"}, {"sid", "s1"}}, Status: 401},
		{Name: "an ID token of a client with the same name as the API", Claims: []Member{{"aud", "{audience}"}, {"scope", nil}, {"nonce", "n"}, {"sid", "s1"}}, Status: 401},
		{Name: "a token for UserInfo only", Claims: []Member{{"aud", "{issuer}userinfo"}}, Status: 401},
		{Name: "a token for another API", Claims: []Member{{"aud", []string{"https://stock.example.com", "{issuer}userinfo"}}}, Status: 401},
		{Name: "an issuer without the slash", Claims: []Member{{"iss", "https://tenant.eu.auth0.com"}}, Status: 401},
		{Name: "a token of another tenant", Claims: []Member{{"iss", "https://other.eu.auth0.com/"}}, Status: 401},
		{Name: "a token without exp", Claims: []Member{{"exp", Null{}}}, Status: 401},
		{Name: "a permission is not a scope", Claims: []Member{{"permissions", []string{"orders:write"}}}, Needs: "orders:write", Status: 403},
	},
	Setup:      auth0Setup,
	Preset:     "Auth0",
	Recognised: Recognised{Issuer: `^https://[^/]+\.auth0\.com/$`},
	Hints: []Hint{
		{Name: "iss", Text: "iss ends with a slash, so the URL of the issuer must too; with a custom domain, iss has that domain"},
		{Header: true, Name: "enc", Text: "this token is encrypted and only for Auth0: the client must send the parameter audience with the identifier of the API"},
		{Name: "nonce", Text: "this is an ID token: send the access token instead"},
		{Name: "scope", Absent: true, Text: "scope is absent: the client did not request a scope, or the API does not grant it one"},
	},
}, {
	Name: "auth0-rbac", Title: "Auth0, with permissions as scopes", Issuer: "https://tenant.eu.auth0.com/", Audience: "https://orders.example.com",
	Header: []Member{{"typ", "JWT"}},
	Claims: []Member{
		{"sub", "auth0|u1"}, {"aud", []string{"{audience}", "{issuer}userinfo"}}, {"azp", "c1"}, {"scope", "openid"},
		{"permissions", []string{"orders:read"}},
	},
	Keys: auth0Keys,
	Good: []Row{
		{Name: "a permission", Needs: "orders:read", Status: 200},
		{Name: "a user without permissions", Claims: []Member{{"permissions", []string{}}}, Status: 200},
	},
	Bad: []Row{
		{Name: "a scope is not a permission", Needs: "openid", Status: 403},
		{Name: "a token without permissions", Claims: []Member{{"permissions", nil}, {"scope", "openid orders:read"}}, Needs: "orders:read", Status: 403},
		{Name: "an ID token", Claims: []Member{{"scope", nil}, {"nonce", "n"}}, Status: 401},
		{Name: "a token for another API", Claims: []Member{{"aud", "https://stock.example.com"}}, Status: 401},
	},
	Setup:  auth0Setup + " Also turn on Enable RBAC and Add Permissions in the Access Token in the settings of the API.",
	Preset: "Auth0RBAC",
	Hints:  []Hint{{Name: "permissions", Absent: true, Text: "permissions is absent: turn on Add Permissions in the Access Token in the settings of the API"}},
}}
