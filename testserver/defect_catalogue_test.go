package testserver_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"hash"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

var algs = []testserver.Alg{
	"ES256", "ES384", "ES512", "EdDSA",
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
	"HS256", "HS384", "HS512",
}

var optionalDefects = []testserver.Defect{
	testserver.NoKid, testserver.ExpFractional, testserver.MissingSub, testserver.Oversized, testserver.WeakACR, testserver.StaleAuth,
	testserver.Revoked, testserver.InactiveOpaque, testserver.UnknownOpaque, testserver.RetiredKey,
}

// The names of defects must never change, because command lines and tests of
// other projects use them.
func TestNamesOfDefectsAreStable(t *testing.T) {
	const names = "expired not-yet-valid issued-in-future wrong-issuer wrong-audience missing-audience missing-exp missing-scope " +
		"exp-as-string exp-overflow aud-not-string wrong-typ id-token-as-access bound-as-bearer bad-signature truncated-signature " +
		"zero-ecdsa-signature alg-none alg-none-cased hs256-confusion unknown-kid foreign-key-same-kid embedded-jwk jku-header " +
		"x5u-header crit-header alg-key-mismatch duplicate-claim duplicate-header not-json four-segments padded-base64 " +
		"trailing-bits nested encrypted"
	var got []string
	for d := range testserver.Defects() {
		got = append(got, string(d))
	}
	if strings.Join(got, " ") != names {
		t.Errorf("got  %s\nwant %s", got, names)
	}
	for d := range testserver.Defects() {
		if d == testserver.WrongIssuer {
			break // the loop over Defects may end early
		}
	}
}

func TestDefectsAreDescribed(t *testing.T) {
	seen := map[testserver.Defect]bool{}
	for _, d := range token.Catalogue() {
		if seen[d.Name] {
			t.Errorf("got %s twice", d.Name)
		}
		seen[d.Name] = true
		wantStatus, wantCode := 401, "invalid_token"
		if d.Name == "missing-scope" {
			wantStatus, wantCode = 403, "insufficient_scope"
		} else if d.Name == "weak-acr" || d.Name == "stale-auth" {
			wantCode = "insufficient_user_authentication"
		}
		if status, code := d.Name.Expect(); status != wantStatus || code != wantCode {
			t.Errorf("%s: got %d %s, want %d %s", d.Name, status, code, wantStatus, wantCode)
		}
		wantAll(t, d.Wrong, "RFC ")
		if !strings.HasSuffix(d.Wrong, ".") || !strings.HasSuffix(d.Fix, ".") {
			t.Errorf("%s: got %q and %q, want sentences", d.Name, d.Wrong, d.Fix)
		}
		if always := slices.Contains(slices.Collect(testserver.Defects()), d.Name); always == slices.Contains(optionalDefects, d.Name) {
			t.Errorf("%s: got %v for being among Defects", d.Name, always)
		}
	}
	for d := range testserver.Defects() {
		if !seen[d] {
			t.Errorf("%s: got no implementation", d)
		}
	}
	if status, code := testserver.Defect("none").Expect(); status != 0 || code != "" {
		t.Errorf("got %d %q for no defect, want nothing", status, code)
	}
}

func TestEveryDefectWithEveryAlgorithm(t *testing.T) {
	for _, alg := range algs {
		t.Run(string(alg), func(t *testing.T) {
			mint := func() (tokens map[testserver.Defect]string) {
				s := testserver.New(t, testserver.SigningAlg(alg), testserver.InMemory(), testserver.Seed("all"), testserver.Clock(atNoon))
				s.Publish(testserver.GenerateKey("ES256", "old"))
				s.Retire("old")
				tokens = collect(s.BadTokens(testserver.Scope("a")))
				for _, d := range optionalDefects[:len(optionalDefects)-1] { // RetiredKey is last and is left out: its key is random
					tokens[d] = s.Token(testserver.With(d))
				}
				if header, _, _ := decodeSegments(t, s.Token(testserver.With(testserver.RetiredKey))); !strings.Contains(header, `"kid":"old"`) {
					t.Errorf("got header %s, want the retired key", header)
				}
				return tokens
			}
			tokens, again := mint(), mint()
			distinct := map[string]bool{}
			for d, token := range tokens {
				distinct[token] = true
				if salted := strings.HasPrefix(string(alg), "PS") || strings.HasPrefix(string(alg), "RS") && d == testserver.AlgKeyMismatch; token != again[d] && !salted {
					t.Errorf("%s: got other bytes from the same seed", d)
				}
			}
			if len(distinct) != 44 {
				t.Errorf("got %d different tokens, want 44", len(distinct))
			}
		})
	}
}

func collect(seq func(func(testserver.Defect, string) bool)) map[testserver.Defect]string {
	all := map[testserver.Defect]string{}
	for d, token := range seq {
		all[d] = token
	}
	return all
}

// The token is signed with the issuer's key, and the signature is valid. Only
// alg is wrong: it is not the algorithm of this key. The API can refuse the
// token only if it binds each key to its algorithm.
func TestAlgKeyMismatchHasAValidSignature(t *testing.T) {
	used := map[testserver.Alg]func() hash.Hash{ // ES512 has no next algorithm, so only its header is changed
		"HS256": sha512.New384, "HS384": sha512.New, "HS512": sha256.New, "ES256": sha512.New384, "ES384": sha512.New, "ES512": sha512.New,
	}
	for _, alg := range algs {
		s := testserver.New(t, testserver.SigningAlg(alg))
		token := s.Token(testserver.With(testserver.AlgKeyMismatch))
		header, _, sig := decodeSegments(t, token)
		if strings.Contains(header, fmt.Sprintf(`"alg":%q`, string(alg))) {
			t.Errorf("%s: got header %s, want another alg", alg, header)
		}
		signed := []byte(token[:strings.LastIndexByte(token, '.')])
		switch key := s.SigningKey(); {
		case key.Secret != nil:
			mac := hmac.New(used[alg], key.Secret)
			mac.Write(signed)
			if !hmac.Equal(mac.Sum(nil), sig) {
				t.Errorf("%s: got a signature that the secret does not verify under the alg of the header", alg)
			}
		case strings.HasPrefix(string(alg), "RS"), strings.HasPrefix(string(alg), "PS"):
			verified(t, s, token, key.Private.Public())
		case alg == "EdDSA":
			if !ed25519.Verify(key.Private.Public().(ed25519.PublicKey), signed, sig) {
				t.Errorf("%s: got a signature that the key does not verify", alg)
			}
		default:
			half := map[testserver.Alg]int{"ES256": 48, "ES384": 66, "ES512": 66}[alg] // the bytes of a number for the next curve, if there is one
			if len(sig) != 2*half {
				t.Fatalf("%s: got a signature of %d bytes, want %d", alg, len(sig), 2*half)
			}
			digest := used[alg]()
			digest.Write(signed)
			first, second := new(big.Int).SetBytes(sig[:half]), new(big.Int).SetBytes(sig[half:])
			if !ecdsa.Verify(key.Private.Public().(*ecdsa.PublicKey), digest.Sum(nil), first, second) {
				t.Errorf("%s: got a signature that the key does not verify", alg)
			}
		}
	}
}

func TestHS256ConfusionUsesThePublicKey(t *testing.T) {
	for _, alg := range []testserver.Alg{"ES256", "RS256", "EdDSA"} {
		s := testserver.New(t, testserver.SigningAlg(alg))
		der, err := x509.MarshalPKIXPublicKey(s.SigningKey().Private.Public())
		if err != nil {
			t.Fatal(err)
		}
		secret := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		header, _ := verified(t, s, s.Token(testserver.With(testserver.HS256Confusion)), secret)
		if header.Algorithm != "HS256" || header.KeyID != s.SigningKey().ID {
			t.Errorf("got %s under %q, want HS256 under the server's kid", header.Algorithm, header.KeyID)
		}
	}
}

func TestZeroECDSASignatureHasAPublishedKid(t *testing.T) {
	for alg, size := range map[testserver.Alg]int{"ES256": 64, "ES512": 132, "RS256": 64, "HS256": 64} {
		s := testserver.New(t, testserver.SigningAlg(alg))
		header, _, sig := decodeSegments(t, s.Token(testserver.With(testserver.ZeroECDSASignature)))
		var h struct{ Kid string }
		if err := json.Unmarshal([]byte(header), &h); err != nil {
			t.Fatal(err)
		}
		published := keySet(t, s.JWKS())
		if found := published.Key(h.Kid); len(found) != 1 || len(sig) != size {
			t.Errorf("%s: got a signature of %d bytes by %d published keys, want %d by one", alg, len(sig), len(found), size)
		}
	}
}

func TestAttackerKeysAreNeverPublished(t *testing.T) {
	for _, alg := range algs {
		s := testserver.New(t, testserver.SigningAlg(alg))
		for range s.BadTokens() {
			continue
		}
		var published []string
		for _, key := range keySet(t, s.JWKS()).Keys {
			published = append(published, key.KeyID)
		}
		for _, d := range []testserver.Defect{testserver.UnknownKid, testserver.EmbeddedJWK, testserver.JKUHeader, testserver.X5UHeader} {
			var h struct {
				Kid string
				JWK *jose.JSONWebKey
			}
			header, _, _ := decodeSegments(t, s.Token(testserver.With(d)))
			if err := json.Unmarshal([]byte(header), &h); err != nil {
				t.Fatal(err)
			}
			if h.Kid == "" || slices.Contains(published, h.Kid) {
				t.Errorf("%s %s: got kid %q, want a kid that is not published", alg, d, h.Kid)
			}
		}
	}
	s := testserver.New(t)
	a, _, _ := decodeSegments(t, s.Token(testserver.With(testserver.UnknownKid)))
	b, _, _ := decodeSegments(t, s.Token(testserver.With(testserver.UnknownKid)))
	if a == b {
		t.Error("got the same unknown kid twice, want a new one each time")
	}
}

func TestBadTokensDoNotChangeSeededKeys(t *testing.T) {
	s := testserver.New(t, testserver.Seed("a"))
	collect(s.BadTokens())
	if got, want := s.Rotate().ID, testserver.New(t, testserver.Seed("a")).Rotate().ID; got != want {
		t.Errorf("got key %s after all bad tokens, want %s as after none", got, want)
	}
}

func TestDefectsCombineWithOtherOptions(t *testing.T) {
	s := testserver.New(t)
	for name, opts := range map[string][]testserver.TokenOption{
		"the defect first": {testserver.With(testserver.MissingScope), testserver.Scope("a"), testserver.Subject("alice"), testserver.Audience("x", "y")},
		"the defect last":  {testserver.Scope("a"), testserver.Subject("alice"), testserver.Audience("x", "y"), testserver.With(testserver.MissingScope)},
	} {
		_, claims := verified(t, s, s.Token(opts...))
		if _, scope := claims["scope"]; scope || claims["sub"] != "alice" || fmt.Sprint(claims["aud"]) != "[x y]" {
			t.Errorf("%s: got %v, want alice, both audiences and no scope", name, claims)
		}
	}
	_, claims := verified(t, s, s.Token(testserver.Audience("x", "y"), testserver.With(testserver.WrongAudience)))
	if fmt.Sprint(claims["aud"]) != "[x-other y-other other]" {
		t.Errorf("got aud %v, want neither x nor y", claims["aud"])
	}
	_, claims = verified(t, s, s.Token(testserver.Claim("aud", []any{"x", 7}), testserver.With(testserver.WrongAudience)))
	if fmt.Sprint(claims["aud"]) != "[other]" {
		t.Errorf("got aud %v for a malformed audience, want [other]", claims["aud"])
	}
	_, claims = verified(t, s, s.Token(testserver.Without("aud", "exp"), testserver.With(testserver.AudNotString)))
	if fmt.Sprint(claims["aud"]) != "[7]" {
		t.Errorf("got aud %v, want only the number", claims["aud"])
	}
	own := testserver.GenerateKey("ES384", "")
	own.ID = ""
	header, _ := verified(t, s, s.Token(testserver.SignedWith(own), testserver.With(testserver.Expired)), own.Private.Public())
	if header.Algorithm != "ES384" {
		t.Errorf("got %s, want the key that was given", header.Algorithm)
	}
}

func TestInvalidDefectsEndTheTest(t *testing.T) {
	for name, tt := range map[string]struct {
		opts []testserver.TokenOption
		want []string
	}{
		"an unknown defect":        {[]testserver.TokenOption{testserver.With("alg-nine")}, []string{`With("alg-nine")`, "alg-none"}},
		"two defects":              {[]testserver.TokenOption{testserver.With("expired"), testserver.With("not-json")}, []string{`With("not-json") after With("expired")`}},
		"no retired key":           {[]testserver.TokenOption{testserver.With(testserver.RetiredKey)}, []string{"first retire a key"}},
		"a claim that is not JSON": {[]testserver.TokenOption{testserver.With("expired"), testserver.Claim("f", func() {})}, []string{`claim "f"`}},
	} {
		t.Run(name, func(t *testing.T) {
			wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb).Token(tt.opts...) }), append(tt.want, "Token: ")...)
		})
	}
	wantAll(t, fatalText(t, func(tb *recorder) { collect(testserver.New(tb).BadTokens(testserver.With("expired"))) }), "BadTokens: ", "after")
}
