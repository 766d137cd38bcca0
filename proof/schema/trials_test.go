package schema_test

import "encoding/json"

// trial contains valid and invalid values for one member. The tests also use
// the invalid values in the map refused.
type trial struct {
	valid, invalid []string
	siblings       object // nil means the members in requiredSiblings
}

// The EC key is from RFC 7515 §A.3.
const (
	publicKey  = `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`
	privateKey = `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}`
	secretKey  = `{"kty":"oct","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I"}`
)

// byCertificate contains the members of a client that authenticates with
// tls_client_auth. The member with the name in the client's certificate is
// missing; a test must add it.
var byCertificate = object{"id": "a", "auth_method": "tls_client_auth"}

var (
	urls = trial{
		valid: []string{`[]`, `["https://a.example/cb?x=1","http://127.0.0.1:80","com.example.app:/cb","app:"]`},
		invalid: []string{
			`["/cb"]`, `["https://a/#x"]`, `["https:///cb"]`, `["https:cb"]`, `["https://u:p@a/"]`, `["app://u@a/"]`, `["https://a/ b"]`,
			`["javascript:x"]`, `["data:x"]`, `["vbscript:x"]`, `["file:///x"]`, `["blob:x"]`, `["about:blank"]`, `["app:ü"]`, `["app:/x#y"]`, `["1:x"]`,
		},
	}
	scopes     = trial{valid: []string{`[]`, `["openid","a:b!"]`}, invalid: []string{`["a b"]`, `["a\"b"]`, `["a\\b"]`, `["ü"]`, `["\t"]`}}
	algorithms = trial{valid: []string{`"ES256"`, `"EdDSA"`}, invalid: []string{`"HS256"`, `"none"`, `"es256"`}}
	durations  = []string{`"90s"`, `"1h30m"`, `"1.5h"`, `".5m1s"`, `"1.h"`, `"1000ms"`, `"1000000us"`, `"1000000µs"`, `"1000000μs"`, `"1000000000ns"`, `"+1m"`}
	malformed  = []string{`"300"`, `"5 minutes"`, `"-1s"`, `"1d"`, `"1"`, `"h"`, `".h"`, `" 1s"`, `"1s "`}
	texts      = trial{valid: []string{`"x"`, `"ü \""`}}
	ascii      = trial{valid: []string{`"x"`, `" a:b~"`}, invalid: []string{`"ü"`, `"a\n"`, `"\u007f"`}}
	switches   = trial{valid: []string{`true`, `false`}}
)

// trials maps the path of each member to its trial.
var trials = map[string]trial{
	"$schema": texts,
	"issuer": {
		valid: []string{`"https://a.example"`, `"http://127.0.0.1:9000/x y/@"`, `"https://[::1]/"`},
		invalid: []string{
			`"a"`, `"/x"`, `"ftp://a"`, `"https://"`, `"https:///x"`, `"https://u:p@a"`, `"https://a?x"`, `"https://a/?x"`, `"https://a/#x"`, `"https://a b"`,
			`"https://a\\b"`, `"https://a/\n"`, `" https://a"`,
		},
	},
	"like":                       {valid: []string{`"keycloak"`, `"auth0"`}, invalid: []string{`"Keycloak"`}},
	"signing":                    {valid: []string{`{}`}},
	"signing.alg":                {valid: []string{`"ES256"`, `"HS512"`}, invalid: []string{`"none"`, `"Ed25519"`}},
	"signing.keys":               {valid: []string{`[]`, `[` + privateKey + `]`, `[` + secretKey + `]`}, invalid: keysThatDoNotSign},
	"access":                     {valid: []string{`{}`}},
	"access.ttl":                 {valid: durations, invalid: append([]string{`"0s"`, `"0"`, `"-0"`, `"0.0h0m"`}, malformed...)},
	"access.format":              {valid: []string{`"jwt"`, `"opaque"`}, invalid: []string{`"JWT"`}},
	"access.audience":            {valid: []string{`["api"]`, `["a b","ü"]`}, invalid: []string{`[]`}},
	"refresh":                    {valid: []string{`{}`}},
	"refresh.ttl":                {valid: append([]string{`"1ns"`}, durations...), invalid: append([]string{`"0s"`}, malformed...)},
	"refresh.grace":              {valid: append([]string{`"0s"`, `"0"`, `"-0"`, `"+0"`}, durations...), invalid: malformed},
	"clients":                    {valid: []string{`[]`}, invalid: []string{`[{}]`, `[{"secret":"s"}]`, `[{"id":"a"}]`}},
	"clients[].id":               ascii,
	"clients[].secret":           ascii,
	"clients[].redirect_uris":    urls,
	"clients[].scopes":           scopes,
	"clients[].grants":           {valid: []string{`[]`, `["authorization_code","client_credentials"]`}, invalid: []string{`["password"]`, `["implicit"]`}, siblings: object{"id": "a", "secret": "s", "jwks": json.RawMessage(`{"keys":[` + publicKey + `]}`)}},
	"clients[].public":           {valid: []string{`true`}, invalid: []string{`false`}, siblings: object{"id": "a"}},
	"clients[].auth_method":      {valid: []string{`"client_secret_basic"`, `"client_secret_post"`}, invalid: []string{`"basic"`, `"none"`, `"private_key_jwt"`, `"tls_client_auth"`, `"self_signed_tls_client_auth"`}},
	"clients[].jwks":             {valid: []string{`{"keys":[` + publicKey + `]}`, `{"keys":[` + publicKey + `],"x":1}`}, invalid: setsThatDoNotVerify, siblings: object{"id": "a"}},
	"users":                      {valid: []string{`[]`}, invalid: []string{`[{}]`, `[{"username":"a"}]`}},
	"users[].sub":                texts,
	"users[].username":           texts,
	"users[].password":           texts,
	"users[].claims":             {valid: []string{`{}`, `{"sub":1,"":[null,{"a":true}]}`}},
	"users[].access_claims":      {valid: []string{`{}`, `{"roles":["a"],"/a/b":1,"/subject":1,"scopes":null}`}},
	"users[].acr":                scopes, // acr values and scopes allow the same characters
	"scopes":                     scopes,
	"scope_descriptions":         {valid: []string{`{}`, `{"orders:read":"See your orders."}`}, invalid: []string{`{"a b":"x"}`, `{"a":""}`, `{"a":1}`, `[]`}},
	"resources":                  {valid: []string{`[]`, `["https://a","ü"]`}, invalid: []string{`["a b"]`, `["a\u00a0b"]`, `["a\n"]`, `["\u0000"]`, `["\u0085"]`}},
	"authorization_detail_types": {valid: []string{`[]`, `["payment"]`}},
	"rules":                      {valid: []string{`[]`}, invalid: []string{`[{}]`, `[{"when":{}}]`, `[{"claims":{},"deny":"x"}]`}},
	"rules[].when":               {valid: []string{`{}`}},
	"rules[].when.client":        ascii,
	"rules[].when.user":          texts,
	"rules[].when.scope":         {valid: []string{`"a:b"`}, invalid: []string{`"a b"`, `"ü"`}},
	"rules[].claims":             {valid: []string{`{}`, `{"role":"a","/a/b":1}`}, siblings: object{}},
	"rules[].deny":               {valid: []string{`"access_denied"`, `"a b"`}, invalid: []string{`"a\"b"`, `"a\\b"`, `"ü"`, `"a\n"`}},
	"faults":                     {valid: []string{`[]`}, invalid: []string{`[{}]`, `[{"endpoint":"jwks"}]`, `[{"status":503}]`}},
	"faults[].endpoint":          {valid: []string{`"jwks"`, `"device"`, `"any"`}, invalid: []string{`"keys"`}},
	"faults[].status":            {valid: []string{`200`, `599`}, invalid: []string{`0`, `199`, `600`}},
	"faults[].times":             {valid: []string{`1`, `2147483647`}, invalid: []string{`0`, `2147483648`}},
	"endpoints":                  {valid: []string{`{}`, `{"jwks":false,"token":true}`}, invalid: []string{`{"any":true}`, `{"login":false}`, `{"jwks":1}`, `{"jwks":null}`, `{"jwks":"off"}`}},
	"interactive":                switches,
	"tls":                        switches,
	"seed":                       texts,
	"registration":               switches,
	"dpop_nonces":                switches,
	"cors": {
		valid:   []string{`[]`, `["*"]`, `["https://a.example:8443","app://x"]`},
		invalid: []string{`["a"]`, `["https://a/"]`, `["https://a?x"]`, `["https://a#x"]`, `["https://u@a"]`, `["https://"]`, `["HTTPS://a"]`, `["**"]`, `["https://a b"]`},
	},

	"clients[].post_logout_redirect_uris":                  urls,
	"clients[].backchannel_logout_uri":                     {valid: []string{`"http://127.0.0.1:3000/logout"`, `"https://a.example?b"`}, invalid: []string{`"app:/logout"`, `"/logout"`, `"https://a/#b"`, `"https://u@a/"`, `"http:///logout"`, `""`, `[]`}, siblings: object{"id": "a", "secret": "s"}},
	"clients[].backchannel_logout_session_required":        switches,
	"clients[].require_pushed_authorization_requests":      switches,
	"clients[].dpop_bound_access_tokens":                   switches,
	"clients[].id_token_signed_response_alg":               algorithms,
	"clients[].userinfo_signed_response_alg":               algorithms,
	"clients[].introspection_signed_response_alg":          algorithms,
	"clients[].tls_client_auth_subject_dn":                 {valid: []string{`"CN=a"`, `"2.5.4.97=ü\\,\\\"x,o = #0c0161 + ou=b"`}, siblings: byCertificate},
	"clients[].tls_client_auth_san_dns":                    {valid: []string{`"a.example"`}, siblings: byCertificate},
	"clients[].tls_client_auth_san_uri":                    {valid: []string{`"spiffe://a/b"`}, siblings: byCertificate},
	"clients[].tls_client_auth_san_ip":                     {valid: []string{`"192.0.2.1"`, `"2001:db8::1"`}, siblings: byCertificate},
	"clients[].tls_client_auth_san_email":                  {valid: []string{`"a@b.example"`}, siblings: byCertificate},
	"clients[].tls_client_certificate_bound_access_tokens": switches,

	"clients[].token_endpoint_auth_signing_alg": {valid: []string{`"ES256"`, `"Ed25519"`}, invalid: []string{`"HS256"`, `"none"`}},
}

var (
	keysThatDoNotSign = []string{
		`[` + publicKey + `]`, `[{"kty":"oct","d":"eA"}]`, `[{"d":"eA"}]`, `[{"kty":"ec","d":"eA"}]`, `[{"kty":1,"d":"eA"}]`, `[{"kty":"EC","d":1}]`, `[{"kty":"oct","k":1}]`,
		`[{"kty":"RSA","k":"eA"}]`, `[{"k":"eA","d":"eA"}]`,
	}
	setsThatDoNotVerify = []string{
		publicKey, `{"keys":[]}`, `{"keys":{}}`, `{"keys":null}`, `{"keys":["x"]}`, `{"keys":[{}]}`, `{"keys":[` + privateKey + `]}`, `{"keys":[` + secretKey + `]}`,
		`{"keys":[{"kty":"ec"}]}`,
	}
)
