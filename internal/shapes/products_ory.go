package shapes

// ory are the shapes of Ory Hydra and Ory Network.
var ory = []Shape{{
	Name: "hydra", Title: "Ory Hydra, with JWTs", Issuer: "https://hydra.example.com/", Audience: "https://api.example.com",
	Header: []Member{{"typ", "JWT"}},
	Claims: []Member{
		{"aud", []string{"{audience}"}}, {"client_id", "web"}, {"ext", map[string]any{}}, {"jti", "6ba7b811-9dad-11d1-80b4-00c04fd430c8"},
		{"nbf", "{now}"}, {"scp", []string{"offline", "orders:read"}},
	},
	Good: []Row{
		{Name: "a scope of the array scp", Needs: "orders:read", Status: 200},
		{Name: "scopes in a string (configurable)", Claims: []Member{{"scp", nil}, {"scope", "offline orders:read"}}, Needs: "orders:read", Status: 200},
		{Name: "a client without a user", Claims: []Member{{"sub", "web"}}, Status: 200},
		{Name: "claims in ext", Claims: []Member{{"ext", map[string]any{"org": "o1"}}}, Status: 200},
	},
	Bad: []Row{
		{Name: "a token whose client did not request the audience", Claims: []Member{{"aud", []string{}}}, Status: 401},
		{Name: "a token for another API", Claims: []Member{{"aud", []string{"https://other.example.com"}}}, Status: 401},
		{Name: "an ID token", Claims: []Member{
			{"scp", nil}, {"client_id", nil}, {"ext", nil}, {"at_hash", "h"}, {"auth_time", "{now}"}, {"rat", "{now}"}, {"sid", "s1"}, {"nonce", "n"},
		}, Status: 401},
		{Name: "an ID token of the implicit flow", Claims: []Member{{"scp", nil}, {"client_id", nil}, {"nonce", "n"}}, Status: 401},
		{Name: "an issuer without its slash", Claims: []Member{{"iss", "https://hydra.example.com"}}, Status: 401},
		{Name: "a token without the scope", Needs: "orders:write", Status: 403},
	},
	Setup: "Set strategies.access_token to jwt, allow the audience for the client (audience), and send the parameter audience from the client. " +
		"The issuer is urls.self.issuer, including a slash at the end if it has one.",
	Preset:     "Hydra",
	Recognised: Recognised{Claims: []string{"ext", "scp", "client_id"}},
	Hints: []Hint{
		{Name: "aud", Absent: true, Text: "aud is absent or empty: the client must send the parameter audience, and be allowed that audience"},
		{Name: "at_hash", Text: "this is an ID token: send the access token instead"},
	},
}, {
	Name: "ory-network", Title: "Ory Network, with JWTs", Issuer: "https://great-hopper-a1b2c3d4e5.projects.oryapis.com", Audience: "https://api.example.com",
	Header: []Member{{"typ", "JWT"}},
	Claims: []Member{
		{"aud", []string{"{audience}"}}, {"client_id", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"}, {"ext", map[string]any{}},
		{"jti", "6ba7b811-9dad-11d1-80b4-00c04fd430c8"}, {"nbf", "{now}"}, {"scp", []string{"orders:read"}},
	},
	Keys: []Key{{Alg: "RS256"}, {Alg: "RS256"}},
	Good: []Row{
		{Name: "a scope of the array scp", Needs: "orders:read", Status: 200},
	},
	Bad: []Row{
		{Name: "a token whose client did not request the audience", Claims: []Member{{"aud", []string{}}}, Status: 401},
		{Name: "a token of another project", Claims: []Member{{"iss", "https://other-name-a1b2c3d4e5.projects.oryapis.com"}}, Status: 401},
		{Name: "an ID token", Claims: []Member{{"scp", nil}, {"client_id", nil}, {"at_hash", "h"}, {"rat", "{now}"}, {"sid", "s1"}}, Status: 401},
	},
	Setup: "Set the access token strategy of the project to jwt (OAuth 2, Configuration), allow the audience for the client, and send the " +
		"parameter audience from the client. With the strategy opaque, set Issuer.Introspection.",
	Preset:     "OryNetwork",
	Recognised: Recognised{Issuer: `^https://[^/.]+\.projects\.oryapis\.com/?$`},
	Hints: []Hint{
		{Name: "aud", Absent: true, Text: "aud is absent or empty: the client must send the parameter audience, and be allowed that audience"},
	},
}, {
	Name: "hydra-opaque", Title: "Ory Hydra, with opaque tokens", Issuer: "https://hydra.example.com/", Audience: "https://api.example.com",
	Introspection: []Member{
		{"scope", "offline orders:read"}, {"client_id", "web"}, {"sub", "u1"}, {"iat", "{now}"}, {"nbf", "{now}"}, {"aud", []string{"{audience}"}},
		{"iss", "{issuer}"}, {"token_type", "Bearer"}, {"token_use", "access_token"}, {"ext", map[string]any{}},
	},
	Good: []Row{
		{Name: "a scope", Needs: "orders:read", Status: 200},
		{Name: "members that are null in older versions", Claims: []Member{
			{"nbf", Null{}}, {"sub", Null{}}, {"iss", Null{}}, {"username", Null{}}, {"exp", Null{}}, {"token_type", Null{}},
		}, Status: 200},
		{Name: "a scope that is null", Claims: []Member{{"scope", Null{}}}, Status: 200},
		{Name: "null is not a scope", Claims: []Member{{"scope", Null{}}}, Needs: "orders:read", Status: 403},
		{Name: "a token type in small letters", Claims: []Member{{"token_type", "bearer"}}, Status: 200},
		{Name: "a token type that is a URN", Claims: []Member{{"token_type", "urn:ietf:params:oauth:token-type:access_token"}}, Status: 200},
	},
	Bad: []Row{
		{Name: "a refresh token", Claims: []Member{{"token_use", "refresh_token"}}, Status: 401},
		{Name: "a token that is not a bearer token", Claims: []Member{{"token_type", "DPoP"}}, Status: 401},
		{Name: "a token for another API", Claims: []Member{{"aud", []string{"https://other.example.com"}}}, Status: 401},
		{Name: "a token without an audience", Claims: []Member{{"aud", Null{}}}, Status: 401},
		{Name: "a token of another issuer", Claims: []Member{{"iss", "https://other.example.com/"}}, Status: 401},
		{Name: "a token that has expired", Claims: []Member{{"exp", 1}}, Status: 401},
	},
	Setup: "This is the default of Hydra. Set Issuer.Introspection to a client of the admin port: /admin/oauth2/introspect must be reachable only for " +
		"the API.",
	Preset: "Hydra",
	Hints: []Hint{
		{Name: "token_use", Value: "refresh_token", Text: "this is a refresh token: send the access token instead"},
	},
}}
