package shapes

// keycloak are the shapes of Keycloak.
var keycloak = []Shape{{
	Name: "keycloak", Title: "Keycloak", Issuer: "https://id.example.com/realms/shop", Audience: "orders-api",
	Header: []Member{{"typ", "JWT"}},
	Claims: []Member{
		{"typ", "Bearer"}, {"azp", "web"}, {"auth_time", "{now}"}, {"sid", "s1"}, {"jti", "onrtac:1"}, {"scope", "profile orders:read"},
		{"realm_access", map[string]any{"roles": []string{"stock"}}},
		{"resource_access", map[string]any{"orders-api": map[string]any{"roles": []string{"picker"}}}},
	},
	Keys: []Key{
		{Alg: "RS256", Members: []Member{{"x5c", []string{"MIIC"}}, {"x5t", "thumb"}}},
		{Alg: "RS256", Members: []Member{{"alg", "RSA-OAEP"}, {"use", "enc"}}},
	},
	Good: []Row{
		{Name: "a user without the role", Claims: []Member{{"realm_access", nil}, {"resource_access", nil}}, Needs: "stock", Status: 403},
		{Name: "an access token with a nonce (Keycloak 22)", Claims: []Member{{"nonce", "n"}}, Status: 200},
	},
	Bad: []Row{
		{Name: "an ID token", Claims: []Member{{"typ", "ID"}, {"aud", "{audience}"}, {"at_hash", "h"}}, Status: 401},
		{Name: "a refresh token", Claims: []Member{{"typ", "Refresh"}}, Status: 401},
		{Name: "a token without an audience mapper", Claims: []Member{{"aud", "account"}}, Status: 401},
		{Name: "a token of another realm", Claims: []Member{{"iss", "https://id.example.com/realms/other"}}, Status: 401},
	},
	Setup: "Add an audience mapper for the API to a client scope (Client scopes → … → Add mapper → Audience), and add that scope to the " +
		"clients as a default scope. Without it, aud is `account` or absent.",
	Preset:     "Keycloak",
	Recognised: Recognised{Issuer: `/realms/[^/]+$`},
	Hints: []Hint{
		{Name: "aud", Value: "account", Text: "aud is account: add an audience mapper for the API to a client scope"},
		{Name: "typ", Value: "ID", Text: "this is an ID token: send the access token instead"},
		{Name: "typ", Value: "Refresh", Text: "this is a refresh token: send the access token instead"},
	},
}, {
	Name: "keycloak-roles", Title: "Keycloak, with roles as scopes", Issuer: "https://id.example.com/realms/shop", Audience: "orders-api",
	Header: []Member{{"typ", "JWT"}},
	Claims: []Member{
		{"typ", "Bearer"}, {"azp", "web"}, {"scope", "profile"},
		{"realm_access", map[string]any{"roles": []string{"stock"}}},
		{"resource_access", map[string]any{"orders-api": map[string]any{"roles": []string{"picker"}}}},
	},
	Good: []Row{
		{Name: "a realm role", Needs: "stock", Status: 200},
		{Name: "a role of the client", Needs: "picker", Status: 200},
		{Name: "a user without the role", Claims: []Member{{"realm_access", nil}, {"resource_access", nil}}, Needs: "stock", Status: 403},
	},
	Bad: []Row{
		{Name: "a scope is not a role", Needs: "profile", Status: 403},
		{Name: "an ID token", Claims: []Member{{"typ", "ID"}}, Status: 401},
	},
	Setup:  "As for Keycloak. Roles of the realm are in realm_access, and roles of the client in resource_access.",
	Preset: "KeycloakRoles",
}}
