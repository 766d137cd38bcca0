package shapes

// okta describes the access tokens of Okta.
var okta = []Shape{{
	Name: "okta", Title: "Okta, custom authorization server", Issuer: "https://tenant.okta.com/oauth2/default", Audience: "api://default",
	Claims: []Member{
		{"sub", "u1@example.com"}, {"ver", 1}, {"jti", "AT.1"}, {"cid", "0oa1"}, {"uid", "00u1"}, {"scp", []string{"openid", "orders:read"}},
		{"auth_time", "{now}"}, {"groups", []string{"Everyone"}},
	},
	Good: []Row{
		{Name: "a scope", Needs: "orders:read", Status: 200},
		{Name: "the typ of Okta's own APIs", Header: []Member{{"typ", "application/okta-internal-at+jwt"}}, Status: 200},
		{Name: "a service", Claims: []Member{{"sub", "0oa1"}, {"uid", nil}, {"auth_time", nil}, {"groups", nil}}, Needs: "orders:read", Status: 200},
	},
	Bad: []Row{
		{
			Name:   "an ID token",
			Claims: []Member{{"aud", "0oa1"}, {"cid", nil}, {"uid", nil}, {"scp", nil}, {"nonce", "n"}, {"at_hash", "h"}, {"idp", "00o1"}}, Status: 401,
		},
		{
			Name:   "an ID token without nonce, of a client with the same name as the API",
			Claims: []Member{{"cid", nil}, {"uid", nil}, {"scp", nil}, {"idp", "00o1"}, {"amr", []string{"pwd"}}}, Status: 401,
		},
		{Name: "a token of the org server", Claims: []Member{{"iss", "https://tenant.okta.com"}, {"aud", "https://tenant.okta.com"}}, Status: 401},
		{Name: "a token of another custom server", Claims: []Member{{"iss", "https://tenant.okta.com/oauth2/aus1"}}, Status: 401},
		{Name: "a token for another audience", Claims: []Member{{"aud", "api://stock"}}, Status: 401},
		{Name: "a proof of possession", Header: []Member{{"typ", "dpop+jwt"}}, Status: 401},
		{Name: "a scope that was not granted", Needs: "orders:write", Status: 403},
	},
	Setup: "Create a custom authorization server (Security, API), or use the one named default. Set its audience to the audience of the API. Add scopes, and " +
		"an access policy with a rule for the clients. Without a rule, clients get no tokens.",
	Preset:     "Okta",
	Recognised: Recognised{Issuer: `^https://[^/]+/oauth2/(default|aus[0-9A-Za-z]+)$`},
	Hints: []Hint{
		{Name: "nonce", Text: "this is an ID token: send the access token instead"},
		{Name: "cid", Absent: true, Text: "cid is absent: this is an ID token, since all access tokens have cid"},
		{Name: "aud", Value: "api://default", Text: "api://default is the audience of all APIs of this server: require scopes, or create a server for the API"},
	},
}, {
	Name: "okta-org", Title: "Okta, org authorization server", Issuer: "https://tenant.okta.com", Audience: "https://tenant.okta.com",
	Introspection: []Member{
		{"active", true}, {"scope", "openid profile"}, {"username", "u1@example.com"}, {"exp", later}, {"sub", "u1@example.com"}, {"aud", "{audience}"},
		{"iss", "{issuer}"}, {"jti", "AT.1"}, {"token_type", "Bearer"}, {"client_id", "0oa1"}, {"uid", "00u1"}, {"device_id", "d1"},
	},
	Good: []Row{
		{Name: "a scope", Needs: "profile", Status: 200},
		{Name: "claims that are null", Claims: []Member{{"device_id", Null{}}, {"username", Null{}}}, Status: 200},
	},
	Bad: []Row{
		{Name: "a token that was revoked", Claims: []Member{{"active", false}}, Status: 401},
		{Name: "an ID token", Claims: []Member{{"aud", "0oa1"}, {"at_hash", "h"}, {"token_type", nil}}, Status: 401},
		{Name: "a refresh token", Claims: []Member{{"token_type", "refresh_token"}}, Status: 401},
		{Name: "a token that is bound to a key", Claims: []Member{{"token_type", "DPoP"}}, Status: 401},
		{Name: "a token of a custom server", Claims: []Member{{"iss", "https://tenant.okta.com/oauth2/default"}, {"aud", "api://default"}}, Status: 401},
		{Name: "a token that has expired", Claims: []Member{{"exp", 1}}, Status: 401},
		{Name: "a scope that was not granted", Needs: "orders:read", Status: 403},
	},
	Setup: "Create an app integration for the API, and use its client ID and secret for /oauth2/v1/introspect. Access tokens of the org server are for Okta's " +
		"own APIs and do not have your scopes: prefer a custom authorization server.",
	Preset:     "OktaOrg",
	Recognised: Recognised{Issuer: `^https://[^/]+\.okta(preview|-emea|-gov)?\.com$`},
	Hints:      []Hint{{Name: "cid", Text: "this is a token of the org server, which only Okta can verify: introspect it (OktaOrg), or use a custom authorization server"}},
}}
