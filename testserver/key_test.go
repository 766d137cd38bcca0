package testserver_test

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestJWKSHasOnlyPublicKeys(t *testing.T) {
	s := testserver.New(t)
	for _, alg := range []testserver.Alg{"RS256", "ES512", "EdDSA", "HS256"} {
		s.Token(testserver.SigningAlg(alg))
	}
	_, served := get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS))
	for _, member := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		if bytes.Contains(served, []byte(`"`+member+`":`)) {
			t.Errorf("got the private member %q in the JWKS", member)
		}
	}
	set := keySet(t, served)
	if len(set.Keys) != 4 { // ES256, RS256, ES512 and EdDSA; HS256 is never published
		t.Errorf("got %d keys, want 4", len(set.Keys))
	}
	for _, k := range set.Keys {
		if !k.Valid() || !k.IsPublic() || k.Use != "sig" || k.Algorithm == "" {
			t.Errorf("got key %q, use %q, alg %q: want a valid public one with both", k.KeyID, k.Use, k.Algorithm)
		}
		thumb, err := k.Thumbprint(crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		want := base64.RawURLEncoding.EncodeToString(thumb)[:16]
		if k.Algorithm == "RS256" {
			want = "test-" + want
		}
		if k.KeyID != want {
			t.Errorf("%s: got kid %q, want %q", k.Algorithm, k.KeyID, want)
		}
	}
}

func TestKeyIsPublishedAtFirstUse(t *testing.T) {
	s := testserver.New(t)
	if got := len(keySet(t, s.JWKS()).Keys); got != 2 {
		t.Errorf("got %d keys at the start, want the keys for ES256 and RS256", got)
	}
	verified(t, s, s.Token(testserver.SigningAlg("EdDSA")))
	if got := len(keySet(t, s.JWKS()).Keys); got != 3 {
		t.Errorf("got %d keys after an EdDSA token, want 3", got)
	}
}

func named(t *testing.T, s *testserver.Server, kid string) []jose.JSONWebKey {
	t.Helper()
	set := keySet(t, s.JWKS())
	return set.Key(kid)
}

func TestPublishAndRetire(t *testing.T) {
	s := testserver.New(t)
	k := testserver.GenerateKey("EdDSA", "extra")
	token := s.Token(testserver.SignedWith(k))
	if _, _, err := verify(s.JWKS(), token); err == nil {
		t.Error("got a token verified whose key is not published, want an error")
	}
	s.Publish(k)
	verified(t, s, token)
	s.Publish(k)
	verified(t, s, token) // verified fails if two published keys have the same ID

	other := testserver.GenerateKey("ES256", "extra")
	s.Publish(other)
	if got := named(t, s, "extra"); len(got) != 1 || got[0].Algorithm != "ES256" {
		t.Errorf("got %d keys with the ID, want only the last one", len(got))
	}
	s.Retire("extra")
	if got := named(t, s, "extra"); len(got) != 0 {
		t.Errorf("got %d keys with the ID after Retire, want none", len(got))
	}
	own := s.SigningKey()
	s.Retire(own.ID)
	if got := named(t, s, own.ID); len(got) != 0 {
		t.Errorf("got JWKS %s, want it without the signing key", s.JWKS())
	}
	verified(t, s, s.Token(), own.Private.Public())
}

func TestInvalidKeyCallsEndTheTest(t *testing.T) {
	for name, tt := range map[string]struct {
		do   func(*testserver.Server)
		want string
	}{
		"retiring an unknown key":                 {func(s *testserver.Server) { s.Retire("nonesuch") }, `Retire: no published key has the ID "nonesuch"`},
		"publishing a key without a private part": {func(s *testserver.Server) { s.Publish(testserver.Key{ID: "k", Alg: "ES256"}) }, "Publish: "},
		"PublishFirst and SignFirst":              {func(s *testserver.Server) { s.Rotate(testserver.Rotation{PublishFirst: true, SignFirst: true}) }, "exclude each other"},
		"PublishFirst and DropOld":                {func(s *testserver.Server) { s.Rotate(testserver.Rotation{PublishFirst: true, DropOld: true}) }, "exclude each other"},
		"SignFirst and DropOld":                   {func(s *testserver.Server) { s.Rotate(testserver.Rotation{SignFirst: true, DropOld: true}) }, "exclude each other"},
		"two rotations": {func(s *testserver.Server) {
			s.Rotate(testserver.Rotation{DropOld: true}, testserver.Rotation{ReuseKid: true})
		}, "got 2 rotations"},
		"a key of an unknown algorithm": {func(s *testserver.Server) { s.Publish(testserver.Key{ID: "k", Alg: "none"}) }, `"none"`},
	} {
		t.Run(name, func(t *testing.T) {
			wantAll(t, fatalText(t, func(tb *recorder) { tt.do(testserver.New(tb)) }), tt.want)
		})
	}
	defer func() { wantAll(t, fmt.Sprint(recover()), "testserver.GenerateKey", `"none"`) }()
	testserver.GenerateKey("none", "")
}

func TestGenerateKeyReturnsNewKeys(t *testing.T) {
	for _, alg := range []testserver.Alg{"RS256", "ES256", "EdDSA", "HS256"} {
		a, b := testserver.GenerateKey(alg, ""), testserver.GenerateKey(alg, "")
		if a.ID == b.ID || a.ID == "" || strings.HasPrefix(a.ID, "test-") {
			t.Errorf("%s: got IDs %q and %q, want two new ones", alg, a.ID, b.ID)
		}
		if k := testserver.GenerateKey(alg, "mine"); k.ID != "mine" || k.Alg != alg {
			t.Errorf("got %v, want the requested ID and algorithm", k)
		}
	}
}

func TestKeysPrintWithoutSecrets(t *testing.T) {
	k := testserver.Key{ID: "k1", Alg: "HS256", Secret: []byte("hush-hush")}
	var log strings.Builder
	options := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey { // digits of the time could match a part of the key
			return slog.Attr{}
		}
		return a
	}}
	slog.New(slog.NewJSONHandler(&log, options)).Info("key", "key", k)
	slog.New(slog.NewTextHandler(&log, options)).Info("key", "key", k)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		fmt.Fprintf(&log, verb+"\n", k)
	}
	for _, hidden := range []string{"hush", "104", "68757368", "0x68", "aHVzaC"} {
		if strings.Contains(log.String(), hidden) {
			t.Errorf("got %s, want nothing of the secret", log.String())
		}
	}
	wantAll(t, log.String(), `HS256 key "k1"`)
}

// signer is an external signer, such as a hardware module.
type signer struct {
	crypto.Signer
	answer []byte // returned instead of a signature
}

func (s signer) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if rand == nil {
		return nil, fmt.Errorf("no randomness")
	}
	if s.answer != nil {
		return s.answer, nil
	}
	return s.Signer.Sign(rand, digest, opts)
}

func TestForeignSigner(t *testing.T) {
	s := testserver.New(t, testserver.Seed("foreign"))
	for _, alg := range []testserver.Alg{"ES256", "EdDSA", "RS256", "PS256"} {
		k := testserver.GenerateKey(alg, "")
		k.Private = signer{Signer: k.Private}
		s.Publish(k)
		verified(t, s, s.Token(testserver.SignedWith(k)))
	}
	k := testserver.GenerateKey("ES256", "broken")
	k.Private = signer{Signer: k.Private, answer: []byte{0x30, 0x00}}
	text := fatalText(t, func(tb *recorder) { testserver.New(tb).Token(testserver.SignedWith(k)) })
	wantAll(t, text, `key "broken" did not sign`)
}
