package shapes

// enterprise are the shapes of enterprise servers.
var enterprise = []Shape{{
	Name: "wso2", Title: "WSO2 Identity Server, Asgardeo", Issuer: "https://id.example.com:9443/oauth2/token", Audience: "aBcDeFgHiJkLmNoPqRsTuVwXyZ0a",
	Header: []Member{{"typ", "at+jwt"}, {"x5t", "thumb"}},
	Claims: []Member{
		{"aut", "APPLICATION_USER"}, {"nbf", "{now}"}, {"azp", "{audience}"}, {"scope", "openid orders_read"}, {"client_id", "{audience}"},
		{"jti", "6ba7b811-9dad-11d1-80b4-00c04fd430c8"}, {"org_name", "acme"},
	},
	Keys: []Key{{Alg: "RS256", Members: []Member{{"x5c", []string{"MIIC"}}, {"x5t#S256", "thumb"}}}},
	Good: []Row{
		{Name: "a scope", Needs: "orders_read", Status: 200},
		{Name: "an application without a user", Claims: []Member{{"aut", "APPLICATION"}, {"sub", "{audience}"}}, Status: 200},
		{Name: "a token of the older type", Header: []Member{{"typ", "JWT"}}, Status: 200},
	},
	Bad: []Row{
		{Name: "an ID token", Header: []Member{{"typ", "JWT"}}, Claims: []Member{
			{"aut", nil}, {"scope", nil}, {"client_id", nil}, {"at_hash", "h"}, {"c_hash", "h"}, {"amr", []string{"BasicAuthenticator"}}, {"isk", "k"},
		}, Status: 401},
		{Name: "an ID token with a nonce", Header: []Member{{"typ", "JWT"}}, Claims: []Member{{"aut", nil}, {"scope", nil}, {"client_id", nil}, {"nonce", "n"}}, Status: 401},
		{Name: "a token for another application", Claims: []Member{{"aud", "other"}}, Status: 401},
		{Name: "a token of another tenant", Claims: []Member{{"iss", "https://id.example.com:9443/t/other/oauth2/token"}}, Status: 401},
		{Name: "a token without the scope", Needs: "orders_write", Status: 403},
	},
	Setup:      "Choose JWT as the access token type of the application. aud is its client ID, and other audiences can be added to it.",
	Preset:     "WSO2",
	Recognised: Recognised{Claims: []string{"aut"}},
	Hints: []Hint{
		{Name: "at_hash", Text: "this is an ID token: send the access token instead"},
	},
}, {
	Name: "curity", Title: "Curity Identity Server", Issuer: "https://id.example.com/oauth/v2/oauth-anonymous", Audience: "orders-api",
	Claims: []Member{
		{"jti", "6ba7b811-9dad-11d1-80b4-00c04fd430c8"}, {"delegationId", "6ba7b812-9dad-11d1-80b4-00c04fd430c8"}, {"nbf", "{now}"}, {"scope", "openid orders"},
		{"purpose", "access_token"},
	},
	Keys: []Key{{Alg: "RS256", Members: []Member{{"x5t", "thumb"}}}},
	Good: []Row{
		{Name: "a scope", Needs: "orders", Status: 200},
		{Name: "a configured typ", Header: []Member{{"typ", "at+jwt"}}, Claims: []Member{{"client_id", "web"}}, Status: 200},
		{Name: "a token without a scope", Claims: []Member{{"scope", ""}}, Status: 200},
	},
	Bad: []Row{
		{Name: "an ID token", Claims: []Member{{"purpose", "id"}, {"scope", nil}, {"at_hash", "h"}, {"azp", "web"}, {"auth_time", "{now}"}}, Status: 401},
		{Name: "a refresh token", Claims: []Member{{"purpose", "refresh_token"}}, Status: 401},
		{Name: "a token without a purpose", Claims: []Member{{"purpose", nil}}, Status: 401},
		{Name: "a token of another profile", Claims: []Member{{"iss", "https://id.example.com/oauth/v2/other"}}, Status: 401},
		{Name: "a token for another API", Claims: []Member{{"aud", "other-api"}}, Status: 401},
		{Name: "a token without the scope", Needs: "orders_write", Status: 403},
	},
	Setup: "Configure the token issuer of the profile for JWTs, or put a gateway that exchanges phantom tokens in front of the API. Scopes and claims determine " +
		"aud: set the audience of the client.",
	Preset:     "Curity",
	Recognised: Recognised{Claims: []string{"delegationId", "purpose"}},
	Hints: []Hint{
		{Name: "purpose", Value: "id", Text: "this is an ID token: send the access token instead"},
	},
}, {
	Name: "gravitee", Title: "Gravitee Access Management", Issuer: "https://am.example.com/shop/oidc", Audience: "web",
	Claims: []Member{{"client_id", "web"}, {"domain", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"}, {"scope", "openid orders:read"}, {"jti", "j1"}},
	Good: []Row{
		{Name: "a scope", Needs: "orders:read", Status: 200},
		{Name: "the requested resources", Claims: []Member{{"aud", []string{"https://api.example.com", "web"}}}, Status: 200},
		{Name: "an actor", Claims: []Member{{"act", map[string]any{"sub": "u2"}}}, Status: 200},
	},
	Bad: []Row{
		{Name: "a refresh token", Claims: []Member{{"client_id", nil}}, Status: 401},
		{Name: "an ID token", Claims: []Member{{"client_id", nil}, {"scope", nil}, {"at_hash", "h"}, {"nonce", "n"}, {"auth_time", "{now}"}}, Status: 401},
		{Name: "a token of another domain", Claims: []Member{{"iss", "https://am.example.com/other/oidc"}}, Status: 401},
		{Name: "a token for another client", Claims: []Member{{"aud", "cli"}}, Status: 401},
		{Name: "a token without the scope", Needs: "orders:write", Status: 403},
	},
	Setup:      "Choose a certificate with an RSA or EC key for the application. aud is the ID of the client, or the resources that it requests.",
	Preset:     "Gravitee",
	Recognised: Recognised{Claims: []string{"domain", "client_id"}},
	Hints: []Hint{
		{Name: "client_id", Absent: true, Text: "client_id is absent: this is a refresh or ID token; send the access token instead"},
	},
}}

// sap are the shapes of SAP's servers.
var sap = []Shape{{
	Name: "xsuaa", Title: "SAP BTP, XSUAA", Issuer: "https://acme.authentication.eu10.hana.ondemand.com/oauth/token", Audience: "orders!t1",
	Header: []Member{{"typ", "JWT"}, {"jku", "https://acme.authentication.eu10.hana.ondemand.com/token_keys"}},
	Claims: []Member{
		{"jti", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"},
		{"ext_attr", map[string]any{"enhancer": "XSUAA", "subaccountid": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "zdn": "acme"}},
		{"xs.system.attributes", map[string]any{"xs.rolecollections": []string{"Clerks"}}}, {"given_name", "Anna"}, {"xs.user.attributes", map[string]any{}},
		{"scope", []string{"openid", "orders!t1.Read"}}, {"client_id", "sb-orders!t1"}, {"cid", "sb-orders!t1"}, {"azp", "sb-orders!t1"},
		{"grant_type", "authorization_code"}, {"user_id", "u1"}, {"origin", "sap.default"}, {"user_name", "anna@example.com"}, {"email", "anna@example.com"},
		{"auth_time", "{now}"}, {"rev_sig", "f0a1b2c3"}, {"zid", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"}, {"aud", []string{"sb-orders!t1", "{audience}", "openid"}},
	},
	Keys: []Key{{Alg: "RS256", Members: []Member{{"value", "-----BEGIN PUBLIC KEY-----"}}}, {Alg: "RS256", Members: []Member{{"value", "-----BEGIN PUBLIC KEY-----"}}}},
	Good: []Row{
		{Name: "a scope of the application", Needs: "orders!t1.Read", Status: 200},
		{Name: "an application without a user", Claims: []Member{
			{"sub", "sb-orders!t1"}, {"grant_type", "client_credentials"}, {"user_id", nil}, {"user_name", nil}, {"email", nil}, {"origin", nil}, {"auth_time", nil},
		}, Status: 200},
	},
	Bad: []Row{
		{Name: "an ID token, which has the scope openid", Claims: []Member{
			{"ext_attr", nil}, {"xs.system.attributes", nil}, {"xs.user.attributes", nil}, {"scope", []string{"openid"}}, {"amr", []string{"pwd"}}, {"email_verified", true},
		}, Status: 401},
		{Name: "a refresh token", Claims: []Member{{"jti", "0a1b2c3d-r"}, {"scope", nil}, {"azp", nil}, {"granted_scopes", []string{"openid", "orders!t1.Read"}}}, Status: 401},
		{Name: "a token for another application", Claims: []Member{{"aud", []string{"sb-stock!t1", "stock!t1"}}}, Status: 401},
		{Name: "a token of another subscriber", Claims: []Member{{"iss", "https://other.authentication.eu10.hana.ondemand.com/oauth/token"}}, Status: 401},
		{Name: "a scope of another application", Claims: []Member{{"scope", []string{"stock!t1.Read"}}}, Needs: "orders!t1.Read", Status: 403},
	},
	Setup: "Bind a service instance of xsuaa: url, xsappname and clientid are in its credentials. Declare the scopes in xs-security.json, and require " +
		"them with the xsappname as prefix.",
	Preset:     "XSUAA",
	Recognised: Recognised{Issuer: `\.hana\.ondemand\.com/oauth/token$`},
	Hints: []Hint{
		{Name: "granted_scopes", Text: "this is a refresh token: send the access token instead"},
		{Name: "ext_attr", Absent: true, Text: "ext_attr is absent: this is an ID token; send the access token instead"},
	},
}, {
	Name: "ias", Title: "SAP Cloud Identity Services", Issuer: "https://acme.accounts.ondemand.com", Audience: "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
	Claims: []Member{
		{"azp", "{audience}"}, {"jti", "6ba7b811-9dad-11d1-80b4-00c04fd430c8"}, {"ias_apis", []string{"orders-read"}}, {"app_tid", "6ba7b812-9dad-11d1-80b4-00c04fd430c8"},
		{"sap_id_type", "user"}, {"scim_id", "6ba7b813-9dad-11d1-80b4-00c04fd430c8"}, {"user_uuid", "6ba7b813-9dad-11d1-80b4-00c04fd430c8"}, {"mail", "anna@example.com"},
	},
	Good: []Row{
		{Name: "an API in ias_apis", Needs: "orders-read", Status: 200},
		{Name: "an application without a user", Claims: []Member{{"sub", "{audience}"}, {"sap_id_type", "app"}, {"scim_id", nil}, {"user_uuid", nil}, {"mail", nil}}, Status: 200},
		{Name: "an API in a string", Claims: []Member{{"ias_apis", "orders-read"}}, Needs: "orders-read", Status: 200},
	},
	Bad: []Row{
		{Name: "an ID token", Claims: []Member{{"ias_apis", nil}, {"at_hash", "h"}, {"nonce", "n"}, {"auth_time", "{now}"}, {"sid", "s1"}}, Status: 401},
		{Name: "an ID token without a hash and nonce", Claims: []Member{{"ias_apis", nil}, {"auth_time", "{now}"}, {"sid", "s1"}}, Status: 401},
		{Name: "a token for another client", Claims: []Member{{"aud", "6ba7b814-9dad-11d1-80b4-00c04fd430c8"}}, Status: 401},
		{Name: "a token of another tenant", Claims: []Member{{"iss", "https://other.accounts.ondemand.com"}}, Status: 401},
		{Name: "an API that the token does not list", Needs: "orders-write", Status: 403},
	},
	Setup: "Provide the API in the configuration of the application (Provided APIs), and let consumers depend on it and request the resource " +
		"urn:sap:identity:api:name:DEPENDENCY. The key set may require the header fields x-client_id and x-app_tid.",
	Preset:     "IAS",
	Recognised: Recognised{Issuer: `^https://[^/]+\.accounts(400)?\.ondemand\.com$`},
	Hints: []Hint{
		{Name: "ias_apis", Absent: true, Text: "ias_apis is absent: the client must request the API as a resource"},
		{Name: "at_hash", Text: "this is an ID token: send the access token instead"},
	},
}}
