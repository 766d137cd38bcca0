package settings_test

import (
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver/internal/settings"
)

const (
	anyTTL    = `a duration of more than zero, such as "90s", "5m" or "1h30m"`
	anyGrace  = `a duration of zero or more, such as "0s" or "10s"`
	anyIssuer = `an absolute http or https URL that has no user information, query or fragment, such as "https://login.example.com/tenant"`
	anyURI    = `an absolute URI that a browser can open and that has no user information or fragment, such as "http://127.0.0.1/callback"`
	anyScope  = `one scope, of printable ASCII without space, quote and backslash, such as "orders:read"`
	anyStatus = "an HTTP status, 200 to 599"
	private   = "d, p, q, dp, dq, qi, oth, k"
)

// faults lists configurations that each have one mistake, with the error
// message for that mistake.
var faults = []struct{ name, text, want string }{
	{"the root is an array", `[]`, "the configuration: got an array, want an object of issuer, like, signing, access, refresh, clients, users, scopes, scope_descriptions, resources, authorization_detail_types, rules, faults, endpoints, interactive, registration, dpop_nonces, cors, tls, seed, $schema"},
	{"a name in another case", `{"TLS":true}`, "TLS: is not a setting, want one of issuer, like, signing, access, refresh, clients, users, scopes, scope_descriptions, resources, authorization_detail_types, rules, faults, endpoints, interactive, registration, dpop_nonces, cors, tls, seed, $schema"},
	{"an unknown member below", `{"access":{"aud":["api"]}}`, "access.aud: is not a setting, want one of ttl, format, audience"},
	{"an unknown member that is a text", `{"access":{"time to live":"5m"}}`, `access["time to live"]: is not a setting, want one of ttl, format, audience`},
	{"an unknown member without a name", `{"access":{"":"5m"}}`, `access[""]: is not a setting, want one of ttl, format, audience`},
	{"a member twice", `{"tls":true,"tls":true}`, "tls: is repeated, want it once"},
	{"a member twice in two spellings", `{"tls":true,"\u0074ls":true}`, "tls: is repeated, want it once"},
	{"a claim twice", `{"users":[{"sub":"a","claims":{"x":{"y":[{"z":1,"z":2}]}}}]}`, "users[0].claims.x.y[0].z: is repeated, want it once"},

	{"an issuer with a user", `{"issuer":"https://u:s3cret@h"}`, "issuer: want " + anyIssuer},
	{"an issuer that is relative", `{"issuer":"/tenant"}`, "issuer: want " + anyIssuer},
	{"an issuer that is empty", `{"issuer":""}`, "issuer: is empty: give " + anyIssuer + ", or remove it"},
	{"an issuer that is null", `{"issuer":null}`, "issuer: got null: give " + anyIssuer + ", or remove it"},

	{"an unknown algorithm", `{"signing":{"alg":"none"}}`, `signing.alg: got "none", want one of ES256, ES384, ES512, RS256, RS384, RS512, PS256, PS384, PS512, EdDSA, HS256, HS384, HS512`},
	{"a key to sign with that is public", `{"signing":{"keys":[{"kty":"EC","x":"eA"}]}}`, "signing.keys[0]: is a public key, want a private key: d is missing"},
	{"a secret key without the secret", `{"signing":{"keys":[{"kty":"oct","d":"eA"}]}}`, "signing.keys[0]: is a public key, want a private key: k is missing"},
	{"a key of no type", `{"signing":{"keys":[{"d":"s3cret"}]}}`, "signing.keys[0]: kty is missing"},
	{"a key of another type", `{"signing":{"keys":[{"kty":"ec","d":"s3cret"}]}}`, `signing.keys[0].kty: got "ec", want one of EC, RSA, OKP, oct`},
	{"a key as PEM", `{"signing":{"keys":["-----BEGIN s3cret"]}}`, "signing.keys[0]: got a string, want a private JWK"},
	{"a key set in place of keys", `{"signing":{"keys":{"keys":[]}}}`, "signing.keys: got an object, want an array of private JWKs"},
	{"a member of a key twice", `{"signing":{"keys":[{"kty":"oct","k":"s3cret","k":"s3cret"}]}}`, "signing.keys[0].k: is repeated, want it once"},

	{"a duration without unit", `{"access":{"ttl":"300"}}`, `access.ttl: got "300", want ` + anyTTL},
	{"a duration in words", `{"access":{"ttl":"5 minutes"}}`, `access.ttl: got "5 minutes", want ` + anyTTL},
	{"a duration of zero", `{"access":{"ttl":"0s"}}`, `access.ttl: got "0s", want ` + anyTTL},
	{"a negative duration", `{"refresh":{"ttl":"-1s"}}`, `refresh.ttl: got "-1s", want ` + anyTTL},
	{"a duration beyond all", `{"refresh":{"ttl":"9999999h"}}`, `refresh.ttl: got "9999999h", want ` + anyTTL},
	{"a negative grace", `{"refresh":{"grace":"-1ns"}}`, `refresh.grace: got "-1ns", want ` + anyGrace},
	{"an audience that is one text", `{"access":{"audience":"api"}}`, "access.audience: got a string, want an array of names"},
	{"an empty audience", `{"access":{"audience":[]}}`, "access.audience: is empty: give the name of an API, or remove it"},

	{"a client without id", `{"clients":[{"secret":"s"}]}`, "clients[0]: id is missing"},
	{"a client that is a text", `{"clients":["web"]}`, "clients[0]: got a string, want an object of id, secret, redirect_uris, post_logout_redirect_uris, grants, scopes, public, auth_method, jwks, require_pushed_authorization_requests, dpop_bound_access_tokens, id_token_signed_response_alg, userinfo_signed_response_alg, introspection_signed_response_alg, token_endpoint_auth_signing_alg, tls_client_auth_subject_dn, tls_client_auth_san_dns, tls_client_auth_san_uri, tls_client_auth_san_ip, tls_client_auth_san_email, tls_client_certificate_bound_access_tokens, backchannel_logout_uri, backchannel_logout_session_required"},
	{"two clients of one id", `{"clients":[{"id":"a","secret":"s"},{"id":"a","public":true}]}`, `clients[1]: another client has the id "a", want a unique id`},
	{"a secret that is a number", `{"clients":[{"id":"a","secret":1234567}]}`, "clients[0].secret: got a number, want printable ASCII"},
	{"a secret of other characters", `{"clients":[{"id":"a","secret":"s3cretü"}]}`, "clients[0].secret: want printable ASCII"},
	{"a redirect URI that is a number", `{"clients":[{"id":"a","secret":"s"},{"id":"b","secret":"s","redirect_uris":[8080]}]}`, "clients[1].redirect_uris[0]: got a number, want " + anyURI},
	{"a redirect URI that is relative", `{"clients":[{"id":"b","secret":"s","redirect_uris":["https://a/cb","/cb"]}]}`, "clients[0].redirect_uris[1]: want " + anyURI},
	{"a redirect URI that runs", `{"clients":[{"id":"b","secret":"s","redirect_uris":["javascript:alert(1)"]}]}`, "clients[0].redirect_uris[0]: want " + anyURI},
	{"a redirect URI with a user", `{"clients":[{"id":"b","secret":"s","redirect_uris":["https://u:s3cret@a/"]}]}`, "clients[0].redirect_uris[0]: want " + anyURI},
	{"a redirect URI without host", `{"clients":[{"id":"b","secret":"s","redirect_uris":["https:///cb"]}]}`, "clients[0].redirect_uris[0]: want " + anyURI},
	{"the password grant", `{"clients":[{"id":"b","secret":"s","grants":["password"]}]}`, `clients[0].grants[0]: got "password", want one of authorization_code, client_credentials, refresh_token, urn:ietf:params:oauth:grant-type:device_code, urn:ietf:params:oauth:grant-type:token-exchange, urn:ietf:params:oauth:grant-type:jwt-bearer`},
	{"scopes in one text", `{"clients":[{"id":"b","secret":"s","scopes":["a b"]}]}`, `clients[0].scopes[0]: got "a b", want ` + anyScope},
	{"a method of authentication that is unknown", `{"clients":[{"id":"b","secret":"s","auth_method":"basic"}]}`, `clients[0].auth_method: got "basic", want one of client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth, self_signed_tls_client_auth, none`},
	{"a public client with a secret", `{"clients":[{"id":"b","secret":"s","public":true}]}`, "clients[0]: a public client does not authenticate: either remove secret and jwks, or remove public"},
	{"a public client that authenticates", `{"clients":[{"id":"b","public":true,"auth_method":"client_secret_post"}]}`, "clients[0]: a public client does not authenticate: either remove auth_method, or remove public"},
	{"a public client on its own behalf", `{"clients":[{"id":"b","public":true,"grants":["client_credentials"]}]}`, "clients[0]: client_credentials is only for confidential clients: either remove the grant, or remove public"},
	{"a client with method none that is not public", `{"clients":[{"id":"b","secret":"s","auth_method":"none"}]}`, `clients[0]: auth_method none is only for public clients: add "public": true, or leave out auth_method`},
	{"a client that has nothing", `{"clients":[{"id":"b"}]}`, `clients[0]: a confidential client must authenticate: add secret or jwks, or "public": true`},
	{"a client that lacks keys", `{"clients":[{"id":"b","secret":"s","auth_method":"private_key_jwt"}]}`, "clients[0]: auth_method private_key_jwt requires jwks: add jwks"},
	{"a client that lacks its certificate", `{"clients":[{"id":"b","secret":"s","auth_method":"self_signed_tls_client_auth"}]}`, "clients[0]: auth_method self_signed_tls_client_auth requires jwks: add jwks"},
	{"a client that lacks the name of its certificate", `{"clients":[{"id":"b","auth_method":"tls_client_auth"}]}`, "clients[0]: tls_client_auth requires exactly one of tls_client_auth_subject_dn, tls_client_auth_san_dns, tls_client_auth_san_uri, tls_client_auth_san_ip, tls_client_auth_san_email (RFC 8705 §2.1.2)"},
	{"a name of a certificate for another method", `{"clients":[{"id":"b","secret":"s","tls_client_auth_san_dns":"a.example"}]}`, "clients[0]: tls_client_auth_san_dns is only for tls_client_auth"},
	{"a subject that is not a distinguished name", `{"clients":[{"id":"b","auth_method":"tls_client_auth","tls_client_auth_subject_dn":"billing"}]}`, `clients[0]: tls_client_auth_subject_dn: the part "billing" has no =: want a name such as CN=billing,O=Example; if a value contains a comma, put a backslash before it (in JSON, two)`},
	{"a client that lacks a secret", `{"clients":[{"id":"b","jwks":{"keys":[{"kty":"EC"}]},"auth_method":"client_secret_post"}]}`, "clients[0]: auth_method client_secret_post requires secret: add secret"},
	{"a client's private key", `{"clients":[{"id":"b","jwks":{"keys":[{"kty":"EC","d":"s3cret"}]}}]}`, "clients[0].jwks.keys[0]: is a private key, want a public key: leave out " + private},
	{"a client's keys without set", `{"clients":[{"id":"b","jwks":[{"kty":"EC"}]}]}`, `clients[0].jwks: got an array, want a JWK Set, {"keys":[…]}`},
	{"a client's key set that is a key", `{"clients":[{"id":"b","jwks":{"kty":"EC"}}]}`, "clients[0].jwks: keys is missing"},
	{"a client's key set of no keys", `{"clients":[{"id":"b","jwks":{"keys":[]}}]}`, "clients[0].jwks.keys: is empty, want a public JWK"},

	{"a user without sub", `{"users":[{"username":"a"}]}`, "users[0]: sub is missing"},
	{"two users of one sub", `{"users":[{"sub":"a"},{"sub":"a","username":"b"}]}`, `users[1]: another user has the sub "a", want a unique sub`},
	{"two users who log in as one", `{"users":[{"sub":"a"},{"sub":"b","username":"a"}]}`, `users[1]: another user has the username "a", want a unique username`},
	{"a password that is a number", `{"users":[{"sub":"a","password":1234567}]}`, "users[0].password: got a number, want any text"},
	{"claims that are a list", `{"users":[{"sub":"a","claims":[]}]}`, "users[0].claims: got an array, want an object of claims"},
	{"an acr of two values", `{"users":[{"sub":"a","acr":["a b"]}]}`, `users[0].acr[0]: got "a b", want one acr value, of printable ASCII without space, quote and backslash, such as "urn:example:mfa"`},
	{"claims that nest too deeply", `{"users":[{"sub":"a","claims":{"x":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}}]}`, ""},

	{"a rule that does nothing", `{"rules":[{"when":{"client":"a"}}]}`, "rules[0]: does nothing, want claims or deny"},
	{"a rule that does two things", `{"rules":[{"claims":{},"deny":"access_denied"}]}`, "rules[0]: a rule cannot have both claims and deny: remove one of them"},
	{"a rule with a condition that is unknown", `{"rules":[{"when":{"sub":"a"},"claims":{}}]}`, "rules[0].when.sub: is not a setting, want one of client, user, scope"},
	{"a rule that denies with a flag", `{"rules":[{"deny":true}]}`, `rules[0].deny: got a boolean, want an OAuth error code, such as "access_denied"`},
	{"a rule that denies in other characters", `{"rules":[{"deny":"no\n"}]}`, `rules[0].deny: got "no\n", want an OAuth error code, such as "access_denied"`},

	{"a fault at no endpoint", `{"faults":[{"status":503}]}`, "faults[0]: endpoint is missing"},
	{"a fault at an unknown endpoint", `{"faults":[{"endpoint":"keys","status":503}]}`, `faults[0].endpoint: got "keys", want one of discovery, as_metadata, jwks, authorize, token, introspect, revoke, userinfo, end_session, device_authorization, par, register, login, consent, device, any`},
	{"a fault of no status", `{"faults":[{"endpoint":"jwks"}]}`, "faults[0]: status is missing"},
	{"a status that is a text", `{"faults":[{"endpoint":"jwks","status":"503"}]}`, "faults[0].status: got a string, want " + anyStatus},
	{"a status that is not whole", `{"faults":[{"endpoint":"jwks","status":503.0}]}`, "faults[0].status: got 503.0, want " + anyStatus},
	{"a status out of range", `{"faults":[{"endpoint":"jwks","status":600}]}`, "faults[0].status: got 600, want " + anyStatus},
	{"a status beyond all", `{"faults":[{"endpoint":"jwks","status":1e99}]}`, "faults[0].status: got 1e99, want " + anyStatus},
	{"a fault that comes no time", `{"faults":[{"endpoint":"jwks","status":503,"times":0}]}`, "faults[0].times: got 0, want a whole number of 1 or more"},

	{"an endpoint that is unknown", `{"endpoints":{"any":false}}`, "endpoints.any: is not an endpoint, want one of discovery, as_metadata, jwks, authorize, token, introspect, revoke, userinfo, end_session, device_authorization, par"},
	{"an endpoint that is off", `{"endpoints":{"jwks":"off"}}`, "endpoints.jwks: got a string, want true or false"},
	{"a flag that is a number", `{"interactive":1}`, "interactive: got a number, want true or false"},
	{"a seed that is a number", `{"seed":7654321}`, "seed: got a number, want any text"},
	{"a schema that is an object", `{"$schema":{}}`, `$schema: got an object, want the URL or path of the JSON Schema`},
	{"a seed that is empty", `{"seed":""}`, "seed: is empty: give any text, or remove it"},
}

func TestFaultsHaveAPathAndARemedy(t *testing.T) {
	for _, tt := range faults {
		t.Run(tt.name, func(t *testing.T) {
			_, err := settings.ParseConfig(strings.NewReader(tt.text))
			switch {
			case err == nil:
				t.Error("got no error")
			case tt.want == "" && !strings.HasSuffix(err.Error(), "[0]: is nested too deeply, want at most 64 levels"):
				t.Errorf("got %q, want it to be nested too deeply", err)
			case tt.want != "" && err.Error() != tt.want:
				t.Errorf("got  %s\nwant %s", err, tt.want)
			}
			if err != nil && (strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "654321") || strings.Contains(err.Error(), "234567")) {
				t.Errorf("got %q, which quotes a secret", err)
			}
		})
	}
}

func TestLongTextIsNotRepeated(t *testing.T) {
	long := strings.Repeat("ü", 1000)
	for _, text := range []string{`{"` + long + `":1}`, `{"access":{"ttl":"` + long + `"}}`} {
		if _, err := settings.ParseConfig(strings.NewReader(text)); err == nil || len(err.Error()) > 400 {
			t.Errorf("got %v, want a short error", err)
		}
	}
}

func TestTextThatIsNotJSON(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", "it is empty: write {} for the defaults"},
		{"white space", " \n", "it is empty: write {} for the defaults"},
		{"a byte order mark", "\ufeff{}", "it begins with a byte order mark: save it without a byte order mark"},
		{"Latin-1", "{\"seed\":\"\xfc\"}", "it is not UTF-8: save it as UTF-8"},
		{"a comma too many", "{\n  \"tls\": true,\n}", "line 3, column 1: "},
		{"a comment", "{\n  \"seed\": \"ü\", // dice\n}", "line 2, column 16: "},
		{"a second object", "{}\n{}", "line 2, column 1: "},
		{"text at the end", "{} x", "line 1, column 4: "},
		{"no end", `{"tls":true`, "line 1, column 11: "},
		{"YAML", "issuer: x\n", "line 1, column 1: "},
		{"a text of 17 MiB", strings.Repeat(" ", 17<<20) + "{}", "it is larger than 16 MiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := settings.ParseConfig(strings.NewReader(tt.text))
			if err == nil || !strings.HasPrefix(err.Error(), "the configuration is not JSON: "+tt.want) {
				t.Errorf("got %v, want %q", err, "the configuration is not JSON: "+tt.want)
			}
		})
	}
}
