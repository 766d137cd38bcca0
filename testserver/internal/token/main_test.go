package token_test

import (
	"cmp"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

const (
	issuer = "https://issuer.example"
	canary = "canary-that-must-not-be-shown"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// A handles value contains what a minter has stored about tokens.
type handles struct {
	claims  map[string]string
	revoked []string
}

func (h *handles) Keep(handle string, claims []byte) {
	if h.claims == nil {
		h.claims = map[string]string{}
	}
	h.claims[handle] = string(claims)
}

func (h *handles) Revoke(text string) { h.revoked = append(h.revoked, text) }

// minter returns a token.Minter that signs with alg, and the handles that the
// minter writes. The clock of the minter always shows noon.
func minter(t *testing.T, alg catalogue.Alg, src *token.Source) (*token.Minter, *handles) {
	t.Helper()
	h := &handles{}
	return &token.Minter{
		Issuer: issuer, Clock: token.NewClock(func() time.Time { return noon }), Source: src,
		Keys: keyring(t, alg, src), Attacker: token.NewAttacker(src), Handles: h,
	}, h
}

func keyring(t *testing.T, alg catalogue.Alg, src *token.Source, keys ...token.Key) *token.Keyring {
	t.Helper()
	k, err := token.NewKeyring(alg, src, token.KeySet{}, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newKey(t *testing.T, alg catalogue.Alg, kid string) token.Key {
	t.Helper()
	k, err := token.NewKey(alg, kid, token.RandomSource())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func mint(t *testing.T, m *token.Minter, edits ...token.Edit) string {
	t.Helper()
	text, err := m.Mint(func(d *token.Draft) {
		for _, edit := range edits {
			edit(d)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// ids returns the IDs of the keys in a key set.
func ids(t *testing.T, jwks []byte) []string {
	t.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(jwks, &set); err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, key := range set.Keys {
		list = append(list, key.KeyID)
	}
	return list
}

// signer returns the ID of the key that signs for alg.
func signer(t *testing.T, k *token.Keyring, alg catalogue.Alg) string {
	t.Helper()
	key, err := k.Signing(alg)
	if err != nil {
		t.Fatal(err)
	}
	return key.ID
}

// find returns the key with the ID kid.
func find(keys []token.KeyState, kid string) (token.KeyState, bool) {
	i := slices.IndexFunc(keys, func(k token.KeyState) bool { return k.ID == kid })
	return keys[max(i, 0)], i >= 0
}

func verifyingKey(k token.Key) any {
	if token.IsShared(k.Alg) {
		return k.Secret
	}
	return k.Private.Public()
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return cmp.Or(err.Error(), "an error without a text")
}
