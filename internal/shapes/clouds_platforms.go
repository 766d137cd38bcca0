package shapes

// edge describes the tokens of edge proxies.
var edge = []Shape{{
	Name: "cloudflare-access", Title: "Cloudflare Access", Issuer: "https://acme.cloudflareaccess.com",
	Audience: "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2",
	Header:   []Member{{"typ", "JWT"}},
	Claims: []Member{
		{"aud", []string{"{audience}"}}, {"email", "u1@example.com"}, {"nbf", "{now}"}, {"type", "app"}, {"identity_nonce", "n"}, {"country", "CH"},
	},
	Keys: googleKeys,
	Set:  []Member{{"public_cert", map[string]any{"kid": "k1", "cert": "PEM"}}, {"public_certs", []any{map[string]any{"kid": "k1", "cert": "PEM"}}}},
	Good: []Row{
		{Name: "a service token", Claims: []Member{{"sub", ""}, {"common_name", "0123456789abcdef.access"}, {"email", nil}, {"identity_nonce", nil}, {"aud", "{audience}"}}, Status: 200},
		{Name: "claims of the identity provider", Claims: []Member{{"custom", map[string]any{"groups": []string{"staff"}}}}, Status: 200},
	},
	Bad: []Row{
		{Name: "the session token", Claims: []Member{{"type", "org"}}, Status: 401},
		{Name: "a token without the claim for its kind", Claims: []Member{{"type", nil}}, Status: 401},
		{Name: "a token for another application", Claims: []Member{{"aud", []string{"32eafc7626e737ce43d1f1e0a2a8e8c8b0d4a4c2f0a1b2c3d4e5f60718293a4b"}}}, Status: 401},
		{Name: "another team", Claims: []Member{{"iss", "https://eve.cloudflareaccess.com"}}, Status: 401},
		{Name: "tokens have no scopes", Needs: "email", Status: 403},
	},
	Setup: "Create a self-hosted application in Cloudflare One, and copy its Application Audience (AUD) tag. The origin must admit only Cloudflare, " +
		"for example through a tunnel.",
	Preset:     "CloudflareAccess",
	Recognised: Recognised{Issuer: `^https://[^./]+\.cloudflareaccess\.com$`},
	Hints: []Hint{
		{Name: "type", Value: "org", Text: "this is the session token for all applications: send the token of the application instead"},
		{Name: "common_name", Text: "this is a service token: its sub is empty, and common_name is its client ID"},
	},
}}

// apple describes the ID tokens of Sign in with Apple.
var apple = []Shape{{
	Name: "apple", Title: "Sign in with Apple", Issuer: "https://appleid.apple.com", Audience: "com.example.orders",
	Claims: []Member{
		{"sub", "001234.0123456789abcdef.0123"}, {"nonce", "n"}, {"nonce_supported", true}, {"c_hash", "h"}, {"email", "u1@privaterelay.appleid.com"},
		{"email_verified", "true"}, {"is_private_email", "true"}, {"auth_time", "{now}"}, {"real_user_status", 2},
	},
	Keys: []Key{{Alg: "RS256"}, {Alg: "RS256"}, {Alg: "RS256"}},
	Good: []Row{
		{Name: "from the token endpoint", Claims: []Member{{"c_hash", nil}, {"at_hash", "h"}, {"nonce", nil}, {"email_verified", true}}, Status: 200},
		{Name: "a web site", Claims: []Member{{"aud", "com.example.orders.web"}}, Status: 200},
	},
	Bad: []Row{
		{Name: "a login at another app", Claims: []Member{{"aud", "com.example.stock"}}, Status: 401},
		{Name: "a notification that an account was deleted", Claims: []Member{{"events", `{"type":"account-delete","sub":"001234"}`}}, Status: 401},
		{Name: "a client secret, which the developer signs", Claims: []Member{{"iss", "TEAM123456"}, {"sub", "{audience}"}, {"aud", "https://appleid.apple.com"}}, Status: 401},
		{Name: "the type of an access token", Header: []Member{{"typ", "at+jwt"}}, Status: 401},
		{Name: "an issuer with an extra slash", Claims: []Member{{"iss", "{issuer}/"}}, Status: 401},
		{Name: "tokens have no scopes", Needs: "email", Status: 403},
	},
	Setup:      "Turn on Sign in with Apple for the App ID, and create a Services ID for the web site. Send the identity token from the login, and check its nonce in the app.",
	Preset:     "AppleID",
	Recognised: Recognised{Issuer: `^https://appleid\.apple\.com$`},
	Hints: []Hint{
		{Name: "events", Text: "this is a notification of Apple's servers, not a login"},
		{Name: "aud", Value: "https://appleid.apple.com", Text: "this is a client secret of your own team: it is for Apple's token endpoint"},
	},
}}

const salesforceApp = "3MVG9EXAMPLE.App"

// salesforce describes the JWT and opaque access tokens of Salesforce.
var salesforce = []Shape{{
	Name: "salesforce", Title: "Salesforce, JWT access tokens", Issuer: "https://acme.my.salesforce.com", Audience: salesforceApp,
	Header: []Member{{"typ", "JWT"}, {"tnk", "core/prod/00D000000000001AAA"}, {"ver", "1.0"}, {"tty", "sfdc-core-token"}},
	Claims: []Member{
		{"sub", "uid:005000000000001AAA"}, {"aud", []string{"{issuer}"}}, {"scp", "web api"}, {"nbf", "{now}"}, {"mty", "oauth"}, {"sfi", "0123456789abcdef"},
		{"roles", []string{}}, {"hsc", false}, {"client_id", "{audience}"},
	},
	Keys: []Key{{Alg: "RS256"}, {Alg: "RS256"}, {Alg: "RS256"}, {Alg: "RS256"}},
	Good: []Row{
		{Name: "a scope", Needs: "api", Status: 200},
		{Name: "a custom aud", Claims: []Member{{"aud", []string{"{issuer}", "https://orders.example.com"}}}, Status: 200},
	},
	Bad: []Row{
		{Name: "a token of another connected app", Claims: []Member{{"client_id", "3MVG9EXAMPLE.Other"}}, Status: 401},
		{Name: "an ID token", Header: []Member{{"tty", nil}, {"tnk", nil}}, Claims: []Member{{"aud", "{audience}"}, {"client_id", nil}, {"scp", nil}, {"at_hash", "h"}, {"nonce", "n"}}, Status: 401},
		{Name: "another org", Claims: []Member{{"iss", "https://eve.my.salesforce.com"}}, Status: 401},
		{Name: "the login page as issuer", Claims: []Member{{"iss", "https://login.salesforce.com"}}, Status: 401},
		{Name: "a scope that was not granted", Needs: "refresh_token", Status: 403},
	},
	Setup: "In the connected app, turn on Issue JSON Web Token (JWT)-based access tokens for named users. Users get such tokens for REST APIs of Salesforce too, so " +
		"configure the apps whose tokens the API accepts.",
	Preset:     "Salesforce",
	Recognised: Recognised{Header: []string{"tty", "tnk"}},
	Hints: []Hint{
		{Name: "at_hash", Text: "this is an ID token: send the access token instead"},
		{Name: "client_id", Absent: true, Text: "client_id is absent: this is an ID token"},
	},
}, {
	Name: "salesforce-opaque", Title: "Salesforce, opaque access tokens", Issuer: "https://acme.my.salesforce.com", Audience: salesforceApp,
	Introspection: []Member{
		{"active", true}, {"scope", "api web openid"}, {"client_id", "{audience}"}, {"username", "u1@example.com"}, {"sub", "https://login.salesforce.com/id/00D000000000001AAA/005000000000001AAA"},
		{"token_type", "access_token"}, {"exp", later}, {"iat", 1}, {"nbf", 1},
	},
	Good: []Row{{Name: "a scope", Needs: "api", Status: 200}},
	Bad: []Row{
		{Name: "a token of another connected app", Claims: []Member{{"client_id", "3MVG9EXAMPLE.Other"}}, Status: 401},
		{Name: "a refresh token", Claims: []Member{{"token_type", "refresh_token"}}, Status: 401},
		{Name: "a token that was revoked", Claims: []Member{{"active", false}}, Status: 401},
		{Name: "a token that has expired", Claims: []Member{{"exp", 1}}, Status: 401},
		{Name: "a scope that was not granted", Needs: "full", Status: 403},
	},
	Setup: "The connected app of the API needs Introspect All Tokens, to introspect tokens of other apps. Its consumer key and secret are the credentials for introspect.New. The " +
		"endpoint is https://DOMAIN/services/oauth2/introspect.",
	Preset: "Salesforce",
}}

// clerk describes the session tokens of Clerk.
var clerk = []Shape{{
	Name: "clerk", Title: "Clerk, session tokens", Issuer: "https://clerk.example.com", Audience: "https://app.example.com",
	Header: []Member{{"typ", "JWT"}, {"cat", "cl_B7d4PD111AAA"}},
	Claims: []Member{
		{"sub", "user_1"}, {"aud", nil}, {"azp", "{audience}"}, {"fva", []int{1, -1}}, {"nbf", "{now}"}, {"jti", "j1"}, {"o", map[string]any{"id": "org_1", "rol": "admin", "per": "manage"}},
		{"sid", "sess_1"}, {"sts", "active"}, {"v", 2},
	},
	Good: []Row{
		{Name: "an actor for the user", Claims: []Member{{"act", map[string]any{"sub": "user_2"}}}, Status: 200},
		{Name: "another accepted origin", Claims: []Member{{"azp", "https://admin.example.com"}}, Status: 200},
		{Name: "no organization", Claims: []Member{{"o", nil}}, Status: 200},
	},
	Bad: []Row{
		{Name: "another origin", Claims: []Member{{"azp", "https://eve.example.com"}}, Status: 401},
		{Name: "the origin with a slash", Claims: []Member{{"azp", "{audience}/"}}, Status: 401},
		{Name: "no origin", Claims: []Member{{"azp", nil}}, Status: 401},
		{Name: "aud instead of azp", Claims: []Member{{"azp", nil}, {"aud", "{audience}"}}, Status: 401},
		{Name: "a token of a template, for another API", Claims: []Member{{"aud", "https://stock.example.com"}, {"fva", nil}, {"sid", nil}, {"sts", nil}, {"v", nil}}, Status: 401},
		{Name: "another instance", Claims: []Member{{"iss", "https://verb-noun-00.clerk.accounts.dev"}}, Status: 401},
		{Name: "an ID token", Claims: []Member{{"aud", "c1"}, {"azp", "c1"}, {"at_hash", "h"}, {"nonce", "n"}, {"fva", nil}, {"sid", nil}, {"sts", nil}, {"v", nil}}, Status: 401},
		{Name: "an ID token with sid", Claims: []Member{{"aud", "c1"}, {"azp", "c1"}, {"at_hash", "h"}}, Status: 401},
		{Name: "a permission is not a scope", Needs: "manage", Status: 403},
	},
	Setup: "Nothing needs to be configured: the web application sends the result of getToken() without a template. The Frontend API URL is on the page API keys, and a " +
		"production instance has a custom domain.",
	Preset:     "Clerk",
	Recognised: Recognised{Header: []string{"cat"}, Claims: []string{"sid", "fva"}},
	Hints: []Hint{
		{Name: "azp", Absent: true, Text: "azp is absent, as in tokens of native applications: add a custom claim aud, and set AudienceClaim and Audiences"},
		{Name: "sid", Absent: true, Text: "sid is absent: this is a token of a JWT template, for another API; call getToken() without a template"},
		{Name: "sts", Value: "pending", Text: "the user must finish tasks before the session is active"},
	},
}}
