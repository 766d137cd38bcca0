package middleware_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

// This file tests rows J01 to J07, J15 to J20, J22, J23 and J34 of
// proof/threats/rows.txt, which are about the structure of a JWT.

func TestThreatsAlgorithm(t *testing.T) {
	s := newSetup(t)
	unsigned := func(alg string) string {
		return forge.Encode(s.Header("alg", alg)) + "." + forge.Encode(s.Claims()) + "."
	}
	var j01 []tokenCase
	for _, alg := range []string{`"none"`, `"None"`, `"NONE"`, `"nOnE"`, `"none "`, `""`, "", "null", "0", `["none"]`} {
		j01 = append(j01,
			tokenCase{"alg " + alg + " with a good signature is refused", s.Token(s.Header("alg", alg), s.Claims()), middleware.ErrAlgorithm},
			tokenCase{"alg " + alg + " without a signature is refused", unsigned(alg), middleware.ErrMalformed})
	}
	s.check(t, "J01", j01)

	good := s.Good()
	input := good[:strings.LastIndex(good, ".")]
	s.check(t, "J02", []tokenCase{
		{"alg none with a signature is refused", s.Token(s.Header("alg", `"none"`), s.Claims()), middleware.ErrAlgorithm},
		{"a real alg with an empty signature is refused", input + ".", middleware.ErrMalformed},
		{"a token without the third segment is refused", input, middleware.ErrMalformed},
	})

	var j05 []tokenCase
	for _, alg := range []string{"ES256K", "HS256", "RSA-OAEP", "ML-DSA-44", "es256", "ES256 "} {
		j05 = append(j05, tokenCase{alg + " is refused", s.Token(s.Header("alg", `"`+alg+`"`), s.Claims()), middleware.ErrAlgorithm})
	}
	onlyES := newSetup(t, func(c *middleware.Config) { c.Issuers[0].Algorithms = []string{"ES256"} })
	ed := onlyES.with("EdDSA")
	onlyES.check(t, "J05", append(j05[:0:0],
		tokenCase{"EdDSA that the issuer does not use is refused", ed.Good(), middleware.ErrAlgorithm},
		tokenCase{"Ed25519 that the issuer does not use is refused", ed.Token(ed.Header("alg", `"Ed25519"`), ed.Claims()), middleware.ErrAlgorithm}))
	ed = s.with("EdDSA")
	s.check(t, "J05", append(j05,
		tokenCase{"EdDSA by its newer name Ed25519 is accepted", ed.Token(ed.Header("alg", `"Ed25519"`), ed.Claims()), nil}))
}

func TestThreatsKeyConfusion(t *testing.T) {
	s := newSetup(t)
	rs := s.with("RS256")
	public := rs.Key.Private.(*rsa.PrivateKey).Public().(*rsa.PublicKey)
	ec := s.Key.Private.(*ecdsa.PrivateKey)
	spki := func(key any) []byte {
		der, err := x509.MarshalPKIXPublicKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	block := func(kind string, der []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, public, rs.Key.Private)
	if err != nil {
		t.Fatal(err)
	}
	point, err := ec.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	secrets := map[string][]byte{
		"the RSA key as PEM SPKI":           block("PUBLIC KEY", spki(public)),
		"the RSA key as PEM PKCS#1":         block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(public)),
		"the RSA key as PEM certificate":    block("CERTIFICATE", cert),
		"the RSA key as DER":                spki(public),
		"the RSA modulus":                   public.N.Bytes(),
		"the RSA key as JWK":                []byte(`{"kty":"RSA","n":"` + b64(public.N.Bytes()) + `","e":"AQAB"}`),
		"the RSA key as JWK, other order":   []byte(`{"e":"AQAB","kty":"RSA","n":"` + b64(public.N.Bytes()) + `"}`),
		"the EC key as PEM SPKI":            block("PUBLIC KEY", spki(ec.Public())),
		"the EC key as DER":                 spki(ec.Public()),
		"the EC key's coordinates":          point[1:],
		"the EC key's uncompressed point":   point,
		"the JWK Set as it is published":    s.as.JWKS(),
		"an empty secret":                   {},
		"the kid of the key":                []byte(s.Key.ID),
		"a single NUL, as of an empty file": {0},
	}
	var j03 []tokenCase
	for what, secret := range secrets {
		for _, alg := range []testserver.Alg{"HS256", "HS384", "HS512"} {
			for end, secret := range map[string][]byte{"": secret, " and a newline": append(bytes.TrimSuffix(secret, []byte("\n")), '\n')} {
				m := rs
				m.Key = testserver.Key{ID: rs.Key.ID, Alg: alg, Secret: secret}
				j03 = append(j03, tokenCase{fmt.Sprintf("%s keyed with %s%s is refused", alg, what, end), m.Good(), middleware.ErrAlgorithm})
			}
		}
	}
	s.check(t, "J03", j03)

	pinned := testserver.GenerateKey("RS256", "pinned")
	s.as.Publish(pinned) // its JWK has alg RS256
	asPS := pinned
	asPS.Alg = "PS256"
	mismatch := func(kid, alg string, key testserver.Key) string {
		m := s.Maker
		m.Key = key
		return m.Token(m.Header("alg", `"`+alg+`"`, "kid", `"`+kid+`"`), m.Claims())
	}
	s.check(t, "J04", []tokenCase{
		{"RS256 under the kid of an EC key is refused", mismatch(s.Key.ID, "RS256", rs.Key), middleware.ErrSignature},
		{"ES256 under the kid of an RSA key is refused", mismatch(rs.Key.ID, "ES256", s.Key), middleware.ErrSignature},
		{"ES384 under the kid of a P-256 key is refused", mismatch(s.Key.ID, "ES384", s.Key), middleware.ErrSignature},
		{"EdDSA under the kid of a P-256 key is refused", mismatch(s.Key.ID, "EdDSA", s.Key), middleware.ErrSignature},
		{"PS256 by a key whose JWK has alg RS256 is refused", mismatch("pinned", "PS256", asPS), middleware.ErrSignature},
	})
}

func TestThreatsSignature(t *testing.T) {
	s := newSetup(t)
	good := s.Good()
	cut := strings.LastIndex(good, ".")
	input := good[:cut]
	signature, err := base64.RawURLEncoding.DecodeString(good[cut+1:])
	if err != nil {
		t.Fatal(err)
	}
	with := func(signature []byte) string { return input + "." + forge.Encode(string(signature)) }
	n := elliptic.P256().Params().N
	pair := func(r, s *big.Int) string {
		return with(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
	}
	one := big.NewInt(1)
	below, above := new(big.Int).Sub(n, one), new(big.Int).Add(n, one)
	j06 := []tokenCase{
		{"r and s zero are refused", pair(new(big.Int), new(big.Int)), middleware.ErrSignature},
		{"r zero and s one are refused", pair(new(big.Int), one), middleware.ErrSignature},
		{"r one and s zero are refused", pair(one, new(big.Int)), middleware.ErrSignature},
		{"a signature of 63 bytes is refused", with(signature[:63]), middleware.ErrSignature},
		{"a signature of 65 bytes is refused", with(append(bytes.Clone(signature), 0)), middleware.ErrSignature},
		{"a signature in DER is refused", with(der(t, s.Key.Private.(*ecdsa.PrivateKey), input)), middleware.ErrSignature},
	}
	edges := map[string]*big.Int{"the order less one": below, "the order": n, "the order and one": above, "one": one}
	for rName, r := range edges {
		for sName, s := range edges {
			j06 = append(j06, tokenCase{fmt.Sprintf("r %s and s %s are refused", rName, sName), pair(r, s), middleware.ErrSignature})
		}
	}
	s.check(t, "J06", j06)

	// If (r, s) is a valid ECDSA signature, (r, n-s) is also a valid signature
	// of the same bytes. Two texts can therefore be the same token. A deny-list
	// must use issuer and jti as its key, so that it refuses both texts (see
	// Config.Revoked).
	malleated := append(bytes.Clone(signature[:32]), new(big.Int).Sub(n, new(big.Int).SetBytes(signature[32:])).FillBytes(make([]byte, 32))...)
	s.check(t, "J07", []tokenCase{{"the other signature of the pair (r, n-s) is accepted", with(malleated), nil}})
	revoked := newSetup(t, withDenyList("id-1"))
	good = revoked.Good()
	cut = strings.LastIndex(good, ".")
	signature, _ = base64.RawURLEncoding.DecodeString(good[cut+1:])
	malleated = append(bytes.Clone(signature[:32]), new(big.Int).Sub(n, new(big.Int).SetBytes(signature[32:])).FillBytes(make([]byte, 32))...)
	revoked.check(t, "J07", []tokenCase{
		{"a revoked token is refused", good, middleware.ErrRevoked},
		{"a revoked token is refused under its other signature", good[:cut+1] + forge.Encode(string(malleated)), middleware.ErrRevoked},
	})
}

func TestThreatsStrictJSON(t *testing.T) {
	s := newSetup(t)
	claims := func(text string) string { return s.Token(s.Header(), text) }
	open := func(text string) string { return strings.TrimSuffix(text, "}") }
	var j15 []tokenCase
	for member, value := range map[string]string{"aud": `"api"`, "exp": "1", "iss": `"` + s.Issuer + `"`, "sub": `"bob"`} {
		j15 = append(j15, tokenCase{member + " given twice is refused", claims(open(s.Claims()) + `,"` + member + `":` + value + `}`), middleware.ErrMalformed})
	}
	s.check(t, "J15", append(j15,
		tokenCase{"alg given twice is refused", s.Token(open(s.Header())+`,"alg":"ES256"}`, s.Claims()), middleware.ErrMalformed},
		tokenCase{"a member given twice inside cnf is refused as malformed", claims(s.Claims("cnf", `{"jkt":"a","jkt":"b"}`)), middleware.ErrMalformed},
		tokenCase{"aud spelled with an escape in addition to aud is refused", claims(open(s.Claims()) + `,"\u0061ud":"api"}`), middleware.ErrMalformed}))

	renamed := func(from, to string) string {
		return claims(strings.Replace(s.Claims(), `"`+from+`":`, `"`+to+`":`, 1))
	}
	s.check(t, "J16", []tokenCase{
		{"Exp is not exp", renamed("exp", "Exp"), middleware.ErrClaims},
		{"ISS is not iss", renamed("iss", "ISS"), middleware.ErrIssuer},
		{"Aud is not aud", renamed("aud", "Aud"), middleware.ErrAudience},
		{"iss with a long s (U+017F) is not iss", renamed("iss", "i\u017fs"), middleware.ErrIssuer},
		{"EXP in the future does not renew exp in the past", claims(s.Claims("exp", "1", "EXP", "9999999999")), middleware.ErrExpired},
		{"Typ is not typ", s.Token(s.Header("Typ", `"logout+jwt"`), s.Claims()), nil},
		{"Alg is not alg", s.Token(strings.Replace(s.Header(), `"alg"`, `"Alg"`, 1), s.Claims()), middleware.ErrAlgorithm},
		{"\u212aid with a Kelvin sign is not kid", s.Token(strings.Replace(s.Header(), `"kid"`, "\"\u212aid\"", 1), s.Claims()), nil},
	})

	j17 := map[string]string{
		"trailing data": s.Claims() + "{}", "a trailing byte": s.Claims() + "x", "a byte order mark": "\ufeff" + s.Claims(),
		"a comment": "/**/" + s.Claims(), "NaN": s.Claims("x", "NaN"), "Infinity": s.Claims("x", "Infinity"),
		"leading zeros": s.Claims("x", "007"), "nesting of 33 levels": s.Claims("x", strings.Repeat("[", 32)+strings.Repeat("]", 32)),
		"an array root": "[" + s.Claims() + "]", "a null root": "null", "a string root": `"claims"`, "no text": " ",
		"invalid UTF-8": s.Claims("x", "\"\xff\""), "a lone surrogate": s.Claims("x", `"\ud800"`), "a raw NUL": s.Claims("x", "\"\x00\""),
		"an unescaped control byte": s.Claims("x", "\"\n\""), "a trailing comma": open(s.Claims()) + ",}", "single quotes": "{'iss':1}",
	}
	var strict []tokenCase
	for what, text := range j17 {
		strict = append(strict, tokenCase{what + " in the claims is refused", claims(text), middleware.ErrMalformed})
	}
	for what, text := range map[string]string{
		"trailing data": s.Header() + "{}", "invalid UTF-8": s.Header("x", "\"\xff\""), "a lone surrogate": s.Header("x", `"\udc00"`),
		"nesting of 33 levels": s.Header("x", strings.Repeat("[", 32)+strings.Repeat("]", 32)), "a trailing comma": open(s.Header()) + ",}",
	} {
		strict = append(strict, tokenCase{what + " in the header is refused", s.Token(text, s.Claims()), middleware.ErrMalformed})
	}
	s.check(t, "J17", append(strict,
		tokenCase{"white space before the header and in it is accepted", s.Token("\t\r\n "+strings.ReplaceAll(s.Header(), ",", " ,\n"), s.Claims()), nil},
		tokenCase{"white space before the claims is accepted", claims("\n " + s.Claims()), nil},
		tokenCase{"a byte order mark before the header is refused", s.Token("\ufeff"+s.Header(), s.Claims()), middleware.ErrMalformed},
		tokenCase{"a number too large for a float in an unused claim is accepted", claims(s.Claims("x", "1e400")), nil},
		tokenCase{"nesting of 32 levels is accepted", claims(s.Claims("x", strings.Repeat("[", 31)+strings.Repeat("]", 31))), nil}))

	many := func(n int) string {
		var pairs []string
		for i := range n {
			pairs = append(pairs, fmt.Sprintf("c%d", i), "1")
		}
		return claims(s.Claims(pairs...))
	}
	s.check(t, "J34", []tokenCase{
		{"claims named like language internals are ignored", claims(s.Claims("__proto__", `{"admin":true}`, "constructor", "1", "$ref", `"x"`, "prototype", "{}")), nil},
		{"256 claims are accepted", many(256 - 8), nil},
		{"257 claims are refused", many(257 - 8), middleware.ErrMalformed},
	})
}

func TestThreatsSerialization(t *testing.T) {
	s := newSetup(t)
	good := s.Good()
	parts := strings.Split(good, ".")
	var j18 []tokenCase
	for i, segment := range []string{"header", "claims", "signature"} {
		change := func(text string) string {
			changed := append([]string(nil), parts...)
			changed[i] = text
			return strings.Join(changed, ".")
		}
		for name, text := range map[string]string{
			"padding": parts[i] + "=", "a newline inside": parts[i][:8] + "\n" + parts[i][8:], "a carriage return at the end": parts[i] + "\r",
			"a space inside": parts[i][:8] + " " + parts[i][8:], "a tab at the end": parts[i] + "\t", "a plus": "+" + parts[i][1:],
			"a slash": parts[i][:8] + "/" + parts[i][9:], "one byte too many": parts[i] + "A",
		} {
			want := middleware.ErrMalformed
			if i == 0 && name == "a plus" {
				want = middleware.ErrOpaque
			}
			if name == "one byte too many" && len(parts[i])%4 != 0 {
				continue // skips a byte that changes the decoded text, not only the encoding
			}
			j18 = append(j18, tokenCase{name + " in the " + segment + " is refused", change(text), want})
		}
	}
	// A base64url text of 64 bytes has four unused bits in its last character.
	// The encoding is canonical only if these bits are zero.
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, good[len(good)-1])
	for i := 1; i < 16; i++ {
		j18 = append(j18, tokenCase{fmt.Sprintf("trailing bits %d in the signature are refused", i), good[:len(good)-1] + string(alphabet[last^i]), middleware.ErrMalformed})
	}
	s.check(t, "J18", j18)

	s.check(t, "J19", []tokenCase{
		{"one segment is refused", parts[0], middleware.ErrOpaque},
		{"two segments are refused", parts[0] + "." + parts[1], middleware.ErrMalformed},
		{"four segments are refused", good + "." + parts[2], middleware.ErrMalformed},
		{"a dot at the end is refused", good + ".", middleware.ErrMalformed},
		{"a dot at the beginning is refused", "." + good, middleware.ErrOpaque},
		{"an empty header is refused", "." + parts[1] + "." + parts[2], middleware.ErrOpaque},
		{"empty claims are refused", parts[0] + ".." + parts[2], middleware.ErrMalformed},
		{"five segments are refused", strings.Join([]string{parts[0], parts[1], parts[1], parts[1], parts[2]}, "."), middleware.ErrMalformed},
		{"five segments with enc are opaque, and refused without Introspection", forge.Encode(`{"alg":"dir","enc":"A256GCM"}`) + "..AA.AA.AA", middleware.ErrOpaque},
		{"three segments with enc are refused", s.Token(s.Header("enc", `"A256GCM"`, "alg", `"dir"`), s.Claims()), middleware.ErrAlgorithm},
		{"six segments with enc are refused", forge.Encode(`{"alg":"dir","enc":"A256GCM"}`) + "..AA.AA.AA.AA", middleware.ErrMalformed},
	})
	encrypted := func(header string) string {
		return forge.Encode(header) + "." + strings.Repeat(forge.Encode("some bytes")+".", 3) + forge.Encode("tag")
	}
	s.check(t, "J20", []tokenCase{
		{"an encrypted token is refused", encrypted(`{"alg":"RSA-OAEP","enc":"A256GCM"}`), middleware.ErrOpaque},
		{"a compression bomb is refused", encrypted(`{"alg":"dir","enc":"A256GCM","zip":"DEF"}`), middleware.ErrOpaque},
		{"a request for two billion hash rounds is refused", encrypted(`{"alg":"PBES2-HS256+A128KW","p2c":2147483647,"p2s":"AA","enc":"A256GCM"}`), middleware.ErrOpaque},
		{"a key off its curve is refused", encrypted(`{"alg":"ECDH-ES","epk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"},"enc":"A256GCM"}`), middleware.ErrOpaque},
	})
	flattened := fmt.Sprintf(`{"protected":"%s","payload":"%s","signature":"%s"}`, parts[0], parts[1], parts[2])
	s.check(t, "J22", []tokenCase{
		{"the flattened JSON serialization is refused", flattened, middleware.ErrOpaque},
		{"the general JSON serialization is refused", fmt.Sprintf(`{"payload":"%s","signatures":[{"protected":"%s","signature":"%s"},{}]}`, parts[1], parts[0], parts[2]), middleware.ErrOpaque},
		{"the JSON serialization in base64 is refused", forge.Encode(flattened), middleware.ErrOpaque},
	})
}

func TestThreatsSize(t *testing.T) {
	s := newSetup(t)
	large := map[string]string{
		"a megabyte of letters":                              strings.Repeat("a", 1<<20),
		"a megabyte of dots":                                 strings.Repeat(".", 1<<20),
		"a megabyte of claims":                               s.Token(s.Header(), s.Claims("x", `"`+strings.Repeat("a", 1<<20)+`"`)),
		"a megabyte of claims with a bad authentication tag": s.Token(s.Header(), s.Claims("x", `"`+strings.Repeat("a", 1<<20)+`"`)) + "AA",
		"a megabyte of dots after a JSON header":             forge.Encode(s.Header()) + strings.Repeat(".", 1<<20),
		"a megabyte of kid":                                  s.Token(s.Header("kid", `"`+strings.Repeat("k", 1<<20)+`"`), s.Claims()),
		"one byte more than the limit of 16384":              strings.Repeat("a", 16385),
		"one byte more, of a token otherwise good":           padded(s, 16385),
	}
	var j23 []tokenCase
	for what, token := range large {
		j23 = append(j23, tokenCase{what + " is refused", token, middleware.ErrTooLong})
		if got := testing.AllocsPerRun(10, func() { _, _ = s.verify(token) }); got > 10 {
			t.Errorf("J23: %s: got %v allocations, want at most 10", what, got)
		}
	}
	s.check(t, "J23", append(j23, tokenCase{"a good token of 16384 bytes is accepted", padded(s, 16384), nil}))
}

// padded returns a valid token of exactly size bytes.
func padded(s *setup, size int) string {
	for fill := size * 3 / 4; fill > 0; fill-- {
		if token := s.Token(s.Header(), s.Claims("x", `"`+strings.Repeat("a", fill)+`"`)); len(token) == size {
			return token
		} else if len(token) < size {
			// Some token lengths are possible only with a longer header.
			for extra := 1; extra < 8; extra++ {
				if token := s.Token(s.Header("y", `"`+strings.Repeat("a", extra)+`"`), s.Claims("x", `"`+strings.Repeat("a", fill-8)+`"`)); len(token) == size {
					return token
				}
			}
		}
	}
	panic("no padding gives this size")
}

func der(t *testing.T, key *ecdsa.PrivateKey, input string) []byte {
	t.Helper()
	sum := sha256Sum(input)
	signature, err := ecdsa.SignASN1(rand.Reader, key, sum)
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

func withDenyList(id string) func(*middleware.Config) {
	return func(c *middleware.Config) { c.Revoked = denyList(id) }
}
