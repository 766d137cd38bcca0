package jwks_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
)

type badDocument struct {
	name, text string
	want       error
}

// badDocuments returns documents that Parse refuses. Most of them contain a
// good key.
func badDocuments(good jwk) []badDocument {
	return []badDocument{
		{"K05/an empty object is refused", `{}`, jwks.ErrSet},
		{"K05/no keys are refused", `{"keys":[]}`, jwks.ErrNoKeys},
		{"K05/null for keys is refused", `{"keys":null}`, jwks.ErrSet},
		{"K05/an object for keys is refused", `{"keys":` + encoded(good) + `}`, jwks.ErrSet},
		{"K05/a string for keys is refused", `{"keys":"none"}`, jwks.ErrSet},
		{"K05/an error object is refused", `{"error":"temporarily_unavailable"}`, jwks.ErrSet},
		{"K05/an HTML page is refused", `<!doctype html><title>Maintenance</title>`, jwks.ErrSet},
		{"K05/an array root is refused", `[` + encoded(good) + `]`, jwks.ErrSet},
		{"K05/a single key is refused", encoded(good), jwks.ErrSet},
		{"K05/KEYS in upper case is refused", `{"KEYS":[` + encoded(good) + `]}`, jwks.ErrSet},
		{"K05/null is refused", `null`, jwks.ErrSet},
		{"K05/an empty text is refused", ``, jwks.ErrSet},
		{"K05/white space is refused", strings.Repeat(" ", 1<<16), jwks.ErrSet},
		{"K02/a truncated document is refused", set(good)[:100], jwks.ErrSet},
		{"K02/a document without its last byte is refused", strings.TrimSuffix(set(good), "}"), jwks.ErrSet},
		{"F7/trailing garbage is refused", set(good) + "x", jwks.ErrSet},
		{"F7/a second document is refused", set(good) + set(good), jwks.ErrSet},
		{"F7/a byte order mark is refused", "\ufeff" + set(good), jwks.ErrSet}, // package fetch removes this mark
		{"F7/a byte order mark inside the document is refused", "{\ufeff" + set(good)[1:], jwks.ErrSet},
		{"F7/a repeated member keys is refused", `{"keys":[` + encoded(good) + `],"keys":[]}`, jwks.ErrSet},
		{"F7/a repeated member keys, once escaped, is refused", `{"keys":[` + encoded(good) + `],"k\u0065ys":[]}`, jwks.ErrSet},
		{"F7/deep nesting is refused", `{"keys":[` + encoded(good) + `],"a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`, jwks.ErrSet},
		{"K18/101 keys are refused", set(slices.Repeat([]any{good}, 101)...), jwks.ErrSet},
		{"K18/10 000 keys are refused", set(slices.Repeat([]any{good}, 10_000)...), jwks.ErrSet},
		{"K18/a good key after 100 bad ones is refused", set(append(slices.Repeat([]any{"{}"}, 100), good)...), jwks.ErrSet},
	}
}

func TestRejectedDocuments(t *testing.T) {
	good := freshEC("good")
	for _, test := range badDocuments(good) {
		t.Run(test.name, func(t *testing.T) {
			s, err := jwks.Parse([]byte(test.text))
			if s != nil || !errors.Is(err, test.want) {
				t.Fatalf("got %v and %v, want no set and %v", s, err, test.want)
			}
			for _, quoted := range []string{"good", "temporarily", "Maintenance", good["x"].(string)} {
				if strings.Contains(strings.TrimPrefix(err.Error(), test.want.Error()), quoted) {
					t.Errorf("the error quotes the document: %q", err)
				}
			}
		})
	}
}

func TestAcceptedDocuments(t *testing.T) {
	good := freshEC("good")
	for _, test := range []struct{ name, text string }{
		{"K18/100 keys are read", set(append(slices.Repeat([]any{"{}"}, 99), good)...)},
		{"other members are ignored", `{"a":[1,{"b":2}],"keys":[` + encoded(good) + `],"keys_url":"x"}`},
		{"escapes in a name are decoded", `{"k\u0065ys":[` + encoded(good) + `]}`},
		{"surrounding white space is ignored", " \r\n\t" + set(good) + "\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := mustParse(t, test.text)
			if got := served(s, "good"); s.Stats().Keys != 1 || !slices.Equal(got, []string{"ES256"}) {
				t.Errorf("got %d keys for %q, want the good one", s.Stats().Keys, got)
			}
		})
	}
}

func TestK10KeysWithTheSameKeyID(t *testing.T) {
	ec, other := freshEC("twin"), freshEC("twin")
	rsa, okp := freshRSA("twin"), freshOKP("twin")
	p384 := ecJWK("twin", &newEC(elliptic.P384()).PublicKey)
	rsa2 := rsaJWK("twin", modulus(2050))
	for _, test := range []struct {
		name    string
		keys    []any
		want    []string // algorithms for which the shared key ID selects a key
		len     int      // number of keys, including the bystander
		skipped []string
	}{
		{"two keys for one algorithm are both skipped", []any{ec, other}, nil, 1, []string{"key 1", "key 2"}},
		{"three keys for one algorithm are all skipped", []any{ec, other, freshEC("twin")}, nil, 1, []string{"key 1", "key 2", "key 3"}},
		{"keys with an explicit and an implied algorithm are both skipped", []any{ec.with("alg", "ES256"), other}, nil, 1, []string{"key 1", "key 2"}},
		{"keys with two names of one algorithm are both skipped", []any{okp.with("alg", "EdDSA"), freshOKP("twin").with("alg", "Ed25519")}, nil, 1, []string{"key 1", "key 2"}},
		{"the same key twice is one key", []any{ec, ec}, []string{"ES256"}, 2, nil},
		{"the same key twice, with and without use, is one key", []any{ec, ec.with("use", "sig")}, []string{"ES256"}, 2, nil},
		{"the same key twice and another are all skipped", []any{ec, ec, other}, nil, 1, []string{"key 1", "key 3"}},
		{"keys of different types are accepted", []any{ec, okp, rsa}, []string{"ES256", "Ed25519", "EdDSA", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"}, 4, nil},
		{"keys of different curves are accepted", []any{ec, p384}, []string{"ES256", "ES384"}, 3, nil},
		{"RSA keys for different algorithms are accepted", []any{rsa.with("alg", "RS256"), rsa2.with("alg", "PS256")}, []string{"PS256", "RS256"}, 3, nil},
		{"RSA keys that share one algorithm lose that one", []any{rsa, rsa2.with("alg", "RS256")}, []string{"PS256", "PS384", "PS512", "RS384", "RS512"}, 2, []string{"key 2"}},
		{"RSA keys that share all algorithms are both skipped", []any{rsa, rsa2}, nil, 1, []string{"key 1", "key 2"}},
		{"a skipped key does not make a good one ambiguous", []any{ec, other.with("use", "enc")}, []string{"ES256"}, 2, []string{"key 2"}},
	} {
		t.Run("K10/"+test.name, func(t *testing.T) {
			s := mustParse(t, set(append(slices.Clone(test.keys), freshEC("bystander"))...))
			if got := served(s, "twin"); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if got := served(s, "bystander"); !slices.Equal(got, []string{"ES256"}) {
				t.Errorf("the bystander is for %q, want ES256", got)
			}
			if got := s.Stats().Keys; got != test.len {
				t.Errorf("got %d keys, want %d", got, test.len)
			}
			var places []string
			for _, text := range texts(s.Stats().Skipped) {
				place, reason, _ := strings.Cut(text, ": ")
				places = append(places, place)
				if reason != reasonAmbiguous && reason != reasonUse {
					t.Errorf("got reason %q, want that the key is ambiguous or not for signatures", reason)
				}
			}
			if !slices.Equal(places, test.skipped) {
				t.Errorf("got %q skipped, want %q", places, test.skipped)
			}
		})
	}
	t.Run("K10/a set of only ambiguous keys is refused", func(t *testing.T) {
		if s, err := jwks.Parse([]byte(set(ec, other))); s != nil || !errors.Is(err, jwks.ErrNoKeys) {
			t.Errorf("got %v and %v, want ErrNoKeys", s, err)
		}
	})
	t.Run("K10/each key is found by its own algorithm", func(t *testing.T) {
		key := newEC(elliptic.P256())
		s := mustParse(t, set(rsa, ecJWK("twin", &key.PublicKey), p384))
		if got, err := s.Key(t.Context(), "twin", "ES256"); err != nil || !key.PublicKey.Equal(got) {
			t.Errorf("got %v and %v, want the P-256 key", got, err)
		}
		if got, err := s.Key(t.Context(), "twin", "ES384"); err != nil || got.(*ecdsa.PublicKey).Curve != elliptic.P384() {
			t.Errorf("got %v and %v, want the P-384 key", got, err)
		}
	})
}

func TestSetKey(t *testing.T) {
	plain, es, rs := freshEC("ec").with("kid", nil), freshEC("es"), freshRSA("rs").with("alg", "RS256")
	for _, test := range []struct {
		name           string
		set            string
		kid, algorithm string
		want           error
	}{
		{"a known key ID with its algorithm has a key", set(es, rs), "es", "ES256", nil},
		{"an unknown key ID is unknown", set(es, rs), "other", "ES256", jwks.ErrUnknownKey},
		{"an unknown key ID is unknown, also for an algorithm without a key", set(es, rs), "other", "ES512", jwks.ErrUnknownKey},
		{"a key ID that differs in case is unknown", set(es, rs), "ES", "ES256", jwks.ErrUnknownKey},
		{"a prefix of a key ID is unknown", set(es, rs), "e", "ES256", jwks.ErrUnknownKey},
		{"a known key ID with another type's algorithm is unfit", set(es, rs), "es", "RS256", jwks.ErrUnfitKey},
		{"a known key ID with another algorithm of its type is unfit", set(es, rs), "rs", "PS256", jwks.ErrUnfitKey},
		{"a known key ID with an algorithm without a key is unfit", set(es, rs), "es", "ES512", jwks.ErrUnfitKey},
		{"a known key ID with the algorithm none is unfit", set(es, rs), "es", "none", jwks.ErrUnfitKey},
		{"a known key ID with HS256 is unfit", set(es, rs), "rs", "HS256", jwks.ErrUnfitKey},
		{"a known key ID without an algorithm is unfit", set(es, rs), "es", "", jwks.ErrUnfitKey},
		{"F10/no key ID finds the only key without a key ID", set(plain), "", "ES256", nil},
		{"F10/no key ID finds the only key for the algorithm", set(es, rs), "", "ES256", nil},
		{"F10/no key ID finds no key for an algorithm without a key", set(es, rs), "", "ES384", jwks.ErrUnknownKey},
		{"F10/no key ID finds no key for the algorithm none", set(es, rs), "", "none", jwks.ErrUnknownKey},
		{"F10/no key ID with two fit keys is unfit", set(es, freshEC("es2")), "", "ES256", jwks.ErrUnfitKey},
		{"F10/no key ID with a key with and one without a key ID is unfit", set(es, plain), "", "ES256", jwks.ErrUnfitKey},
		{"F10/two keys without key IDs are unfit, not ambiguous", set(plain, freshEC("").with("kid", nil)), "", "ES256", jwks.ErrUnfitKey},
		{"F10/two keys without key IDs of different curves are accepted", set(plain, ecJWK("", &newEC(elliptic.P384()).PublicKey).with("kid", nil)), "", "ES384", nil},
		{"F10/the same key without a key ID twice is one key", set(plain, plain), "", "ES256", nil},
		{"F10/a key ID does not find the key without one", set(plain), "ec", "ES256", jwks.ErrUnknownKey},
	} {
		t.Run(test.name, func(t *testing.T) {
			key, err := mustParse(t, test.set).Key(t.Context(), test.kid, test.algorithm)
			if !errors.Is(err, test.want) || (err == nil) != (key != nil) {
				t.Errorf("got %v and %v, want %v", key, err, test.want)
			}
		})
	}
}

func TestSetAsSource(t *testing.T) {
	s := mustParse(t, set(freshEC("a"), freshRSA("b").with("alg", "RS256"), freshOKP("c"), freshEC("d")))
	if got, want := s.Algorithms(), []string{"ES256", "EdDSA", "RS256"}; !slices.Equal(got, want) {
		t.Errorf("Algorithms: got %q, want %q", got, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Key(ctx, "unknown", "ES256"); !errors.Is(err, jwks.ErrUnknownKey) {
		t.Errorf("Key: got %v, want ErrUnknownKey", err)
	}
	if key, err := s.Key(ctx, "a", "ES256"); err != nil || key == nil {
		t.Errorf("Key: got %v and %v, want a key", key, err)
	}
}

func TestSecret(t *testing.T) {
	secret := bytes.Repeat([]byte("0123456789abcdef"), 8)
	for _, test := range []struct {
		name string
		size int
		want []string
	}{
		{"0 bytes are too short", 0, nil},
		{"1 byte is too short", 1, nil},
		{"31 bytes are too short", 31, nil},
		{"32 bytes are enough for HS256", 32, []string{"HS256"}},
		{"47 bytes are enough for HS256", 47, []string{"HS256"}},
		{"48 bytes are enough for HS384", 48, []string{"HS256", "HS384"}},
		{"63 bytes are enough for HS384", 63, []string{"HS256", "HS384"}},
		{"64 bytes are enough for HS512", 64, []string{"HS256", "HS384", "HS512"}},
		{"128 bytes are enough for HS512", 128, []string{"HS256", "HS384", "HS512"}},
	} {
		for _, kid := range []string{"", "shared"} {
			t.Run(fmt.Sprintf("%s, with the key ID %q", test.name, kid), func(t *testing.T) {
				s := jwks.Secret(kid, secret[:test.size])
				if got := s.Algorithms(); !slices.Equal(got, test.want) {
					t.Errorf("Algorithms: got %q, want %q", got, test.want)
				}
				if got := served(s, kid); !slices.Equal(got, test.want) {
					t.Errorf("got %q, want %q", got, test.want)
				}
				if got, want := s.Stats().Keys, min(1, len(test.want)); got != want {
					t.Errorf("Keys: got %d, want %d", got, want)
				}
				for _, algorithm := range test.want {
					if got, err := s.Key(t.Context(), kid, algorithm); err != nil || !bytes.Equal(got.([]byte), secret[:test.size]) {
						t.Errorf("%s: got %v, want the secret", algorithm, err)
					}
				}
				if _, err := s.Key(t.Context(), "other", "HS256"); !errors.Is(err, jwks.ErrUnknownKey) {
					t.Errorf("another key ID: got %v, want ErrUnknownKey", err)
				}
			})
		}
	}
	t.Run("a token without a kid is accepted", func(t *testing.T) {
		if got := served(jwks.Secret("shared", secret[:32]), ""); !slices.Equal(got, []string{"HS256"}) {
			t.Errorf("got %q, want HS256", got)
		}
	})
	t.Run("a secret without a key ID refuses tokens with a kid", func(t *testing.T) {
		if got := served(jwks.Secret("", secret[:32]), "shared"); len(got) != 0 {
			t.Errorf("got %q, want nothing", got)
		}
	})
	t.Run("a change of the caller's bytes has no effect", func(t *testing.T) {
		input := slices.Clone(secret[:32])
		s := jwks.Secret("", input)
		named := jwks.Secret("shared", input)
		clear(input)
		for kid, s := range map[string]*jwks.Set{"": s, "shared": named} {
			if got, err := s.Key(t.Context(), kid, "HS256"); err != nil || !bytes.Equal(got.([]byte), secret[:32]) {
				t.Errorf("%q: got another secret or the error %v, want the secret unchanged", kid, err)
			}
		}
	})
}

func TestKeyFetchesOnlyForUnknownKeyIDs(t *testing.T) {
	old, renewed := set(freshEC("old")), set(freshEC("old"), freshEC("new"))
	for _, test := range []struct {
		name           string
		then           answer // the answer to the second and later fetches
		kid, algorithm string
		want           error
		fetches        int
	}{
		{"a known key needs no fetch", respondOK(renewed), "old", "ES256", nil, 1},
		{"a key unfit for the algorithm needs no fetch", respondOK(renewed), "old", "RS256", jwks.ErrUnfitKey, 1},
		{"a fetch finds the key", respondOK(renewed), "new", "ES256", nil, 2},
		{"a fetch finds only another key", respondOK(renewed), "junk", "ES256", jwks.ErrUnknownKey, 2},
		{"a fetch finds a key unfit for the algorithm", respondOK(renewed), "new", "ES384", jwks.ErrUnfitKey, 2},
		{"a failed fetch makes the keys unavailable", connectionRefused, "new", "ES256", jwks.ErrUnavailable, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(respondOK(old))
				r := s.remote(t, jwks.Options{})
				assertKey(t, r, "old")
				s.setAnswer(test.then)
				time.Sleep(time.Second)
				key, err := r.Key(t.Context(), test.kid, test.algorithm)
				if !errors.Is(err, test.want) || (err == nil) != (key != nil) {
					t.Errorf("got %v and %v, want %v", key, err, test.want)
				}
				if errors.Is(test.want, jwks.ErrUnavailable) && strings.Count(err.Error(), jwks.ErrUnavailable.Error()) != 1 {
					t.Errorf("got %q, want ErrUnavailable in it only once", err)
				}
				if got := s.count(); got != test.fetches {
					t.Errorf("got %d fetches, want %d", got, test.fetches)
				}
			})
		})
	}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	secret := []byte("CANARY-0123456789abcdefghijklmnop")
	set := jwks.Secret("kid", secret)
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("configured", "keys", set)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		fmt.Fprintf(&log, verb+"\n", set)
		fmt.Fprintf(&log, verb+"\n", struct{ Keys jwks.Source }{set})
	}
	for _, piece := range []string{"CANARY", fmt.Sprintf("%x", secret[:6]), "67 65 78", base64.RawURLEncoding.EncodeToString(secret)[:8]} {
		if strings.Contains(log.String(), piece) {
			t.Errorf("the output contains %q, which is part of the secret:\n%s", piece, &log)
		}
	}
	if !strings.Contains(log.String(), "JWK Set of 1 keys") {
		t.Errorf("got\n%s\nwant the number of keys", &log)
	}
}

func TestByteOrderMarkIsIgnored(t *testing.T) {
	assertKey(t, newSite(respondOK("\ufeff"+set(freshEC("a")))).remote(t, jwks.Options{}), "a")
	assertKeyError(t, newSite(respondOK("\ufeff\ufeff"+set(freshEC("a")))).remote(t, jwks.Options{}), "a", jwks.ErrUnavailable)
}
