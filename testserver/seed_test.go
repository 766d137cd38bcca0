package testserver_test

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// sampleOutput returns tokens, keys, the root certificate and the issuer of a
// new server.
func sampleOutput(t *testing.T, opts ...testserver.Option) (tokens []string, jwks, ca []byte, issuer string) {
	opts = append([]testserver.Option{testserver.InMemory(), testserver.TLS(), testserver.Clock(atNoon)}, opts...)
	s := testserver.New(t, opts...)
	for _, alg := range []testserver.Alg{
		"ES256", "ES384", "ES512", "EdDSA", "RS256", "HS256",
	} {
		tokens = append(tokens, s.Token(testserver.SigningAlg(alg), testserver.Scope("a")))
	}
	s.Rotate()
	return append(tokens, s.Token()), s.JWKS(), s.CACertPEM(), s.Issuer()
}

func TestSameSeedGivesSameBytes(t *testing.T) {
	tokens, jwks, ca, issuer := sampleOutput(t, testserver.Seed("a"))
	again, jwks2, ca2, issuer2 := sampleOutput(t, testserver.Seed("a"))
	if !slices.Equal(tokens, again) {
		t.Error("got other tokens from the same seed, want the same bytes")
	}
	if !bytes.Equal(jwks, jwks2) || !bytes.Equal(ca, ca2) || issuer != issuer2 {
		t.Error("got another JWKS, certificate or issuer from the same seed, want the same bytes")
	}
}

func TestOtherSeedGivesOtherBytes(t *testing.T) {
	for name, opts := range map[string][]testserver.Option{"seeded": {testserver.Seed("b")}, "random": nil} {
		tokens, jwks, ca, issuer := sampleOutput(t, testserver.Seed("a"))
		others, jwks2, ca2, issuer2 := sampleOutput(t, opts...)
		for i := range tokens {
			if tokens[i] == others[i] {
				t.Errorf("%s: got the same token %d, want another", name, i)
			}
		}
		if bytes.Equal(jwks, jwks2) || bytes.Equal(ca, ca2) || issuer == issuer2 {
			t.Errorf("%s: got the same JWKS, certificate or issuer, want others", name)
		}
	}
}

func TestTokensDoNotChangeSeededKeys(t *testing.T) {
	s := testserver.New(t, testserver.Seed("a"))
	for range 3 {
		s.Token()
	}
	if got, want := s.Rotate().ID, testserver.New(t, testserver.Seed("a")).Rotate().ID; got != want {
		t.Errorf("got key %s after three tokens, want %s, as without tokens", got, want)
	}
}

func TestSeededTokensDoNotRevealKeys(t *testing.T) {
	s := testserver.New(t, testserver.Seed("a"), testserver.SigningAlg("HS256"))
	secret := s.SigningKey().Secret
	_, claims := verified(t, s, s.Token(), secret)
	jti, err := base64.RawURLEncoding.DecodeString(claims["jti"].(string))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.HasPrefix(secret, jti) {
		t.Error("got a jti that is a prefix of the secret, want independent bytes")
	}
}

// PS signatures are random even with Seed, as the documentation of Seed says.
func TestPSSIsRandomUnderASeed(t *testing.T) {
	token := func() string {
		s := testserver.New(t, testserver.InMemory(), testserver.Seed("a"), testserver.Clock(atNoon), testserver.SigningAlg("PS256"))
		return s.Token()
	}
	a, b := token(), token()
	if a == b || a[:strings.LastIndexByte(a, '.')] != b[:strings.LastIndexByte(b, '.')] {
		t.Error("want tokens that differ only in the signature")
	}
}
