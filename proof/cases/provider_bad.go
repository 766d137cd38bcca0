package cases

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/scopes"
)

// badShapes returns tokens that look like the tokens of [goodShapes] but must
// be refused.
func badShapes() []shape {
	read := scopes.All("read")
	const typed = `"typ":"JWT"`
	refused := func(id, name, claims string) shape {
		return shape{id: id, name: name, header: typed, claims: claims, want: 401}
	}
	answered := func(id, name string, pairs ...any) shape {
		return shape{id: id, name: name, answer: introspectionResponse(pairs...), want: 401}
	}
	shapes := []shape{
		refused("N01", "an ID token by its nonce", `"nonce":"n"`),
		refused("N01", "an ID token by a nonce that is empty", `"nonce":""`),
		refused("N01", "an ID token by azp and auth_time", `"azp":"c1","auth_time":1700000000`),
		refused("N01", "an ID token by azp and auth_time as a date string", `"azp":"c1","auth_time":"2026-01-02T03:04:05Z"`),
		refused("N01", "an ID token by at_hash, with a scope", `"at_hash":"x","scope":"openid read"`),
		refused("N01", "an ID token by c_hash, with a scope", `"c_hash":"x","scope":"openid read"`),
		refused("N01", "an ID token by s_hash, with typ Bearer", `"s_hash":"x","typ":"Bearer"`),
		refused("N01", "an ID token with a scope that is null", `"nonce":"n","scope":null`),
		refused("N01", "an ID token with a scope that is not one", `"nonce":"n","scopes":{"read":true}`),
		{id: "N01", name: "an ID token with the roles that are the scopes", config: realmRoles, header: typed, claims: `"nonce":"n","azp":"c1","realm_access":{"roles":["read"]}`, need: read, want: 401},
		refused("N02", "Keycloak, an ID token with roles and scope", `"typ":"ID","scope":"openid read","realm_access":{"roles":["read"]}`),
		refused("N02", "Keycloak, a refresh token with scope", `"typ":"Refresh","scope":"openid read"`),
		refused("N02", "Keycloak, an offline token with scope", `"typ":"Offline","scope":"openid offline_access read"`),
		refused("N02", "Cognito, an ID token with scope", `"token_use":"id","scope":"read","cognito:groups":["read"]`),
		{id: "N07", name: "Graph, with a signature over another nonce", header: typed + `,"nonce":"hashed"`, claims: `"scp":"read"`, token: func(jwt string) string {
			_, rest, _ := strings.Cut(jwt, ".")
			return forge.Encode(`{"typ":"JWT","alg":"RS256","kid":"key-1","nonce":"plain"}`) + "." + rest
		}, want: 401},
		{id: "N10", name: "JWK with a private exponent", claims: `"scope":"read"`, keys: func(k jwk) []jwk { return []jwk{k.with("d", "AQAB", "p", nil), otherRSA("key-2")} }, want: 401},
		{id: "N10", name: "JWK of a secret that is null", alg: "RS256", claims: `"scope":"read"`, keys: func(jwk) []jwk {
			return []jwk{{"kty": "oct", "kid": "key-1", "alg": "HS256", "k": nil}, otherRSA("key-2")}
		}, want: 401},
		{id: "N11", name: "JWK for encryption with key_ops that are empty", claims: `"scope":"read"`, keys: func(k jwk) []jwk {
			return []jwk{k.with("key_ops", []string{}, "use", "enc"), otherRSA("key-2")}
		}, want: 401},
		{id: "N11", name: "JWK with key_ops for encryption", claims: `"scope":"read"`, keys: func(k jwk) []jwk {
			return []jwk{k.with("key_ops", []string{"encrypt"}, "use", nil), otherRSA("key-2")}
		}, want: 401},
		{id: "N12", name: "a coordinate with a leading one", alg: "ES256", claims: `"scope":"read"`, keys: func(k jwk) []jwk {
			return []jwk{k.with("x", base64.RawURLEncoding.EncodeToString(append([]byte{1}, decoded(k, "x")...))), otherRSA("key-2")}
		}, want: 401},
		{id: "N12", name: "a coordinate of 31 bytes of another point", alg: "ES256", claims: `"scope":"read"`, keys: func(k jwk) []jwk {
			return []jwk{k.with("y", base64.RawURLEncoding.EncodeToString(decoded(k, "y")[:31])), otherRSA("key-2")}
		}, want: 401},
		{id: "N13", name: "x5t of an unknown key, where there are several", header: typed + `,"kid":"-","x5t":"key-9"`, claims: `"scp":"read"`, keys: withKeys(otherRSA("key-2")), want: 401},
		{id: "N13", name: "x5t of a known key with an unknown kid", header: typed + `,"kid":"key-9","x5t":"key-1"`, claims: `"scp":"read"`, want: 401},
		{id: "N13", name: "x5t of a key that did not sign the token", header: typed + `,"kid":"-","x5t":"key-2"`, claims: `"scp":"read"`, keys: withKeys(otherRSA("key-2")), want: 401},
		refused("N14", "exp null", `"exp":null,"scope":"read"`),
		refused("N14", "exp 0", `"exp":0,"scope":"read"`),
		refused("N14", "exp a string", `"exp":"9999999999","scope":"read"`),
		answered("N14", "an answer with exp 1", "exp", 1),
		{id: "N15", name: "auth_time as a date string, where the login must be recent", header: typed, claims: `"scp":"read","auth_time":"2026-01-02T03:04:05.006Z"`, need: recent{}, want: 403},
		{id: "N16", name: "an encrypted token without introspection", token: encrypted(`{"alg":"RSA-OAEP","enc":"A256CBC-HS512"}`), want: 401},
		{id: "N16", name: "an encrypted header on three segments", answer: introspectionResponse(), token: func(string) string { return forge.Encode(`{"alg":"dir","enc":"A256GCM"}`) + ".AA.AA" }, want: 401},
		{id: "N16", name: "five segments without enc", answer: introspectionResponse(), token: func(jwt string) string { return jwt + ".AA.AA" }, want: 401},
		refused("N20", "Casdoor, a refresh token", `"tokenType":"refresh-token","scope":"read","nonce":""`),
		refused("N20", "Casdoor, a refresh token of the custom format", `"TokenType":"refresh-token","scope":"read"`),
		refused("N20", "PingAM, a refresh token", `"tokenName":"refresh_token","token_type":"Bearer","scope":["read"],"nonce":"n"`),
		refused("N20", "Descope, a refresh token", `"drn":"DSR","amr":["email"],"tenants":{}`),
		refused("N20", "UAA, a refresh token", `"jti":"0a1b-r","granted_scopes":["read"],"client_id":"c1","cid":"c1","grant_type":"password"`),
		refused("N20", "Spring Security OAuth, a refresh token", `"ati":"0a1b","scope":["read"],"client_id":"c1"`),
		{id: "N16", name: "an encrypted token of an issuer that is not configured", answer: introspectionResponse(), token: encrypted(`{"alg":"dir","enc":"A256GCM","iss":"https://third.example"}`), want: 401},
		{id: "N21", name: "Cloud Run, a signature removed", claims: `"email":"x"`, token: func(jwt string) string {
			return jwt[:strings.LastIndexByte(jwt, '.')] + ".SIGNATURE_REMOVED_BY_GOOGLE"
		}, want: 401},
		answered("N25", "an answer about a DPoP token", "token_type", "DPoP"),
		answered("N25", "an answer about a MAC token", "token_type", "mac"),
		answered("N25", "an answer about a token of no type", "token_type", "N_A"),
		answered("N25", "an answer about a token of an empty type", "token_type", ""),
		answered("N25", "authentik, an answer about a refresh token", "at_hash", "x", "nonce", "n", "token_type", omitted{}),
		answered("N25", "an answer about an ID token of the hybrid flow", "c_hash", "x", "token_type", "Bearer"),
	}
	for _, name := range []string{"typ", "token_use", "token_type", "tokenName", "tokenType", "TokenType", "purpose", "type"} {
		shapes = append(shapes, refused("N20", name+" refresh", fmt.Sprintf(`%q:"refresh_token","scope":"read"`, name)),
			answered("N25", name+" refresh", name, "refresh_token"))
	}
	return shapes
}
