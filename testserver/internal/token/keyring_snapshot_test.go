package token_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// restored returns a new keyring that is restored from a snapshot of k. The
// snapshot was encoded as JSON and decoded again.
func restored(t *testing.T, k *token.Keyring, own ...token.Key) *token.Keyring {
	t.Helper()
	var saved token.KeyringSnapshot
	if err := json.Unmarshal([]byte(marshal(t, k.Snapshot())), &saved); err != nil {
		t.Fatal(err)
	}
	if err := saved.Check(); err != nil {
		t.Fatal(err)
	}
	again := keyring(t, catalogue.ES256, token.RandomSource())
	if err := again.Restore(saved, own); err != nil {
		t.Fatal(err)
	}
	return again
}

func TestAKeyringSurvivesARestart(t *testing.T) {
	m, _ := minter(t, catalogue.ES256, token.RandomSource())
	texts := []string{mint(t, m)}
	for _, alg := range []catalogue.Alg{catalogue.RS256, catalogue.EdDSA, catalogue.HS256} {
		texts = append(texts, mint(t, m, func(d *token.Draft) { d.Alg = alg }))
	}
	staged, err := m.Keys.Rotate(token.Rotation{PublishFirst: true})
	if err != nil {
		t.Fatal(err)
	}
	again := restored(t, m.Keys)
	if got, want := string(again.JWKS()), string(m.Keys.JWKS()); got != want {
		t.Errorf("got the key set %s, want %s", got, want)
	}
	for i, text := range texts {
		if _, _, ok := again.Open(text); !ok {
			t.Errorf("token %d: got it refused after the restart", i)
		}
	}
	if next, err := again.Rotate(token.Rotation{}); err != nil || next.ID != staged.ID {
		t.Errorf("got %v, %v, want the key that PublishFirst has left, %q", next, err, staged.ID)
	}
	if first, second := signer(t, again, catalogue.RS256), signer(t, again, catalogue.RS384); strings.TrimPrefix(first, "test-") == strings.TrimPrefix(second, "test-") {
		t.Errorf("got %q for two algorithms, want an embedded key used once", first)
	}
}

func TestOwnKeysComeBeforeThoseThatWereKept(t *testing.T) {
	own := newKey(t, catalogue.ES256, "own")
	k := keyring(t, catalogue.ES256, token.RandomSource())
	again := restored(t, k, own)
	if got := signer(t, again, ""); got != "own" {
		t.Errorf("got %q signing, want own", got)
	}
	if got, want := ids(t, again.JWKS()), append(ids(t, k.JWKS()), "own"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// If a configured key was staged before the restart, it signs, so the next
// rotation returns another key.
func TestARestartWithTheStagedKeyConfigured(t *testing.T) {
	k := keyring(t, catalogue.ES256, token.RandomSource())
	staged, err := k.Rotate(token.Rotation{PublishFirst: true})
	if err != nil {
		t.Fatal(err)
	}
	again := restored(t, k, staged)
	if got := signer(t, again, ""); got != staged.ID {
		t.Errorf("got %q signing, want the configured key %q", got, staged.ID)
	}
	if next, err := again.Rotate(token.Rotation{}); err != nil || next.ID == staged.ID {
		t.Errorf("got %v, %v, want a different key from the one that already signs", next, err)
	}
}

func TestKeysThatNoKeyringHasAreRefused(t *testing.T) {
	var saved []string
	for _, key := range []token.Key{newKey(t, catalogue.ES256, "a"), newKey(t, catalogue.ES256, "b"), newKey(t, catalogue.HS256, "c")} {
		private, err := key.JWK(true)
		if err != nil {
			t.Fatal(err)
		}
		saved = append(saved, string(private))
	}
	public, err := newKey(t, catalogue.ES256, "p").JWK(false)
	if err != nil {
		t.Fatal(err)
	}
	a, b, secret := saved[0], saved[1], saved[2]
	for name, tt := range map[string]struct{ text, want string }{
		"a secret in the key set":               {`{"Signing":[` + a + `],"Published":[` + secret + `]}`, "a shared secret is published"},
		"two keys for one algorithm":            {`{"Signing":[` + a + `,` + b + `]}`, "the same algorithm"},
		"a key that is published twice":         {`{"Signing":[` + a + `],"Published":[` + b + `,` + b + `]}`, "the same ID"},
		"a key that signs without private part": {`{"Signing":[` + string(public) + `]}`, "no private part"},
		"one to come without private part":      {`{"Signing":[` + a + `],"Staged":` + string(public) + `}`, "no private part"},
		"fewer RSA keys made than none":         {`{"Signing":[` + a + `],"RSAMade":-1}`, "negative"},
		"all as it should be":                   {`{"Signing":[` + a + `,` + secret + `],"Published":[` + string(public) + `,` + a + `],"Staged":` + b + `}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var keys token.KeyringSnapshot
			if err := json.Unmarshal([]byte(tt.text), &keys); err != nil {
				t.Fatal(err)
			}
			if got := errorText(keys.Check()); !strings.Contains(got, tt.want) || (got == "") != (tt.want == "") {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
