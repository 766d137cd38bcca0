package middleware_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

// FuzzClaims signs arbitrary claims and verifies the token. If the token is
// accepted, its claims must be valid JSON according to other strict parsers,
// and its dates must be in the supported range. Its audience must consist only
// of strings and contain this API.
func FuzzClaims(f *testing.F) {
	key := testserver.Key{ID: "s", Alg: "HS256", Secret: []byte(strings.Repeat("0123456789abcdef", 2))}
	m := forge.Maker{Key: key, Issuer: "https://as.example.com", Audience: "api", Now: now}
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api",
		Issuers:  []middleware.Issuer{{URL: m.Issuer, Keys: jwks.Secret("s", key.Secret), Algorithms: []string{"HS256"}}},
		Logger:   quiet, Now: clock,
	})
	if err != nil {
		f.Fatal(err)
	}
	for _, pairs := range [][]string{
		{}, {"exp", "1e30"}, {"exp", "1767268900.5"}, {"exp", `"1767268900"`}, {"exp", "null"}, {"nbf", "9223372036854775807"}, {"iat", "1e19"},
		{"aud", `["api","b"]`}, {"aud", `["api",1]`}, {"aud", `["api",null]`}, {"aud", `"\u0061pi"`}, {"AUD", `"api"`}, {"\\u0061ud", `"api"`},
		{"sub", `"\ud800"`}, {"x", `{"a":1,"a":2}`}, {"x", "1e400"}, {"x", strings.Repeat("[", 40)}, {"scope", `["a b"]`}, {"cnf", "{}"},
		{"auth_time", "1"}, {"events", "{}"}, {"nonce", `"n"`, "scope", ""}, {"exp", "-0"}, {"exp", "25e10"},
		{"sub", "", "client_id", "", "azp", `"a"`}, // no subject; the client is in azp
		{"iat", "2000000000"},                      // issued in the future
	} {
		f.Add(m.Claims(pairs...))
	}
	f.Add(m.Claims() + " ")
	f.Add(m.Claims() + "{}")
	f.Add("\ufeff" + m.Claims())
	f.Add(strings.Replace(m.Claims(), `"iss"`, "\"i\u017fs\"", 1))
	f.Fuzz(func(t *testing.T, claims string) {
		token, err := v.Verify(t.Context(), middleware.Credentials{Token: m.Token(m.Header(), claims)})
		if err != nil {
			return
		}
		var loose map[string]json.RawMessage
		if err := json.Unmarshal([]byte(claims), &loose); err != nil {
			t.Fatalf("encoding/json refuses the accepted claims: %v", err)
		}
		if !jsontext.Value(claims).IsValid() {
			t.Fatal("a strict parser refuses the accepted claims")
		}
		for _, name := range []string{"exp", "nbf", "iat"} {
			raw, present := loose[name]
			if !present && name != "exp" {
				continue
			}
			var seconds *float64
			if err := json.Unmarshal(raw, &seconds); err != nil || seconds == nil || !(*seconds >= 0 && *seconds <= 253402300799) {
				t.Fatalf("%s is %s, which is not a date in range", name, raw)
			}
			if name == "exp" && math.Abs(float64(token.Expiry.UnixNano())/1e9-*seconds) > 1e-3 && *seconds < 9e9 {
				t.Fatalf("exp %s was read as %v", raw, token.Expiry)
			}
		}
		if token.Expiry.Before(now.Add(-30 * time.Second)) {
			t.Fatalf("the token was accepted, but it expired at %v", token.Expiry)
		}
		var one string
		var many []*string
		switch {
		case json.Unmarshal(loose["aud"], &one) == nil:
			many = []*string{&one}
		case json.Unmarshal(loose["aud"], &many) != nil:
			t.Fatalf("aud is %s, which is neither a string nor an array of strings", loose["aud"])
		}
		ours := false
		for _, audience := range many {
			if audience == nil {
				t.Fatalf("aud is %s, which contains null", loose["aud"])
			}
			ours = ours || *audience == "api"
		}
		if !ours {
			t.Fatalf("aud is %s, which does not contain this API", loose["aud"])
		}
	})
}

// FuzzToken changes tokens signed by real keys. A changed token must be
// refused, unless one of the keys signed exactly its header and claims.
func FuzzToken(f *testing.F) {
	as := testserver.New(f, testserver.Seed("fuzz"), testserver.Clock(clock))
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api", Issuers: []middleware.Issuer{{URL: as.Issuer()}}, Client: as.Client(), Logger: quiet, Now: clock,
	})
	if err != nil {
		f.Fatal(err)
	}
	signed := make(map[string]bool)
	seed := func(token string) {
		f.Add(token)
		signed[token[:strings.LastIndexByte(token, '.')]] = true
	}
	for _, alg := range []testserver.Alg{"ES256", "ES384", "ES512", "EdDSA", "RS256", "PS256"} {
		seed(as.Token(testserver.SigningAlg(alg), testserver.Scope("read")))
	}
	good := as.Token()
	seed(good)
	parts := strings.Split(good, ".")
	for _, hostile := range []string{
		"", ".", "..", "...", "x", parts[0] + "..", parts[0] + "." + parts[1] + ".", good + ".", good + "=", good + "\n", "." + good,
		forge.Encode(`{"alg":"none"}`) + "." + parts[1] + ".", forge.Encode(`{"alg":"HS256","kid":"x"}`) + "." + parts[1] + "." + parts[2],
		parts[0] + "." + forge.Encode(`{"iss":"x"}`) + "." + parts[2], // another issuer
		parts[0] + "." + forge.Encode(`{"iss":0`) + "." + parts[2],    // truncated claims
		forge.Encode(`{"alg":0}`) + ".." + parts[2],                   // an algorithm that is not a string
		forge.Encode(`{"kid":"\\f"}`) + ".." + parts[2],               // a key ID with a backslash
		forge.Encode(`{"t":"]"`) + ".." + parts[2],                    // a truncated header
		forge.Encode(`{"`) + ".." + parts[2], "00 .",                  // a header truncated after one quote; a token without claims
		strings.Repeat(".", 9000), strings.Join([]string{parts[0], "a", "b", "c", "d"}, "."),
	} {
		f.Add(hostile)
	}
	for _, alg := range []string{"HS256", "HS384", "HS512", "RS384", "RS512", "PS384", "PS512", "ES256K"} { // algorithms for which the issuer has no keys
		f.Add(forge.Encode(`{"alg":"`+alg+`"}`) + "." + parts[1] + "." + parts[2])
	}
	f.Fuzz(func(t *testing.T, token string) {
		got, err := v.Verify(t.Context(), middleware.Credentials{Token: token})
		if (got == nil) == (err == nil) {
			t.Fatalf("got token %v together with error %v", got != nil, err)
		}
		if err == nil && !signed[token[:strings.LastIndexByte(token, '.')]] {
			t.Fatal("a token that no key has signed was accepted")
		}
	})
}
