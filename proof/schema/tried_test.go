package schema_test

import "encoding/json"

// trial is what a member is tried with, besides what all members of its kind are.
type trial struct {
	right, wrong []string
	siblings     object // nil for those of around
}

// The key is that of RFC 7515 §A.3.
const (
	publicKey  = `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`
	privateKey = `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}`
	secretKey  = `{"kty":"oct","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I"}`
)

var (
	urls = trial{
		right: []string{`[]`, `["https://a.example/cb?x=1","http://127.0.0.1:80","com.example.app:/cb","app:"]`},
		wrong: []string{
			`["/cb"]`, `["https://a/#x"]`, `["https:///cb"]`, `["https:cb"]`, `["https://u:p@a/"]`, `["app://u@a/"]`, `["https://a/ b"]`,
			`["javascript:x"]`, `["data:x"]`, `["vbscript:x"]`, `["file:///x"]`, `["blob:x"]`, `["about:blank"]`, `["app:ü"]`, `["app:/x#y"]`, `["1:x"]`,
		},
	}
	scopes     = trial{right: []string{`[]`, `["openid","a:b!"]`}, wrong: []string{`["a b"]`, `["a\"b"]`, `["a\\b"]`, `["ü"]`, `["\t"]`}}
	algorithms = trial{right: []string{`"ES256"`, `"EdDSA"`}, wrong: []string{`"HS256"`, `"none"`, `"es256"`}}
	durations  = []string{`"90s"`, `"1h30m"`, `"1.5h"`, `".5m1s"`, `"1.h"`, `"1000ms"`, `"1000000us"`, `"1000000µs"`, `"1000000μs"`, `"1000000000ns"`, `"+1m"`}
	malformed  = []string{`"300"`, `"5 minutes"`, `"-1s"`, `"1d"`, `"1"`, `"h"`, `".h"`, `" 1s"`, `"1s "`}
	texts      = trial{right: []string{`"x"`, `"ü \""`}}
	ascii      = trial{right: []string{`"x"`, `" a:b~"`}, wrong: []string{`"ü"`, `"a\n"`, `"\u007f"`}}
	switches   = trial{right: []string{`true`, `false`}}
)

// tried has a row for each member.
var tried = map[string]trial{
	"$schema": texts,
	"issuer": {
		right: []string{`"https://a.example"`, `"http://127.0.0.1:9000/x y/@"`, `"https://[::1]/"`},
		wrong: []string{
			`"a"`, `"/x"`, `"ftp://a"`, `"https://"`, `"https:///x"`, `"https://u:p@a"`, `"https://a?x"`, `"https://a/?x"`, `"https://a/#x"`, `"https://a b"`,
			`"https://a\\b"`, `"https://a/\n"`, `" https://a"`,
		},
	},
	"like":                       {right: []string{`"keycloak"`, `"auth0"`}, wrong: []string{`"Keycloak"`}},
	"signing":                    {right: []string{`{}`}},
	"signing.alg":                {right: []string{`"ES256"`, `"HS512"`}, wrong: []string{`"none"`, `"Ed25519"`}},
	"signing.keys":               {right: []string{`[]`, `[` + privateKey + `]`, `[` + secretKey + `]`}, wrong: keysThatDoNotSign},
	"access":                     {right: []string{`{}`}},
	"access.ttl":                 {right: durations, wrong: append([]string{`"0s"`, `"0"`, `"-0"`, `"0.0h0m"`}, malformed...)},
	"access.format":              {right: []string{`"jwt"`, `"opaque"`}, wrong: []string{`"JWT"`}},
	"access.audience":            {right: []string{`["api"]`, `["a b","ü"]`}, wrong: []string{`[]`}},
	"refresh":                    {right: []string{`{}`}},
	"refresh.ttl":                {right: append([]string{`"1ns"`}, durations...), wrong: append([]string{`"0s"`}, malformed...)},
	"refresh.grace":              {right: append([]string{`"0s"`, `"0"`, `"-0"`, `"+0"`}, durations...), wrong: malformed},
	"clients":                    {right: []string{`[]`}, wrong: []string{`[{}]`, `[{"secret":"s"}]`, `[{"id":"a"}]`}},
	"clients[].id":               ascii,
	"clients[].secret":           ascii,
	"clients[].redirect_uris":    urls,
	"clients[].scopes":           scopes,
	"clients[].grants":           {right: []string{`[]`, `["authorization_code","client_credentials"]`}, wrong: []string{`["password"]`, `["implicit"]`}, siblings: object{"id": "a", "secret": "s", "jwks": json.RawMessage(`{"keys":[` + publicKey + `]}`)}},
	"clients[].public":           {right: []string{`true`}, wrong: []string{`false`}, siblings: object{"id": "a"}},
	"clients[].auth_method":      {right: []string{`"client_secret_basic"`, `"client_secret_post"`}, wrong: []string{`"basic"`, `"none"`, `"private_key_jwt"`}},
	"clients[].jwks":             {right: []string{`{"keys":[` + publicKey + `]}`, `{"keys":[` + publicKey + `],"x":1}`}, wrong: setsThatDoNotVerify, siblings: object{"id": "a"}},
	"users":                      {right: []string{`[]`}, wrong: []string{`[{}]`, `[{"username":"a"}]`}},
	"users[].sub":                texts,
	"users[].username":           texts,
	"users[].password":           texts,
	"users[].claims":             {right: []string{`{}`, `{"sub":1,"":[null,{"a":true}]}`}},
	"users[].access_claims":      {right: []string{`{}`, `{"roles":["a"],"/a/b":1,"/subject":1,"scopes":null}`}},
	"users[].acr":                scopes, // the same characters
	"scopes":                     scopes,
	"scope_descriptions":         {right: []string{`{}`, `{"orders:read":"See your orders."}`}, wrong: []string{`{"a b":"x"}`, `{"a":""}`, `{"a":1}`, `[]`}},
	"resources":                  {right: []string{`[]`, `["https://a","ü"]`}, wrong: []string{`["a b"]`, `["a\u00a0b"]`, `["a\n"]`, `["\u0000"]`, `["\u0085"]`}},
	"authorization_detail_types": {right: []string{`[]`, `["payment"]`}},
	"rules":                      {right: []string{`[]`}, wrong: []string{`[{}]`, `[{"when":{}}]`, `[{"claims":{},"deny":"x"}]`}},
	"rules[].when":               {right: []string{`{}`}},
	"rules[].when.client":        ascii,
	"rules[].when.user":          texts,
	"rules[].when.scope":         {right: []string{`"a:b"`}, wrong: []string{`"a b"`, `"ü"`}},
	"rules[].claims":             {right: []string{`{}`, `{"role":"a","/a/b":1}`}, siblings: object{}},
	"rules[].deny":               {right: []string{`"access_denied"`, `"a b"`}, wrong: []string{`"a\"b"`, `"a\\b"`, `"ü"`, `"a\n"`}},
	"faults":                     {right: []string{`[]`}, wrong: []string{`[{}]`, `[{"endpoint":"jwks"}]`, `[{"status":503}]`}},
	"faults[].endpoint":          {right: []string{`"jwks"`, `"device"`, `"any"`}, wrong: []string{`"keys"`}},
	"faults[].status":            {right: []string{`200`, `599`}, wrong: []string{`0`, `199`, `600`}},
	"faults[].times":             {right: []string{`1`, `2147483647`}, wrong: []string{`0`, `2147483648`}},
	"endpoints":                  {right: []string{`{}`, `{"jwks":false,"token":true}`}, wrong: []string{`{"any":true}`, `{"login":false}`, `{"jwks":1}`, `{"jwks":null}`, `{"jwks":"off"}`}},
	"interactive":                switches,
	"tls":                        switches,
	"seed":                       texts,
	"registration":               switches,
	"cors": {
		right: []string{`[]`, `["*"]`, `["https://a.example:8443","app://x"]`},
		wrong: []string{`["a"]`, `["https://a/"]`, `["https://a?x"]`, `["https://a#x"]`, `["https://u@a"]`, `["https://"]`, `["HTTPS://a"]`, `["**"]`, `["https://a b"]`},
	},

	"clients[].post_logout_redirect_uris":             urls,
	"clients[].require_pushed_authorization_requests": switches,
	"clients[].id_token_signed_response_alg":          algorithms,
	"clients[].userinfo_signed_response_alg":          algorithms,
	"clients[].introspection_signed_response_alg":     algorithms,
	"clients[].token_endpoint_auth_signing_alg":       {right: []string{`"ES256"`, `"Ed25519"`}, wrong: []string{`"HS256"`, `"none"`}},
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
