package jwks_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/jwks"
)

// FuzzJWKS starts from a set of each key type, and from keys that Parse skips.
func FuzzJWKS(f *testing.F) {
	for _, seed := range []string{
		set(freshEC("ec")),
		set(freshOKP("okp")),
		set(freshRSA("rsa")),
		set(freshEC("twin"), freshEC("twin"), freshRSA("twin")),
		set(freshEC("before"), jwk{"kty": "oct", "k": b64(make([]byte, 32))}, freshOKP("after")),
		set(freshEC("x").with("key_ops", []string{"verify"}).with("use", "sig").with("alg", "ES256").with("kid", nil)),
		`{"keys":[]}`,
		"{\"\xff\":0}", // a member whose name is not UTF-8
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(checkParse)
}

// TestParseOfEveryDocument checks the documents of all tables of this package
// as FuzzJWKS does, and each key of the tables among others.
func TestParseOfEveryDocument(t *testing.T) {
	for _, bad := range badKeys() {
		checkParse(t, []byte(set(bad.key)))
		checkParse(t, []byte(set(freshEC("before"), bad.key, freshOKP("after"))))
	}
	for _, good := range goodKeys("kid") {
		checkParse(t, []byte(set(good.key)))
		checkParse(t, []byte(set(good.key.with("kid", nil), good.key)))
	}
	for _, bad := range badDocuments(freshEC("good")) {
		checkParse(t, []byte(bad.text))
	}
}

// checkParse checks that Parse returns either a set of 1 to 100 keys or an
// error. Each accepted key must appear in the input in a form that the policy
// allows, and must be accepted again after another library has encoded it. The
// allocated memory must be bounded by the length of the input.
func checkParse(t *testing.T, data []byte) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s, err := jwks.Parse(data)
	runtime.ReadMemStats(&after)
	// The limit includes 2 MiB, because each of up to 100 keys needs some
	// memory for maps and numbers, even if the key is short.
	if got, most := after.TotalAlloc-before.TotalAlloc, uint64(2<<20+64*len(data)); got > most {
		t.Errorf("got %d bytes allocated for an input of %d, want %d at most", got, len(data), most)
	}
	if err != nil {
		if s != nil || !errors.Is(err, jwks.ErrSet) && !errors.Is(err, jwks.ErrNoKeys) {
			t.Fatalf("got %v and %v, want no set and ErrSet or ErrNoKeys", s, err)
		}
		return
	}
	if s.Stats().Keys < 1 || s.Stats().Keys+len(s.Stats().Skipped) > 100 || len(s.Algorithms()) == 0 {
		t.Fatalf("got %d keys and %d skipped for %q, want 1 to 100", s.Stats().Keys, len(s.Stats().Skipped), s.Algorithms())
	}
	for kid, described := range membersByKeyID(data) {
		for _, algorithm := range algorithms {
			key, err := s.Key(t.Context(), kid, algorithm)
			if (key == nil) == (err == nil) {
				t.Fatalf("got %v and %v, want exactly one of them", key, err)
			}
			if err == nil {
				checkAccepted(t, kid, algorithm, key, described)
			}
		}
	}
}

type members map[string]json.RawMessage

// membersByKeyID reads the keys with encoding/json and groups their members by
// key ID. The entry "" contains all keys. If a member is repeated,
// encoding/json keeps the last value. This does not matter, because Parse does
// not accept repeated members.
func membersByKeyID(data []byte) map[string][]members {
	var document map[string]json.RawMessage
	var raw []json.RawMessage
	_ = json.Unmarshal(data, &document)
	_ = json.Unmarshal(document["keys"], &raw)
	by := make(map[string][]members)
	for _, text := range raw {
		var m members
		if json.Unmarshal(text, &m) != nil || m == nil {
			continue
		}
		by[""] = append(by[""], m)
		if kid := m.text("kid"); kid != "" {
			by[kid] = append(by[kid], m)
		}
	}
	return by
}

// text returns the value of a string member, or "".
func (m members) text(name string) string {
	var value string
	_ = json.Unmarshal(m[name], &value)
	return value
}

// allows checks the rules of the key policy that concern private members,
// key_ops, use and alg. The decoded key does not contain these members.
func (m members) allows(algorithm string) bool {
	for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		if !m.absentOrNull(private) {
			return false
		}
	}
	if !m.absentOrNull("key_ops") {
		var list []string
		if json.Unmarshal(m["key_ops"], &list) != nil || len(list) > 0 && !slices.Contains(list, "verify") {
			return false
		}
	}
	alg, use := m.text("alg"), m.text("use")
	return (use == "" || use == "sig") && (alg == "" || canonical(alg) == canonical(algorithm))
}

// absentOrNull reports whether a member is absent or null.
func (m members) absentOrNull(name string) bool { return m[name] == nil || string(m[name]) == "null" }

func canonical(algorithm string) string {
	if algorithm == "Ed25519" {
		return "EdDSA"
	}
	return algorithm
}

func checkAccepted(t *testing.T, kid, algorithm string, key any, described []members) {
	t.Helper()
	if !slices.ContainsFunc(described, func(m members) bool { return m.allows(algorithm) }) {
		t.Errorf("a key is accepted for %s, but no key in the input allows this algorithm", algorithm)
	}
	fits := false
	switch k := key.(type) {
	case *rsa.PublicKey:
		bits := k.N.BitLen()
		fits = (strings.HasPrefix(algorithm, "RS") || strings.HasPrefix(algorithm, "PS")) &&
			bits >= 2048 && bits <= 8192 && k.N.Bit(0) == 1 && k.E >= 3 && k.E <= 1<<31-1 && k.E%2 == 1
	case *ecdsa.PublicKey:
		_, err := k.ECDH()
		fits = err == nil && map[string]string{"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}[algorithm] == curveNames[k.Curve]
	case ed25519.PublicKey:
		fits = canonical(algorithm) == "EdDSA" && len(k) == ed25519.PublicKeySize
	}
	if !fits {
		t.Fatalf("a key of type %T is accepted for %s, which does not fit its type, curve or size", key, algorithm)
	}

	text, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key, KeyID: kid, Algorithm: canonical(algorithm), Use: "sig"}}})
	if err != nil {
		t.Fatalf("go-jose cannot encode the key: %v", err)
	}
	again, err := jwks.Parse(text)
	if err != nil {
		t.Fatalf("the key, encoded by go-jose, is not accepted: %v", err)
	}
	found, err := again.Key(t.Context(), kid, algorithm)
	if err != nil || !key.(interface{ Equal(crypto.PublicKey) bool }).Equal(found) {
		t.Errorf("got %v and %v, want the same key again", found, err)
	}
}
