package testserver_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 987654321, time.UTC)

func atNoon() time.Time { return noon }

func TestTokenIsValidByDefault(t *testing.T) {
	s := testserver.New(t, testserver.Clock(atNoon))
	header, claims := verified(t, s, s.Token())
	if header.Algorithm != "ES256" || header.KeyID != s.SigningKey().ID || header.ExtraHeaders["typ"] != "at+jwt" {
		t.Errorf("got header %+v, want ES256, at+jwt and the signing key's ID", header)
	}
	if jti, ok := claims["jti"].(string); !ok || len(jti) != 22 {
		t.Errorf("got jti %v, want 16 bytes in base64url", claims["jti"])
	}
	delete(claims, "jti")
	now := float64(noon.Unix())
	want := map[string]any{
		"iss": s.Issuer(), "sub": "test-user", "aud": "api", "client_id": "test-client",
		"iat": now, "nbf": now, "exp": now + 300,
	}
	if !reflect.DeepEqual(claims, want) {
		t.Errorf("got claims %v, want %v", claims, want)
	}
	if a, b := s.Token(), s.Token(); a == b {
		t.Error("got the same token twice, want different jti")
	}
}

func TestClaimOrder(t *testing.T) {
	s := testserver.New(t, testserver.Clock(atNoon), testserver.InMemory(), testserver.Seed("order"))
	got := payload(t, s.Token(
		testserver.Claim("zeta", 1), testserver.Scope("a"), testserver.Claim("alpha", true),
		testserver.Claim("jti", "j"), testserver.Claim("sub", "<&>"), testserver.Claim("zeta", []string{"<é>"}),
	))
	want := fmt.Sprintf(`{"iss":"%s","sub":"<&>","aud":"api","exp":1772366700,"nbf":1772366400,"iat":1772366400,"jti":"j",`+
		`"client_id":"test-client","zeta":["<é>"],"scope":"a","alpha":true}`, s.Issuer())
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTokenOptions(t *testing.T) {
	type opts = []testserver.TokenOption
	type object = map[string]any
	now := float64(noon.Unix())
	s := testserver.New(t, testserver.Clock(atNoon))
	for name, tt := range map[string]struct {
		opts  opts
		claim string
		want  any // nil means that the claim is absent
	}{
		"Subject sets sub":                             {opts{testserver.Subject("alice")}, "sub", "alice"},
		"ForClient sets client_id":                     {opts{testserver.ForClient("web")}, "client_id", "web"},
		"ForClient does not change sub":                {opts{testserver.ForClient("web")}, "sub", "test-user"},
		"no scope by default":                          {nil, "scope", nil},
		"scopes are separated by spaces":               {opts{testserver.Scope("a:read", "b")}, "scope", "a:read b"},
		"the later scopes win":                         {opts{testserver.Scope("a"), testserver.Scope("b")}, "scope", "b"},
		"Scope without arguments removes the claim":    {opts{testserver.Scope("a"), testserver.Scope()}, "scope", nil},
		"one audience is a string":                     {opts{testserver.Audience("x")}, "aud", "x"},
		"several audiences are an array":               {opts{testserver.Audience("x", "y")}, "aud", []any{"x", "y"}},
		"ExpiresIn counts from now":                    {opts{testserver.ExpiresIn(time.Hour)}, "exp", now + 3600},
		"ExpiresIn may be in the past":                 {opts{testserver.ExpiresIn(-time.Minute)}, "exp", now - 60},
		"AccessTTL sets exp":                           {opts{testserver.AccessTTL(time.Minute)}, "exp", now + 60},
		"not_before_in counts from now":                {opts{testserver.NotBeforeIn(time.Minute)}, "nbf", now + 60},
		"a claim may be anything":                      {opts{testserver.Claim("cnf", map[string]string{"jkt": "x"})}, "cnf", map[string]any{"jkt": "x"}},
		"a claim may be of the wrong type":             {opts{testserver.Claim("exp", "tomorrow")}, "exp", "tomorrow"},
		"a time is a NumericDate":                      {opts{testserver.Claim("auth_time", noon.Add(time.Millisecond))}, "auth_time", now},
		"a time by pointer is a NumericDate":           {opts{testserver.Claim("/a/b", noon.In(time.FixedZone("", 3600)))}, "a", object{"b": now}},
		"raw JSON is not changed":                      {opts{testserver.Claim("n", json.RawMessage("1.50e1"))}, "n", 15.0},
		"a quote is escaped":                           {opts{testserver.Subject(`a"b`)}, "sub", `a"b`},
		"a backslash is escaped":                       {opts{testserver.Subject(`a\u0041`)}, "sub", `a\u0041`},
		"a control character is escaped":               {opts{testserver.Subject("a\nb")}, "sub", "a\nb"},
		"other letters are not changed":                {opts{testserver.Subject("é\x7f")}, "sub", "é\x7f"},
		"invalid UTF-8 becomes valid":                  {opts{testserver.Subject("a\xff")}, "sub", "a\ufffd"},
		"Without removes claims":                       {opts{testserver.Without("aud", "nonesuch")}, "aud", nil},
		"a later option sets a removed claim":          {opts{testserver.Without("exp"), testserver.ExpiresIn(0)}, "exp", now},
		"Claim after Subject wins":                     {opts{testserver.Subject("a"), testserver.Claim("sub", "b")}, "sub", "b"},
		"Subject after Claim wins":                     {opts{testserver.Claim("sub", "b"), testserver.Subject("a")}, "sub", "a"},
		"Without after Claim wins":                     {opts{testserver.Claim("x", "b"), testserver.Without("x")}, "x", nil},
		"an empty claim name is allowed":               {opts{testserver.Claim("", "x")}, "", "x"},
		"a pointer creates the objects on its path":    {opts{testserver.Claim("/a/b/c", 1)}, "a", object{"b": object{"c": 1.0}}},
		"two pointers into one object":                 {opts{testserver.Claim("/a/b", []string{"x"}), testserver.Claim("/a/c", true)}, "a", object{"b": []any{"x"}, "c": true}},
		"a pointer adds to a claim":                    {opts{testserver.Claim("a", object{"n": json.Number("1.5")}), testserver.Claim("/a/b", "x")}, "a", object{"n": 1.5, "b": "x"}},
		"a pointer replaces a value":                   {opts{testserver.Claim("/a/b", "x"), testserver.Claim("/a/b", "y")}, "a", object{"b": "y"}},
		"a pointer to a claim sets the claim":          {opts{testserver.Claim("/sub", "x")}, "sub", "x"},
		"a claim after a pointer wins":                 {opts{testserver.Claim("/a/b", "x"), testserver.Claim("a", "y")}, "a", "y"},
		"a slash within a name is escaped":             {opts{testserver.Claim("/https:~1~1x.example~1a/b", "x")}, "https://x.example/a", object{"b": "x"}},
		"a tilde within a name is escaped":             {opts{testserver.Claim("/a~01", "x")}, "a~1", "x"},
		"a name with a slash inside is not a pointer":  {opts{testserver.Claim("https://x.example/~2", "x")}, "https://x.example/~2", "x"},
		"a pointer may end in an empty name":           {opts{testserver.Claim("/a/", "x")}, "a", object{"": "x"}},
		"Without takes a pointer":                      {opts{testserver.Claim("a", object{"b": 1, "c": 2}), testserver.Without("/a/b")}, "a", object{"c": 2.0}},
		"Without ignores a pointer to nothing":         {opts{testserver.Without("/a/b", "/sub/x")}, "a", nil},
		"Without does not change a string on the path": {opts{testserver.Without("/sub/x")}, "sub", "test-user"},
	} {
		t.Run(name, func(t *testing.T) {
			_, claims := verified(t, s, s.Token(tt.opts...))
			got, there := claims[tt.claim]
			if there != (tt.want != nil) || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %s %v, want %v", tt.claim, got, tt.want)
			}
		})
	}
}

func TestServerOptionsAreDefaultsOfTokens(t *testing.T) {
	s := testserver.New(t, testserver.Clock(atNoon), testserver.Audience("https://api.example"),
		testserver.Scope("read"), testserver.AccessTTL(time.Hour), testserver.SigningAlg("EdDSA"))
	header, claims := verified(t, s, s.Token())
	if header.Algorithm != "EdDSA" || claims["aud"] != "https://api.example" || claims["scope"] != "read" || claims["exp"] != float64(noon.Unix()+3600) {
		t.Errorf("got %s %v, want the server's defaults", header.Algorithm, claims)
	}
	header, claims = verified(t, s, s.Token(testserver.Audience("b"), testserver.Scope(),
		testserver.AccessTTL(time.Minute), testserver.SigningAlg("ES384")))
	if _, scope := claims["scope"]; scope || header.Algorithm != "ES384" || claims["aud"] != "b" || claims["exp"] != float64(noon.Unix()+60) {
		t.Errorf("got %s %v, want the token's own options to win", header.Algorithm, claims)
	}
	if _, claims = verified(t, s, s.Token()); claims["aud"] != "https://api.example" {
		t.Errorf("got aud %v, want the default again", claims["aud"])
	}
}

func TestHeaderOptions(t *testing.T) {
	s := testserver.New(t)
	own := s.SigningKey()
	public := own.Private.Public()

	header, _ := verified(t, s, s.Token(testserver.JOSEHeader("x", 7), testserver.Typ("JWT")))
	if header.ExtraHeaders["typ"] != "JWT" || header.ExtraHeaders["x"] != 7.0 {
		t.Errorf("got header %v, want typ JWT and x 7", header.ExtraHeaders)
	}
	header, _ = verified(t, s, s.Token(testserver.Typ("")))
	if typ, there := header.ExtraHeaders["typ"]; there {
		t.Errorf("got typ %v, want none", typ)
	}
	header, _ = verified(t, s, s.Token(testserver.JOSEHeader("kid", "other")), public)
	if header.KeyID != "other" {
		t.Errorf("got kid %q, want other", header.KeyID)
	}
}

func TestHeaderOrder(t *testing.T) {
	s := testserver.New(t)
	own := s.SigningKey()
	withoutKid := own
	withoutKid.ID = ""
	for want, opt := range map[string]testserver.TokenOption{
		fmt.Sprintf(`{"alg":"none","typ":"at+jwt","kid":%q}`, own.ID):          testserver.JOSEHeader("alg", "none"),
		fmt.Sprintf(`{"alg":"ES256","typ":"at+jwt","kid":%q,"x":[1]}`, own.ID): testserver.JOSEHeader("x", []int{1}),
		fmt.Sprintf(`{"alg":"ES256","kid":%q}`, own.ID):                        testserver.Typ(""),
		`{"alg":"ES256","typ":"at+jwt"}`:                                       testserver.SignedWith(withoutKid),
	} {
		first, _, _ := strings.Cut(s.Token(opt), ".")
		raw, err := base64.RawURLEncoding.DecodeString(first)
		if err != nil || string(raw) != want {
			t.Errorf("got header %s, error %v, want %s", raw, err, want)
		}
	}
}

func TestSignedWithAttackerKey(t *testing.T) {
	s := testserver.New(t)
	attackerKey := testserver.GenerateKey("ES256", s.SigningKey().ID)
	token := s.Token(testserver.SignedWith(attackerKey))
	if _, _, err := verify(s.JWKS(), token); err == nil {
		t.Error("got a forged token verified with the published key, want an error")
	}
	header, _ := verified(t, s, token, attackerKey.Private.Public())
	if header.KeyID != s.SigningKey().ID {
		t.Errorf("got kid %q, want the kid of the server's key", header.KeyID)
	}
	header, _ = verified(t, s, s.Token(testserver.SignedWith(attackerKey), testserver.SigningAlg("EdDSA")))
	if header.Algorithm != "EdDSA" {
		t.Errorf("got %s, want the later option to select the server's EdDSA key", header.Algorithm)
	}
}

func TestInvalidTokenOptionsEndTheTest(t *testing.T) {
	wrongCurve := testserver.GenerateKey("ES384", "")
	wrongCurve.Alg = "ES256"
	for name, tt := range map[string]struct {
		opts []testserver.TokenOption
		want string
	}{
		"a claim that is not JSON":                {[]testserver.TokenOption{testserver.Claim("f", func() {})}, `claim "f"`},
		"a pointer through a string":              {[]testserver.TokenOption{testserver.Claim("/sub/a", 1)}, `claim "/sub/a": "sub" is not an object`},
		"a pointer through null":                  {[]testserver.TokenOption{testserver.Claim("n", nil), testserver.Claim("/n/a", 1)}, `claim "/n/a": "n" is not an object`},
		"a pointer through an array":              {[]testserver.TokenOption{testserver.Claim("/n/a", []int{1}), testserver.Claim("/n/a/0", 1)}, `claim "/n/a/0": "a" is not an object`},
		"a malformed pointer":                     {[]testserver.TokenOption{testserver.Claim("/a~2", 1)}, `claim "/a~2": in a JSON Pointer, write ~ as ~0`},
		"a malformed pointer to nothing":          {[]testserver.TokenOption{testserver.Without("/a~")}, `claim "/a~": in a JSON Pointer, write ~ as ~0`},
		"a pointer with a value that is not JSON": {[]testserver.TokenOption{testserver.Claim("/a/f", func() {})}, `claim "/a/f" cannot be written`},
		"a header that is not JSON":               {[]testserver.TokenOption{testserver.JOSEHeader("h", make(chan int))}, `header parameter "h"`},
		"a malformed scope":                       {[]testserver.TokenOption{testserver.Scope("a", "")}, `Claim("scope", …)`},
		"a scope with a quote":                    {[]testserver.TokenOption{testserver.Scope(`a"`)}, "is not a scope"},
		"no audience":                             {[]testserver.TokenOption{testserver.Audience()}, `Without("aud")`},
		"a TTL below the unit of exp":             {[]testserver.TokenOption{testserver.AccessTTL(time.Millisecond)}, "ExpiresIn"},
		"an unknown algorithm":                    {[]testserver.TokenOption{testserver.SigningAlg("ES265")}, `"ES265"`},
		"a key on another curve":                  {[]testserver.TokenOption{testserver.SignedWith(wrongCurve)}, "GenerateKey(ES256"},
		"a key without a private half":            {[]testserver.TokenOption{testserver.SignedWith(testserver.Key{Alg: "RS256"})}, "set Private"},
		"an HS key without a secret":              {[]testserver.TokenOption{testserver.SignedWith(testserver.Key{Alg: "HS256"})}, "set Secret"},
		"a key without an algorithm":              {[]testserver.TokenOption{testserver.SignedWith(testserver.Key{ID: "k"})}, `key "k"`},
		"an option that is nil":                   {[]testserver.TokenOption{testserver.Subject("a"), nil}, "option 2 is nil"},
		"two errors":                              {[]testserver.TokenOption{testserver.Audience(), testserver.Claim("f", func() {})}, `claim "f"`},
	} {
		t.Run(name, func(t *testing.T) {
			wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb).Token(tt.opts...) }), "Token: ", tt.want)

			s, err := testserver.Start(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			defer func() { wantAll(t, fmt.Sprint(recover()), "testserver: Token: ", tt.want) }()
			s.Token(tt.opts...)
			t.Error("got a token from a started server, want a panic")
		})
	}
}

func TestAuthorizeSetsTheHeader(t *testing.T) {
	s := testserver.New(t)
	r := httptest.NewRequest("GET", "/orders", nil)
	r.Header.Set("Authorization", "Basic eDp5")
	if got := s.Authorize(r, testserver.Subject("alice")); got != r {
		t.Error("got another request, want the same")
	}
	lines := r.Header.Values("Authorization")
	if len(lines) != 1 || !strings.HasPrefix(lines[0], "Bearer ") {
		t.Fatalf("got %d Authorization lines, want one of the Bearer scheme", len(lines))
	}
	if _, claims := verified(t, s, strings.TrimPrefix(lines[0], "Bearer ")); claims["sub"] != "alice" {
		t.Errorf("got sub %v, want alice", claims["sub"])
	}
}

func TestEveryAlgorithmOnOneServer(t *testing.T) {
	s := testserver.New(t)
	algs := []testserver.Alg{
		"RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA",
	}
	for _, alg := range algs {
		header, _ := verified(t, s, s.Token(testserver.SigningAlg(alg)))
		if header.Algorithm != string(alg) {
			t.Errorf("got %s, want %s", header.Algorithm, alg)
		}
		s.Token(testserver.SigningAlg(alg))
	}
	kids := map[string]bool{}
	for _, k := range keySet(t, s.JWKS()).Keys {
		kids[k.KeyID] = true
		if isRSA := strings.HasPrefix(k.Algorithm, "RS") || strings.HasPrefix(k.Algorithm, "PS"); strings.HasPrefix(k.KeyID, "test-") != isRSA {
			t.Errorf("got kid %q for %s: the prefix test- is for embedded keys", k.KeyID, k.Algorithm)
		}
	}
	if len(kids) != len(algs) {
		t.Errorf("got keys %q, want one for each of %q", slices.Sorted(maps.Keys(kids)), algs)
	}
}

// TestLongerHashes covers the RSA algorithms that no other test in this file
// uses. Each algorithm has its own server, because only the first two RSA keys
// of a server are embedded, and generating a third key takes time.
func TestLongerHashes(t *testing.T) {
	for _, alg := range []testserver.Alg{"RS384", "RS512", "PS384", "PS512"} {
		s := testserver.New(t, testserver.SigningAlg(alg))
		if header, _ := verified(t, s, s.Token()); header.Algorithm != string(alg) {
			t.Errorf("got %s, want %s", header.Algorithm, alg)
		}
	}
}

func TestPSSSaltIsAsLongAsTheHash(t *testing.T) {
	s := testserver.New(t, testserver.SigningAlg("PS256"))
	token := s.Token()
	dot := strings.LastIndexByte(token, '.')
	sig, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	if err != nil {
		t.Fatal(err)
	}
	public := s.SigningKey().Private.Public().(*rsa.PublicKey)
	digest := sha256.Sum256([]byte(token[:dot]))
	if err := rsa.VerifyPSS(public, crypto.SHA256, digest[:], sig, &rsa.PSSOptions{SaltLength: sha256.Size}); err != nil {
		t.Errorf("got %v for a salt of 32 bytes (RFC 7518 §3.5), want none", err)
	}
}

func TestSharedSecretsAreNotPublished(t *testing.T) {
	for alg, size := range map[testserver.Alg]int{"HS256": 32, "HS384": 48, "HS512": 64} {
		s := testserver.New(t, testserver.SigningAlg(alg))
		k := s.SigningKey()
		if len(k.Secret) != size || k.Private != nil {
			t.Errorf("%s: got a secret of %d bytes, want %d and no private key", alg, len(k.Secret), size)
		}
		header, _ := verified(t, s, s.Token(), k.Secret)
		if header.Algorithm != string(alg) || header.KeyID != k.ID || k.ID == "" {
			t.Errorf("got header %+v, want %s and kid %q", header, alg, k.ID)
		}
		if got := string(s.JWKS()); got != `{"keys":[]}` {
			t.Errorf("%s: got JWKS %s, want it empty", alg, got)
		}
		secret := slices.Clone(k.Secret)
		k.Secret[0] ^= 1
		verified(t, s, s.Token(), secret) // the server's copy is unchanged
		wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb).Publish(k) }), "shared secret")
	}
}
