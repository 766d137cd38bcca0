package shapes

// frameworks describes the tokens of servers that are built with a framework or
// library.
var frameworks = []Shape{{
	Name: "duende", Title: "Duende IdentityServer", Issuer: "https://id.example.com", Audience: "orders-api",
	Header: []Member{{"typ", "at+jwt"}},
	Claims: []Member{
		{"nbf", "{now}"}, {"auth_time", "{now}"}, {"idp", "local"}, {"client_id", "web"}, {"jti", "F0A1"}, {"sid", "S1"},
		{"scope", []string{"openid", "orders.read"}}, {"amr", []string{"pwd"}},
	},
	Good: []Row{
		{Name: "a scope of the array", Needs: "orders.read", Status: 200},
		{Name: "scopes in a string (EmitScopesAsSpaceDelimitedStringInJwt)", Claims: []Member{{"scope", "openid orders.read"}}, Needs: "orders.read", Status: 200},
		{Name: "the audience of the resource and that of all APIs", Claims: []Member{{"aud", []string{"orders-api", "https://id.example.com/resources"}}}, Status: 200},
		{Name: "a client without a user", Claims: []Member{{"sub", nil}, {"auth_time", nil}, {"idp", nil}, {"amr", nil}, {"sid", nil}}, Status: 200},
	},
	Bad: []Row{
		{Name: "an ID token", Header: []Member{{"typ", "JWT"}}, Claims: []Member{{"scope", nil}, {"client_id", nil}, {"at_hash", "h"}}, Status: 401},
		{Name: "an ID token of the implicit flow", Header: []Member{{"typ", "JWT"}}, Claims: []Member{{"scope", nil}, {"client_id", nil}, {"nonce", "n"}}, Status: 401},
		{Name: "a logout token", Header: []Member{{"typ", "logout+jwt"}}, Claims: []Member{{"events", map[string]any{}}}, Status: 401},
		{Name: "a token for every API of the server", Claims: []Member{{"aud", "https://id.example.com/resources"}}, Status: 401},
		{Name: "a token without an API resource", Claims: []Member{{"aud", nil}}, Status: 401},
		{Name: "a token without the scope", Needs: "orders.write", Status: 403},
	},
	Setup: "Register an API resource with the scopes of the API: its name becomes aud. A scope without a resource results in a token " +
		"without aud.",
	Preset:     "Duende",
	Recognised: Recognised{Claims: []string{"client_id", "idp", "amr", "scope"}},
	Hints: []Hint{
		{Name: "aud", Absent: true, Text: "aud is absent: put the scope into an API resource"},
		{Name: "at_hash", Text: "this is an ID token: send the access token instead"},
	},
}, {
	Name: "identityserver4", Title: "IdentityServer 4, with the audience of all APIs", Issuer: "https://id.example.com", Audience: "https://id.example.com/resources",
	Header: []Member{{"typ", "JWT"}},
	Claims: []Member{{"nbf", "{now}"}, {"client_id", "web"}, {"jti", "F0A1"}, {"scope", []string{"orders.read", "offline_access"}}},
	Good: []Row{
		{Name: "a scope of the array", Needs: "orders.read", Status: 200},
		{Name: "a token of the newer type", Header: []Member{{"typ", "at+jwt"}}, Status: 200},
	},
	Bad: []Row{
		{Name: "an ID token", Claims: []Member{{"scope", nil}, {"client_id", nil}, {"at_hash", "h"}, {"idp", "local"}, {"auth_time", "{now}"}}, Status: 401},
		{Name: "a token without an audience", Claims: []Member{{"aud", nil}}, Status: 401},
		{Name: "a token of another server", Claims: []Member{{"iss", "https://other.example.com"}}, Status: 401},
		{Name: "the scope of another API", Needs: "stock.read", Status: 403},
	},
	Setup:  "Set EmitStaticAudienceClaim. All APIs of the server then share the audience, so each route must require a scope of its API.",
	Preset: "Duende",
}, {
	Name: "openiddict", Title: "OpenIddict", Issuer: "https://id.example.com/", Audience: "orders-api",
	Header: []Member{{"typ", "at+jwt"}},
	Claims: []Member{
		{"oi_prst", "web"}, {"client_id", "web"}, {"oi_tkn_id", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"}, {"oi_au_id", "6ba7b812-9dad-11d1-80b4-00c04fd430c8"},
		{"scope", "openid orders:read"}, {"jti", "6ba7b811-9dad-11d1-80b4-00c04fd430c8"},
	},
	Good: []Row{
		{Name: "a scope", Needs: "orders:read", Status: 200},
		{Name: "several resources", Claims: []Member{{"aud", []string{"stock-api", "orders-api"}}}, Status: 200},
	},
	Bad: []Row{
		{Name: "an ID token", Header: []Member{{"typ", "JWT"}}, Claims: []Member{{"scope", nil}, {"at_hash", "h"}, {"azp", "web"}, {"nonce", "n"}}, Status: 401},
		{Name: "a refresh token", Header: []Member{{"typ", "oi_reft+jwt"}}, Status: 401},
		{Name: "an authorization code", Header: []Member{{"typ", "oi_auc+jwt"}}, Status: 401},
		{Name: "an issuer without its slash", Claims: []Member{{"iss", "https://id.example.com"}}, Status: 401},
		{Name: "a token without a resource", Claims: []Member{{"aud", nil}}, Status: 401},
	},
	Setup: "Call DisableAccessTokenEncryption in the options of the server, and SetResources on the principal: the resources become aud. Otherwise " +
		"the token is encrypted, has five parts, and needs Issuer.Introspection.",
	Preset:     "OpenIddict",
	Recognised: Recognised{Claims: []string{"oi_prst"}},
	Hints: []Hint{
		{Name: "aud", Absent: true, Text: "aud is absent: call SetResources on the principal"},
		{Header: true, Name: "enc", Text: "the token is encrypted: call DisableAccessTokenEncryption in the options of the server, or set Issuer.Introspection"},
	},
}, {
	Name: "spring-as", Title: "Spring Authorization Server", Issuer: "https://id.example.com", Audience: "web",
	Claims: []Member{{"aud", []string{"{audience}"}}, {"nbf", "{now}"}, {"scope", []string{"openid", "orders:read"}}, {"jti", "6ba7b811-9dad-11d1-80b4-00c04fd430c8"}},
	Good: []Row{
		{Name: "a scope of the array", Needs: "orders:read", Status: 200},
		{Name: "a client without a user and scope", Claims: []Member{{"sub", "{audience}"}, {"aud", "{audience}"}, {"scope", nil}}, Status: 200},
	},
	Bad: []Row{
		{Name: "an ID token", Claims: []Member{{"nbf", nil}, {"scope", nil}, {"azp", "{audience}"}, {"auth_time", "{now}"}, {"nonce", "n"}, {"sid", "s1"}}, Status: 401},
		{Name: "an ID token of a client without nonce and session", Claims: []Member{{"nbf", nil}, {"scope", nil}, {"azp", "{audience}"}}, Status: 401},
		{Name: "a token for another client", Claims: []Member{{"aud", []string{"cli"}}}, Status: 401},
		{Name: "an issuer with an extra slash", Claims: []Member{{"iss", "https://id.example.com/"}}, Status: 401},
		{Name: "a token without the scope", Needs: "orders:write", Status: 403},
	},
	Setup: "Set issuer in AuthorizationServerSettings: otherwise it is the host of each request. aud is the ID of the client: configure the clients, or " +
		"set an audience in an OAuth2TokenCustomizer.",
	Preset: "SpringAS",
	Hints: []Hint{
		{Name: "nbf", Absent: true, Text: "nbf is absent: this is an ID token; send the access token instead"},
		{Name: "azp", Text: "azp is a claim of ID tokens here: send the access token instead"},
	},
}}

// introspected describes the tokens of servers whose access tokens for APIs are
// always opaque.
var introspected = []Shape{{
	Name: "doorkeeper", Title: "Doorkeeper", Issuer: "https://app.example.com", Audience: "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789aBcD",
	Introspection: []Member{{"scope", "orders:read"}, {"client_id", "{audience}"}, {"token_type", "Bearer"}, {"iat", "{now}"}},
	Good: []Row{
		{Name: "a scope", Needs: "orders:read", Status: 200},
		{Name: "a token that never expires", Claims: []Member{{"exp", nil}}, Status: 200},
		{Name: "a token that never expires, in older releases", Claims: []Member{{"exp", 0}}, Status: 200},
	},
	Bad: []Row{
		{Name: "a refresh token, which has no token_type", Claims: []Member{{"token_type", nil}}, Status: 401},
		{Name: "a token without an application", Claims: []Member{{"client_id", Null{}}}, Status: 401},
		{Name: "a token of another application", Claims: []Member{{"client_id", "other"}}, Status: 401},
		{Name: "a token that has expired", Claims: []Member{{"exp", 1}}, Status: 401},
		{Name: "a token without the scope", Needs: "orders:write", Status: 403},
	},
	Setup: "Register a confidential application for the API, introspect tokens with its ID and secret, and allow it to introspect tokens of other applications " +
		"(allow_token_introspection). Configure the applications that may call the API.",
	Preset: "Doorkeeper",
	Hints: []Hint{
		{Name: "client_id", Absent: true, Text: "client_id is absent: the token does not belong to an application, so it is not known to be for this API"},
		{Name: "token_type", Absent: true, Text: "token_type is absent: this is a refresh token, send the access token instead"},
	},
}, {
	Name: "gitlab", Title: "GitLab, OAuth tokens", Issuer: "https://gitlab.example.com", Audience: "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9",
	Introspection: []Member{{"scope", "read_user openid"}, {"client_id", "{audience}"}, {"token_type", "Bearer"}, {"iat", "{now}"}},
	Good:          []Row{{Name: "a scope", Needs: "read_user", Status: 200}},
	Bad: []Row{
		{Name: "a refresh token, which has no token_type", Claims: []Member{{"token_type", nil}}, Status: 401},
		{Name: "a token of another application", Claims: []Member{{"client_id", "other"}}, Status: 401},
		{Name: "a token without an application", Claims: []Member{{"client_id", Null{}}}, Status: 401},
		{Name: "a token without the scope", Needs: "api", Status: 403},
	},
	Setup: "Register an application for each client, and configure their IDs. Introspection needs the ID and secret of a confidential application of the same " +
		"server.",
	Preset: "GitLab",
}, {
	Name: "django-oauth-toolkit", Title: "Django OAuth Toolkit", Issuer: "https://id.example.com/o", Audience: "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789aBcD",
	Introspection: []Member{{"scope", "orders:read"}, {"client_id", "{audience}"}, {"username", "anna"}},
	Good: []Row{
		{Name: "a scope", Needs: "orders:read", Status: 200},
		{Name: "a client without a user", Claims: []Member{{"username", nil}}, Status: 200},
	},
	Bad: []Row{
		{Name: "a token of another application", Claims: []Member{{"client_id", "other"}}, Status: 401},
		{Name: "a token without an application", Claims: []Member{{"client_id", nil}}, Status: 401},
		{Name: "a token that has expired", Claims: []Member{{"exp", 1}}, Status: 401},
		{Name: "a token without the scope", Needs: "orders:write", Status: 403},
	},
	Setup: "Add the scope introspection to SCOPES, and register an application for the API that gets tokens with that scope by the client " +
		"credentials grant. Configure the applications that may call the API.",
	Preset: "DjangoOAuthToolkit",
}}
