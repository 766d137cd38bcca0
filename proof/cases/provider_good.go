package cases

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
)

// realmRoles makes the verifier read scopes from Keycloak's realm roles.
func realmRoles(i *middleware.Issuer) { i.ScopeClaims = []string{"/realm_access/roles"} }

func anyAudience(i *middleware.Issuer) { i.InsecureNoAudience = true }

func scopesIn(claims ...string) func(*middleware.Issuer) {
	return func(i *middleware.Issuer) { i.ScopeClaims = claims }
}

func secret(i *middleware.Issuer, key testserver.Key) {
	i.Keys, i.Algorithms = jwks.Secret(key.ID, key.Secret), []string{string(key.Alg)}
}

// list returns a JSON array of n strings. String i is the number i in the given
// format.
func list(n int, format string) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`"`+format+`"`, i))
	}
	return "[" + strings.Join(all, ",") + "]"
}

func decoded(k jwk, name string) []byte {
	data, err := base64.RawURLEncoding.DecodeString(k[name].(string))
	if err != nil {
		panic(err)
	}
	return data
}

// zero returns a JWK in which the number in one member begins with an
// additional zero byte.
func zero(k jwk, name string) jwk {
	return k.with(name, base64.RawURLEncoding.EncodeToString(append([]byte{0}, decoded(k, name)...)))
}

func withKeys(others ...jwk) func(jwk) []jwk {
	return func(k jwk) []jwk { return append([]jwk{k}, others...) }
}

func having(pairs ...any) func(jwk) []jwk {
	return func(k jwk) []jwk { return []jwk{k.with(pairs...)} }
}

// otherRSA returns the JWK of an RSA key that does not sign any token of the
// tests.
func otherRSA(kid string) jwk {
	// The modulus is from RFC 7515 appendix A.2.
	const n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
	return jwk{"kty": "RSA", "kid": kid, "alg": "RS256", "use": "sig", "n": n, "e": "AQAB"}
}

func encrypted(header string) func(string) string {
	return func(string) string { return forge.Encode(header) + ".a2V5.aXY.Y2lwaGVy.dGFn" }
}

// issuerOf returns the iss of a token.
func issuerOf(jwt string) string {
	var claims struct {
		Issuer string `json:"iss"`
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(jwt, ".")[1])
	if err = errors.Join(err, json.Unmarshal(payload, &claims)); err != nil {
		panic(err)
	}
	return claims.Issuer
}

// goodShapes returns valid tokens. They must be accepted, or refused with 403
// if they lack the required scope.
func goodShapes() []shape {
	read := scopes.All("read")
	const typed = `"typ":"JWT"`
	keycloak := `"typ":"Bearer","azp":"web","auth_time":1700000000,"sid":"s1","acr":"1","scope":"openid read"`
	keycloak22 := `"nonce":"n1","azp":"web","auth_time":1700000000,"session_state":"s1"`
	answer := func(pairs ...any) map[string]any {
		all := map[string]any{"aud": audience, "sub": "u1", "scope": "read", "client_id": "app", "exp": time.Now().Add(time.Hour).Unix()}
		for i := 0; i < len(pairs); i += 2 {
			if all[pairs[i].(string)] = pairs[i+1]; pairs[i+1] == (omitted{}) {
				delete(all, pairs[i].(string))
			}
		}
		return all
	}
	return []shape{
		{id: "P01", name: "Keycloak 26", header: typed, claims: keycloak, need: read, want: 200},
		{id: "P03", name: "Keycloak 26 without realm roles, where roles are the scopes", config: realmRoles, header: typed, claims: keycloak, want: 200},
		{id: "P03", name: "Keycloak 26 without realm roles, where one is required", config: realmRoles, header: typed, claims: keycloak, need: read, want: 403},
		{id: "P03", name: "Keycloak 26 with realm roles that are null", config: realmRoles, header: typed, claims: keycloak + `,"realm_access":{"roles":null}`, need: read, want: 403},
		{id: "P04", name: "Keycloak 22, with a nonce", header: typed, claims: keycloak22 + `,"scope":"read"`, need: read, want: 200},
		{id: "P05", name: "Keycloak 22 without realm roles, where one is required", config: realmRoles, header: typed, claims: keycloak22 + `,"scope":"profile"`, need: read, want: 403},
		{id: "P05", name: "Keycloak 22 without realm roles and scope, with typ Bearer", config: realmRoles, header: typed, claims: keycloak22 + `,"typ":"Bearer"`, need: read, want: 403},
		{id: "P05", name: "Keycloak 22 without realm roles, where nothing is required", config: realmRoles, header: typed, claims: keycloak22 + `,"scope":"profile"`, want: 200},
		{id: "P07", name: "Keycloak, roles of a client with a slash in its name", config: scopesIn("/resource_access/my~1api/roles"), header: typed, claims: keycloak + `,"resource_access":{"my/api":{"roles":["read"]}}`, need: read, want: 200},
		{id: "P08", name: "Keycloak without an audience mapper", config: func(i *middleware.Issuer) { i.AudienceClaim, i.Audiences = "azp", []string{"web"} }, header: typed, claims: keycloak + `,"aud":["account"]`, need: read, want: 200},
		{id: "P10", name: "oxAuth, a coordinate with an extra zero byte", alg: "ES256", claims: `"scope":"read"`, keys: func(k jwk) []jwk { return []jwk{zero(k, "y")} }, need: read, want: 200},
		{id: "P11", name: "Keycloak, a key for encryption and certificates in the set", header: typed, claims: keycloak, need: read, want: 200, keys: func(k jwk) []jwk {
			certified := k.with("x5c", []string{"MIIB"}, "x5t", "abc", "x5t#S256", "def")
			return []jwk{certified, otherRSA("enc-1").with("use", "enc", "alg", "RSA-OAEP")}
		}},
		{id: "P12", name: "Keycloak with 300 roles, 11 KiB", config: realmRoles, header: typed, claims: keycloak + `,"realm_access":{"roles":` + list(300, "department-%04d-role-name") + `}`, need: scopes.All("department-0299-role-name"), want: 200},
		{id: "P13", name: "Keycloak introspection", answer: answer("typ", "Bearer", "nbf", 0, "act", map[string]any{"sub": "u2"}, "username", "u", "azp", "web", "auth_time", 1700000000), need: read, want: 200},
		{id: "P14", name: "Entra v2", header: typed, claims: `"azp":"11111111-1111-1111-1111-111111111111","scp":"access read","tid":"t","oid":"o","ver":"2.0","uti":"x","rh":"y"`, need: read, want: 200},
		{id: "P23", name: "Entra with 200 groups, 12 KiB", header: typed, claims: `"azp":"c1","scp":"read","ver":"2.0","groups":` + list(200, "00000000-1111-2222-3333-%012d"), need: read, want: 200},
		{id: "P24", name: "Entra, keys without alg and with an issuer", header: typed, claims: `"azp":"c1","scp":"read","ver":"2.0"`, keys: having("alg", omitted{}, "issuer", "https://login.example/{tenantid}/v2.0", "x5t", "key-1", "x5c", []string{"MIIB"}), need: read, want: 200},
		{id: "P26", name: "ADFS, auth_time as a date string", header: typed, claims: `"appid":"c1","apptype":"Public","scp":"read","auth_time":"2026-01-02T03:04:05.006Z","sub":"-"`, need: read, want: 200, verify: func(t *middleware.Token) error {
			if !t.AuthTime.IsZero() || t.Subject != "" {
				return fmt.Errorf("got AuthTime %v and Subject %q, want neither", t.AuthTime, t.Subject)
			}
			return nil
		}},
		{id: "P26", name: "ADFS introspection, auth_time as a date string", answer: answer("auth_time", "2026-01-02T03:04:05.006Z"), need: read, want: 200},
		{id: "J12", name: "ADFS, x5t instead of kid", header: typed + `,"kid":"-","x5t":"key-1"`, claims: `"appid":"c1","scp":"read"`, keys: withKeys(otherRSA("key-2")), need: read, want: 200},
		{id: "J12", name: "x5t of an unknown key, where there is only one", header: typed + `,"kid":"-","x5t":"key-9"`, claims: `"scp":"read"`, need: read, want: 200},
		{id: "P31", name: "Auth0", header: typed, claims: `"azp":"c1","scope":"openid read","aud":["api","https://d/userinfo"],"gty":"password","org_id":"o"`, need: read, want: 200},
		{id: "P35", name: "OpenIddict, encrypted", token: encrypted(`{"alg":"RSA-OAEP","enc":"A256CBC-HS512","kid":"k","typ":"at+jwt"}`), answer: answer(), need: read, want: 200},
		{id: "P35", name: "Auth0, encrypted without a key", token: func(jwt string) string {
			return forge.Encode(`{"alg":"dir","enc":"A256GCM","iss":"`+issuerOf(jwt)+`/"}`) + "..aXY.Y2lwaGVy.dGFn"
		}, answer: answer(), need: read, want: 200},
		{id: "P37", name: "Cognito with a resource", claims: `"token_use":"access","client_id":"c1","scope":"read","version":2,"auth_time":1700000000,"origin_jti":"o"`, need: read, want: 200},
		{id: "P38", name: "Cognito, groups as scopes", config: scopesIn("cognito:groups"), claims: `"token_use":"access","client_id":"c1","cognito:groups":["eu-admins"],"version":2,"auth_time":1700000000`, need: scopes.All("eu-admins"), want: 200},
		{id: "P39", name: "a kid in base64", header: `"kid":"ab+/c=="`, claims: `"token_use":"access","scope":"read"`, keys: having("kid", "ab+/c=="), need: read, want: 200},
		{id: "P40", name: "Google, an ID token of a service account", header: typed, claims: `"azp":"1","email":"sa@p.iam.gserviceaccount.com","email_verified":true`, want: 200},
		{id: "P45", name: "Firebase", claims: `"user_id":"u","auth_time":1700000000,"firebase":{"sign_in_provider":"x","identities":{}}`, want: 200},
		{id: "P46", name: "Firebase App Check, a modulus with a leading zero", claims: `"provider":"x"`, keys: func(k jwk) []jwk { return []jwk{zero(k, "n")} }, want: 200},
		{id: "P47", name: "GitHub Actions", header: typed + `,"x5t":"key-1"`, claims: `"sub":"repo:o@1/r@2:ref:refs/heads/main","repository":"o/r","ref":"refs/heads/main","sha":"0","run_id":"1","run_number":"2","run_attempt":"1","actor":"a","actor_id":"3","workflow":"w","head_ref":"","base_ref":"","event_name":"push","ref_type":"branch","job_workflow_ref":"o/r/.github/workflows/w.yml@refs/heads/main","environment":"p","runner_environment":"github-hosted","enterprise":"e","repository_visibility":"private","nbf":1700000000`, want: 200},
		{id: "P49", name: "GitLab CI", header: typed, claims: `"project_path":"g/p","ref":"main","user_identities":[{"provider":"x","extern_uid":"1"}],"runner_id":1,"nbf":1700000000`, want: 200},
		{id: "P50", name: "Doorkeeper introspection", config: anyAudience, answer: answer("client_id", nil, "aud", omitted{}, "sub", omitted{}, "token_type", "Bearer", "iat", 1700000000), need: read, want: 200},
		{id: "P52", name: "an answer without aud, where client_id is the audience", config: func(i *middleware.Issuer) { i.AudienceClaim, i.Audiences = "client_id", []string{"app"} }, answer: answer("aud", omitted{}), need: read, want: 200},
		{id: "P54", name: "Kubernetes, keys at another address", moved: true, claims: `"sub":"system:serviceaccount:n:s","kubernetes.io":{"namespace":"n"},"aud":["api"]`, want: 200},
		{id: "P55", name: "Kubernetes, a key of a future type", claims: `"sub":"system:serviceaccount:n:s","kubernetes.io":{"namespace":"n","pod":{"name":"p"}},"aud":["api"]`, keys: withKeys(jwk{"kty": "AKP", "kid": "k2", "alg": "ML-DSA-65", "pub": "AAAA"}), want: 200},
		{id: "P57", name: "SPIRE, keys without use", claims: `"sub":"spiffe://td/w","aud":["api"]`, keys: having("use", omitted{}, "alg", omitted{}), want: 200},
		{id: "P58", name: "ZITADEL with 90 audiences", header: typed, claims: `"client_id":"c1","aud":` + strings.TrimSuffix(list(89, "30000000000000%04d"), "]") + `,"api"]`, want: 200, verify: func(t *middleware.Token) error {
			if len(t.Audience) != 90 || t.Audience[89] != "api" {
				return fmt.Errorf("got %d audiences, want all 90", len(t.Audience))
			}
			return nil
		}},
		{id: "P60", name: "ZITADEL without roles, where one is required", config: scopesIn("urn:zitadel:iam:org:project:roles"), header: typed, claims: `"client_id":"c1"`, need: read, want: 403},
		{id: "P60", name: "ZITADEL with a nonce and without roles, where one is required", config: scopesIn("urn:zitadel:iam:org:project:roles"), header: typed, claims: `"client_id":"c1","nonce":"n","scope":"openid"`, need: read, want: 403},
		{id: "P61", name: "ZITADEL introspection", answer: answer("urn:zitadel:iam:org:project:roles", map[string]any{"admin": map[string]any{"1": "d"}}, "email_verified", true, "name", "n", "updated_at", 1700000000), need: read, want: 200},
		{id: "P62", name: "Hydra", config: anyAudience, header: typed, claims: `"scp":["read"],"ext":{},"aud":[],"client_id":"c1","nbf":1700000000,"jti":"j"`, need: read, want: 200},
		{id: "P63", name: "Hydra introspection, older", config: anyAudience, answer: answer("aud", nil, "nbf", nil, "sub", nil, "ext", nil, "token_use", "access_token", "token_type", "Bearer"), need: read, want: 200},
		{id: "P64", name: "an answer whose iss, username and exp are null", answer: answer("iss", nil, "username", nil, "exp", nil), need: read, want: 200},
		{id: "P65", name: "an answer whose scope is null", answer: answer("scope", nil), want: 200},
		{id: "P65", name: "an answer whose scope is null, where one is needed", answer: answer("scope", nil), need: read, want: 403},
		{id: "P65", name: "an answer whose scope is null and scp is not", answer: answer("scope", nil, "scp", []string{"read"}), need: read, want: 200},
		{id: "P66", name: "an answer whose token_type is null", answer: answer("token_type", nil), need: read, want: 200},
		{id: "P67", name: "an answer whose token_type is a URN", answer: answer("token_type", "urn:ietf:params:oauth:token-type:access_token"), need: read, want: 200},
		{id: "P67", name: "an answer whose token_type is access-token", answer: answer("token_type", "access-token"), need: read, want: 200},
		{id: "P68", name: "Hydra introspection", answer: answer("token_use", "access_token", "token_type", "bearer"), need: read, want: 200},
		{id: "P50", name: "GitLab introspection, older, exp of 0", answer: answer("exp", 0), need: read, want: 200, verify: func(t *middleware.Token) error {
			if !t.Expiry.IsZero() {
				return fmt.Errorf("got Expiry %v, want none", t.Expiry)
			}
			return nil
		}},
		{id: "P72", name: "authentik introspection", answer: answer("nonce", "n", "auth_time", 1700000000, "acr", "goauthentik.io/providers/oauth2/default", "azp", "app", "uid", "r"), need: read, want: 200},
		{id: "P76", name: "FusionAuth, an entity", config: scopesIn("permissions"), header: typed + `,"gty":["client_credentials"]`, claims: `"permissions":["read"],"tid":"t","use":"entity"`, need: read, want: 200},
		{id: "P77", name: "PingFederate, keys of all types without alg", header: typed, claims: `"client_id":"c1","scope":["read"]`, keys: func(k jwk) []jwk {
			return []jwk{otherRSA("r2").with("alg", omitted{}), k.with("alg", omitted{}),
				{"kty": "EC", "crv": "P-256", "kid": "e1", "use": "sig", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}}
		}, need: read, want: 200},
		{id: "P78", name: "Duende, audience by host", config: func(i *middleware.Issuer) { i.Audiences = []string{"https://h/resources"} }, header: `"typ":"at+jwt"`, claims: `"scope":["read","write"],"aud":"https://h/resources","client_id":"c1","auth_time":1700000000,"idp":"local","amr":["pwd"],"sid":"s"`, need: read, want: 200},
		{id: "P79", name: "Spring Authorization Server", config: func(i *middleware.Issuer) { i.Audiences = []string{"web"} }, claims: `"aud":["web"],"scope":["read"],"nbf":1700000000,"jti":"j"`, need: read, want: 200},
		{id: "P80", name: "Logto", alg: "ES384", header: `"typ":"at+jwt"`, claims: `"client_id":"c1","scope":"read","jti":"j"`, need: read, want: 200},
		{id: "P82", name: "Supabase", alg: "ES256", header: typed, claims: `"aal":"aal1","amr":[{"method":"password","timestamp":1700000000}],"session_id":"s","role":"authenticated","is_anonymous":false`, keys: having("use", omitted{}, "key_ops", []string{"verify"}, "ext", true), want: 200},
		{id: "P83", name: "Supabase, a shared secret", alg: "HS256", header: typed, claims: `"role":"authenticated","session_id":"s"`, want: 200},
		{id: "P88", name: "Kinde", config: anyAudience, header: typed, claims: `"aud":[],"scp":["read"],"azp":"c1","permissions":[]`, need: read, want: 200},
		{id: "P89", name: "SAP XSUAA", header: typed + `,"jku":"https://evil.example/token_keys","jid":"x"`, claims: `"scope":["app!t1.Read"],"cid":"c1","client_id":"c1","azp":"c1","ext_attr":{"enhancer":"XSUAA"},"zid":"z","grant_type":"client_credentials","rev_sig":"1"`, keys: having("value", "-----BEGIN PUBLIC KEY-----"), need: scopes.All("app!t1.Read"), want: 200},
		{id: "P91", name: "PingAM", alg: "ES256", header: typed + `,"zip":"NONE"`, claims: `"scope":["read"],"nonce":"n","tokenName":"access_token","token_type":"Bearer","realm":"/","auth_time":1700000000,"expires_in":3600,"grant_type":"authorization_code"`, need: read, want: 200},
		{id: "P92", name: "WSO2", header: `"typ":"at+jwt","x5t":"abc"`, claims: `"aut":"APPLICATION_USER","azp":"c1","client_id":"c1","scope":"read","jti":"j"`, need: read, want: 200},
		{id: "P93", name: "Casdoor, a whole user of 190 members, 9 KiB", header: typed, claims: `"nonce":"","scope":"","azp":"c1","tokenType":"access-token"` + userMembers(), want: 200},
		{id: "P94", name: "Salesforce", header: typed + `,"tty":"sfdc-core-token","tnk":"core/prod/00D","ver":"1.0"`, claims: `"scp":"web read","client_id":"c1","aud":["api"],"mty":"oauth","sfi":"x","roles":[],"nbf":1700000000`, need: read, want: 200},
		{id: "P101", name: "JWK with private members that are null", claims: `"scope":"read"`, keys: having("d", nil, "p", nil, "q", nil, "dp", nil, "dq", nil, "qi", nil, "oth", nil, "k", nil, "x", nil, "y", nil, "crv", nil), need: read, want: 200},
		{id: "P102", name: "JWK with alg and use that are null", claims: `"scope":"read"`, keys: having("alg", nil, "use", nil, "x5c", nil, "x5t", nil), need: read, want: 200},
		{id: "P103", name: "JWK with key_ops that are empty", claims: `"scope":"read"`, keys: having("key_ops", []string{}), need: read, want: 200},
		{id: "P104", name: "claims that are null", header: typed, claims: `"scope":"read","nbf":null,"iat":null,"jti":null,"acr":null,"sub":null,"client_id":null,"auth_time":null,"nonce":null,"at_hash":null,"events":null,"azp":null`, need: read, want: 200},
		{id: "P104", name: "a scope that is null, and scp", header: typed, claims: `"scope":null,"scp":["read"]`, need: read, want: 200},
		{id: "P104", name: "an audience that is null, where any is accepted", config: anyAudience, header: typed, claims: `"scope":"read","aud":null`, need: read, want: 200},
		{id: "P105", name: "an access token by tokenName and token_type", header: typed, claims: `"token_type":"Bearer","tokenName":"access_token","azp":"c1","auth_time":1700000000`, want: 200},
	}
}

// userMembers returns 190 claims about a user, of all JSON types.
func userMembers() string {
	var b strings.Builder
	for i := range 190 {
		value := []string{`""`, `"` + strings.Repeat("v", 190) + `"`, "false", "0", "null", "[]", `{"name":"x","roles":[{"owner":"o"}]}`}[i%7]
		fmt.Fprintf(&b, `,"member%d":%s`, i, value)
	}
	return b.String()
}

// recent requires a login within the last five minutes (RFC 9470).
type recent struct{}

func (recent) Unmet(e scopes.Evidence) *scopes.Shortfall {
	if e.AuthTime.IsZero() || e.Now.Sub(e.AuthTime) > 5*time.Minute {
		return &scopes.Shortfall{}
	}
	return nil
}
