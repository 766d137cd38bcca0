package token_test

import (
	"crypto/rsa"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

func TestAnotherLibraryVerifiesEachAlgorithm(t *testing.T) {
	for _, alg := range catalogue.Algs {
		t.Run(string(alg), func(t *testing.T) {
			m, _ := minter(t, alg, token.RandomSource())
			key, err := m.Keys.Signing("")
			if err != nil {
				t.Fatal(err)
			}
			text := mint(t, m)
			parsed, err := jwt.Parse(text, func(*jwt.Token) (any, error) { return verifyingKey(key), nil },
				jwt.WithValidMethods([]string{string(alg)}), jwt.WithTimeFunc(m.Clock.Now), jwt.WithIssuer(issuer))
			if err != nil {
				t.Fatal(err)
			}
			if parsed.Header["kid"] != key.ID || parsed.Header["typ"] != "at+jwt" {
				t.Errorf("got %v, want an access token that names the key %q", parsed.Header, key.ID)
			}
			if pss, ok := jwt.GetSigningMethod(string(alg)).(*jwt.SigningMethodRSAPSS); ok {
				strict := *pss
				strict.VerifyOptions = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash} // RFC 7518 §3.5
				raw, _ := token.Segments(text)
				if err := strict.Verify(text[:strings.LastIndexByte(text, '.')], raw[2], verifyingKey(key)); err != nil {
					t.Errorf("got %v, want a salt of the length of the hash", err)
				}
			}
			if _, claims, ok := m.Keys.Open(text); !ok || claims.Audience()[0] != token.DefaultAudience {
				t.Errorf("got %v, %v, want the keyring to open its own token", claims, ok)
			}
		})
	}
}

func TestAnUnknownAlgorithmSignsNothing(t *testing.T) {
	for _, alg := range []catalogue.Alg{"", "none", "es256", "ES256K", "RS1", "HS224"} {
		if err := token.CheckAlg(alg); err == nil {
			t.Errorf("%q: got no error from CheckAlg", alg)
		}
		if _, err := token.NewKey(alg, "", token.RandomSource()); err == nil {
			t.Errorf("%q: got a key, want an error", alg)
		}
		if err := token.CheckKey(token.Key{Alg: alg, Secret: []byte("x")}); err == nil {
			t.Errorf("%q: got no error from CheckKey", alg)
		}
	}
}

func TestOnlyTheHSAlgorithmsShareASecret(t *testing.T) {
	for _, alg := range catalogue.Algs {
		if got, want := token.IsShared(alg), strings.HasPrefix(string(alg), "HS"); got != want {
			t.Errorf("%s: got %v, want %v", alg, got, want)
		}
	}
}

// at_hash and c_hash use the hash function of the signature algorithm. The
// strings and the RS256 values are from OpenID Connect Core 1.0, appendix A.4
// and A.6.
func TestHalfHashes(t *testing.T) {
	const accessToken, code = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk"
	for text, want := range map[string]string{accessToken: "77QmUPtjPfzWtF2AnpK9RQ", code: "LDktKdoQak3Pk0cnXxCltA"} {
		if got := token.HalfHash(catalogue.RS256, text); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for alg, want := range map[catalogue.Alg]int{catalogue.ES256: 22, catalogue.PS384: 32, catalogue.HS512: 43, catalogue.EdDSA: 43} { // base64url of 16, 24 and 32 bytes
		if got := len(token.HalfHash(alg, code)); got != want {
			t.Errorf("%s: got %d characters, want %d", alg, got, want)
		}
	}
}
