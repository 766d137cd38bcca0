package shapes

// sessions describes the tokens of services whose session tokens serve as
// access tokens.
var sessions = []Shape{{
	Name: "supabase", Title: "Supabase", Issuer: "https://abcdefghijklmnopqrst.supabase.co/auth/v1", Audience: "authenticated", Alg: "ES256",
	Header: []Member{{"typ", "JWT"}},
	Claims: []Member{
		{"email", "anna@example.com"}, {"phone", ""}, {"app_metadata", map[string]any{"provider": "email"}}, {"user_metadata", map[string]any{}},
		{"role", "authenticated"}, {"aal", "aal1"}, {"amr", []map[string]any{{"method": "password", "timestamp": 1750000000}}},
		{"session_id", "6ba7b811-9dad-11d1-80b4-00c04fd430c8"}, {"is_anonymous", false},
	},
	Keys: []Key{
		{Alg: "ES256", Members: []Member{{"use", nil}, {"key_ops", []string{"verify"}}, {"ext", true}}},
		{Alg: "RS256", Members: []Member{{"use", nil}, {"key_ops", []string{"verify"}}, {"ext", true}}},
	},
	Good: []Row{
		{Name: "an anonymous user (the API must check is_anonymous)", Claims: []Member{{"is_anonymous", true}}, Status: 200},
		{Name: "a token without a session", Claims: []Member{{"session_id", nil}, {"amr", nil}}, Status: 200},
	},
	Bad: []Row{
		{Name: "the key anon", Claims: []Member{{"iss", "supabase"}, {"role", "anon"}, {"aud", nil}, {"sub", nil}, {"ref", "abcdefghijklmnopqrst"}}, Status: 401},
		{Name: "the key service_role", Claims: []Member{{"iss", "supabase"}, {"role", "service_role"}, {"ref", "abcdefghijklmnopqrst"}}, Status: 401},
		{Name: "a token of another project", Claims: []Member{{"iss", "https://tsrqponmlkjihgfedcba.supabase.co/auth/v1"}}, Status: 401},
		{Name: "a token for another audience", Claims: []Member{{"aud", "other"}}, Status: 401},
		{Name: "an ID token", Claims: []Member{{"at_hash", "h"}, {"nonce", "n"}}, Status: 401},
		{Name: "a role is not a scope", Needs: "authenticated", Status: 403},
	},
	Setup: "Change the project to asymmetric JWT signing keys (Project Settings, JWT Keys): until then the key set is empty. To accept tokens of the old " +
		"secret, set Issuer.Secrets.",
	Preset:     "Supabase",
	Recognised: Recognised{Issuer: `^https://[^/]+\.supabase\.co/auth/v1$`},
	Hints: []Hint{
		{Name: "iss", Value: "supabase", Text: "this is an API key of the project (anon or service_role): send the token of a user instead"},
		{Header: true, Name: "alg", Value: "HS256", Text: "alg is HS256: change the project to asymmetric JWT signing keys, or set Issuer.Secrets"},
	},
}, {
	Name: "workos", Title: "WorkOS, session tokens", Issuer: "https://api.workos.com/user_management/client_01ABCDEF", Audience: "orders-api",
	Claims: []Member{
		{"aud", nil}, {"sid", "session_01A"}, {"jti", "01B"}, {"org_id", "org_01C"}, {"role", "member"}, {"roles", []string{"member"}},
		{"permissions", []string{"orders:read"}}, {"entitlements", []string{}},
	},
	Keys: []Key{{Alg: "RS256", Members: []Member{{"x5c", []string{"MIIC"}}, {"x5t#S256", "thumb"}}}},
	Good: []Row{
		{Name: "a permission", Needs: "orders:read", Status: 200},
		{Name: "the issuer of older environments", Claims: []Member{{"iss", "https://api.workos.com"}}, Status: 200},
		{Name: "an administrator who acts as a user", Claims: []Member{{"act", map[string]any{"sub": "admin@example.com"}}}, Status: 200},
		{Name: "a user without an organization has no permissions", Claims: []Member{{"org_id", nil}, {"role", nil}, {"roles", nil}, {"permissions", nil}}, Needs: "orders:read", Status: 403},
	},
	Bad: []Row{
		{Name: "a token of another client", Claims: []Member{{"iss", "https://api.workos.com/user_management/client_01OTHER"}}, Status: 401},
		{Name: "an issuer with an extra slash", Claims: []Member{{"iss", "https://api.workos.com/"}}, Status: 401},
		{Name: "an ID token", Claims: []Member{{"permissions", nil}, {"at_hash", "h"}, {"nonce", "n"}}, Status: 401},
		{Name: "a role is not a permission", Needs: "member", Status: 403},
	},
	Setup:      "The keys are those of the client ID, which replaces the audience. Give permissions to the roles of the organization.",
	Preset:     "WorkOS",
	Recognised: Recognised{Issuer: `^https://api\.workos\.com(/user_management/client_[^/]+)?$`},
	Hints: []Hint{
		{Name: "permissions", Absent: true, Text: "permissions is absent: the user must select an organization, and have a role with permissions"},
	},
}, {
	Name: "authkit", Title: "WorkOS AuthKit, access tokens", Issuer: "https://acme.authkit.app", Audience: "https://api.example.com",
	Claims: []Member{{"sid", "session_01A"}, {"jti", "01B"}, {"org_id", "org_01C"}, {"scope", "openid profile"}},
	Good:   []Row{{Name: "a scope", Needs: "profile", Status: 200}},
	Bad: []Row{
		{Name: "an ID token", Claims: []Member{{"scope", nil}, {"at_hash", "h"}, {"nonce", "n"}}, Status: 401},
		{Name: "a token for another resource", Claims: []Member{{"aud", "https://other.example.com"}}, Status: 401},
		{Name: "a token for the client itself", Claims: []Member{{"aud", "client_01ABCDEF"}}, Status: 401},
		{Name: "a token of another domain", Claims: []Member{{"iss", "https://other.authkit.app"}}, Status: 401},
	},
	Setup:      "Add the API as a resource of the environment. Clients must request it as resource: it becomes aud.",
	Preset:     "AuthKit",
	Recognised: Recognised{Issuer: `^https://[^/]+\.authkit\.app$`},
}, {
	Name: "descope", Title: "Descope", Issuer: "P2abcdefghijklmnopqrstuvwxyz", Audience: "orders-api",
	Header: []Member{{"typ", "JWT"}},
	Claims: []Member{
		{"aud", nil}, {"amr", []string{"email"}}, {"drn", "DS"}, {"rexp", "2026-02-03T04:05:06Z"}, {"tenants", map[string]any{}}, {"permissions", []string{"orders:read"}},
		{"roles", []string{"clerk"}},
	},
	Good: []Row{
		{Name: "a permission", Needs: "orders:read", Status: 200},
		{Name: "the issuer as a URL", Claims: []Member{{"iss", "https://api.descope.com/P2abcdefghijklmnopqrstuvwxyz"}}, Status: 200},
		{Name: "a project that sets an audience", Claims: []Member{{"aud", []string{"P2abcdefghijklmnopqrstuvwxyz"}}}, Status: 200},
		{Name: "a user without permissions", Claims: []Member{{"permissions", nil}}, Needs: "orders:read", Status: 403},
	},
	Bad: []Row{
		{Name: "a refresh token", Claims: []Member{{"drn", "DSR"}, {"permissions", nil}, {"roles", nil}}, Status: 401},
		{Name: "a token without the claim for its kind", Claims: []Member{{"drn", nil}}, Status: 401},
		{Name: "a token of another project", Claims: []Member{{"iss", "P2zyxwvutsrqponmlkjihgfedcba"}}, Status: 401},
		{Name: "a role is not a permission", Needs: "clerk", Status: 403},
	},
	Setup:      "The ID of the project is the issuer, and its keys replace the audience. Give permissions to roles, and roles to users.",
	Preset:     "Descope",
	Recognised: Recognised{Issuer: `^(https://api\.descope\.com/)?P[0-9A-Za-z]{20,}$`},
	Hints: []Hint{
		{Name: "drn", Value: "DSR", Text: "this is a refresh token: send the session token instead"},
	},
}, {
	Name: "stytch", Title: "Stytch", Issuer: "stytch.com/project-test-6ba7b810-9dad-11d1-80b4-00c04fd430c8", Audience: "project-test-6ba7b810-9dad-11d1-80b4-00c04fd430c8",
	Claims: []Member{
		{"aud", []string{"{audience}"}}, {"https://stytch.com/session", map[string]any{"id": "session-test-1", "authentication_factors": []any{}}}, {"nbf", "{now}"},
	},
	Keys: []Key{{Alg: "RS256", Members: []Member{{"key_ops", []string{"verify"}}, {"x5c", []string{"MIIC"}}, {"x5tS256", "thumb"}}}, {Alg: "RS256"}},
	Set:  []Member{{"request_id", "request-id-test-1"}, {"status_code", 200}},
	Good: []Row{
		{Name: "a token of a connected app", Claims: []Member{{"https://stytch.com/session", nil}, {"client_id", "connected-app-test-1"}, {"scope", "openid orders:read"}}, Needs: "orders:read", Status: 200},
	},
	Bad: []Row{
		{Name: "a token of the live project", Claims: []Member{{"iss", "stytch.com/project-live-6ba7b810-9dad-11d1-80b4-00c04fd430c8"}}, Status: 401},
		{Name: "a token for another project", Claims: []Member{{"aud", []string{"project-test-6ba7b814-9dad-11d1-80b4-00c04fd430c8"}}}, Status: 401},
		{Name: "an ID token of a connected app", Claims: []Member{{"https://stytch.com/session", nil}, {"at_hash", "h"}, {"nonce", "n"}}, Status: 401},
		{Name: "session tokens have no scopes", Needs: "orders:read", Status: 403},
	},
	Setup: "Session tokens need no setup. For access tokens set up Connected Apps, whose scopes are in scope. A project with a custom domain may have " +
		"https://DOMAIN as the issuer.",
	Preset:     "Stytch",
	Recognised: Recognised{Issuer: `^stytch\.com/project-`},
	Hints: []Hint{
		{Name: "at_hash", Text: "this is an ID token: send the access token instead"},
	},
}, {
	Name: "stytch-domain", Title: "Stytch, with a custom domain", Issuer: "https://login.example.com", Audience: "project-live-6ba7b810-9dad-11d1-80b4-00c04fd430c8",
	Claims: []Member{{"aud", []string{"{audience}"}}, {"client_id", "connected-app-live-1"}, {"scope", "openid orders:read"}, {"nbf", "{now}"}},
	Good: []Row{
		{Name: "a scope", Needs: "orders:read", Status: 200},
		{Name: "the issuer of sessions", Claims: []Member{{"iss", "stytch.com/project-live-6ba7b810-9dad-11d1-80b4-00c04fd430c8"}}, Status: 200},
	},
	Bad: []Row{
		{Name: "another domain", Claims: []Member{{"iss", "https://other.example.com"}}, Status: 401},
		{Name: "a token for another project", Claims: []Member{{"aud", []string{"project-live-6ba7b814-9dad-11d1-80b4-00c04fd430c8"}}}, Status: 401},
		{Name: "an ID token", Claims: []Member{{"scope", nil}, {"at_hash", "h"}}, Status: 401},
	},
	Setup:  "As for Stytch. The domain is the issuer of access tokens.",
	Preset: "Stytch",
}}
