package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// shape describes the access tokens or the introspection responses of an
// authorization server. For tokens, header and claims are JSON objects that
// contain the differences from the usual header and claims. A member with the
// value "-" is left out. For introspection responses, claims is the whole
// response.
type shape struct{ name, header, claims string }

const (
	usualHeader = `{"alg":"$alg","kid":"$kid","typ":"at+jwt"}`
	usualClaims = `{"iss":"$iss","sub":"alice","aud":"$aud","client_id":"app","jti":"$n","scope":"read write","exp":$exp,"iat":$iat}`
	plain       = `{"typ":"JWT"}`
	untyped     = `{"typ":"-"}`
)

// shapes lists the formats of tokens of real authorization servers, with
// invented values. Some of these tokens, such as ID tokens, must be refused.
var shapes = []shape{
	{"usual", `{}`, `{}`},
	{"usual, typ JWT", plain, `{}`},
	{"administrator", `{}`, `{"sub":"root","scope":"read write admin"}`},
	{"scope absent", plain, `{"scope":"-"}`},
	{"Auth0", plain, `{"client_id":"-","azp":"c1","scope":"openid read","permissions":["read"],"aud":["$aud","https://d.example/userinfo"],"gty":"client-credentials"}`},
	{"Okta", untyped, `{"client_id":"-","cid":"0oa1","uid":"00u1","scope":"-","scp":["read","write"],"ver":1,"auth_time":$iat}`},
	{"Okta, own typ", `{"typ":"application/okta-internal-at+jwt"}`, `{"scope":"-","scp":["read"]}`},
	{"Entra v2", plain, `{"client_id":"-","azp":"c1","scope":"-","scp":"read write","tid":"t1","oid":"o1","ver":"2.0","uti":"u","wids":["w"]}`},
	{"Entra v1", `{"typ":"JWT","x5t":"$kid"}`, `{"client_id":"-","appid":"c1","acr":"1","amr":["pwd"],"scope":"-","scp":"read","unique_name":"a@example.com"}`},
	{"Entra application", plain, `{"client_id":"-","azp":"c1","scope":"-","roles":["read"]}`},
	{"ADFS", `{"typ":"JWT","kid":"-","x5t":"$kid"}`, `{"sub":"-","client_id":"-","appid":"c1","apptype":"Public","auth_time":"2099-12-31T23:00:00.001Z"}`},
	{"Keycloak 26", plain, `{"typ":"Bearer","azp":"app","client_id":"-","sid":"s","realm_access":{"roles":["read","offline_access"]},"resource_access":{"api":{"roles":["w"]}},"scope":"openid read"}`},
	{"Keycloak 22", plain, `{"typ":"Bearer","azp":"app","nonce":"n","auth_time":$iat,"realm_access":{"roles":["admin"]},"scope":"read"}`},
	{"Keycloak ID", plain, `{"typ":"ID","azp":"app","auth_time":$iat,"nonce":"n","at_hash":"h"}`},
	{"Keycloak refresh", plain, `{"typ":"Refresh","azp":"app"}`},
	{"Cognito", untyped, `{"aud":"-","token_use":"access","auth_time":$iat,"origin_jti":"o","version":2,"cognito:groups":["read"]}`},
	{"Cognito ID", untyped, `{"token_use":"id","client_id":"-","aud":"app","auth_time":$iat}`},
	{"Google ID", plain, `{"azp":"1","at_hash":"h","nonce":"n","email":"a@example.com","email_verified":true,"scope":"-"}`},
	{"Google service", plain, `{"azp":"1","email":"sa@p.example","email_verified":true,"scope":"-"}`},
	{"Firebase", plain, `{"user_id":"u1","auth_time":$iat,"firebase":{"sign_in_provider":"custom","identities":{}},"scope":"-"}`},
	{"GitHub Actions", `{"typ":"JWT","x5t":"$kid"}`, `{"sub":"repo:o@1/r@2:ref:refs/heads/main","repository":"o/r","run_id":"1","scope":"-","nbf":$iat}`},
	{"GitLab CI", plain, `{"user_identities":[{"provider":"x","extern_uid":"1"}],"runner_id":1,"nbf":$iat}`},
	{"Kubernetes", untyped, `{"sub":"system:serviceaccount:n:s","aud":["$aud"],"kubernetes.io":{"namespace":"n","pod":{"name":"p"}},"scope":"-","nbf":$iat}`},
	{"SPIFFE", `{"typ":"JOSE"}`, `{"sub":"spiffe://td.example/w","iss":"-","aud":["$aud"],"scope":"-"}`},
	{"ZITADEL", plain, `{"aud":["p1","p2","p3","$aud"],"urn:zitadel:iam:org:project:roles":{"read":{"1":"d.example"}}}`},
	{"Hydra", plain, `{"scope":"-","scp":["read","write"],"ext":{},"aud":["$aud"],"nbf":$iat}`},
	{"Hydra, no audience", plain, `{"aud":[]}`},
	{"Dex", untyped, `{"at_hash":"h","nonce":"n","groups":["read"]}`},
	{"authentik", plain, `{"azp":"app","uid":"u","auth_time":$iat,"scope":"-","acr":"goauthentik.io/providers/oauth2/default"}`},
	{"FusionAuth", `{"typ":"JWT","gty":["authorization_code"]}`, `{"applicationId":"a","roles":["read"],"tid":"t"}`},
	{"Duende", `{}`, `{"scope":["read","write"],"auth_time":$iat,"idp":"local","amr":["pwd"]}`},
	{"Spring", untyped, `{"aud":["$aud"],"scope":["read"],"nbf":$iat}`},
	{"Spring refresh", plain, `{"ati":"x"}`},
	{"UAA refresh", plain, `{"scope":"-","granted_scopes":["read"]}`},
	{"Clerk", `{"typ":"JWT","cat":"cl_B7"}`, `{"aud":"-","client_id":"-","azp":"https://app.example.com","fva":[1,-1],"sid":"s"}`},
	{"Supabase", plain, `{"aal":"aal1","amr":[{"method":"password","timestamp":$iat}],"session_id":"s","role":"authenticated"}`},
	{"Descope refresh", plain, `{"drn":"DSR","amr":["email"]}`},
	{"XSUAA", `{"typ":"JWT","jku":"https://evil.example/token_keys"}`, `{"cid":"c","azp":"c","scope":["read","app!t1.Read"],"ext_attr":{"enhancer":"XSUAA"},"zid":"z"}`},
	{"PingAM", `{"typ":"JWT","zip":"NONE"}`, `{"tokenName":"access_token","token_type":"Bearer","nonce":"n","scope":["read"],"auth_time":$iat}`},
	{"PingAM refresh", plain, `{"tokenName":"refresh_token"}`},
	{"WSO2", `{"x5t":"$kid"}`, `{"azp":"app","aut":"APPLICATION_USER"}`},
	{"Curity", plain, `{"purpose":"access_token","delegationId":"d"}`},
	{"Casdoor", plain, `{"tokenType":"access-token","nonce":"","scope":"","owner":"o","roles":[{"name":"read"}],"groups":["g"]}`},
	{"Casdoor refresh", plain, `{"TokenType":"refresh-token"}`},
	{"Salesforce", plain, `{"scope":"-","scp":"read write","tty":"sfdc-core-token","aud":["$aud"]}`},
	{"Cloudflare", plain, `{"type":"app","identity_nonce":"n","country":"DE","scope":"-"}`},
	{"Passport", plain, `{"iss":"-","exp":"4102444900.5","scopes":["read"],"scope":"-"}`},
	{"Entra of a tenant", plain, `{"client_id":"-","azp":"c1","scope":"-","scp":"read","tid":"72f988bf-86f1-41af-91ab-2d7cd011db47","ver":"2.0","idtyp":"user"}`},
	{"B2C", untyped, `{"client_id":"-","azp":"c1","scope":"-","scp":"read","tfp":"b2c_1_s","acr":"b2c_1_s","auth_time":$iat,"ver":"1.0","nbf":$iat}`},
	{"IAP", plain, `{"sub":"accounts.google.com:1","email":"u@example.com","hd":"example.com","google":{"access_levels":[]},"client_id":"-","scope":"-"}`},
	{"Authelia", `{}`, `{"scope":["read"],"client_id":"app","jti":"1"}`},
	{"Logto", `{}`, `{"scope":"read","client_id":"app","jti":"1"}`},
	{"PingFederate", untyped, `{"client_id":"app","scope":["read"],"iss":"$iss","aud":"-"}`},
	{"Apple ID", untyped, `{"client_id":"-","nonce":"n","nonce_supported":true,"c_hash":"h","email_verified":"true","auth_time":$iat,"scope":"-"}`},
	{"Stytch", untyped, `{"aud":["$aud"],"https://stytch.com/session":{"id":"s"},"client_id":"-","scope":"-"}`},
	{"WorkOS", untyped, `{"aud":"-","client_id":"-","sid":"s","org_id":"o","role":"member","permissions":["read"],"scope":"-"}`},
	{"Descope", plain, `{"aud":"-","client_id":"-","drn":"DS","amr":["email"],"tenants":{},"scope":"-"}`},
	{"Kinde", plain, `{"azp":"app","client_id":"-","scp":["read"],"scope":"-","permissions":["read"],"org_code":"o","aud":[]}`},
	{"IAS", plain, `{"azp":"app","client_id":"-","cid":"c","ias_apis":["read"],"app_tid":"t","sap_id_type":"user","scope":"-"}`},
	{"Gravitee", plain, `{"client_id":"app","domain":"d","scope":"read","act":{"sub":"x"}}`},
	{"Gravitee refresh", plain, `{"client_id":"-","domain":"d","scope":"read"}`},
	{"nulls", plain, `{"nbf":null,"acr":null,"auth_time":null,"azp":null,"scope":null,"scp":"read"}`},
	{"many groups", plain, `{"groups":["` + strings.Repeat(`00000000-0000-0000-0000-000000000000","`, 200) + `x"]}`},
	{"many scopes", plain, `{"scope":"read ` + strings.Join(numbered(300), " ") + `"}`},
	{"logout", `{"typ":"logout+jwt"}`, `{"events":{"http://schemas.openid.net/event/backchannel-logout":{}},"sid":"s"}`},
}

// numbered returns n scopes. A token with 300 scopes is not cached, because it
// has too many scopes.
func numbered(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprint("s", i))
	}
	return names
}

// answers lists introspection responses with active true. Some of them describe
// tokens that must be refused, for example because they have expired.
var answers = []shape{
	{"usual", "", `{"active":true,"iss":"$iss","sub":"alice","aud":"$aud","client_id":"app","scope":"read write","exp":$exp,"iat":$iat,"token_type":"Bearer"}`},
	{"administrator", "", `{"active":true,"sub":"root","aud":["$aud"],"scope":"admin","exp":$exp}`},
	{"Keycloak", "", `{"active":true,"typ":"Bearer","azp":"app","iss":"$iss","nbf":0,"sub":"u1","aud":["$aud","account"],"scope":"read","exp":$exp,"act":{"sub":"x"}}`},
	{"Hydra", "", `{"active":true,"aud":["$aud"],"iss":"$iss","sub":null,"nbf":null,"scope":"write","token_use":"access_token","token_type":"bearer","ext":{},"exp":$exp}`},
	{"without audience", "", `{"active":true,"scope":"read","client_id":null,"exp":0}`},
	{"without exp", "", `{"active":true,"aud":"$aud","scope":"read","exp":null}`},
	{"authentik access", "", `{"active":true,"aud":"$aud","iss":"$iss","nonce":"n","auth_time":$iat,"acr":"x","azp":"app","scope":"read","exp":$exp}`},
	{"authentik refresh", "", `{"active":true,"aud":"$aud","iss":"$iss","nonce":"n","at_hash":"h","scope":"read","exp":$exp}`},
	{"URN", "", `{"active":true,"aud":"$aud","token_type":"urn:ietf:params:oauth:token-type:access_token","scope":"read","exp":$exp}`},
	{"DPoP", "", `{"active":true,"aud":"$aud","token_type":"DPoP","cnf":{"jkt":"x"},"scope":"read","exp":$exp}`},
	{"bound", "", `{"active":true,"aud":"$aud","cnf":{"x5t#S256":"x"},"scope":"read","exp":$exp}`},
	{"refresh", "", `{"active":true,"aud":"$aud","token_use":"refresh_token","scope":"read","exp":$exp}`},
	{"expired", "", `{"active":true,"aud":"$aud","scope":"read","exp":$iat}`},
	{"another issuer", "", `{"active":true,"iss":"https://other.example.com","aud":"$aud","scope":"read","exp":$exp}`},
}

// member is a member of a JSON object, with its name and value as written.
type member struct{ name, value string }

var (
	quoted   = strings.NewReplacer("$exp", `"$exp"`, "$iat", `"$iat"`)
	unquoted = strings.NewReplacer(`"$exp"`, "$exp", `"$iat"`, "$iat")
)

// members returns the members of a JSON object in this file, in order.
func members(text string) (list []member) {
	d := json.NewDecoder(strings.NewReader(quoted.Replace(text)))
	if _, err := d.Token(); err != nil {
		panic(err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			panic(err)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			panic(err)
		}
		list = append(list, member{fmt.Sprintf("%q", name), unquoted.Replace(string(value))})
	}
	return list
}

// overlay returns a copy of base with changes. The parameter by lists the
// changes. Each change replaces the member of base with the same name. If base
// lacks this name, the change is appended. If the new value is "-", the member
// of base is removed.
func overlay(base, by []member) []member {
	list := append([]member(nil), base...)
	for _, change := range by {
		i := indexOf(list, change.name)
		if i >= 0 {
			list[i] = change
		} else {
			list = append(list, change)
		}
	}
	kept := list[:0]
	for _, one := range list {
		if one.value != `"-"` {
			kept = append(kept, one)
		}
	}
	return kept
}

func indexOf(list []member, name string) int {
	for i, one := range list {
		if one.name == name {
			return i
		}
	}
	return -1
}

// object returns the members as a JSON object. It inserts the given white space
// before and after each part of the object.
func object(list []member, space string) string {
	var parts []string
	for _, one := range list {
		parts = append(parts, space+one.name+space+":"+space+one.value+space)
	}
	return space + "{" + strings.Join(parts, ",") + "}" + space
}
