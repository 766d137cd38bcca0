package schema_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// clients returns configurations with one client each. Some members of a client
// depend on each other. The configurations contain all combinations of some
// values of these members.
func clients() (texts []string) {
	methods, grants := []any{nil}, []any{nil, []string{}, []string{"client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer"}}
	for _, method := range catalogue.AuthMethods {
		methods = append(methods, method)
	}
	for _, grant := range catalogue.Grants {
		grants = append(grants, []catalogue.Grant{grant})
	}
	for _, public := range []any{nil, true, false} {
		for _, secret := range []any{nil, "s"} {
			for _, jwks := range []any{nil, json.RawMessage(`{"keys":[` + publicKey + `]}`)} {
				for _, method := range methods {
					for _, grant := range grants {
						c := object{"id": "a", "public": public, "secret": secret, "jwks": jwks, "auth_method": method, "grants": grant}
						for _, names := range []object{{}, {"tls_client_auth_san_dns": "a.example"}, {"tls_client_auth_san_ip": "192.0.2.1", "tls_client_auth_subject_dn": "CN=a"}} {
							texts = append(texts, clientFile(c, names))
						}
					}
				}
			}
		}
	}
	return texts
}

// clientFile returns a configuration with one client. The client has the
// members of both parameters, c and more. Members whose value is nil are left
// out.
func clientFile(c, more object) string {
	client := object{}
	maps.Copy(client, c)
	maps.Copy(client, more)
	maps.DeleteFunc(client, func(_ string, value any) bool { return value == nil })
	text, err := json.Marshal(object{"clients": []object{client}})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func TestTheReaderAndTheSchemaAgreeOnMembersThatDependOnEachOther(t *testing.T) {
	s, valid, all := published(t), 0, clients()
	for _, text := range all {
		byReader, bySchema := read(text), validate(s, text)
		if (byReader == nil) != (bySchema == nil) {
			t.Errorf("%s: got %v from the reader and %v from the schema", text, byReader, bySchema)
		}
		if byReader == nil {
			valid++
		}
	}
	if valid < 50 || valid > len(all)-50 {
		t.Errorf("got %d of %d valid, want at least 50 valid and 50 invalid", valid, len(all))
	}
}

// The configuration must not set claims that the server sets. The claim names
// are from tokens, OpenID Connect, and RFCs such as RFC 7519 and RFC 9068.
func TestTheReaderAndTheSchemaAgreeOnClaims(t *testing.T) {
	s := published(t)
	names := strings.Fields(`iss sub aud exp nbf iat jti cnf act may_act client_id scope scp azp nonce auth_time acr amr sid events roles groups
		entitlements authorization_details email at_hash typ token_type active username`)
	refused := 0
	for _, name := range names {
		for _, spelling := range []string{name, "/" + name, "/" + name + "/x", name + "/x", "x/" + name, "/x/" + name, strings.ToUpper(name), name + "s"} {
			text := file("users[].access_claims", `{"`+spelling+`":{}}`, nil)
			byReader, bySchema := read(text), validate(s, text)
			if (byReader == nil) != (bySchema == nil) {
				t.Errorf("%s: got %v from the reader and %v from the schema", text, byReader, bySchema)
			}
			if byReader != nil {
				refused++
			}
		}
	}
	if refused < 30 {
		t.Errorf("got %d claims refused, want all claims that the server sets", refused)
	}
}

// deep is a claim that exceeds the nesting limit of the reader.
var deep = strings.Repeat("[", 70) + strings.Repeat("]", 70)

// disagreements lists files that either the reader or the schema accepts, but
// not both. The two differ because JSON Schema cannot express the reader's
// rule, or because the rule would make the schema hard to read.
var disagreements = []struct {
	why, text      string
	reader, schema bool
}{
	{"a member is repeated", `{"tls":true,"tls":true}`, false, true},
	{"an array nests too deeply", file("users[].claims", `{"x":`+deep+`}`, nil), false, true},
	{"two clients have one ID", `{"clients":[{"id":"a","secret":"s"},{"id":"a","public":true}]}`, false, true},
	{"two users have one sub", `{"users":[{"sub":"a"},{"sub":"a","username":"b"}]}`, false, true},
	{"two users have one login name", `{"users":[{"sub":"a"},{"sub":"b","username":"a"}]}`, false, true},
	{"a private key has invalid numbers", `{"signing":{"keys":[{"kty":"EC","crv":"P-256","x":"eA","y":"eQ","d":"eA"}]}}`, false, true},
	{"two keys have one kid", `{"signing":{"keys":[` + privateKey + `,` + privateKey + `]}}`, false, true},
	{"no key fits the algorithm", `{"signing":{"alg":"RS256","keys":[` + privateKey + `]}}`, false, true},
	{"a client's key has invalid numbers", `{"clients":[{"id":"a","jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"eA","y":"eQ"}]}}]}`, false, true},
	{"the subject of a certificate is not a distinguished name", file("clients[].tls_client_auth_subject_dn", `"a"`, byCertificate), false, true},
	{"a name of a certificate is not an IP address", file("clients[].tls_client_auth_san_ip", `"a"`, byCertificate), false, true},
	{"a name of a certificate is not a URI", file("clients[].tls_client_auth_san_uri", `"a"`, byCertificate), false, true},
	{"a name of a certificate is not an email address", file("clients[].tls_client_auth_san_email", `"a"`, byCertificate), false, true},
	{"access tokens live for less than a second", `{"access":{"ttl":"999ms"}}`, false, true},
	{"a duration is longer than 292 years", `{"refresh":{"ttl":"9999999h"}}`, false, true},
	{"a duration rounds to zero", `{"refresh":{"ttl":"0.1ns"}}`, false, true},
	{"a duration is a negative zero with a unit", `{"refresh":{"grace":"-0s"}}`, true, false},
	{"a whole number is written with a fraction", `{"faults":[{"endpoint":"jwks","status":503.0}]}`, false, true},
	{"a whole number is written with an exponent", `{"faults":[{"endpoint":"jwks","status":5e2}]}`, false, true},
	{"an issuer has its scheme in capitals", `{"issuer":"HTTPS://a.example"}`, true, false},
	{"an issuer has a port that is not a number", `{"issuer":"https://a.example:x"}`, false, true},
	{"an issuer has a bad escape", `{"issuer":"https://a.example/%zz"}`, false, true},
	{"an issuer of http is served over TLS", `{"issuer":"http://a.example","tls":true}`, false, true},
	{"a redirect URI has a bad port", file("clients[].redirect_uris", `["https://a.example:x/"]`, nil), false, true},
	{"a redirect URI has a forbidden scheme in capitals", file("clients[].redirect_uris", `["JavaScript:x"]`, nil), false, true},
	{"an origin has a bad port", `{"cors":["https://a.example:x"]}`, false, true},
	{"a resource has a Unicode space", "{\"resources\":[\"a\u2003b\"]}", false, true},
	{"an endpoint requires one that is not served", `{"endpoints":{"token":false,"authorize":true}}`, false, true},
	{"an endpoint requires another one that is not served", `{"endpoints":{"authorize":false,"par":true}}`, false, true},
	{"a fault is at an endpoint that is not served", `{"endpoints":{"jwks":false},"faults":[{"endpoint":"jwks","status":503}]}`, false, true},
	{"a fault is at a page without interactive", `{"faults":[{"endpoint":"login","status":503}]}`, false, true},
	{"a claim is below one that is a string", file("rules[].claims", `{"/sub/x":1}`, object{}), false, true},
	{"a JSON Pointer has a bad escape", file("users[].access_claims", `{"/a~b":1}`, nil), false, true},
}

func TestWhereTheReaderAndTheSchemaDiffer(t *testing.T) {
	s := published(t)
	for _, tt := range disagreements {
		if err := read(tt.text); (err == nil) != tt.reader {
			t.Errorf("%s: got %v from the reader, want valid = %v", tt.why, err, tt.reader)
		}
		if err := validate(s, tt.text); (err == nil) != tt.schema {
			t.Errorf("%s: got %v from the schema, want valid = %v", tt.why, err, tt.schema)
		}
		if tt.reader == tt.schema {
			t.Errorf("%s: the reader and the schema agree: move this file to trials", tt.why)
		}
	}
}
