package shapes

// microsoft describes the access tokens of Microsoft's services other than
// Entra ID.
var microsoft = []Shape{{
	Name: "b2c", Title: "Azure AD B2C", Issuer: "https://shop.b2clogin.com/" + tenant + "/v2.0/", Audience: application,
	Header: []Member{{"typ", "JWT"}},
	Claims: []Member{
		{"nbf", "{now}"}, {"ver", "1.0"}, {"auth_time", "{now}"}, {"oid", "u1"}, {"tfp", "b2c_1_signin"}, {"scp", "read"}, {"azp", client}, {"name", "User"},
	},
	Keys: []Key{{Alg: "RS256", Members: []Member{{"alg", nil}}}},
	Good: []Row{
		{Name: "a scope", Needs: "read", Status: 200},
		{Name: "an older policy", Claims: []Member{{"tfp", nil}, {"acr", "b2c_1_signin"}}, Status: 200},
		{Name: "an application without a user", Claims: []Member{{"auth_time", nil}, {"name", nil}, {"scp", "app.read"}}, Needs: "app.read", Status: 200},
	},
	Bad: []Row{
		{Name: "an ID token", Claims: []Member{{"scp", nil}, {"azp", nil}, {"nonce", "n"}, {"at_hash", "h"}}, Status: 401},
		{Name: "an ID token without nonce", Claims: []Member{{"scp", nil}, {"azp", nil}}, Status: 401},
		{Name: "a token for another API", Claims: []Member{{"aud", client}}, Status: 401},
		{Name: "a token of another tenant", Claims: []Member{{"iss", "https://shop.b2clogin.com/" + otherTenant + "/v2.0/"}}, Status: 401},
		{Name: "an issuer without the slash", Claims: []Member{{"iss", "https://shop.b2clogin.com/" + tenant + "/v2.0"}}, Status: 401},
		{Name: "the issuer of the compliant setting", Claims: []Member{{"iss", "https://shop.b2clogin.com/tfp/" + tenant + "/b2c_1_signin/v2.0/"}}, Status: 401},
		{Name: "a scope that was not granted", Needs: "write", Status: 403},
	},
	Setup: "Register the API, expose scopes, and grant them to the application of the client with the consent of an administrator. The client must request " +
		"https://NAME.onmicrosoft.com/API/SCOPE: with only openid it gets an ID token. Keep the default of Issuer (iss) claim in the properties of the user flow.",
	Preset:     "B2C",
	Recognised: Recognised{Issuer: `^https://[^/]+\.b2clogin\.com/`},
	Hints: []Hint{
		{Name: "scp", Absent: true, Text: "scp is absent: this is an ID token; the client must request a scope of the API"},
		{Name: "nonce", Text: "this is an ID token: send the access token instead"},
		{Name: "tfp", Text: "tfp is the policy: tokens of other policies of the tenant pass too, unless a route requires tfp"},
	},
}, {
	Name: "external-id", Title: "Microsoft Entra External ID", Issuer: "https://" + tenant + ".ciamlogin.com/" + tenant + "/v2.0", Audience: application,
	Header: entraHeader, Claims: entraClaims, Keys: entraKeys("https://" + tenant + ".ciamlogin.com/" + tenant + "/v2.0"),
	Good: []Row{
		{Name: "a scope", Needs: "access", Status: 200},
		{Name: "an application without a user", Claims: []Member{{"scp", nil}}, Status: 200},
	},
	Bad: []Row{
		{Name: "an ID token", Claims: entraIDToken, Status: 401},
		{Name: "an iss with the name of the tenant", Claims: []Member{{"iss", "https://shop.ciamlogin.com/" + tenant + "/v2.0"}}, Status: 401},
		{Name: "a token of the directory of employees", Claims: []Member{{"iss", entraOf + tenant + "/v2.0"}}, Status: 401},
		{Name: "a token for another API", Claims: []Member{{"aud", client}}, Status: 401},
		{Name: "a scope that was not granted", Needs: "admin", Status: 403},
	},
	Setup:      entraSetup,
	Preset:     "ExternalID",
	Recognised: Recognised{Issuer: `^https://[0-9a-f-]{36}\.ciamlogin\.com/[0-9a-f-]{36}/v2\.0$`},
	Hints:      entraHints,
}, {
	Name: "adfs", Title: "AD FS 2016 and later", Issuer: "http://fs.example.com/adfs/services/trust", Audience: "microsoft:identityserver:orders",
	Header: []Member{{"typ", "JWT"}, {"x5t", "thumb"}, {"kid", nil}},
	Claims: []Member{
		{"sub", nil}, {"apptype", "Public"}, {"appid", client}, {"authmethod", "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"},
		{"auth_time", "2026-01-02T03:04:05.006Z"}, {"ver", "1.0"}, {"scp", "openid"}, {"upn", "u1@example.com"},
	},
	Keys: []Key{
		{Alg: "RS256", Members: []Member{{"kid", "thumb"}, {"x5t", "thumb"}, {"x5c", []string{"MIIC"}}}},
		{Alg: "RS256", Members: []Member{{"kid", "next"}, {"x5t", "next"}, {"x5c", []string{"MIIC"}}}},
	},
	Metadata: []Member{{"access_token_issuer", "{issuer}"}},
	Good: []Row{
		{Name: "a scope", Needs: "openid", Status: 200},
		{Name: "kid and x5t", Header: []Member{{"kid", "thumb"}}, Status: 200},
		{Name: "a sub from a claim rule, and auth_time as a number", Claims: []Member{{"sub", "u1"}, {"auth_time", "{now}"}}, Status: 200},
		{Name: "the identifier is a URL", Claims: []Member{{"aud", "https://orders.example.com"}}, Status: 200},
	},
	Bad: []Row{
		{Name: "an ID token", Claims: []Member{{"iss", "https://fs.example.com/adfs"}, {"aud", client}, {"scp", nil}, {"sub", "u1"}}, Status: 401},
		{Name: "an ID token with the issuer of access tokens", Claims: []Member{{"scp", nil}, {"nonce", "n"}}, Status: 401},
		{Name: "an unknown x5t", Header: []Member{{"x5t", "lost"}}, Status: 401},
		{Name: "a wrong kid with a right x5t", Header: []Member{{"kid", "lost"}}, Status: 401},
		{Name: "https in iss", Claims: []Member{{"iss", "https://fs.example.com/adfs/services/trust"}}, Status: 401},
		{Name: "a token for another relying party", Claims: []Member{{"aud", "microsoft:identityserver:stock"}}, Status: 401},
		{Name: "a scope that was not granted", Needs: "user_impersonation", Status: 403},
	},
	Setup: "Add a Web API to the application group, with an identifier, which is the audience, and permit the client to access it. Add an issuance transform " +
		"rule for each claim that the API reads, such as sub or upn.",
	Preset:     "ADFS",
	Recognised: Recognised{Issuer: `^https?://[^/]+/adfs(/services/trust)?$`},
	Hints: []Hint{
		{Name: "aud", Value: "urn:microsoft:userinfo", Text: "this is a token for UserInfo: the client must send the API in the parameter resource"},
		{Name: "nonce", Text: "this is an ID token: send the access token instead"},
		{Name: "sub", Absent: true, Text: "sub is absent: add a claim rule that issues it, or read upn"},
	},
}}
