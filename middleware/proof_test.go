package middleware_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestProofsOfEveryAlgorithm(t *testing.T) {
	for _, tt := range []struct {
		key testserver.Alg
		alg string // the alg in the header of the proof
	}{
		{"ES256", "ES256"}, {"ES384", "ES384"}, {"ES512", "ES512"}, {"EdDSA", "EdDSA"}, {"EdDSA", "Ed25519"}, {"PS256", "PS256"}, {"RS256", "RS256"},
	} {
		t.Run(tt.alg, func(t *testing.T) {
			c := newClient(t)
			c.use(testserver.GenerateKey(tt.key, ""))
			for range 2 { // the second time, the key is cached
				wants(t, c.send(t, c.signed(c.head("alg", `"`+tt.alg+`"`), c.body())), nil)
			}
			only := newClient(t, func(c *middleware.Config) { c.DPoP.Algorithms = []string{"RS384"} })
			only.use(c.key)
			wants(t, only.send(t, only.signed(only.head("alg", `"`+tt.alg+`"`), only.body())), middleware.ErrProof)
		})
	}
}

// with adds members to a JWK. Each name in pairs is followed by its value as
// JSON text.
func with(jwk string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		jwk = strings.TrimSuffix(jwk, "}") + `,"` + pairs[i] + `":` + pairs[i+1] + "}"
	}
	return jwk
}

// Each proof has the fault that the name of the test case describes. Authorize
// and Verify must refuse the proof with ErrProof. The error must also name the
// failed check, because not every faulty proof can have a valid signature.
func TestThreatsProof(t *testing.T) {
	c := newClient(t)
	good, head := c.proof(), c.head()
	jwk := jwkOf(c.key)
	attacker := testserver.GenerateKey("ES256", "attacker")
	private, _ := json.Marshal(jose.JSONWebKey{Key: c.key.Private})
	secret := testserver.Key{Alg: "HS256", Secret: []byte(jwk)}
	symmetric := forge.Maker{Key: secret}
	parts := strings.Split(good, ".")
	type row struct {
		name   string
		proofs []string
	}
	one := func(name, proof string) row { return row{name, []string{proof}} }
	headed := func(pairs ...string) string { return c.signed(c.head(pairs...), c.body()) }
	const ( // how the errors of the checks end
		segments  = "not three base64url segments"
		alg       = "alg is not accepted"
		usable    = "jwk is not a usable public key"
		fits      = "jwk does not fit alg"
		public    = "jwk is not a public key"
		present   = "jwk is missing"
		strict    = "the header is not strict JSON"
		header    = "the header has crit, b64 or cty, or refers to a key other than jwk"
		signature = "signature is not valid for this key"
		claims    = "a claim is missing, repeated or of the wrong type"
		length    = "it is too long"
	)
	for id, checks := range map[string]map[string][]row{
		"D02": {"the DPoP field is missing": {{"no field", nil}}, segments: {one("an empty field", ""), one("only spaces", "  ")}},
		"D03": {
			"there is more than one DPoP field": {
				{"two fields with one proof", []string{good, good}}, {"two fields with two proofs", []string{c.proof(), c.proof()}}, {"an empty field beside the proof", []string{good, ""}},
			},
			segments: {one("two proofs with a comma", c.proof()+","+c.proof()), one("two proofs with a comma and a space", c.proof()+", "+c.proof()), one("a comma", good+",")},
		},
		"D06": {
			"typ is not dpop+jwt": {
				one("typ JWT", headed("typ", `"JWT"`)), one("no typ", headed("typ", "")), one("typ in capitals", headed("typ", `"DPOP+JWT"`)), one("typ with application/", headed("typ", `"application/dpop+jwt"`)),
				one("typ null", headed("typ", "null")),
			},
			segments: {one("alg none", forge.Encode(c.head("alg", `"none"`))+"."+parts[1]+".")},
			alg: {
				one("no alg", headed("alg", "")), one("alg none with a signature", headed("alg", `"none"`)), one("alg in lower case", headed("alg", `"es256"`)),
				one("alg that is not accepted", headed("alg", `"PS384"`)), one("HS256 with the public key as the secret", symmetric.Token(c.head("alg", `"HS256"`), c.body())),
			},
			fits: {one("alg of another curve", headed("alg", `"ES384"`)), one("alg of another type of key", headed("alg", `"RS256"`))},
		},
		"D07": {
			present: {one("no jwk", headed("jwk", "")), one("jwk null", headed("jwk", "null")), one("jwk in a string", headed("jwk", `"{}"`)), one("jwk in an array", headed("jwk", "["+jwk+"]"))},
			public: {
				one("a private key", headed("jwk", string(private))), one("a private key without the public part", headed("jwk", `{"kty":"EC","crv":"P-256","d":"AAAA"}`)),
				one("a shared secret under ES256", headed("jwk", `{"kty":"oct","k":"AAAA"}`)),
			},
			alg: {one("a shared secret", symmetric.Token(c.head("alg", `"HS256"`, "jwk", `{"kty":"oct","k":"AAAA"}`), c.body()))},
			usable: {
				one("an empty jwk", headed("jwk", "{}")), one("a point that is not on the curve", headed("jwk", `{"kty":"EC","crv":"P-256","x":"`+strings.Repeat("A", 42)+`E","y":"`+strings.Repeat("A", 42)+`E"}`)),
				one("another alg in jwk", headed("jwk", with(jwk, "alg", `"ES384"`))), one("a key for encryption", headed("jwk", with(jwk, "use", `"enc"`))),
			},
			fits:   {one("another curve", headed("jwk", jwkOf(testserver.GenerateKey("ES384", ""))))},
			strict: {one("jwk twice", c.signed(strings.TrimSuffix(head, "}")+`,"jwk":`+jwk+"}", c.body())), one("a member of jwk twice", headed("jwk", with(jwk, "kty", `"EC"`)))},
			header: {one("jku", headed("jku", `"https://evil.example"`)), one("x5u", headed("x5u", `"https://evil.example"`)), one("x5c", headed("x5c", `["AAAA"]`)), one("jku null", headed("jku", "null"))},
		},
		"D08": {
			signature: {
				one("a signature of another key", forge.Maker{Key: attacker}.Token(head, c.body())), one("a changed signature", good[:len(good)-4]+"AAAA"), one("other claims", parts[0]+"."+forge.Encode(c.body())+"."+parts[2]),
			},
			header: {one("crit", headed("crit", `["exp"]`)), one("b64", headed("b64", "true")), one("cty", headed("cty", `"JWT"`))},
			segments: {
				one("no signature", parts[0]+"."+parts[1]+"."), one("padding", good+"="), one("a line break", good+"\n"), one("four parts", good+".AAAA"), one("two parts", parts[0]+"."+parts[1]),
				one("JSON", `{"payload":"`+parts[1]+`"}`),
			},
			claims: {
				one("claims twice", c.signed(head, strings.TrimSuffix(c.body(), "}")+`,"htm":"GET"}`)), one("claims that are not an object", c.signed(head, `["GET"]`)), one("text after the claims", c.signed(head, c.body()+"{}")),
			},
			length: {one("4097 bytes", good+strings.Repeat("A", 4097-len(good))), one("4097 bytes with spaces", good+strings.Repeat(" ", 4097-len(good)))},
		},
		"D15": {
			claims: {
				one("no jti", c.proof("jti", "")), one("an empty jti", c.proof("jti", `""`)), one("jti null", c.proof("jti", "null")), one("jti number", c.proof("jti", "1")), one("a jti of 257 bytes", c.proof("jti", `"`+strings.Repeat("j", 257)+`"`)),
			},
			length: {one("a jti of a megabyte", c.proof("jti", `"`+strings.Repeat("j", 1<<20)+`"`))},
		},
		"D09": {claims: {one("no htm", c.proof("htm", "")), one("htm null", c.proof("htm", "null")), one("htm in an array", c.proof("htm", `["GET"]`))}},
		"D10": {claims: {one("no htu", c.proof("htu", "")), one("htu null", c.proof("htu", "null"))}},
		"D12": {claims: {one("ath null", c.proof("ath", "null")), one("ath number", c.proof("ath", "1"))}},
		"D17": {claims: {
			one("no iat", c.proof("iat", "")), one("iat null", c.proof("iat", "null")), one("iat as a string", c.proof("iat", fmt.Sprintf(`"%d"`, now.Unix()))), one("iat 1e30", c.proof("iat", "1e30")), one("iat negative", c.proof("iat", "-1")),
			one("exp as a string", c.proof("exp", `"1"`)), one("nbf null", c.proof("nbf", "null")),
		}},
		"D18": {claims: {one("nonce number", c.proof("nonce", "1"))}},
	} {
		for why, rows := range checks {
			for _, r := range rows {
				t.Run(id+"/"+r.name, func(t *testing.T) {
					sent := c.send(t, r.proofs...)
					h, err := c.authorize(t, "DPoP", r.proofs...)
					for _, err := range []error{sent, err} {
						if wants(t, err, middleware.ErrProof); !strings.HasSuffix(fmt.Sprint(err), ": "+why) {
							t.Errorf("got %v, want the error to end with %q", err, why)
						}
					}
					if got := h.Values("WWW-Authenticate"); len(got) != 2 || !strings.HasPrefix(got[0], `DPoP realm="api", error="invalid_dpop_proof"`) || strings.Contains(got[1], "error") {
						t.Errorf("got the challenges %q, want the error only in the DPoP challenge", got)
					}
				})
			}
		}
	}
	wants(t, c.send(t, good), nil) // the bad proofs have not used up this jti
	wants(t, c.send(t, " \t"+c.proof()+" "), nil)
	wants(t, c.send(t, c.proof("jti", `"`+strings.Repeat("j", 256)+`"`)), nil)
	wants(t, c.send(t, c.signed(c.head("kid", `"k"`, "x", "1"), c.body("x", `{"a":null}`))), nil)
	long := c.proof()
	wants(t, c.send(t, long+strings.Repeat(" ", 4096-len(long))), nil)
}

// D05: an attacker has the token, but can sign proofs only with the attacker's
// own key.
func TestThreatsProofKey(t *testing.T) {
	c := newClient(t)
	attacker := &client{setup: c.setup, key: testserver.GenerateKey("ES256", "attacker"), token: c.token}
	for name, proof := range map[string]string{
		"another key": attacker.proof(),
		"another key and a signature by the right one": c.signed(c.head("jwk", jwkOf(attacker.key)), c.body()),
		"another key and no valid signature":           attacker.signed(attacker.head(), attacker.body())[:len(attacker.proof())-4] + "AAAA",
		"another type of key":                          c.signed(c.head("alg", `"RS256"`, "jwk", jwkOf(testserver.GenerateKey("RS256", ""))), c.body()),
	} {
		t.Run("D05/"+name, func(t *testing.T) {
			wants(t, c.send(t, proof), middleware.ErrProofKey)
			h, err := c.authorize(t, "DPoP", proof)
			wants(t, err, middleware.ErrProofKey)
			if got := h.Get("WWW-Authenticate"); !strings.HasPrefix(got, `DPoP realm="api", error="invalid_token"`) {
				t.Errorf("got %q, want invalid_token", got)
			}
		})
	}
}

// The order of the members of a JWK must not affect the thumbprint of the key
// (RFC 7638). This holds for every type of key. An RSA key of 1024 bits must be
// refused, because it is too weak.
func TestProofKeyIsReadStrictly(t *testing.T) {
	for _, alg := range []testserver.Alg{"ES256", "ES512", "RS256", "EdDSA"} {
		c := newClient(t)
		c.use(testserver.GenerateKey(alg, ""))
		var members map[string]string
		if err := json.Unmarshal([]byte(jwkOf(c.key)), &members); err != nil {
			t.Fatal(err)
		}
		names := make([]string, 0, len(members))
		for name := range members {
			names = append(names, name)
		}
		slices.Sort(names)
		slices.Reverse(names)
		jwk := `{"x5t":"AAAA","kid":"k"}`
		for _, name := range names {
			jwk = with(jwk, name, `"`+members[name]+`"`)
		}
		wants(t, c.send(t, c.signed(c.head("jwk", jwk), c.body())), nil)
		wants(t, c.send(t, c.signed(c.head("jwk", with(jwk, "alg", `"`+string(alg)+`"`, "use", `"sig"`)), c.body())), nil)
	}
	weak := new(big.Int).SetBit(big.NewInt(1), 1023, 1)
	c := newClient(t)
	jwk := fmt.Sprintf(`{"kty":"RSA","e":"AQAB","n":"%s"}`, base64.RawURLEncoding.EncodeToString(weak.Bytes()))
	wants(t, c.send(t, c.signed(c.head("alg", `"RS256"`, "jwk", jwk), c.body())), middleware.ErrProof)
}

// D19: if the token and the proof are both bad, the error is about the token,
// because the client must get a new token anyway.
func TestABadTokenComesBeforeABadProof(t *testing.T) {
	c := newClient(t, func(c *middleware.Config) {
		c.DPoP.Nonces, c.Revoked = dpop.NewNonces(make([]byte, 32), 60e9), denyList("revoked")
	})
	for name, tt := range map[string]struct {
		token string
		want  error
	}{
		"expired":         {c.bound(`{"jkt":"`+thumbprintOf(c.key)+`"}`, "exp", "1"), middleware.ErrExpired},
		"for another API": {c.bound(`{"jkt":"`+thumbprintOf(c.key)+`"}`, "aud", `"other"`), middleware.ErrAudience},
		"forged":          {c.token[:len(c.token)-4] + "AAAA", middleware.ErrSignature},
	} {
		t.Run("D19/"+name, func(t *testing.T) {
			c.token = tt.token
			wants(t, c.send(t, "bad"), tt.want)
			wants(t, c.send(t, c.proof()), tt.want)
			h, _ := c.authorize(t, "DPoP", c.proof())
			if got := h.Get("DPoP-Nonce"); got != "" {
				t.Errorf("got the nonce %q, which is of no use with a bad token", got)
			}
		})
	}
}
