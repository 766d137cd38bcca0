package shapes

import "slices"

const (
	tenant      = "11111111-2222-4333-8444-555555555555"
	otherTenant = "99999999-2222-4333-8444-555555555555"
	personal    = "9188040d-6c67-4c5b-b112-36a304b66dad" // the tenant of all personal accounts
	application = "66666666-7777-4888-8999-aaaaaaaaaaaa"
	client      = "bbbbbbbb-7777-4888-8999-aaaaaaaaaaaa"
	graph       = "00000003-0000-0000-c000-000000000000" // Microsoft Graph

	entraOf        = "https://login.microsoftonline.com/"
	entraTemplate  = entraOf + "{tenantid}/v2.0"
	personalIssuer = entraOf + personal + "/v2.0"

	entraSetup = "Register the API. Add scopes for users under Expose an API, and roles for applications under App roles. In the manifest, " +
		"requestedAccessTokenVersion (accessTokenAcceptedVersion in the older one) selects version 1.0 or 2.0. Clients request the scope " +
		"api://ID/NAME for a user, or api://ID/.default without a user."
)

// entraKeys returns keys in the form in which Microsoft publishes them, without
// the member alg. If issuer is entraTemplate, the first key signs for all
// issuers. Otherwise, it signs only for the given issuer.
func entraKeys(issuer string) []Key {
	members := func(thumb, issuer string) []Member {
		return []Member{{"alg", nil}, {"kid", thumb}, {"x5t", thumb}, {"x5c", []string{"MIIC"}}, {"issuer", issuer}}
	}
	return []Key{
		{Alg: "RS256", Members: members("thumb", issuer)},
		{Alg: "RS256", Members: members("next", entraTemplate)},
		{Alg: "RS256", Members: members("personal", personalIssuer)},
	}
}

var (
	entraHeader = []Member{{"typ", "JWT"}, {"kid", "thumb"}}
	entraClaims = []Member{
		{"nbf", "{now}"}, {"aio", "opaque"}, {"azp", client}, {"azpacr", "1"}, {"oid", "u1"}, {"rh", "0.opaque"}, {"roles", []string{"Tasks.Read"}},
		{"scp", "access profile"}, {"tid", tenant}, {"uti", "u"}, {"ver", "2.0"},
	}
	entraIDToken = []Member{
		{"azp", nil}, {"azpacr", nil}, {"scp", nil}, {"name", "User"}, {"preferred_username", "u1@example.com"},
	}
	entraHints = []Hint{
		{Header: true, Name: "nonce", Text: "this is a token for Microsoft Graph, which only Graph can verify: the client must request a scope of your API"},
		{Name: "aud", Value: graph, Text: "this is a token for Microsoft Graph, which only Graph can verify: the client must request a scope of your API"},
		{Name: "nonce", Text: "this is an ID token: send the access token instead"},
		{Name: "ver", Value: "1.0", Text: "this is a token of version 1.0: set requestedAccessTokenVersion (accessTokenAcceptedVersion) to 2 in the manifest of the API, or accept both as Entra does"},
		{Name: "scp", Absent: true, Text: "scp is absent: this is the token of an application without a user, which has only roles (EntraRoles), or an ID token, whose aud is the client"},
		{Name: "_claim_names", Text: "the user has more than 200 groups, so the token does not contain them: use app roles, or only groups that are assigned to the application"},
	}
)

// entra describes the access tokens of Microsoft Entra ID.
var entra = []Shape{{
	Name: "entra-v2", Title: "Microsoft Entra ID, version 2.0", Issuer: entraOf + tenant + "/v2.0", Audience: application,
	Header: entraHeader, Claims: entraClaims, Keys: entraKeys(entraTemplate),
	Good: []Row{
		{Name: "a scope", Needs: "access", Status: 200},
		{Name: "an application without a user", Claims: []Member{{"scp", nil}, {"idtyp", "app"}, {"azpacr", "2"}}, Status: 200},
		{Name: "an application, with auth_time", Claims: []Member{{"scp", nil}, {"auth_time", "{now}"}}, Status: 200},
		{Name: "two hundred groups", Claims: []Member{{"groups", guids(200)}}, Status: 200},
		{Name: "too many groups", Claims: []Member{{"_claim_names", map[string]any{"groups": "src1"}}, {"_claim_sources", map[string]any{"src1": map[string]any{"endpoint": "https://graph.example"}}}}, Status: 200},
		{Name: "the Application ID URI", Claims: []Member{{"aud", "api://" + application}}, Status: 200},
	},
	Bad: []Row{
		{Name: "an ID token", Claims: append([]Member{{"nonce", "n"}}, entraIDToken...), Status: 401},
		{Name: "an ID token without nonce", Claims: entraIDToken, Status: 401},
		{Name: "an ID token with the hash of a code", Claims: append([]Member{{"c_hash", "h"}}, entraIDToken...), Status: 401},
		{Name: "a token for Microsoft Graph", Header: []Member{{"nonce", "n"}}, Claims: []Member{{"aud", graph}}, AnotherKey: true, Status: 401},
		{Name: "a token for Microsoft Graph, without the nonce in its header", Claims: []Member{{"aud", graph}}, Status: 401},
		{Name: "a token for another API", Claims: []Member{{"aud", client}}, Status: 401},
		{Name: "a token of another tenant", Claims: []Member{{"iss", entraOf + otherTenant + "/v2.0"}, {"tid", otherTenant}}, Status: 401},
		{Name: "an issuer that is not a single tenant", Claims: []Member{{"iss", entraOf + "common/v2.0"}}, Status: 401},
		{Name: "an issuer with an extra slash", Claims: []Member{{"iss", "{issuer}/"}}, Status: 401},
		{Name: "a role is not a scope", Needs: "Tasks.Read", Status: 403},
	},
	Setup: entraSetup, Preset: "Entra", Recognised: Recognised{Issuer: `^https://login\.microsoftonline\.com/[0-9a-f-]{36}/v2\.0$`}, Hints: entraHints,
}, {
	Name: "entra-v1", Title: "Microsoft Entra ID, version 1.0", Issuer: "https://sts.windows.net/" + tenant + "/", Audience: "api://" + application,
	Header: append([]Member{{"x5t", "thumb"}}, entraHeader...),
	Claims: []Member{
		{"nbf", "{now}"}, {"acr", "1"}, {"aio", "opaque"}, {"amr", []string{"pwd", "mfa"}}, {"appid", client}, {"appidacr", "0"}, {"ipaddr", "192.0.2.1"}, {"oid", "u1"},
		{"rh", "0.opaque"}, {"roles", []string{"Tasks.Read"}}, {"scp", "access"}, {"tid", tenant}, {"unique_name", "u1@example.com"}, {"upn", "u1@example.com"}, {"uti", "u"}, {"ver", "1.0"},
	},
	Keys: entraKeys(entraTemplate),
	Good: []Row{
		{Name: "a scope", Needs: "access", Status: 200},
		{Name: "the application ID", Claims: []Member{{"aud", application}}, Status: 200},
		{Name: "a custom Application ID URI", Claims: []Member{{"aud", "https://orders.example.com"}}, Status: 200},
		{Name: "an application without a user", Claims: []Member{{"scp", nil}, {"appidacr", "1"}, {"amr", nil}, {"upn", nil}, {"unique_name", nil}}, Status: 200},
	},
	Bad: []Row{
		{Name: "an ID token", Claims: []Member{{"aud", application}, {"appid", nil}, {"appidacr", nil}, {"scp", nil}, {"nonce", "n"}}, Status: 401},
		{Name: "an ID token without nonce", Claims: []Member{{"aud", application}, {"appid", nil}, {"appidacr", nil}, {"scp", nil}}, Status: 401},
		{Name: "an issuer without the slash", Claims: []Member{{"iss", "https://sts.windows.net/" + tenant}}, Status: 401},
		{Name: "a token of another tenant", Claims: []Member{{"iss", "https://sts.windows.net/" + otherTenant + "/"}, {"tid", otherTenant}}, Status: 401},
		{Name: "a token for Microsoft Graph", Claims: []Member{{"aud", "https://graph.microsoft.com"}}, Status: 401},
		{Name: "the Application ID URI with a slash", Claims: []Member{{"aud", "{audience}/"}}, Status: 401},
		{Name: "a scope that was not granted", Needs: "admin", Status: 403},
	},
	Setup: entraSetup, Preset: "Entra", Recognised: Recognised{Issuer: `^https://sts\.windows\.net/[0-9a-f-]{36}/$`},
	Hints: append([]Hint{{Name: "aud", Value: "https://graph.microsoft.com", Text: entraHints[1].Text}}, entraHints...),
}, {
	Name: "entra-roles", Title: "Microsoft Entra ID, with app roles as scopes", Issuer: entraOf + tenant + "/v2.0", Audience: application,
	Header: entraHeader, Claims: entraClaims, Keys: entraKeys(entraTemplate),
	Good: []Row{
		{Name: "a scope", Needs: "access", Status: 200},
		{Name: "a role", Needs: "Tasks.Read", Status: 200},
		{Name: "a role of an application", Claims: []Member{{"scp", nil}}, Needs: "Tasks.Read", Status: 200},
		{Name: "a role beside one with a space", Claims: []Member{{"roles", []string{"Task Reader", "Tasks.Read"}}}, Needs: "Tasks.Read", Status: 200},
	},
	Bad: []Row{
		{Name: "a role with a space is not two scopes", Claims: []Member{{"roles", []string{"Tasks.Write Tasks.Delete"}}}, Needs: "Tasks.Delete", Status: 403},
		{Name: "a user without roles", Claims: []Member{{"roles", nil}}, Needs: "Tasks.Read", Status: 403},
		{Name: "an ID token with roles", Claims: entraIDToken, Status: 401},
		{Name: "a token of another tenant", Claims: []Member{{"iss", entraOf + otherTenant + "/v2.0"}}, Status: 401},
	},
	Setup: entraSetup + " Assign the roles to users, groups and applications in the enterprise application of the API.", Preset: "EntraRoles",
}, {
	Name: "entra-multi-tenant", Title: "Microsoft Entra ID, several tenants", Issuer: entraOf + tenant + "/v2.0", Audience: application,
	Header: entraHeader, Claims: entraClaims, Keys: entraKeys(entraTemplate),
	Good: []Row{
		{Name: "a scope", Needs: "access", Status: 200},
		{Name: "a user of another tenant that is accepted", Claims: []Member{{"iss", entraOf + client + "/v2.0"}, {"tid", client}}, Status: 200},
	},
	Bad: []Row{
		{Name: "a tenant that is not accepted", Claims: []Member{{"iss", entraOf + otherTenant + "/v2.0"}, {"tid", otherTenant}}, Status: 401},
		{Name: "a tid that is not the tenant of iss", Claims: []Member{{"tid", client}}, Status: 401},
		{Name: "no tenant", Claims: []Member{{"tid", nil}}, Status: 401},
		{Name: "the template as issuer", Claims: []Member{{"iss", entraTemplate}, {"tid", "{tenantid}"}}, Status: 401},
		{Name: "a token of version 1.0", Claims: []Member{{"iss", "https://sts.windows.net/" + tenant + "/"}, {"azp", nil}, {"appid", client}}, Status: 401},
		{Name: "an ID token", Claims: entraIDToken, Status: 401},
		{Name: "a token for another API", Claims: []Member{{"aud", client}}, Status: 401},
	},
	Setup: entraSetup + " The registration must allow accounts in any directory.", Preset: "EntraMultiTenant", Hints: entraHints,
}, {
	Name: "entra-personal", Title: "Microsoft Entra ID, personal accounts", Issuer: personalIssuer, Audience: application,
	Header: entraHeader, Claims: append(slices.Clone(entraClaims), Member{"tid", personal}), Keys: entraKeys(personalIssuer),
	Good: []Row{{Name: "a scope", Needs: "access", Status: 200}},
	Bad: []Row{
		{Name: "a key of personal accounts signs for a tenant", Claims: []Member{{"iss", entraOf + tenant + "/v2.0"}, {"tid", tenant}}, Status: 401},
		{Name: "a tid that is not the tenant of iss", Claims: []Member{{"tid", tenant}}, Status: 401},
		{Name: "an ID token", Claims: entraIDToken, Status: 401},
	},
	Setup: entraSetup + " The registration must allow accounts in any directory and personal accounts.", Preset: "EntraMultiTenant",
	Recognised: Recognised{Issuer: "^" + personalIssuer + "$"}, Hints: entraHints,
}}
