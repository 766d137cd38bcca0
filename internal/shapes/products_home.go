package shapes

// dex is the shape of Dex.
var dex = []Shape{{
	Name: "dex", Title: "Dex", Issuer: "https://id.example.com/dex", Audience: "web",
	Claims: []Member{
		{"at_hash", "h"}, {"nonce", "n"}, {"email", "clerk@example.com"}, {"email_verified", true}, {"groups", []string{"clerk"}}, {"name", "Anna Clerk"},
		{"preferred_username", "anna"},
	},
	Good: []Row{
		{Name: "a group", Needs: "clerk", Status: 200},
		{Name: "a token for several clients", Claims: []Member{{"aud", []string{"{audience}", "cli"}}, {"azp", "cli"}}, Status: 200},
		{Name: "the ID token", Claims: []Member{{"at_hash", "g"}, {"c_hash", "h"}}, Status: 200},
		{Name: "a user without the group", Claims: []Member{{"groups", nil}}, Needs: "clerk", Status: 403},
	},
	Bad: []Row{
		{Name: "a login at another client", Claims: []Member{{"aud", "cli"}}, Status: 401},
		{Name: "a token of another server", Claims: []Member{{"iss", "https://other.example.com/dex"}}, Status: 401},
		{Name: "an issuer with an extra slash", Claims: []Member{{"iss", "https://id.example.com/dex/"}}, Status: 401},
		{Name: "a logout token", Claims: []Member{{"events", map[string]any{}}, {"nonce", nil}}, Status: 401},
		{Name: "a token with the typ claim Refresh", Claims: []Member{{"typ", "Refresh"}}, Status: 401},
		{Name: "a typ that Dex does not use", Header: []Member{{"typ", "at+jwt"}}, Status: 401},
	},
	Setup: "Configure the static clients whose users may call the API. A client of another API must be in trustedPeers, and request the scope " +
		"audience:server:client_id:CLIENT. Groups need a connector that supports them, and the scope groups.",
	Preset:     "Dex",
	Recognised: Recognised{Issuer: `/dex$`},
	Hints: []Hint{
		{Name: "groups", Absent: true, Text: "groups is absent: the client must request the scope groups, and the connector must return groups"},
		{Name: "at_hash", Text: "access tokens of Dex have at_hash, like ID tokens: set Purpose of the issuer to IDTokens"},
	},
}}

// authentik are the shapes of authentik.
var authentik = []Shape{{
	Name: "authentik", Title: "authentik", Issuer: "https://auth.example.com/application/o/orders/", Audience: "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789aBcD",
	Header: []Member{{"typ", "JWT"}},
	Claims: []Member{
		{"auth_time", "{now}"}, {"acr", "goauthentik.io/providers/oauth2/default"}, {"amr", []string{"pwd"}}, {"sid", "s1"}, {"jti", "j1"},
		{"azp", "{audience}"}, {"uid", "r"}, {"groups", []string{"clerk"}}, {"email", "clerk@example.com"}, {"name", "Anna Clerk"},
	},
	Keys: []Key{{Alg: "RS256", Members: []Member{{"x5c", []string{"MIIC"}}, {"x5t", "thumb"}, {"x5t#S256", "thumb"}}}},
	Good: []Row{
		{Name: "a group", Needs: "clerk", Status: 200},
		{Name: "an access token with a nonce", Claims: []Member{{"nonce", "n"}}, Status: 200},
		{Name: "an access token of the hybrid flow, with a hash", Claims: []Member{{"c_hash", "h"}, {"nonce", "n"}}, Status: 200},
		{Name: "a user without the group", Claims: []Member{{"groups", []string{}}}, Needs: "clerk", Status: 403},
	},
	Bad: []Row{
		{Name: "an ID token", Claims: []Member{{"uid", nil}, {"azp", nil}, {"at_hash", "h"}, {"nonce", "n"}}, Status: 401},
		{Name: "an ID token without a hash and nonce", Claims: []Member{{"uid", nil}, {"azp", nil}}, Status: 401},
		{Name: "a uid that is null", Claims: []Member{{"uid", Null{}}}, Status: 401},
		{Name: "a token for another provider", Claims: []Member{{"aud", "other"}}, Status: 401},
		{Name: "a token of another application", Claims: []Member{{"iss", "https://auth.example.com/application/o/other/"}}, Status: 401},
		{Name: "the issuer that all providers share", Claims: []Member{{"iss", "https://auth.example.com/"}}, Status: 401},
	},
	Setup: "Choose a signing key for the provider, because none is set by default, and the issuer mode in which each provider has a different issuer. " +
		"The audience is the client ID of the provider.",
	Preset:     "Authentik",
	Recognised: Recognised{Issuer: `/application/o/[^/]+/$`},
	Hints: []Hint{
		{Name: "uid", Absent: true, Text: "uid is absent: this is an ID token; send the access token instead"},
		{Header: true, Name: "alg", Value: "HS256", Text: "alg is HS256: choose a signing key for the provider, or set Issuer.Keys to jwks.Secret of the client's secret"},
		{Name: "iss", Value: "https://auth.example.com/", Text: "all providers share this issuer: choose the issuer mode in which each provider has a different one"},
	},
}, {
	Name: "authentik-opaque", Title: "authentik, by introspection", Issuer: "https://auth.example.com/application/o/orders/", Audience: "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789aBcD",
	Introspection: []Member{
		{"iss", "{issuer}"}, {"sub", "u1"}, {"aud", "{audience}"}, {"iat", "{now}"}, {"auth_time", "{now}"}, {"acr", "goauthentik.io/providers/oauth2/default"},
		{"nonce", "n"}, {"scope", "openid groups"}, {"client_id", "{audience}"}, {"groups", []string{"clerk"}},
	},
	Good: []Row{
		{Name: "a group", Needs: "clerk", Status: 200},
		{Name: "a user without the group", Claims: []Member{{"groups", nil}}, Needs: "clerk", Status: 403},
	},
	Bad: []Row{
		{Name: "a refresh token, which has a hash", Claims: []Member{{"at_hash", "h"}}, Status: 401},
		{Name: "a token of the hybrid flow, which looks like a refresh token", Claims: []Member{{"c_hash", "h"}}, Status: 401},
		{Name: "a token for another provider", Claims: []Member{{"aud", "other"}}, Status: 401},
		{Name: "a token that has expired", Claims: []Member{{"exp", 1}}, Status: 401},
	},
	Setup: "Set Issuer.Introspection to a client with the credentials of the provider, and Issuer.IntrospectionMode to IntrospectJWTs to refuse revoked " +
		"tokens at once.",
	Preset: "Authentik",
}}

// authelia is the shape of Authelia.
var authelia = []Shape{{
	Name: "authelia", Title: "Authelia", Issuer: "https://auth.example.com", Audience: "https://api.example.com",
	Header: []Member{{"typ", "at+jwt"}},
	Claims: []Member{
		{"aud", []string{"{audience}"}}, {"client_id", "web"}, {"jti", "6ba7b811-9dad-11d1-80b4-00c04fd430c8"}, {"nbf", "{now}"}, {"scope", "offline_access orders:read"},
	},
	Good: []Row{
		{Name: "a scope", Needs: "orders:read", Status: 200},
		{Name: "scopes in an array", Claims: []Member{{"scope", []string{"orders:read"}}}, Needs: "orders:read", Status: 200},
	},
	Bad: []Row{
		{Name: "an ID token", Header: []Member{{"typ", "JWT"}}, Claims: []Member{{"scope", nil}, {"at_hash", "h"}, {"amr", []string{"pwd"}}, {"azp", "web"}}, Status: 401},
		{Name: "a token with the typ JWT", Header: []Member{{"typ", "JWT"}}, Status: 401},
		{Name: "a token without jti", Claims: []Member{{"jti", nil}}, Status: 401},
		{Name: "a token without client_id", Claims: []Member{{"client_id", nil}}, Status: 401},
		{Name: "a token for another API", Claims: []Member{{"aud", []string{"https://other.example.com"}}}, Status: 401},
		{Name: "a token without the scope", Needs: "orders:write", Status: 403},
	},
	Setup: "Set access_token_signed_response_alg of the client to RS256 or ES256, and add the API to its audience. Without access_token_signed_response_alg, its access " +
		"tokens are opaque (authelia_at_).",
	Preset: "Authelia",
	Hints: []Hint{
		{Name: "at_hash", Text: "this is an ID token: send the access token instead"},
		{Name: "aud", Absent: true, Text: "aud is absent: add the API to the audience of the client, which must request it"},
	},
}}
