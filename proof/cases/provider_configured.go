package cases

import (
	"fmt"
	"net/http"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

const (
	tenantOne = "72f988bf-86f1-41af-91ab-2d7cd011db47"
	tenantTwo = "9188040d-6c67-4c5b-b112-36a304b66dad"
	inTenant  = `"iss":"https://login.example/` + tenantOne + `/v2.0","tid":"` + tenantOne + `","scp":"read"`
)

// named returns a change that sets Issuer.URL to a URL that differs from the
// server's URL.
func named(url string) func(*middleware.Issuer) {
	return func(i *middleware.Issuer) { i.URL, i.MetadataIssuer = url, i.URL }
}

// tenants returns a change that configures a multi-tenant issuer of Entra with
// the given tenants. The test server still serves the metadata.
func tenants(ids ...string) func(*middleware.Issuer) {
	return func(i *middleware.Issuer) {
		i.MetadataURL, i.MetadataIssuer = i.URL+"/.well-known/openid-configuration", i.URL
		i.URL, i.Tenants, i.AnyTenant = "https://login.example/{tenantid}/v2.0", ids, len(ids) == 0
	}
}

// announcing sets the issuer in the metadata of the server.
func announcing(issuer string) func(map[string]any) {
	return func(doc map[string]any) { doc["issuer"] = issuer }
}

// ofPolicy returns a change that configures the issuer like a policy of Azure
// AD B2C. The change sets the URL of the issuer to the given URL, but the test
// server still serves the metadata.
func ofPolicy(url string) func(*middleware.Issuer) {
	return func(i *middleware.Issuer) {
		i.URL, i.MetadataURL = url, i.URL+"/.well-known/openid-configuration"
	}
}

func clientIn(claims ...string) func(*middleware.Issuer) {
	return func(i *middleware.Issuer) { i.ClientIDClaims = claims }
}

func mark(text string) func(*middleware.Issuer) {
	return func(i *middleware.Issuer) { i.Mark = text }
}

func idTokens(i *middleware.Issuer) { i.Purpose, i.Audiences = middleware.IDTokens, []string{audience} }

// both combines several changes into one change.
func both(changes ...func(*middleware.Issuer)) func(*middleware.Issuer) {
	return func(i *middleware.Issuer) {
		for _, change := range changes {
			change(i)
		}
	}
}

func union(claims ...string) func(*middleware.Issuer) {
	return func(i *middleware.Issuer) { i.ScopeClaims, i.ScopeUnion = claims, true }
}

// workload makes the issuer a SPIFFE trust domain.
func workload(i *middleware.Issuer) {
	keys, err := jwks.Discover(i.URL, jwks.Options{Use: []string{"jwt-svid"}})
	if err != nil {
		panic(err)
	}
	i.URL, i.SubjectPrefix, i.Keys, i.Types = "spiffe://example.org", "spiffe://example.org/", keys, []string{"JOSE"}
}

// sentIn returns two functions for tokens in the given header field. The first
// function configures the verifier to read this field. The second function
// sends a token in this field.
func sentIn(field string) (func(*middleware.Config), func(*http.Request, string)) {
	return func(c *middleware.Config) { c.TokenHeader = field }, func(r *http.Request, token string) { r.Header.Set(field, token) }
}

func isClient(want string) func(*middleware.Token) error {
	return func(t *middleware.Token) error {
		if t.ClientID != want {
			return fmt.Errorf("got ClientID %q, want %q", t.ClientID, want)
		}
		return nil
	}
}

func isIssuer(want string) func(*middleware.Token) error {
	return func(t *middleware.Token) error {
		if t.Issuer != want {
			return fmt.Errorf("got Issuer %q, want %q", t.Issuer, want)
		}
		return nil
	}
}

// configuredShapes returns valid tokens. Most of them are accepted only if the
// issuer or the verifier is configured for them. Tokens that lack the required
// scope are refused with 403.
func configuredShapes() []shape {
	read := scopes.All("read")
	const typed = `"typ":"JWT"`
	const atJWT = `"typ":"at+jwt"`
	roles := `"typ":"Bearer","azp":"web","realm_access":{"roles":["a"]},"resource_access":{"api":{"roles":["b"]}}`
	header, inHeader := sentIn("X-Goog-Iap-Jwt-Assertion")
	cloudflare, inCloudflare := sentIn("cf-access-jwt-assertion")
	easy, inEasy := sentIn("X-MS-TOKEN-AAD-ACCESS-TOKEN")
	forwarded, _ := sentIn("X-Forwarded-Authorization")
	iap := `"iss":"https://cloud.google.com/iap","sub":"accounts.google.com:1","email":"u@example.com","hd":"example.com","google":{}`
	google := `"azp":"c1","at_hash":"h","nonce":"n","email":"u@example.com","email_verified":true`
	return []shape{
		{id: "P06", name: "Keycloak, roles of the realm and of the client", config: union("/realm_access/roles", "/resource_access/api/roles"), header: typed, claims: roles, need: scopes.All("a", "b"), want: 200},
		{id: "P06", name: "Keycloak, roles of the realm only", config: union("/realm_access/roles", "/resource_access/api/roles"), header: typed, claims: `"realm_access":{"roles":["a"]}`, need: scopes.All("a", "b"), want: 403},
		{id: "P06", name: "Keycloak, neither", config: union("/realm_access/roles", "/resource_access/api/roles"), header: typed, claims: `"azp":"web"`, need: scopes.All("a"), want: 403},
		{id: "P15", name: "Entra v1", config: clientIn("azp", "appid"), header: typed + `,"x5t":"key-1"`, claims: `"appid":"c1","scp":"read","ver":"1.0"`, need: read, want: 200, verify: isClient("c1")},
		{id: "P16", name: "Entra, an application without a user", config: scopesIn("roles"), header: typed, claims: `"azp":"c1","roles":["Tasks.Read"]`, need: scopes.All("Tasks.Read"), want: 200},
		{id: "P17", name: "Entra, scopes and roles", config: union("scp", "roles"), header: typed, claims: `"azp":"c1","scp":"access","roles":["Tasks.Read"]`, need: scopes.All("access", "Tasks.Read"), want: 200},
		{id: "P18", name: "Entra, a role with a space", header: typed, claims: `"azp":"c1","scp":"read","roles":["Other","Task Reader"]`, need: scopes.Claim("roles", "Task Reader"), want: 200},
		{id: "P18", name: "a group in another script", header: typed, claims: `"scp":"read","groups":["Prüfer","審査"]`, need: scopes.Claim("/groups", "審査", "Prüfer"), want: 200},
		{id: "P18", name: "Entra without that role", header: typed, claims: `"azp":"c1","scp":"Task Reader","roles":["Task", "Reader"]`, need: scopes.Claim("roles", "Task Reader"), want: 403},
		{id: "P20", name: "Entra, a key of one tenant", config: tenants(tenantOne, tenantTwo), header: typed, claims: inTenant, keys: having("issuer", "https://login.example/"+tenantOne+"/v2.0"), need: read, want: 200, verify: isIssuer("https://login.example/" + tenantOne + "/v2.0")},
		{id: "P20", name: "Entra, a key of all tenants", config: tenants(tenantOne), header: typed, claims: inTenant, keys: having("issuer", "https://login.example/{tenantid}/v2.0"), need: read, want: 200},
		{id: "P20", name: "Entra, any tenant", config: tenants(), header: typed, claims: inTenant, keys: having("alg", omitted{}, "issuer", "https://login.example/{tenantid}/v2.0"), need: read, want: 200},
		{id: "P20", name: "Entra, a key without an issuer", config: tenants(tenantOne), header: typed, claims: inTenant, need: read, want: 200},
		{id: "P21", name: "B2C, metadata of a policy", config: ofPolicy("https://x.b2clogin.example/t/v2.0/"), metadata: announcing("https://x.b2clogin.example/t/v2.0/"), header: typed, claims: `"iss":"https://x.b2clogin.example/t/v2.0/","azp":"c1","scp":"read","tfp":"b2c_1_s","auth_time":1700000000,"ver":"1.0"`, need: read, want: 200},
		{id: "P22", name: "External ID, metadata at another host", config: ofPolicy("https://t.ciamlogin.example/t/v2.0"), metadata: announcing("https://t.ciamlogin.example/t/v2.0"), header: typed, claims: `"iss":"https://t.ciamlogin.example/t/v2.0","azp":"c1","scp":"read"`, need: read, want: 200},
		{id: "P25", name: "ADFS, the issuer of access tokens", config: named("http://adfs.example/adfs/services/trust"), header: typed, claims: `"iss":"http://adfs.example/adfs/services/trust","appid":"c1","scp":"read"`, need: read, want: 200},
		{id: "P28", name: "ADFS without sub", config: clientIn("appid"), header: typed, claims: `"sub":"-","upn":"u@example.com","appid":"c1","scp":"read"`, need: read, want: 200, verify: isClient("c1")},
		{id: "P29", name: "Okta", config: clientIn("cid"), claims: `"cid":"0oa1","uid":"00u1","scp":["read"],"ver":1,"auth_time":1700000000`, need: read, want: 200, verify: isClient("0oa1")},
		{id: "P30", name: "Okta, a proprietary typ", config: func(i *middleware.Issuer) { i.Types = []string{"Okta-internal-at+jwt"} }, header: `"typ":"application/okta-internal-at+jwt"`, claims: `"cid":"0oa1","scp":["read"]`, need: read, want: 200},
		{id: "P32", name: "Auth0, RFC 9068", config: func(i *middleware.Issuer) { i.Profile = middleware.RFC9068 }, header: atJWT, claims: `"client_id":"c1","jti":"1","scope":"openid read"`, need: read, want: 200},
		{id: "P33", name: "Auth0, permissions", config: scopesIn("permissions"), header: typed, claims: `"azp":"c1","scope":"openid","permissions":["read"]`, need: read, want: 200},
		{id: "P36", name: "Cognito", config: both(mark("token_use=access"), func(i *middleware.Issuer) { i.AudienceClaim, i.Audiences = "client_id", []string{"c1"} }), claims: `"aud":"-","token_use":"access","client_id":"c1","scope":"read","auth_time":1700000000,"version":2`, need: read, want: 200},
		{id: "P41", name: "Google, an ID token of a user", config: idTokens, header: typed, claims: google, want: 200, verify: isClient("c1")},
		{id: "P41", name: "Google, another spelling of the issuer", config: both(idTokens, named("https://accounts.google.example"), func(i *middleware.Issuer) { i.Aliases = []string{"accounts.google.example"} }), header: typed, claims: google + `,"iss":"accounts.google.example"`, want: 200, verify: isIssuer("https://accounts.google.example")},
		{id: "P41", name: "Keycloak, an ID token by its typ", config: idTokens, header: typed, claims: `"typ":"ID","azp":"c1","auth_time":1700000000`, want: 200},
		{id: "P43", name: "IAP", alg: "ES256", config: named("https://cloud.google.com/iap"), header: typed, claims: iap, verifier: header, send: inHeader, want: 200},
		{id: "P44", name: "IAP, with Authorization fields for another hop", alg: "ES256", config: named("https://cloud.google.com/iap"), header: typed, claims: iap, verifier: header, want: 200, send: func(r *http.Request, token string) {
			inHeader(r, token)
			r.Header["Authorization"] = []string{"Bearer other", "Basic dTpw"}
		}},
		{id: "P59", name: "ZITADEL, roles as members of an object", config: scopesIn("keys:urn:zitadel:iam:org:project:roles"), header: typed, claims: `"client_id":"c1","urn:zitadel:iam:org:project:roles":{"admin":{"1":"d"},"reader":{"1":"d"}}`, need: scopes.All("admin", "reader"), want: 200},
		{id: "P59", name: "ZITADEL without a role", config: scopesIn("keys:urn:zitadel:iam:org:project:roles"), header: typed, claims: `"client_id":"c1"`, need: scopes.All("admin"), want: 403},
		{id: "P69", name: "Dex", config: both(idTokens, scopesIn("groups")), claims: `"at_hash":"h","nonce":"n","groups":["read"],"name":"u"`, need: read, want: 200},
		{id: "P70", name: "Dex, for another client", config: idTokens, claims: `"aud":["` + audience + `","cli"],"azp":"cli","at_hash":"h"`, want: 200},
		{id: "P71", name: "authentik", config: both(mark("uid"), scopesIn("groups")), header: typed, claims: `"azp":"c1","auth_time":1700000000,"uid":"r","acr":"a","sid":"s","nonce":"n","groups":["read"]`, need: read, want: 200},
		{id: "P71", name: "authentik, the hybrid flow", config: mark("uid"), header: typed, claims: `"azp":"c1","auth_time":1700000000,"uid":"r","c_hash":"h"`, want: 200},
		{id: "P73", name: "authentik, signed with the client's secret", alg: "HS256", header: typed, claims: `"azp":"c1","uid":"r"`, want: 200},
		{id: "P74", name: "Authelia", config: func(i *middleware.Issuer) { i.Profile = middleware.RFC9068 }, header: atJWT, claims: `"client_id":"c1","jti":"1","scope":"read"`, need: read, want: 200},
		{id: "P75", name: "FusionAuth", config: both(named("acme.com"), scopesIn("roles"), mark("applicationId")), header: typed + `,"gty":["authorization_code"]`, claims: `"iss":"acme.com","applicationId":"a","roles":["read"],"auth_time":1700000000,"tid":"t"`, need: read, want: 200},
		{id: "P79", name: "Spring Authorization Server, where nbf is the mark", config: mark("nbf"), claims: `"nbf":1700000000,"jti":"1"`, want: 200},
		{id: "P81", name: "Clerk", config: both(clientIn(), func(i *middleware.Issuer) {
			i.ClientIDClaims, i.AudienceClaim, i.Audiences = []string{}, "azp", []string{"https://app.example"}
		}), header: typed + `,"cat":"cl_B7d4PD111AAA"`, claims: `"aud":"-","azp":"https://app.example","sid":"s","fva":[1,-1],"v":2`, want: 200, verify: isClient("")},
		{id: "P84", name: "Supabase, public keys beside a secret", alg: "ES256", config: func(i *middleware.Issuer) { i.Secrets = jwks.Secret("old", make([]byte, 32)) }, header: typed, claims: `"role":"authenticated"`, want: 200},
		{id: "P84", name: "Supabase, a secret beside public keys", alg: "HS256", secrets: true, header: typed, claims: `"role":"authenticated"`, want: 200},
		{id: "P85", name: "WorkOS", config: both(named("https://api.workos.example/user_management/client_1"), anyAudience, scopesIn("permissions")), claims: `"iss":"https://api.workos.example/user_management/client_1","aud":"-","sid":"s","permissions":["read"]`, need: read, want: 200},
		{id: "P86", name: "Descope", config: both(named("P2abc"), anyAudience, mark("drn=DS")), header: typed, claims: `"iss":"P2abc","aud":"-","drn":"DS","amr":["email"],"tenants":{}`, want: 200},
		{id: "P87", name: "Stytch", config: named("stytch.com/project-test-1"), claims: `"iss":"stytch.com/project-test-1","https://stytch.com/session":{}`, want: 200},
		{id: "P89", name: "XSUAA by its mark", config: mark("/ext_attr/enhancer=XSUAA"), header: typed, claims: `"ext_attr":{"enhancer":"XSUAA"},"scope":["read"],"granted_scopes":["read"],"azp":"c1","auth_time":1700000000`, need: read, want: 200},
		{id: "P96", name: "Apple, an ID token as proof of login", config: idTokens, claims: `"nonce":"n","nonce_supported":true,"c_hash":"h","email_verified":"true","auth_time":1700000000`, want: 200},
		{id: "P97", name: "Cloudflare, a user", config: mark("type=app"), header: typed, claims: `"type":"app","identity_nonce":"n","country":"DE"`, verifier: cloudflare, send: inCloudflare, want: 200},
		{id: "P98", name: "Cloudflare, a service", config: mark("type=app"), header: typed, claims: `"type":"app","common_name":"c.access","sub":""`, verifier: cloudflare, send: inCloudflare, want: 200},
		{id: "P100", name: "EasyAuth", header: typed, claims: `"azp":"c1","scp":"read"`, verifier: easy, send: inEasy, need: read, want: 200},
		{id: "P100", name: "a gateway that moved the field", header: typed, claims: `"scp":"read"`, verifier: forwarded, need: read, want: 200, send: func(r *http.Request, token string) {
			r.Header.Set("X-Forwarded-Authorization", "bearer "+token)
			r.Header.Set("Authorization", "Bearer of-the-gateway")
		}},
		{id: "P57", name: "SPIFFE without iss", config: workload, header: `"typ":"JOSE"`, claims: `"iss":"-","sub":"spiffe://example.org/w"`, keys: having("use", "jwt-svid", "alg", omitted{}), want: 200, verify: isIssuer("spiffe://example.org")},
		{id: "P95", name: "Salesforce, an opaque token", config: func(i *middleware.Issuer) { i.OpaqueSyntax = middleware.VSCHAR }, token: func(string) string { return "00D1!AQx.y_z" }, answer: introspectionResponse(), need: read, want: 200},
	}
}

// misconfiguredShapes returns shapes that must be refused: invalid tokens,
// valid tokens that are sent wrongly, and valid tokens that lack a scope. Most
// of their issuers are configured in the same ways as in [configuredShapes].
func misconfiguredShapes() []shape {
	read := scopes.All("read")
	const typed = `"typ":"JWT"`
	const field = "X-Goog-Iap-Jwt-Assertion"
	header, inHeader := sentIn(field)
	in := func(name string, send func(*http.Request, string), want int) shape {
		return shape{id: "N17", name: name, header: typed, claims: `"scp":"read"`, verifier: header, send: send, want: want}
	}
	off := func(id, name string, config func(*middleware.Issuer), claims string) shape {
		return shape{id: id, name: name, config: config, header: typed, claims: claims, want: 401}
	}
	ofTenant := func(name, claims string, keys func(jwk) []jwk, ids ...string) shape {
		return shape{id: "P20", name: name, config: tenants(ids...), header: typed, claims: claims, keys: keys, want: 401}
	}
	svid := func(name, claims string, keys func(jwk) []jwk) shape {
		return shape{id: "P57", name: name, config: workload, header: `"typ":"JOSE"`, claims: claims, keys: keys, want: 401}
	}
	beside := func(use string) func(jwk) []jwk {
		return func(k jwk) []jwk { return []jwk{k.with("use", use), otherRSA("key-2").with("use", "jwt-svid")} }
	}
	isSVID := having("use", "jwt-svid")
	return []shape{
		off("N03", "a token without the mark", mark("typ=Bearer"), `"azp":"c1","scope":"read"`),
		off("N03", "a token with another mark", mark("typ=Bearer"), `"typ":"bearer","scope":"read"`),
		off("N03", "a mark that is not a string", mark("typ=1"), `"typ":1,"scope":"read"`),
		off("N03", "an ID token without the number that is the mark", mark("nbf"), `"azp":"c1","jti":"1"`),
		off("N03", "a mark that is an object", mark("ext"), `"ext":{"a":1},"scope":"read"`),
		off("N03", "a mark that is null", mark("uid"), `"uid":null,"scope":"read"`),
		off("N03", "a mark that is false", mark("uid"), `"uid":false,"nonce":"n"`),
		off("N03", "a mark that is an empty list", mark("uid"), `"uid":[],"nonce":"n"`),
		off("N03", "a mark that is empty", mark("uid"), `"uid":"","scope":"read"`),
		off("N02", "an ID token with the mark of access tokens", mark("uid"), `"uid":"r","typ":"ID"`),
		off("N20", "a refresh token with the mark of access tokens", mark("uid"), `"uid":"r","tokenType":"refresh-token"`),
		off("N20", "UAA, a refresh token with the mark of access tokens", mark("/ext_attr/enhancer=XSUAA"), `"ext_attr":{"enhancer":"XSUAA"},"granted_scopes":["read"],"jti":"1-r"`),
		off("N01", "UAA, an ID token with the scope openid", mark("/ext_attr/enhancer=XSUAA"), `"azp":"c1","auth_time":1700000000,"scope":["openid"]`),
		off("N20", "Gravitee, a refresh token", mark("client_id"), `"scope":"read","domain":"d"`),
		off("N20", "Descope, a refresh token beside its mark", mark("drn=DS"), `"drn":"DSR"`),
		off("N04", "a logout token where ID tokens pass", idTokens, `"events":{},"nonce":"n"`),
		off("N04", "an introspection answer where ID tokens pass", idTokens, `"token_introspection":{}`),
		off("N04", "a refresh token where ID tokens pass", idTokens, `"typ":"Refresh"`),
		off("N04", "an access token where ID tokens pass", idTokens, `"typ":"Bearer","scope":"read"`),
		{id: "N04", name: "an at+jwt where ID tokens pass", config: idTokens, header: `"typ":"at+jwt"`, want: 401},
		off("N04", "an ID token for another client", idTokens, `"aud":"c2","at_hash":"h"`),
		off("P30", "a typ that is not listed", func(i *middleware.Issuer) { i.Types = []string{"okta-internal-at+jwt"} }, `"scope":"read","typ":"x"`).typed(`"typ":"logout+jwt"`),
		off("P41", "an alias of another issuer", both(named("https://a.example"), func(i *middleware.Issuer) { i.Aliases = []string{"a.example"} }), `"iss":"b.example"`),
		off("P41", "an alias with a slash", both(named("https://a.example"), func(i *middleware.Issuer) { i.Aliases = []string{"a.example"} }), `"iss":"a.example/"`),
		ofTenant("a key of another tenant", inTenant, having("issuer", "https://login.example/"+tenantTwo+"/v2.0"), tenantOne, tenantTwo),
		ofTenant("a key of another issuer's tenants", inTenant, having("issuer", "https://else.example/{tenantid}/v2.0"), tenantOne),
		ofTenant("a key whose issuer is a number", inTenant, having("issuer", 1), tenantOne),
		ofTenant("another tenant", inTenant, nil, tenantTwo),
		ofTenant("a tid of another tenant", inTenant+`,"tid":"`+tenantTwo+`"`, nil, tenantOne, tenantTwo),
		ofTenant("no tid", inTenant+`,"tid":null`, nil, tenantOne),
		ofTenant("the template itself", `"iss":"https://login.example/{tenantid}/v2.0","tid":"{tenantid}"`, nil),
		ofTenant("a tenant that is not a GUID", `"iss":"https://login.example/common/v2.0","tid":"common"`, nil),
		ofTenant("a tenant in capitals", `"iss":"https://login.example/72F988BF-86F1-41AF-91AB-2D7CD011DB47/v2.0","tid":"72F988BF-86F1-41AF-91AB-2D7CD011DB47"`, nil),
		ofTenant("a path in the place of the tenant", `"iss":"https://login.example/`+tenantOne+`/x/v2.0","tid":"`+tenantOne+`/x"`, nil),
		svid("a workload of another trust domain", `"iss":"-","sub":"spiffe://example.com/w"`, isSVID),
		svid("a workload of another trust domain, with iss", `"iss":"spiffe://example.org","sub":"spiffe://example.com/w"`, isSVID),
		svid("the trust domain itself", `"iss":"-","sub":"spiffe://example.org/"`, isSVID),
		svid("another issuer", `"iss":"https://c.example","sub":"spiffe://example.org/w"`, isSVID),
		svid("neither issuer nor subject", `"iss":"-","sub":"-"`, isSVID),
		svid("a key for certificates", `"iss":"-","sub":"spiffe://example.org/w"`, beside("x509-svid")),
		svid("a key for signatures", `"iss":"-","sub":"spiffe://example.org/w"`, beside("sig")),
		in("a field twice", func(r *http.Request, token string) { r.Header[field] = []string{token, token} }, 400),
		in("a field that is empty", func(r *http.Request, _ string) { r.Header.Set(field, "") }, 401),
		in("a field with only the scheme", func(r *http.Request, _ string) { r.Header.Set(field, "Bearer ") }, 400),
		in("a list", func(r *http.Request, token string) { r.Header.Set(field, token+", "+token) }, 400),
		in("a list without spaces", func(r *http.Request, token string) { r.Header.Set(field, token+","+token) }, 400),
		in("another scheme", func(r *http.Request, token string) { r.Header.Set(field, "DPoP "+token) }, 400),
		in("Authorization only", func(r *http.Request, token string) { r.Header.Set("Authorization", "Bearer "+token) }, 401),
		in("a token in the query beside it", func(r *http.Request, token string) { inHeader(r, token); r.URL.RawQuery = "access_token=x" }, 400),
		{id: "N18", name: "no signature, in another field", header: `"alg":"none"`, claims: `"scp":"read"`, verifier: header, send: inHeader, want: 401},
		{id: "N18", name: "another audience, in another field", header: typed, claims: `"aud":"other"`, verifier: header, send: inHeader, want: 401},
		{id: "N18", name: "another issuer, in another field", header: typed, claims: `"iss":"https://other.example"`, verifier: header, send: inHeader, want: 401},
		{id: "N22", name: "roles with a space or a quote", config: scopesIn("keys:roles"), header: typed, claims: `"roles":{"read all":{},"re\"ad":{}}`, need: read, want: 403},
		{id: "N22", name: "roles that are null or false", config: scopesIn("keys:roles"), header: typed, claims: `"roles":{"read":null,"write":false}`, need: scopes.Any("read", "write"), want: 403},
		off("N22", "roles that are a list, where members are expected", scopesIn("keys:roles"), `"roles":["read"]`),
		off("P06", "one of two scope claims of another type", union("scp", "roles"), `"scp":"read","roles":{"read":true}`),
		{id: "N26", name: "a secret under the ID of a public key", alg: "HS256", config: func(i *middleware.Issuer) { i.Secrets = jwks.Secret("key-1", make([]byte, 32)) }, header: typed, claims: `"scp":"read"`, want: 401},
		{id: "N26", name: "a secret that the issuer does not have", alg: "HS256", config: func(i *middleware.Issuer) { i.Secrets = jwks.Secret("key-2", make([]byte, 32)) }, header: typed, claims: `"scp":"read"`, want: 401},
		{id: "P95", name: "a quote in an opaque token", config: func(i *middleware.Issuer) { i.OpaqueSyntax = middleware.VSCHAR }, token: func(string) string { return `00D1!A"x` }, answer: introspectionResponse(), want: 400},
		{id: "P95", name: "an opaque token with characters that are not allowed for", token: func(string) string { return "00D1!AQx" }, answer: introspectionResponse(), want: 400},
	}
}

// typed returns the shape with the given header.
func (s shape) typed(header string) shape {
	s.header = header
	return s
}
