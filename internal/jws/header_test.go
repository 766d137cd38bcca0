package jws_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/jws"
)

// accepted lists headers that ParseHeader accepts. They also seed the fuzz
// target.
var accepted = []struct {
	name string
	text string
	want jws.Header
}{
	{"an algorithm is enough", `{"alg":"RS256"}`, jws.Header{Algorithm: "RS256"}},
	{"all three parameters are read", `{"alg":"ES256","kid":"k1","typ":"at+jwt"}`, jws.Header{Algorithm: "ES256", KeyID: "k1", Type: "at+jwt"}},
	{"the order does not matter", `{"typ":"JWT","kid":"k1","alg":"ES256"}`, jws.Header{Algorithm: "ES256", KeyID: "k1", Type: "JWT"}},
	{"white space between tokens does not matter", "{ \"alg\" :\t\"ES256\",\r\n\"kid\":\"k\" }\n", jws.Header{Algorithm: "ES256", KeyID: "k"}},
	{"escapes are read", `{"\u0061lg":"\u0045S256","k\u0069d":"\u006b\/1"}`, jws.Header{Algorithm: "ES256", KeyID: "k/1"}},
	{"an empty typ counts as absent", `{"alg":"ES256","typ":""}`, jws.Header{Algorithm: "ES256"}},
	{"another case of a name is another name", `{"alg":"ES256","ALG":"none","Kid":7,"TYP":[],"Crit":["x"],"B64":false,"CTY":"JWT"}`, jws.Header{Algorithm: "ES256"}},
	{"letters that fold to ASCII ones are other names", "{\"alg\":\"ES256\",\"\u212aid\":\"\u212a\",\"cr\u0131t\":[]}", jws.Header{Algorithm: "ES256"}},
	{"a key in the header is ignored", `{"alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}}`, jws.Header{Algorithm: "ES256"}},
	{"addresses of keys are ignored", `{"alg":"ES256","jku":"http://169.254.169.254/","x5u":"file:///etc/passwd"}`, jws.Header{Algorithm: "ES256"}},
	{"certificates are ignored", `{"alg":"ES256","x5c":["AA"],"x5t#S256":7}`, jws.Header{Algorithm: "ES256"}},
	{"a thumbprint may name the key", `{"alg":"ES256","x5t":"AA"}`, jws.Header{Algorithm: "ES256", Thumbprint: "AA"}},
	{"a thumbprint and a key ID are both read", `{"alg":"ES256","kid":"k","x5t":"AA"}`, jws.Header{Algorithm: "ES256", KeyID: "k", Thumbprint: "AA"}},
	{"a thumbprint that is not a valid key ID is ignored", `{"alg":"ES256","x5t":"A\u0000"}`, jws.Header{Algorithm: "ES256"}},
	{"an empty thumbprint is ignored", `{"alg":"ES256","x5t":""}`, jws.Header{Algorithm: "ES256"}},
	{"a thumbprint that is null is ignored", `{"alg":"ES256","x5t":null}`, jws.Header{Algorithm: "ES256"}},
	{"a thumbprint that is not a string is ignored", `{"alg":"ES256","x5t":["AA"]}`, jws.Header{Algorithm: "ES256"}},
	{"unknown members of any type are ignored", `{"alg":"ES256","a":null,"b":[1,{"c":true}],"d":{"e":0}}`, jws.Header{Algorithm: "ES256"}},
	{"a content type other than JWT is ignored", `{"alg":"ES256","cty":"json"}`, jws.Header{Algorithm: "ES256"}},
	{"an empty content type is ignored", `{"alg":"ES256","cty":""}`, jws.Header{Algorithm: "ES256"}},
	{"a key ID of 256 bytes passes", `{"alg":"ES256","kid":"` + strings.Repeat("k", 256) + `"}`, jws.Header{Algorithm: "ES256", KeyID: strings.Repeat("k", 256)}},
	{"a path as key ID is plain text", `{"alg":"ES256","kid":"../../dev/null"}`, jws.Header{Algorithm: "ES256", KeyID: "../../dev/null"}},
	{"SQL as key ID is plain text", `{"alg":"ES256","kid":"' OR 1=1--"}`, jws.Header{Algorithm: "ES256", KeyID: "' OR 1=1--"}},
	{"a template as key ID is plain text", `{"alg":"ES256","kid":"{{7*7}} ; id"}`, jws.Header{Algorithm: "ES256", KeyID: "{{7*7}} ; id"}},
	{"a key ID may be a space and a tilde, the ends of the range", `{"alg":"ES256","kid":" ~"}`, jws.Header{Algorithm: "ES256", KeyID: " ~"}},
	{"an unknown algorithm is left to policy and Verify", `{"alg":"none"}`, jws.Header{Algorithm: "none"}},
}

// refused lists headers that ParseHeader refuses. They also seed the fuzz
// target.
var refused = []struct {
	name string
	text string
	want error
}{
	// Threat J01: alg is missing or invalid.
	{"no algorithm is refused", `{}`, jws.ErrAlgorithm},
	{"other members without an algorithm are refused", `{"typ":"JWT","kid":"k"}`, jws.ErrAlgorithm},
	{"an empty algorithm is refused", `{"alg":""}`, jws.ErrAlgorithm},
	{"a null algorithm is refused", `{"alg":null}`, jws.ErrAlgorithm},
	{"a number as algorithm is refused", `{"alg":256}`, jws.ErrAlgorithm},
	{"an array as algorithm is refused", `{"alg":["RS256"]}`, jws.ErrAlgorithm},
	{"an object as algorithm is refused", `{"alg":{"alg":"RS256"}}`, jws.ErrAlgorithm},
	{"a boolean as algorithm is refused", `{"alg":true}`, jws.ErrAlgorithm},
	// Threat J11: kid is invalid.
	{"an empty key ID is refused", `{"alg":"ES256","kid":""}`, jws.ErrKeyID},
	{"a null key ID is refused", `{"alg":"ES256","kid":null}`, jws.ErrKeyID},
	{"a number as key ID is refused", `{"alg":"ES256","kid":1}`, jws.ErrKeyID},
	{"an object as key ID is refused", `{"alg":"ES256","kid":{}}`, jws.ErrKeyID},
	{"an array as key ID is refused", `{"alg":"ES256","kid":["k"]}`, jws.ErrKeyID},
	{"a null byte in a key ID is refused", `{"alg":"ES256","kid":"k\u0000"}`, jws.ErrKeyID},
	{"a line break in a key ID is refused", `{"alg":"ES256","kid":"k\r\nX: y"}`, jws.ErrKeyID},
	{"a terminal escape in a key ID is refused", `{"alg":"ES256","kid":"\u001b[2J"}`, jws.ErrKeyID},
	{"a delete character in a key ID is refused", `{"alg":"ES256","kid":"k\u007f"}`, jws.ErrKeyID},
	{"a right-to-left override in a key ID is refused", `{"alg":"ES256","kid":"\u202ek"}`, jws.ErrKeyID},
	{"a letter beyond ASCII in a key ID is refused", `{"alg":"ES256","kid":"clé"}`, jws.ErrKeyID},
	{"a key ID of 257 bytes is refused", `{"alg":"ES256","kid":"` + strings.Repeat("k", 257) + `"}`, jws.ErrKeyID},
	{"a key ID of a megabyte is refused", `{"alg":"ES256","kid":"` + strings.Repeat("k", 1<<20) + `"}`, jws.ErrKeyID},
	// Threats J13 and J14: crit and b64 are refused.
	{"an empty crit is refused", `{"alg":"ES256","crit":[]}`, jws.ErrCritical},
	{"a crit of a registered name is refused", `{"alg":"ES256","crit":["exp"],"exp":1}`, jws.ErrCritical},
	{"a crit of alg is refused", `{"alg":"ES256","crit":["alg"]}`, jws.ErrCritical},
	{"a crit of a present extension is refused", `{"alg":"ES256","crit":["x"],"x":1}`, jws.ErrCritical},
	{"a crit of an absent extension is refused", `{"alg":"ES256","crit":["x"]}`, jws.ErrCritical},
	{"a crit with a repeated name is refused", `{"alg":"ES256","crit":["x","x"],"x":1}`, jws.ErrCritical},
	{"a string as crit is refused", `{"alg":"ES256","crit":"x"}`, jws.ErrCritical},
	{"a null crit is refused", `{"alg":"ES256","crit":null}`, jws.ErrCritical},
	{"an escaped crit is refused", `{"alg":"ES256","\u0063rit":["x"]}`, jws.ErrCritical},
	{"an unencoded payload is refused", `{"alg":"ES256","b64":false}`, jws.ErrCritical},
	{"a critical unencoded payload is refused", `{"alg":"ES256","b64":false,"crit":["b64"]}`, jws.ErrCritical},
	{"b64 is refused even with its default value", `{"alg":"ES256","b64":true}`, jws.ErrCritical},
	{"crit is reported before a missing algorithm", `{"crit":[]}`, jws.ErrCritical},
	// Threat J15: a member is repeated.
	{"two algorithms are refused", `{"alg":"ES256","alg":"ES256"}`, jws.ErrHeader},
	{"two algorithms with another member between are refused", `{"alg":"none","x":1,"alg":"ES256"}`, jws.ErrHeader},
	{"an algorithm in plain and escaped spelling is refused", `{"alg":"ES256","\u0061lg":"none"}`, jws.ErrHeader},
	{"two key IDs are refused", `{"alg":"ES256","kid":"a","kid":"b"}`, jws.ErrHeader},
	{"two types are refused", `{"alg":"ES256","typ":"at+jwt","typ":"at+jwt"}`, jws.ErrHeader},
	{"two unknown members of the same name are refused", `{"alg":"ES256","x":1,"x":1}`, jws.ErrHeader},
	{"a repeated name inside an ignored member is refused", `{"alg":"ES256","jwk":{"kty":"EC","kty":"EC"}}`, jws.ErrHeader},
	// Threat J16: a name differs in case.
	{"only the exact name is the algorithm", `{"Alg":"ES256","ALG":"ES256"}`, jws.ErrAlgorithm},
	// Threat J17: the header is not strict JSON.
	{"an empty text is refused", ``, jws.ErrHeader},
	{"an array is refused", `["alg"]`, jws.ErrHeader},
	{"null is refused", `null`, jws.ErrHeader},
	{"a string is refused", `"alg"`, jws.ErrHeader},
	{"bytes after the object are refused", `{"alg":"ES256"}x`, jws.ErrHeader},
	{"a second object is refused", `{"alg":"ES256"}{"alg":"ES256"}`, jws.ErrHeader},
	{"a null byte after the object is refused", "{\"alg\":\"ES256\"}\x00", jws.ErrHeader},
	{"a byte order mark is refused", "\ufeff{\"alg\":\"ES256\"}", jws.ErrHeader},
	{"a comment is refused", `{"alg":"ES256"/*x*/}`, jws.ErrHeader},
	{"a truncated object is refused", `{"alg":"ES256"`, jws.ErrHeader},
	{"a trailing comma is refused", `{"alg":"ES256",}`, jws.ErrHeader},
	{"invalid UTF-8 in an ignored member is refused", "{\"alg\":\"ES256\",\"x\":\"\xff\"}", jws.ErrHeader},
	{"a lone surrogate in an ignored member is refused", `{"alg":"ES256","x":"\ud800"}`, jws.ErrHeader},
	{"nesting of 33 levels is refused", `{"alg":"ES256","x":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`, jws.ErrHeader},
	{"nesting of 10001 levels is refused", `{"alg":"ES256","x":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`, jws.ErrHeader},
	// Threat J21: the payload is another JWT.
	{"a nested JWT is refused", `{"alg":"ES256","cty":"JWT"}`, jws.ErrNested},
	{"a nested JWT in lower case is refused", `{"alg":"ES256","cty":"jwt"}`, jws.ErrNested},
	{"a nested JWT by its full media type is refused", `{"alg":"ES256","cty":"application/jwt"}`, jws.ErrNested},
	{"a nested JWT by its full media type in capitals is refused", `{"alg":"ES256","cty":"Application/JWT"}`, jws.ErrNested},
	{"an escaped nested JWT is refused", `{"alg":"ES256","cty":"\u004aWT"}`, jws.ErrNested},
	{"a content type that is not a string is refused", `{"alg":"ES256","cty":["JWT"]}`, jws.ErrNested},
	// A typ that is not a string is refused. ParseHeader accepts any string as
	// typ, because the verifier checks the value later.
	{"a null type is refused", `{"alg":"ES256","typ":null}`, jws.ErrHeader},
	{"a number as type is refused", `{"alg":"ES256","typ":1}`, jws.ErrHeader},
	{"an array as type is refused", `{"alg":"ES256","typ":["at+jwt"]}`, jws.ErrHeader},
}

func TestParseHeader(t *testing.T) {
	for _, tt := range accepted {
		t.Run(tt.name, func(t *testing.T) {
			got, err := jws.ParseHeader([]byte(tt.text))
			if err != nil || got != tt.want {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}

func TestParseHeaderRefuses(t *testing.T) {
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			got, err := jws.ParseHeader([]byte(tt.text))
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if got != (jws.Header{}) {
				t.Errorf("got the header %+v with an error, want an empty one", got)
			}
		})
	}
}

func TestHeaderErrorsAreConstants(t *testing.T) {
	constants := []error{jws.ErrShape, jws.ErrHeader, jws.ErrCritical, jws.ErrKeyID, jws.ErrAlgorithm, jws.ErrNested, jws.ErrSignature}
	for _, tt := range refused {
		if _, err := jws.Parse(encode(tt.text) + ".e30.AA"); !slices.Contains(constants, err) {
			t.Errorf("%s: got %v, want a constant of the package", tt.name, err)
		}
	}
}

func TestParseReadsHeaderOfAMessage(t *testing.T) {
	m, err := jws.Parse(encode(`{"alg":"ES256","kid":"k"}`) + "." + encode(`{"sub":"a"}`) + "." + encode("sign"))
	if err != nil {
		t.Fatal(err)
	}
	if want := (jws.Header{Algorithm: "ES256", KeyID: "k"}); m.Header != want {
		t.Errorf("got %+v, want %+v", m.Header, want)
	}
	if string(m.Payload) != `{"sub":"a"}` || string(m.Signature) != "sign" {
		t.Errorf("got payload %q and signature %q, want {\"sub\":\"a\"} and sign", m.Payload, m.Signature)
	}
	if _, err := jws.Parse(encode(`{"alg":"ES256"`) + ".e30.AA"); !errors.Is(err, jws.ErrHeader) {
		t.Errorf("got %v, want %v", err, jws.ErrHeader)
	}
	if _, err := jws.Parse("e30.e30"); !errors.Is(err, jws.ErrShape) {
		t.Errorf("got %v, want %v", err, jws.ErrShape)
	}
}

func TestValidKeyID(t *testing.T) {
	for _, tt := range []struct {
		name string
		kid  string
		want bool
	}{
		{"one character is valid", "k", true},
		{"a URL is valid", "https://login.example/keys/1?v=2#a", true},
		{"256 bytes are valid", strings.Repeat("k", 256), true},
		{"257 bytes are invalid", strings.Repeat("k", 257), false},
		{"an empty text is invalid", "", false},
		{"a tab is invalid", "a\tb", false},
		{"the last control character is invalid", "\x1f", false},
		{"delete is invalid", "\x7f", false},
		{"the first byte beyond ASCII is invalid", "\x80", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := jws.ValidKeyID(tt.kid); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
