package token_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

func TestAPrintedKeyDoesNotShowItself(t *testing.T) {
	secret := token.Key{ID: "s", Alg: catalogue.HS256, Secret: []byte(canary)}
	private := newKey(t, catalogue.RS256, "p")
	jwk, err := private.JWK(true)
	if err != nil {
		t.Fatal(err)
	}
	var numbers struct{ D, P string }
	if err := json.Unmarshal(jwk, &numbers); err != nil {
		t.Fatal(err)
	}
	prime, _ := private.Private.(*rsa.PrivateKey)
	hidden := []string{
		canary, base64.StdEncoding.EncodeToString([]byte(canary)), fmt.Sprintf("%x", canary), fmt.Sprint([]byte(canary)),
		numbers.D, numbers.P, prime.D.String(), prime.Primes[0].String(),
	}
	for _, key := range []token.Key{secret, private} {
		var out bytes.Buffer
		held := struct{ Key token.Key }{key}
		state := token.KeyState{Key: key, Signing: true}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			for _, v := range []any{key, &key, held, []token.Key{key}, map[string]token.Key{"k": key}, state} {
				fmt.Fprintf(&out, verb+"\n", v)
			}
		}
		for _, h := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
			slog.New(h).Info("a key", "key", key, "pointer", &key, "state", state, "list", []token.Key{key}, "held", held)
		}
		_ = json.NewEncoder(&out).Encode(held)
		for _, text := range hidden {
			if strings.Contains(out.String(), text) {
				t.Errorf("%v: got %q shown", key, text)
			}
		}
		if want := fmt.Sprintf("%s key %q", key.Alg, key.ID); !strings.Contains(out.String(), want) {
			t.Errorf("got %s, want it to say %s", &out, want)
		}
	}
}

func TestTheNameOfAKeyIsItsThumbprint(t *testing.T) {
	key := newKey(t, catalogue.EdDSA, "")
	var jwk struct{ X string }
	text, err := key.JWK(false)
	if err != nil || json.Unmarshal(text, &jwk) != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + jwk.X + `"}`)) // RFC 7638 §3, RFC 8037 §2
	if want := base64.RawURLEncoding.EncodeToString(sum[:])[:16]; key.ID != want {
		t.Errorf("got %q, want %q", key.ID, want)
	}
	if got := newKey(t, catalogue.EdDSA, "own").ID; got != "own" {
		t.Errorf("got %q, want own", got)
	}
}

func TestAKeyThatCannotSignIsReported(t *testing.T) {
	ec := newKey(t, catalogue.ES256, "ec")
	for name, tt := range map[string]struct {
		key  token.Key
		want string
	}{
		"a curve of another algorithm": {token.Key{Alg: catalogue.ES384, Private: ec.Private}, "is not a key for ES384"},
		"a key of another kind":        {token.Key{Alg: catalogue.PS256, Private: ec.Private}, "is not a key for PS256"},
		"a private key for HS256":      {token.Key{Alg: catalogue.HS256, Private: ec.Private}, "set Secret"},
		"a secret for ES256":           {token.Key{Alg: catalogue.ES256, Secret: []byte(canary)}, "set Private"},
		"an unknown algorithm":         {token.Key{Alg: "ES255", Private: ec.Private}, "unknown signing algorithm"},
		"a key that fits":              {ec, ""},
	} {
		got := errorText(token.CheckKey(tt.key))
		if !strings.Contains(got, tt.want) || (got == "") != (tt.want == "") || strings.Contains(got, canary) {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}
