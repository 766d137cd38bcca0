package token_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

func TestAKeyIsReadAsItWasWritten(t *testing.T) {
	for _, alg := range catalogue.Algs {
		key, err := keyring(t, alg, token.RandomSource()).Signing("") // for RSA, an embedded key
		if err != nil {
			t.Fatal(err)
		}
		text, err := key.JWK(true)
		if err != nil {
			t.Fatal(err)
		}
		again, err := token.ReadKey(text, "")
		if err != nil || again.ID != key.ID || again.Alg != alg {
			t.Errorf("%s: got %v, %v, want %v", alg, again, err, key)
			continue
		}
		if written, _ := again.JWK(true); string(written) != string(text) {
			t.Errorf("%s: got another key after reading and writing it", alg)
		}
		if public, err := key.JWK(false); (err != nil) != token.IsShared(alg) || strings.Contains(string(public), `"d":`) {
			t.Errorf("%s: got the public part %s, %v", alg, public, err)
		}
	}
}

// jwk returns a private JWK of key, after it has replaced the members in
// changes. The value "" removes a member.
func jwk(t *testing.T, key token.Key, changes map[string]string) string {
	t.Helper()
	text, err := key.JWK(true)
	members := map[string]string{}
	if err != nil || json.Unmarshal(text, &members) != nil {
		t.Fatalf("%s: %v", text, err)
	}
	maps.Copy(members, changes)
	maps.DeleteFunc(members, func(_, v string) bool { return v == "" })
	return marshal(t, members)
}

func TestTheAlgorithmAndTheNameOfAKeyThatHasNone(t *testing.T) {
	bare := map[string]string{"alg": "", "kid": ""}
	rsa, _ := keyring(t, catalogue.RS256, token.RandomSource()).Signing("")
	for name, tt := range map[string]struct {
		key  token.Key
		ask  catalogue.Alg
		want catalogue.Alg
	}{
		"one that is asked for and fits":     {rsa, catalogue.PS512, catalogue.PS512},
		"one that is asked for and does not": {rsa, catalogue.ES256, catalogue.RS256},
		"the only one of a curve":            {newKey(t, catalogue.ES384, ""), "", catalogue.ES384},
		"the first of a secret":              {newKey(t, catalogue.HS512, ""), "", catalogue.HS256},
	} {
		got, err := token.ReadKey([]byte(jwk(t, tt.key, bare)), tt.ask)
		if err != nil || got.Alg != tt.want {
			t.Errorf("%s: got %v, %v, want %s", name, got, err, tt.want)
		}
		want := strings.TrimPrefix(tt.key.ID, "test-")
		if token.IsShared(tt.want) {
			want = "secret" // a digest would reveal information about the secret
		}
		if got.ID != want {
			t.Errorf("%s: got the name %q, want %q", name, got.ID, want)
		}
	}
}

func TestMalformedKeysAreRefusedAndNotQuoted(t *testing.T) {
	ec, ed, hs := newKey(t, catalogue.ES256, "e"), newKey(t, catalogue.EdDSA, "o"), newKey(t, catalogue.HS256, "h")
	rsa, _ := keyring(t, catalogue.RS256, token.RandomSource()).Signing("")
	other := map[string]string{}
	for alg, key := range map[string]token.Key{"ec": newKey(t, catalogue.ES256, ""), "ed": newKey(t, catalogue.EdDSA, "")} {
		var numbers struct{ D string }
		text, _ := key.JWK(true)
		if err := json.Unmarshal(text, &numbers); err != nil {
			t.Fatal(err)
		}
		other[alg] = numbers.D
	}
	public, err := ec.JWK(false)
	if err != nil {
		t.Fatal(err)
	}
	long := base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat(canary, 9)))
	for name, tt := range map[string]struct{ text, want string }{
		"no JSON":                            {`{"kty":"oct","k":"` + canary, "not a valid key"},
		"an array":                           {`["` + canary + `"]`, "not a valid key"},
		"a secret without bytes":             {jwk(t, hs, map[string]string{"k": ""}), "not a valid key"},
		"a secret that is not base64url":     {jwk(t, hs, map[string]string{"k": canary + "!"}), "not a valid key"},
		"an unknown kty":                     {jwk(t, hs, map[string]string{"kty": canary}), "not a valid key"},
		"a number that is too long":          {jwk(t, ec, map[string]string{"d": long}), "not a valid key"},
		"a point that is not on the curve":   {jwk(t, ec, map[string]string{"x": other["ec"]}), "not a valid key"},
		"the private part of another EC key": {jwk(t, ec, map[string]string{"d": other["ec"]}), "do not match"},
		"the private part of another OKP":    {jwk(t, ed, map[string]string{"d": other["ed"]}), "not a valid key"},
		"an RSA key of another exponent":     {jwk(t, rsa, map[string]string{"e": "Aw"}), "key"},
		"a public key":                       {string(public), "not supported for signing"},
		"a key for encryption":               {jwk(t, ec, map[string]string{"use": "enc"}), "use"},
		"an alg of another curve":            {jwk(t, ec, map[string]string{"alg": "ES384"}), "the key is suitable only for [ES256]"},
		"an alg of another kind":             {jwk(t, hs, map[string]string{"alg": "ES256"}), "the key is suitable only for [HS256 HS384 HS512]"},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := token.ReadKey([]byte(tt.text), "")
			if err == nil {
				t.Fatalf("got %v, want it refused", key)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %q, want it to say %q", err, tt.want)
			}
			var members map[string]string
			_ = json.Unmarshal([]byte(tt.text), &members)
			for _, hidden := range slices.Concat([]string{canary, long}, []string{members["d"], members["k"], members["p"]}) {
				if hidden != "" && strings.Contains(err.Error(), hidden) {
					t.Errorf("got %q, which quotes the key", err)
				}
			}
		})
	}
}
