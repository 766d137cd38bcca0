package testserver_test

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/testserver"
)

// thumbprintOf returns the RFC 7638 thumbprint of a key, as go-jose computes
// it.
func thumbprintOf(t *testing.T, k testserver.Key) string {
	t.Helper()
	jwk := jose.JSONWebKey{Key: k.Private.Public()}
	sum, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(sum)
}

func TestBoundToIsInTheTokenAndInItsIntrospection(t *testing.T) {
	for _, alg := range []testserver.Alg{"ES256", "RS256", "EdDSA"} {
		key := testserver.GenerateKey(alg, "")
		want := fmt.Sprintf(`"cnf":{"jkt":%q}`, thumbprintOf(t, key))
		for name, tt := range map[string]struct {
			opts []testserver.TokenOption
			want []string
		}{
			"a JWT":                       {nil, []string{want, `"token_type":"DPoP"`}},
			"an opaque token":             {[]testserver.TokenOption{testserver.OpaqueTokens()}, []string{want, `"token_type":"DPoP"`}},
			"a later option":              {[]testserver.TokenOption{testserver.Claim("cnf", map[string]string{"x5t#S256": "AAAA"})}, []string{`"cnf":{"x5t#S256":"AAAA"}`, `"token_type":"Bearer"`}},
			"a cnf that is not an object": {[]testserver.TokenOption{testserver.Claim("cnf", "jkt")}, []string{`"cnf":"jkt"`, `"token_type":"Bearer"`}},
		} {
			s := testserver.New(t)
			token := s.Token(append([]testserver.TokenOption{testserver.BoundTo(key)}, tt.opts...)...)
			if _, body := introspectionResponse(t, s, token); !containsAll(body, tt.want) {
				t.Errorf("%s: got %s, want %q", name, body, tt.want)
			}
			if strings.Count(token, ".") == 2 {
				_, claims, _ := decodeSegments(t, token)
				wantAll(t, claims, tt.want[0])
			}
		}
	}
	s := testserver.New(t)
	key := testserver.GenerateKey("ES256", "")
	_, claims, _ := decodeSegments(t, s.Token(testserver.Claim("cnf", map[string]string{"x5t#S256": "AAAA"}), testserver.BoundTo(key)))
	wantAll(t, claims, fmt.Sprintf(`"cnf":{"x5t#S256":"AAAA","jkt":%q}`, thumbprintOf(t, key)))
}

// verifiedProof verifies a proof with the key in its header, and returns the
// header and the claims.
func verifiedProof(t *testing.T, fields []string, alg testserver.Alg) (header jose.Header, claims map[string]any) {
	t.Helper()
	if len(fields) != 1 {
		t.Fatalf("got %d fields, want one", len(fields))
	}
	signed, err := jose.ParseSignedCompact(fields[0], []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
	if err != nil {
		t.Fatal(err)
	}
	header = signed.Signatures[0].Protected
	text, err := signed.Verify(header.JSONWebKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &claims); err != nil {
		t.Fatal(err)
	}
	return header, claims
}

func containsAll(text string, parts []string) bool {
	return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(text, part) })
}

func TestProofIsForOneRequest(t *testing.T) {
	const token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU" // the token and its ath are from RFC 9449 §7.1
	jtis := map[any]bool{}
	for _, alg := range []testserver.Alg{"ES256", "ES384", "ES512", "RS256", "PS256", "EdDSA"} {
		key := testserver.GenerateKey(alg, "")
		header, claims := verifiedProof(t, testserver.Proof(key, "GET", "https://API.example.com:443/a%2Fb?page=1#top", token), alg)
		if got, want := header.ExtraHeaders["typ"], "dpop+jwt"; got != want {
			t.Errorf("%s: got typ %v, want %v", alg, got, want)
		}
		if header.KeyID != "" || !header.JSONWebKey.IsPublic() {
			t.Errorf("%s: got the kid %q and jwk %v, want only a public key", alg, header.KeyID, header.JSONWebKey)
		}
		jkt := jose.JSONWebKey{Key: header.JSONWebKey.Key}
		sum, _ := jkt.Thumbprint(crypto.SHA256)
		if got, want := base64.RawURLEncoding.EncodeToString(sum), thumbprintOf(t, key); got != want {
			t.Errorf("%s: got the key %s, want %s", alg, got, want)
		}
		if iat, _ := claims["iat"].(float64); time.Since(time.Unix(int64(iat), 0)) > time.Minute {
			t.Errorf("%s: got iat %v, want now", alg, claims["iat"])
		}
		if jti, _ := claims["jti"].(string); len(jti) != 22 || jtis[jti] {
			t.Errorf("%s: got jti %q, want 16 new bytes", alg, jti)
		}
		jtis[claims["jti"]] = true
		delete(claims, "iat")
		delete(claims, "jti")
		const ath = "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"
		if got, want := fmt.Sprint(claims), "map[ath:"+ath+" htm:GET htu:https://API.example.com:443/a%2Fb]"; got != want {
			t.Errorf("%s: got %s, want %s", alg, got, want)
		}
	}
	_, claims := verifiedProof(t, testserver.Proof(testserver.GenerateKey("ES256", ""), "POST", "https://as.example.com/token", ""), "ES256")
	if claims["ath"] != nil {
		t.Errorf("got ath %v without a token, want none", claims["ath"])
	}
}

func TestOptionsChangeAProof(t *testing.T) {
	key := testserver.GenerateKey("ES256", "")
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	fields := testserver.Proof(key, "GET", "https://api.example.com/", "t",
		testserver.Claim("nonce", "n"), testserver.Claim("iat", at), testserver.Claim("jti", "1"), testserver.Without("ath"), testserver.JOSEHeader("kid", "k"))
	header, claims := verifiedProof(t, fields, "ES256")
	if got, want := fmt.Sprintf("%s %v", header.KeyID, claims), "k map[htm:GET htu:https://api.example.com/ iat:1.767323045e+09 jti:1 nonce:n]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	other := testserver.GenerateKey("ES384", "")
	signed, err := jose.ParseSignedCompact(testserver.Proof(key, "GET", "https://api.example.com/", "t", testserver.SignedWith(other))[0], []jose.SignatureAlgorithm{"ES384"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signed.Verify(other.Private.Public()); err != nil {
		t.Errorf("got %v, want a signature of the other key", err)
	}
	if !signed.Signatures[0].Protected.JSONWebKey.Key.(interface{ Equal(crypto.PublicKey) bool }).Equal(key.Private.Public()) {
		t.Error("got another jwk, want the jwk of the first key")
	}
}

func TestProofDefectsMayHaveNoValueOrTwo(t *testing.T) {
	key := testserver.GenerateKey("ES256", "")
	for d := range testserver.ProofDefects() {
		want := map[testserver.Defect]int{"dpop-missing": 0, "dpop-two-fields": 2}
		n, ok := want[d]
		if !ok {
			n = 1
		}
		if got := testserver.Proof(key, "GET", "https://api.example.com/orders", "t", testserver.With(d)); len(got) != n {
			t.Errorf("%s: got %d values, want %d", d, len(got), n)
		}
	}
}

func TestProofPanicsIfAnArgumentIsInvalid(t *testing.T) {
	key := testserver.GenerateKey("ES256", "")
	proof := func(opts ...testserver.TokenOption) func() {
		return func() { testserver.Proof(key, "GET", "https://api.example.com/", "t", opts...) }
	}
	for name, tt := range map[string]struct {
		run  func()
		want string
	}{
		"a path":             {func() { testserver.Proof(key, "GET", "/orders", "t") }, `testserver.Proof: the URL is "/orders"`},
		"no option":          {proof(nil), "testserver.Proof: option 1 is nil"},
		"an unknown defect":  {proof(testserver.With("dpop-nine")), `testserver.Proof: With("dpop-nine"): unknown defect`},
		"a defect of tokens": {proof(testserver.With(testserver.Expired)), `With("expired") is a defect of tokens`},
		"two defects":        {proof(testserver.With("dpop-crit"), testserver.With("dpop-no-jwk")), "only one defect"},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() { wantAll(t, fmt.Sprint(recover()), tt.want) }()
			tt.run()
		})
	}
}

func TestTokensForAProofWithADefectAreGood(t *testing.T) {
	s := testserver.New(t)
	key := testserver.GenerateKey("ES256", "")
	for d := range testserver.ProofDefects() {
		for _, opts := range [][]testserver.TokenOption{{testserver.BoundTo(key), testserver.With(d)}, {testserver.With(d), testserver.BoundTo(key), testserver.OpaqueTokens()}} {
			_, answer := introspectionResponse(t, s, s.Token(opts...))
			wantAll(t, answer, `"active":true`, `"cnf":{"jkt":`)
			own := strings.Contains(answer, thumbprintOf(t, key))
			if other := d == "dpop-oct-jwk" || d == "dpop-jwk-off-curve" || d == "dpop-rsa-1024"; own == other {
				t.Errorf("%s: got a token bound to the client's key %v, want %v", d, own, !other)
			}
		}
	}
}
