package shapes

// ping are the shapes of Ping Identity's servers.
var ping = []Shape{{
	Name: "pingone", Title: "PingOne", Issuer: "https://auth.pingone.eu/6ba7b810-9dad-11d1-80b4-00c04fd430c8/as", Audience: "orders-api",
	Claims: []Member{
		{"client_id", "6ba7b811-9dad-11d1-80b4-00c04fd430c8"}, {"aud", []string{"{audience}"}}, {"scope", "openid orders:read"}, {"jti", "j1"}, {"sid", "s1"},
		{"env", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"}, {"org", "6ba7b812-9dad-11d1-80b4-00c04fd430c8"},
	},
	Good: []Row{
		{Name: "a scope", Needs: "orders:read", Status: 200},
		{Name: "an application without a user", Claims: []Member{{"sub", nil}, {"sid", nil}}, Status: 200},
		{Name: "a token of the newer type", Header: []Member{{"typ", "at+jwt"}, {"x5t", "thumb"}}, Claims: []Member{{"auth_time", "{now}"}, {"acr", "Single_Factor"}}, Status: 200},
	},
	Bad: []Row{
		{Name: "an ID token", Claims: []Member{
			{"scope", nil}, {"client_id", nil}, {"at_hash", "h"}, {"nonce", "n"}, {"auth_time", "{now}"}, {"acr", "Single_Factor"}, {"amr", []string{"pwd"}},
		}, Status: 401},
		{Name: "a token for the API of PingOne itself", Claims: []Member{{"aud", []string{"https://api.pingone.eu"}}}, Status: 401},
		{Name: "a token of another environment", Claims: []Member{{"iss", "https://auth.pingone.eu/6ba7b813-9dad-11d1-80b4-00c04fd430c8/as"}}, Status: 401},
		{Name: "a token of another region", Claims: []Member{{"iss", "https://auth.pingone.com/6ba7b810-9dad-11d1-80b4-00c04fd430c8/as"}}, Status: 401},
		{Name: "a token without the scope", Needs: "orders:write", Status: 403},
	},
	Setup: "Create a custom resource with the audience and scopes of the API, and grant its scopes to the application. If the environment has a " +
		"custom domain, iss has that domain.",
	Preset:     "PingOne",
	Recognised: Recognised{Issuer: `^https://auth\.pingone\.[a-z.]+/[0-9a-f-]{36}/as$`},
	Hints: []Hint{
		{Name: "aud", Value: "https://api.pingone.com", Text: "this is a token for the API of PingOne itself: the client must request a scope of the custom resource"},
		{Name: "at_hash", Text: "this is an ID token: send the access token instead"},
	},
}, {
	Name: "pingfederate", Title: "PingFederate", Issuer: "https://sso.example.com", Audience: "orders-api",
	Claims: []Member{{"scope", []string{"openid", "orders:read"}}, {"client_id", "web"}, {"jti", "j1"}},
	Keys: []Key{
		{Alg: "RS256", Members: []Member{{"alg", nil}}}, {Alg: "ES256", Members: []Member{{"alg", nil}}}, {Alg: "ES384", Members: []Member{{"alg", nil}}},
		{Alg: "ES512", Members: []Member{{"alg", nil}}},
	},
	Good: []Row{
		{Name: "a scope of the array", Needs: "orders:read", Status: 200},
		{Name: "scopes in a string (configurable)", Claims: []Member{{"scope", "openid orders:read"}}, Needs: "orders:read", Status: 200},
		{Name: "a configured typ", Header: []Member{{"typ", "at+jwt"}}, Status: 200},
	},
	Bad: []Row{
		{Name: "an ID token", Claims: []Member{{"scope", nil}, {"client_id", nil}, {"at_hash", "h"}, {"nonce", "n"}, {"auth_time", "{now}"}, {"pi.sri", "s"}}, Status: 401},
		{Name: "a logout token", Claims: []Member{{"events", map[string]any{}}}, Status: 401},
		{Name: "a token without an audience", Claims: []Member{{"aud", nil}}, Status: 401},
		{Name: "a token without an issuer", Claims: []Member{{"iss", nil}}, Status: 401},
		{Name: "a token without the scope", Needs: "orders:write", Status: 403},
	},
	Setup: "In the access token manager (JSON Web Tokens) set a signing key, the JWS algorithm, Issuer Claim Value, Audience Claim Value, and include " +
		"the key ID. The issuer must be that of the OpenID provider, whose metadata contains the URL of the keys.",
	Preset: "PingFederate",
	Hints: []Hint{
		{Name: "aud", Absent: true, Text: "aud is absent: set Audience Claim Value in the access token manager"},
		{Name: "iss", Absent: true, Text: "iss is absent: set Issuer Claim Value in the access token manager"},
		{Name: "pi.sri", Text: "this is an ID token: send the access token instead"},
	},
}, {
	Name: "pingam", Title: "PingAM, ForgeRock AM", Issuer: "https://am.example.com:443/am/oauth2/realms/root/realms/alpha", Audience: "web",
	Header: []Member{{"typ", "JWT"}, {"zip", "NONE"}},
	Claims: []Member{
		{"cts", "OAUTH2_STATELESS_GRANT"}, {"auth_level", 0}, {"auditTrackingId", "6ba7b810-9dad-11d1-80b4-00c04fd430c8-1"}, {"subname", "u1"},
		{"tokenName", "access_token"}, {"token_type", "Bearer"}, {"authGrantId", "g1"}, {"nonce", "n"}, {"nbf", "{now}"}, {"grant_type", "authorization_code"},
		{"scope", []string{"openid", "orders:read"}}, {"auth_time", "{now}"}, {"realm", "/alpha"}, {"expires_in", 3599}, {"jti", "j1"}, {"client_id", "{audience}"},
	},
	Keys: []Key{{Alg: "RS256"}, {Alg: "ES256", Members: []Member{{"x5c", []string{"MIIC"}}}}, {Alg: "RS256", Members: []Member{{"alg", "RSA-OAEP-256"}, {"use", "enc"}}}},
	Good: []Row{
		{Name: "a scope of the array", Needs: "orders:read", Status: 200},
		{Name: "a client without a user", Claims: []Member{{"grant_type", "client_credentials"}, {"nonce", nil}, {"sub", "{audience}"}, {"client_id", nil}}, Status: 200},
	},
	Bad: []Row{
		{Name: "a refresh token", Claims: []Member{{"tokenName", "refresh_token"}}, Status: 401},
		{Name: "an ID token", Claims: []Member{
			{"tokenName", "id_token"}, {"tokenType", "JWTToken"}, {"token_type", nil}, {"scope", nil}, {"at_hash", "h"}, {"azp", "{audience}"},
		}, Status: 401},
		{Name: "a token without the claim for its kind", Claims: []Member{{"tokenName", nil}, {"nonce", nil}}, Status: 401},
		{Name: "a token of another realm", Claims: []Member{{"iss", "https://am.example.com:443/am/oauth2/realms/root/realms/beta"}}, Status: 401},
		{Name: "an issuer without the port", Claims: []Member{{"iss", "https://am.example.com/am/oauth2/realms/root/realms/alpha"}}, Status: 401},
		{Name: "a token for another client", Claims: []Member{{"aud", "cli"}}, Status: 401},
	},
	Setup: "In the OAuth2 provider of the realm use client-based access tokens, an asymmetric OAuth2 token signing algorithm, and no encryption. aud " +
		"is the ID of the client.",
	Preset:     "PingAM",
	Recognised: Recognised{Claims: []string{"tokenName", "realm"}},
	Hints: []Hint{
		{Name: "tokenName", Value: "refresh_token", Text: "this is a refresh token: send the access token instead"},
		{Name: "tokenName", Value: "id_token", Text: "this is an ID token: send the access token instead"},
	},
}}
