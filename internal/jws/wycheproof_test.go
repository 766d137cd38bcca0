package jws_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/jwks"
)

// wycheproof is one file of Project Wycheproof.
type wycheproof struct {
	Total  int     `json:"numberOfTests"`
	Groups []group `json:"testGroups"`
}

type group struct {
	Comment string
	Public  map[string]any
	Private map[string]any
	Tests   []vector
}

type vector struct {
	ID      int `json:"tcId"`
	Comment string
	JWS     serialized
	JWE     serialized
	Result  string
}

func (v vector) text() string { return string(v.JWS + v.JWE) }

// serialized is a JWS or JWE: its compact serialization, or the text of its
// JSON serialization.
type serialized string

func (s *serialized) UnmarshalJSON(data []byte) error {
	if data[0] != '"' {
		*s = serialized(data)
		return nil
	}
	return json.Unmarshal(data, (*string)(s))
}

func (v vector) valid(t *testing.T) bool {
	t.Helper()
	if v.Result != "valid" && v.Result != "invalid" {
		t.Fatalf("tc%d: result %q is neither valid nor invalid", v.ID, v.Result)
	}
	return v.Result == "valid"
}

// keys returns the keys as an issuer would publish them. If the group has
// public keys, keys returns these. Otherwise it returns the private keys
// without their private members. Symmetric keys keep k.
func (g group) keys() []map[string]any {
	source := g.Public
	if source == nil {
		source = g.Private
	}
	list := []any{source}
	if set, ok := source["keys"].([]any); ok {
		list = set
	}
	var published []map[string]any
	for _, element := range list {
		published = append(published, public(element.(map[string]any)))
	}
	return published
}

// public returns a copy of a JWK without its private members.
func public(jwk map[string]any) map[string]any {
	jwk = maps.Clone(jwk)
	for _, secret := range []string{"d", "p", "q", "dp", "dq", "qi", "oth"} {
		delete(jwk, secret)
	}
	return jwk
}

// asymmetric reports whether all keys of the group are asymmetric.
func (g group) asymmetric() bool {
	return !slices.ContainsFunc(g.keys(), func(jwk map[string]any) bool { return jwk["kty"] == "oct" })
}

// secret returns the group's HMAC key as a shared secret of this module. It
// returns nil if the group has several keys or its key is not for HMAC.
func (g group) secret(t *testing.T) *jwks.Set {
	t.Helper()
	keys := g.keys()
	alg, _ := keys[0]["alg"].(string)
	if len(keys) != 1 || keys[0]["kty"] != "oct" || !strings.HasPrefix(alg, "HS") {
		return nil
	}
	k, err := base64.RawURLEncoding.DecodeString(keys[0]["k"].(string))
	if err != nil {
		t.Fatal(err)
	}
	return jwks.Secret(keys[0]["kid"].(string), k)
}

func setOf(t *testing.T, keys ...map[string]any) []byte {
	t.Helper()
	data, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readVectors(t *testing.T, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file))
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}
