package jwks_test

import (
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/jwks"
)

// These are the reasons for which keys are skipped. An error in Stats.Skipped
// consists of the position of the key and one of these reasons.
const (
	reasonSyntax    = "must be a JSON object without repeated members, and without values of the wrong type"
	reasonKeyID     = "key ID is not printable ASCII of at most 256 bytes"
	reasonType      = "type, curve or algorithm is not supported"
	reasonUse       = "not meant for verifying signatures"
	reasonPrivate   = "private or symmetric key material is published: anyone can sign with it"
	reasonMaterial  = "key material is missing or malformed"
	reasonWeak      = "RSA key must have 2048 to 8192 bits, an odd modulus, and an odd exponent from 3 to 2147483647"
	reasonROCA      = "RSA key is vulnerable to CVE-2017-15361 (ROCA)"
	reasonAmbiguous = "another key has the same key ID and algorithm"
)

// rocaModulus is from Wycheproof's json_web_key_test, tcId 7 (Apache-2.0). It
// has 2049 bits and is the product of two primes from the broken key generator
// of CVE-2017-15361 (ROCA).
const rocaModulus = "AanFpofbj7KjD4Lf-N2hVMKR7yewSyXhhbirIMTGpfYEhZ_lnt5UoK98DnKIgArXGTu3MaW_HhFw16HGaTDUHqPrId7fe4r11CqRw09yBFuW79V8sYIwHdzCaWflUI6auImYbVfoN9_nD5n8N8SY9DwXw7mwZM9wREPXoDPgOoIWl6q_MPsp7n0zs3Z5ZaiQWOOzl1S9OhwAfSiiOwz6efnXEaxuTEtPd7BjSx7NaFka8Dx9U7YqXy2RFj1O9PjyaDGuRh7YXsX3iMUSP_wSyHQg_c_qHRtKUsNSGCT7OZg0hzm2KphtjnayKJvC64vAbROBR4Ubg6Bxg9IQVZ-QYyE"

// shortModulus and exponentOne are from Wycheproof's json_web_key_test, tcId 8
// and 9.
const (
	shortModulus = "rJBIp6T1YK-RtPyvYqFFlcucqewSAA_IReSFchE8qyiQrbARqRlXWkB2DR8j_pJQnIpYELbQWZC5Cd0PTGAU8rMbar2AW6zpmBbi7aQf17lUBdt8XI9M9rq7FPVQ1dDdUXm1SVH_9qqWhvMPR422SbfHBEzCAtzK0ANDRo6qz78"
	exponentOne  = "u-SfdHPjFtGmzuoH6gheIIZ4nLwUHBQEtFGqOe0N8JuZUc5VOzlI8yl0r8ESilAouttkdftexj4VFJz5R9FH90ypVQDPL0H4mC_RtkcJ1DBB8MriU8dmzqSXP1SBs4s5L-pJWxKKLjXddD6gXJZ7HT_aPl2olvlLh8JkD_52U6sjdeP3OWDKvMu5GsrMlS9XJCVaCx8r9698OEElwK-ZW9PztgTSb-MvyTuyzis5Yc13n_z0wMLahpDilI2fzNsZ3yH6htu4VXPraSEZV6C0Z7epAAAUqiUnxh3WRupEICaewYEnW3MVS2hHwLwtPu_RR0XHoZr1oPSlQMP3Zi2QKw"
)

const canary = "CANARY-kid-of-the-bad-key"

// rocaLike returns a number with the given length in bits that looks like a
// modulus from the broken key generator of CVE-2017-15361 (ROCA): modulo every
// prime up to 167, the number is congruent to a power of 65537.
func rocaLike(bits int) *big.Int {
	m := primorial()
	n := new(big.Int).Exp(big.NewInt(65537), big.NewInt(12345), m)
	k := new(big.Int).Div(modulus(bits), m)
	n.Add(n, k.Mul(k, m))
	if n.Bit(0) == 0 {
		n.Add(n, m)
	}
	return n
}

// primorial returns the product of the odd primes up to 167.
func primorial() *big.Int {
	m := big.NewInt(1)
	for p := int64(3); p <= 167; p += 2 {
		if big.NewInt(p).ProbablyPrime(20) {
			m.Mul(m, big.NewInt(p))
		}
	}
	return m
}

// withNull returns a copy of the key in which the named members are null.
func withNull(k jwk, names ...string) jwk {
	for _, name := range names {
		k = k.with(name, json.RawMessage("null"))
	}
	return k
}

type badKey struct {
	name   string
	key    any // a jwk, or JSON text
	reason string
}

// badKeys returns keys that the policy skips, and the reason for each.
func badKeys() []badKey {
	ec, okp, rsa := freshEC(canary), freshOKP(canary), freshRSA(canary)
	p384 := ecJWK(canary, &newEC(elliptic.P384()).PublicKey)
	p521 := ecJWK(canary, &newEC(elliptic.P521()).PublicKey)
	coordinate := func(k jwk, name string) []byte { return unb64(k[name].(string)) }
	offCurve := func() string {
		y := coordinate(ec, "y")
		y[31] ^= 1
		return b64(y)
	}
	long := strings.Repeat("k", 257)

	return []badKey{
		{"K10/a repeated member is skipped", strings.Replace(encoded(ec), `{`, `{"kty":"EC",`, 1), reasonSyntax},
		{"K10/a repeated kid is skipped", strings.Replace(encoded(ec), `{`, `{"kid":"other",`, 1), reasonSyntax},
		{"K10/a repeated unknown member is skipped", strings.Replace(encoded(ec), `{`, `{"a":1,"a":1,`, 1), reasonSyntax},

		{"K11/an unknown type is skipped", jwk{"kty": "AKP", "alg": "ML-DSA-65", "kid": canary, "pub": b64(make([]byte, 1952))}, reasonType},
		{"K11/a type in lower case is skipped", rsa.with("kty", "rsa"), reasonType},
		{"K11/no type is skipped", rsa.with("kty", nil), reasonType},
		{"K11/Ed448 is skipped", jwk{"kty": "OKP", "crv": "Ed448", "kid": canary, "x": b64(make([]byte, 57))}, reasonType},
		{"K11/X25519 is skipped", okp.with("crv", "X25519"), reasonType},
		{"K11/secp256k1 is skipped", ec.with("crv", "secp256k1"), reasonType},
		{"K11/no curve is skipped", ec.with("crv", nil), reasonType},
		{"K11/an unknown algorithm is skipped", ec.with("alg", "ES256K"), reasonType},
		{"K11/an algorithm in lower case is skipped", ec.with("alg", "es256"), reasonType},
		{"K11/the algorithm none is skipped", ec.with("alg", "none"), reasonType},
		{"K11/no x is skipped", ec.with("x", nil), reasonMaterial},
		{"K11/no y is skipped", ec.with("y", nil), reasonMaterial},
		{"K11/no x of Ed25519 is skipped", okp.with("x", nil), reasonMaterial},
		{"K11/no modulus is skipped", rsa.with("n", nil), reasonMaterial},
		{"K11/an empty modulus is skipped", rsa.with("n", ""), reasonMaterial},
		{"K11/no exponent is skipped", rsa.with("e", nil), reasonMaterial},
		{"K11/base64 with padding is skipped", rsa.with("e", "AQABAA=="), reasonMaterial},
		{"K11/base64 of the other alphabet is skipped", rsa.with("n", "++//"+rsa["n"].(string)), reasonMaterial},
		{"K11/base64 with a stray character is skipped", ec.with("x", "!"+ec["x"].(string)[1:]), reasonMaterial},
		{"K11/base64 with a line break is skipped", ec.with("x", ec["x"].(string)[:20]+"\r\n"+ec["x"].(string)[20:]), reasonMaterial},
		{"K11/base64 with a line break at the end is skipped", rsa.with("n", rsa["n"].(string)+"\n"), reasonMaterial},
		{"K11/base64 with loose trailing bits is skipped", okp.with("x", withTrailingBits(okp["x"].(string))), reasonMaterial},
		{"K11/an unknown use is skipped", ec.with("use", "tls"), reasonUse},
		{"K11/use in upper case is skipped", ec.with("use", "SIG"), reasonUse},
		{"K11/a number for x is skipped", ec.with("x", 5), reasonSyntax},
		{"K11/null for kty is skipped, as if it were absent", withNull(ec, "kty"), reasonType},
		{"K11/null for crv is skipped, as if it were absent", withNull(ec, "crv"), reasonType},
		{"K11/null for x is skipped, as if it were absent", withNull(ec, "x"), reasonMaterial},
		{"K11/null for n is skipped, as if it were absent", withNull(rsa, "n"), reasonMaterial},
		{"N10/null for k does not make a symmetric key acceptable", withNull(jwk{"kty": "oct", "kid": canary, "alg": "HS256"}, "k"), reasonType},
		{"N10/null for p does not hide d", withNull(rsa.with("d", b64(make([]byte, 256))), "p"), reasonPrivate},
		{"N10/a repeated null is skipped", `{"d":null,` + encoded(withNull(ec, "d"))[1:], reasonSyntax},
		{"K11/an array for use is skipped", ec.with("use", []string{"sig"}), reasonSyntax},
		{"K11/a number for kid is skipped", ec.with("kid", 7), reasonSyntax},
		{"K11/null is skipped", "null", reasonSyntax},
		{"K11/a string is skipped", `"` + canary + `"`, reasonSyntax},
		{"K11/a number is skipped", "17", reasonSyntax},
		{"K11/an array is skipped", "[" + encoded(ec) + "]", reasonSyntax},
		{"K11/an empty object is skipped", "{}", reasonType},
		{"K11/members in upper case are skipped", strings.Replace(encoded(ec), `"kty"`, `"KTY"`, 1), reasonType},
		{"K11/invalid UTF-8 is skipped", strings.Replace(encoded(ec), `{`, "{\"a\":\"\xff\",", 1), reasonSyntax},
		{"K11/a lone surrogate is skipped", strings.Replace(encoded(ec), `{`, `{"a":"\ud800",`, 1), reasonSyntax},
		{"K11/an empty kid is skipped", ec.with("kid", ""), reasonKeyID},
		{"K11/a kid of 257 bytes is skipped", ec.with("kid", long), reasonKeyID},
		{"K11/a kid with a line break is skipped", ec.with("kid", canary+"\nINFO all is well"), reasonKeyID},
		{"K11/a kid with an escape sequence is skipped", ec.with("kid", canary+"\x1b[2J"), reasonKeyID},
		{"K11/a kid beyond ASCII is skipped", ec.with("kid", canary+"\u00e9"), reasonKeyID},

		{"K12/a private EC key is skipped", ec.with("d", b64(make([]byte, 32))), reasonPrivate},
		{"K12/a private Ed25519 key is skipped", okp.with("d", b64(make([]byte, 32))), reasonPrivate},
		{"K12/a private RSA key is skipped", rsa.with("d", b64(make([]byte, 256))), reasonPrivate},
		{"K12/an RSA key with a prime is skipped", rsa.with("p", b64(make([]byte, 128))), reasonPrivate},
		{"K12/an RSA key with the other prime is skipped", rsa.with("q", b64(make([]byte, 128))), reasonPrivate},
		{"K12/an RSA key with dp is skipped", rsa.with("dp", "AQ"), reasonPrivate},
		{"K12/an RSA key with dq is skipped", rsa.with("dq", "AQ"), reasonPrivate},
		{"K12/an RSA key with qi is skipped", rsa.with("qi", "AQ"), reasonPrivate},
		{"K12/an RSA key with other primes is skipped", rsa.with("oth", []any{}), reasonPrivate},
		{"K12/a public key with k is skipped", ec.with("k", "AQ"), reasonPrivate},
		{"K12/a private member of the wrong type is skipped as private", ec.with("d", 5), reasonPrivate},
		{"K12/an empty private member is skipped as private", ec.with("d", ""), reasonPrivate},

		{"K13/a symmetric key is skipped", jwk{"kty": "oct", "kid": canary, "alg": "HS256", "k": b64(make([]byte, 32))}, reasonPrivate},
		{"K13/a symmetric key without alg is skipped", jwk{"kty": "oct", "kid": canary, "k": b64(make([]byte, 64))}, reasonPrivate},
		{"K13/a symmetric key without material is skipped", jwk{"kty": "oct", "kid": canary, "alg": "HS256"}, reasonType},
		{"K13/an RSA key for HS256 is skipped", rsa.with("alg", "HS256"), reasonType},
		{"K13/an EC key for HS256 is skipped", ec.with("alg", "HS256"), reasonType},

		{"K14/RSA 512 bits is skipped", rsaJWK(canary, modulus(512)), reasonWeak},
		{"K14/RSA 1024 bits is skipped", rsa.with("n", shortModulus), reasonWeak},
		{"K14/RSA 2047 bits is skipped", rsaJWK(canary, modulus(2047)), reasonWeak},
		{"K14/RSA 1024 bits behind leading zeros is skipped", rsa.with("n", b64(append(make([]byte, 128), unb64(shortModulus)...))), reasonWeak},
		{"K14/RSA 8193 bits is skipped", rsaJWK(canary, modulus(8193)), reasonWeak},
		{"K14/RSA 16384 bits is skipped", rsaJWK(canary, modulus(16384)), reasonWeak},
		{"K14/an even modulus is skipped", rsaJWK(canary, new(big.Int).Lsh(modulus(2047), 1)), reasonWeak},
		{"K14/a modulus of zero is skipped", rsa.with("n", b64(make([]byte, 256))), reasonWeak},
		{"K14/exponent 0 is skipped", rsa.with("e", "AA"), reasonWeak},
		{"K14/exponent 1 is skipped", rsa.with("n", exponentOne).with("e", "AQ"), reasonWeak},
		{"K14/exponent 2 is skipped", rsa.with("e", "Ag"), reasonWeak},
		{"K14/exponent 65536 is skipped", rsa.with("e", "AQAA"), reasonWeak},
		{"K14/exponent 2^31+1 is skipped", rsa.with("e", b64([]byte{0x80, 0, 0, 1})), reasonWeak},
		{"K14/exponent 2^32+65537 is skipped", rsa.with("e", b64([]byte{1, 0, 1, 0, 1})), reasonWeak},
		{"K14/exponent of 9 bytes that wraps to 65537 is skipped", rsa.with("e", b64([]byte{1, 0, 0, 0, 0, 0, 1, 0, 1})), reasonWeak},
		{"K14/exponent of 9 bytes with leading zeros is skipped", rsa.with("e", b64([]byte{0, 0, 0, 0, 0, 0, 1, 0, 1})), reasonWeak},
		{"K14/the ROCA modulus of Wycheproof is skipped", rsa.with("n", rocaModulus), reasonROCA},
		{"K14/a modulus with the fingerprint of ROCA is skipped", rsaJWK(canary, rocaLike(3072)), reasonROCA},

		{"K15/a point off its curve is skipped", ec.with("y", offCurve()), reasonMaterial},
		{"K15/x and y exchanged is skipped", ec.with("x", ec["y"]).with("y", ec["x"]), reasonMaterial},
		{"K15/the point (0, 0) is skipped", ec.with("x", b64(make([]byte, 32))).with("y", b64(make([]byte, 32))), reasonMaterial},
		{"K15/a coordinate beyond the field is skipped", ec.with("x", b64(slices.Repeat([]byte{0xff}, 32))), reasonMaterial},
		{"K15/a P-256 point as P-384 is skipped", ec.with("crv", "P-384"), reasonMaterial},
		{"K15/a P-384 point as P-256 is skipped", p384.with("crv", "P-256"), reasonMaterial},
		{"K15/a P-521 point as P-384 is skipped", p521.with("crv", "P-384"), reasonMaterial},
		{"K15/a P-256 point stretched to P-384 is skipped", ec.with("crv", "P-384").
			with("x", b64(append(make([]byte, 16), coordinate(ec, "x")...))).with("y", b64(append(make([]byte, 16), coordinate(ec, "y")...))), reasonMaterial},
		{"K15/a coordinate with a leading byte that is not zero is skipped", ec.with("x", b64(append([]byte{1}, coordinate(ec, "x")...))), reasonMaterial},
		{"K15/a coordinate cut short is skipped", ec.with("y", b64(coordinate(ec, "y")[:31])), reasonMaterial},
		{"K15/an Ed25519 key of 31 bytes is skipped", okp.with("x", b64(coordinate(okp, "x")[:31])), reasonMaterial},
		{"K15/an Ed25519 key of 33 bytes is skipped", okp.with("x", b64(append(coordinate(okp, "x"), 0))), reasonMaterial},
		{"K15/an RSA type on an EC key is skipped", ec.with("kty", "RSA"), reasonMaterial},
		{"K15/an EC type on an Ed25519 curve is skipped", okp.with("kty", "EC"), reasonType},
		{"K15/an OKP type on P-256 is skipped", ec.with("kty", "OKP"), reasonType},

		{"K16/use enc is skipped", rsa.with("use", "enc"), reasonUse},
		{"K16/use enc with a signature algorithm is skipped", ec.with("use", "enc").with("alg", "ES256"), reasonUse},
		{"K16/key_ops without verify is skipped", rsa.with("key_ops", []string{"encrypt", "wrapKey"}), reasonUse},
		{"K16/key_ops with only sign is skipped", ec.with("key_ops", []string{"sign"}), reasonUse},
		{"K16/key_ops VERIFY is skipped", ec.with("key_ops", []string{"VERIFY"}), reasonUse},
		{"N11/empty key_ops does not hide a use for encryption", ec.with("key_ops", []string{}).with("use", "enc"), reasonUse},
		{"N11/null for key_ops does not hide a use for encryption", withNull(ec.with("use", "enc"), "key_ops"), reasonUse},
		{"N11/null for use does not hide key_ops for encryption", withNull(ec.with("key_ops", []string{"encrypt"}), "use"), reasonUse},
		{"N11/null for use does not hide an algorithm for encryption", withNull(rsa.with("alg", "RSA-OAEP"), "use"), reasonType},
		{"K16/key_ops that is a string is skipped", ec.with("key_ops", "verify"), reasonSyntax},
		{"K16/key_ops with a number is skipped", ec.with("key_ops", []any{"verify", 1}), reasonSyntax},
		{"K16/key_ops with 17 values is skipped", ec.with("key_ops", slices.Repeat([]string{"verify"}, 17)), reasonSyntax},
		{"K16/use sig with key_ops encrypt is skipped", ec.with("use", "sig").with("key_ops", []string{"encrypt"}), reasonUse},
		{"K16/alg RSA-OAEP is skipped", rsa.with("alg", "RSA-OAEP"), reasonType},
		{"K16/alg RSA1_5 is skipped", rsa.with("alg", "RSA1_5"), reasonType},
		{"K16/alg ECDH-ES is skipped", ec.with("alg", "ECDH-ES"), reasonType},

		{"K17/alg ES384 on P-256 is skipped", ec.with("alg", "ES384"), reasonType},
		{"K17/the unknown alg ES521 on P-521 is skipped", p521.with("alg", "ES521"), reasonType},
		{"K17/alg ES256 on P-384 is skipped", p384.with("alg", "ES256"), reasonType},
		{"K17/alg RS256 on an EC key is skipped", ec.with("alg", "RS256"), reasonType},
		{"K17/alg ES256 on an RSA key is skipped", rsa.with("alg", "ES256"), reasonType},
		{"K17/alg EdDSA on an EC key is skipped", ec.with("alg", "EdDSA"), reasonType},
		{"K17/alg ES256 on an Ed25519 key is skipped", okp.with("alg", "ES256"), reasonType},
		{"K17/alg Ed448 on an Ed25519 key is skipped", okp.with("alg", "Ed448"), reasonType},
	}
}

func TestSkippedKeys(t *testing.T) {
	for _, test := range badKeys() {
		t.Run(test.name, func(t *testing.T) {
			s := mustParse(t, set(freshEC("before"), test.key, freshRSA("after")))
			if got := s.Stats().Keys; got != 2 {
				t.Errorf("got %d keys, want the 2 good ones", got)
			}
			if got, want := served(s, "before"), []string{"ES256"}; !slices.Equal(got, want) {
				t.Errorf("the good key before it is for %q, want %q", got, want)
			}
			if got := served(s, "after"); len(got) != 6 {
				t.Errorf("the good key after it is for %q, want RS and PS", got)
			}
			for _, kid := range []string{canary, "other", strings.Repeat("k", 257)} {
				if got := served(s, kid); len(got) != 0 {
					t.Errorf("the bad key is accepted for %q", got)
				}
			}
			if got, want := texts(s.Stats().Skipped), []string{"key 2: " + test.reason}; !slices.Equal(got, want) {
				t.Errorf("Skipped: got %q, want %q", got, want)
			}

			only, err := jwks.Parse([]byte(set(test.key)))
			if only != nil || !errors.Is(err, jwks.ErrNoKeys) {
				t.Fatalf("as the only key: got %v and %v, want no set and ErrNoKeys", only, err)
			}
			if got, want := err.Error(), jwks.ErrNoKeys.Error()+"\nkey 1: "+test.reason; got != want {
				t.Errorf("as the only key: got %q, want %q", got, want)
			}
		})
	}
}

type goodKey struct {
	name string
	key  jwk
	want []string // the algorithms that the key verifies
}

// goodKeys returns keys that the policy accepts, all with the same key ID.
func goodKeys(kid string) []goodKey {
	ec, okp, rsa := freshEC(kid), freshOKP(kid), freshRSA(kid)
	rsaAlgorithms := []string{"PS256", "PS384", "PS512", "RS256", "RS384", "RS512"}
	edwards := []string{"Ed25519", "EdDSA"} // two names of one algorithm
	nearROCA := rocaLike(2048)
	for step := new(big.Int).Div(primorial(), big.NewInt(167)); big.NewInt(0).Mod(nearROCA, big.NewInt(167)).Sign() != 0; {
		nearROCA.Add(nearROCA, step).Add(nearROCA, step) // keeps the parity, and each remainder except modulo 167
	}
	return []goodKey{
		{"K14/RSA 2048 bits is accepted", rsa, rsaAlgorithms},
		{"K14/RSA 2049 bits is accepted", rsaJWK(kid, modulus(2049)), rsaAlgorithms},
		{"K14/RSA 4096 bits is accepted", rsaJWK(kid, modulus(4096)), rsaAlgorithms},
		{"K14/RSA 8192 bits is accepted", rsaJWK(kid, modulus(8192)), rsaAlgorithms},
		{"K14/a modulus with the extra zero byte of some libraries is accepted", rsa.with("n", b64(append([]byte{0}, modulus(2048).Bytes()...))), rsaAlgorithms},
		{"K14/exponent 3 is accepted", rsa.with("e", "Aw"), rsaAlgorithms},
		{"K14/exponent 65537 in four bytes is accepted", rsa.with("e", "AAEAAQ"), rsaAlgorithms},
		{"K14/exponent 2^31-1 is accepted", rsa.with("e", b64([]byte{0x7f, 0xff, 0xff, 0xff})), rsaAlgorithms},
		{"K14/a modulus with the fingerprint of ROCA except for one prime is accepted", rsaJWK(kid, nearROCA), rsaAlgorithms},

		{"K16/no use, key_ops and alg is accepted", ec, []string{"ES256"}},
		{"K16/use sig is accepted", ec.with("use", "sig"), []string{"ES256"}},
		{"K16/key_ops verify is accepted", ec.with("key_ops", []string{"verify"}), []string{"ES256"}},
		{"K16/key_ops verify with other values is accepted", ec.with("key_ops", []string{"sign", "verify", "custom"}), []string{"ES256"}},

		{"K17/P-256 without alg is only for ES256", ec, []string{"ES256"}},
		{"K17/P-384 without alg is only for ES384", ecJWK(kid, &newEC(elliptic.P384()).PublicKey), []string{"ES384"}},
		{"K17/P-521 without alg is only for ES512", ecJWK(kid, &newEC(elliptic.P521()).PublicKey), []string{"ES512"}},
		{"K17/Ed25519 without alg is only for EdDSA", okp, edwards},
		{"K17/Ed25519 for EdDSA is found by both names", okp.with("alg", "EdDSA"), edwards},
		{"K17/Ed25519 for Ed25519 is found by both names", okp.with("alg", "Ed25519"), edwards},
		{"K17/RSA for RS256 is only for RS256", rsa.with("alg", "RS256"), []string{"RS256"}},
		{"K17/RSA for PS512 is only for PS512", rsa.with("alg", "PS512"), []string{"PS512"}},
		{"K17/EC for ES256 is for ES256", ec.with("alg", "ES256"), []string{"ES256"}},

		{"K11/certificates are ignored, even if malformed", ec.with("x5c", []string{"garbage"}).with("x5t", "?").with("x5t#S256", 5).with("x5u", "http://169.254.169.254/"), []string{"ES256"}},
		{"P101/private members that are null count as absent", withNull(ec, "d", "p", "q", "dp", "dq", "qi", "oth", "k"), []string{"ES256"}},
		{"P101/private members of an RSA key that are null count as absent", withNull(rsa, "d", "p", "q", "dp", "dq", "qi", "oth", "k"), rsaAlgorithms},
		{"P102/null for alg counts as absent", withNull(ec, "alg"), []string{"ES256"}},
		{"P102/null for use counts as absent", withNull(rsa, "use", "alg"), rsaAlgorithms},
		{"P103/empty key_ops count as absent", ec.with("key_ops", []string{}), []string{"ES256"}},
		{"P103/null for key_ops counts as absent", withNull(ec, "key_ops"), []string{"ES256"}},
		{"P101/members of other key types that are null count as absent", withNull(ec, "n", "e", "x5c", "x5t", "x5t#S256", "x5u", "key_ops", "use", "alg", "d", "k"), []string{"ES256"}},
		{"K11/unknown members are ignored", ec.with("exp", 0).with("issued", jwk{"a": []int{1}}), []string{"ES256"}},
	}
}

func TestAcceptedKeys(t *testing.T) {
	const kid = "kid"
	for _, test := range goodKeys(kid) {
		t.Run(test.name, func(t *testing.T) {
			s := mustParse(t, set(test.key))
			if got := served(s, kid); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if got := texts(s.Stats().Skipped); len(got) != 0 {
				t.Errorf("Skipped: got %q, want nothing", got)
			}
		})
	}
}

func TestSkippedHasOnlyPositionAndReason(t *testing.T) {
	secret := strings.Repeat("CANARY", 50)
	bad := []any{
		freshEC(canary).with("alg", "CANARY-alg"),
		freshEC(canary).with("use", "CANARY-use"),
		freshEC(canary).with("crv", "CANARY-crv"),
		freshEC(canary).with("x", secret),
		freshEC(canary).with("y", secret),
		freshRSA(canary).with("n", secret),
		freshRSA(canary).with("e", secret),
		freshOKP(canary).with("x", secret),
		freshEC(canary).with("d", secret),
		freshEC(canary).with("key_ops", []string{"CANARY-op"}),
		freshEC(canary).with("kid", canary+"\n"),
		freshEC(canary).with("kty", "CANARY-kty"),
		`"CANARY"`,
		`{"CANARY":1,"CANARY":2}`,
		freshEC(canary+"twin").with("alg", "ES256"),
		freshEC(canary+"twin").with("alg", "ES256"),
	}
	s := mustParse(t, set(append([]any{freshEC("good")}, bad...)...))
	skipped := s.Stats().Skipped
	if len(skipped) != len(bad) {
		t.Errorf("got %d errors, want one for each of %d keys", len(skipped), len(bad))
	}
	_, err := jwks.Parse([]byte(set(bad...)))
	for _, text := range append(texts(skipped), err.Error()) {
		if strings.Contains(text, "CANARY") {
			t.Errorf("an error quotes the set: %q", text)
		}
	}

	skipped[0] = nil
	if s.Stats().Skipped[0] == nil {
		t.Error("changing the slice of Stats().Skipped changed the set")
	}
}

func texts(errs []error) []string {
	var list []string
	for _, err := range errs {
		list = append(list, err.Error())
	}
	return list
}

func unb64(text string) []byte {
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return data
}

// withTrailingBits returns a different base64url text that decodes to the same
// bytes. In the new text, an unused bit of the last character is set.
func withTrailingBits(text string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(text) - 1
	return text[:last] + string(alphabet[strings.IndexByte(alphabet, text[last])|1])
}
