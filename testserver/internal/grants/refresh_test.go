package grants_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

var secret = bytes.Repeat([]byte("s"), 32)

func TestARefreshTokenHasItsFamilyAndGeneration(t *testing.T) {
	for _, generation := range []int{1, 2, 256, math.MaxInt32} {
		f := grants.Family{ID: token.SeededSource("seed").Name(fmt.Sprint("family", generation)), Generation: generation}
		text := grants.RefreshToken(secret, f)
		id, got, ok := grants.ReadRefreshToken(secret, text)
		if !ok || id != f.ID || got != generation {
			t.Errorf("got %q, %d, %v, want %q, %d", id, got, ok, f.ID, generation)
		}
		if again := grants.RefreshToken(secret, f); again != text {
			t.Errorf("got %q, want the same token again, %q", again, text)
		}
	}
}

func TestFamiliesThatHaveNoRefreshToken(t *testing.T) {
	good := token.SeededSource("seed").Name("family")
	for name, f := range map[string]grants.Family{
		"no generation":               {ID: good},
		"no ID":                       {Generation: 1},
		"an ID that is too short":     {ID: good[:20], Generation: 1},
		"an ID that is too long":      {ID: good + "AA", Generation: 1},
		"an ID that is not base64url": {ID: "!" + good[1:], Generation: 1},
	} {
		if got := grants.RefreshToken(secret, f); got != "" {
			t.Errorf("%s: got %q, want no token", name, got)
		}
	}
}

func TestForgedRefreshTokensAreRefused(t *testing.T) {
	f := grants.Family{ID: token.SeededSource("seed").Name("family"), Generation: 3}
	good := grants.RefreshToken(secret, f)
	raw, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw { // change each byte of refreshMark, the family, the generation and the MAC
		raw[i] ^= 1
		if id, generation, ok := grants.ReadRefreshToken(secret, base64.RawURLEncoding.EncodeToString(raw)); ok {
			t.Errorf("byte %d: got %q, %d from a changed token", i, id, generation)
		}
		raw[i] ^= 1
	}
	last := len(good) - 1
	for name, text := range map[string]string{
		"nothing":             "",
		"another secret":      grants.RefreshToken(bytes.Repeat([]byte("t"), 32), f),
		"truncated":           good[:last],
		"with more after it":  good + "AAAA",
		"with padding":        good + "=",
		"with a line end":     good[:last] + "\n" + good[last:],
		"in another alphabet": base64.StdEncoding.EncodeToString(raw),
	} {
		if _, _, ok := grants.ReadRefreshToken(secret, text); ok {
			t.Errorf("%s: got it accepted", name)
		}
	}
}

// FuzzReadRefreshToken checks every refresh token that is accepted:
// RefreshToken must make exactly this token from the same secret.
func FuzzReadRefreshToken(f *testing.F) {
	good := grants.RefreshToken(secret, grants.Family{ID: token.SeededSource("seed").Name("family"), Generation: 3})
	f.Add(good, []byte(nil))
	f.Add(good[:len(good)-1], []byte("another secret"))
	f.Add("", secret)
	f.Add(strings.Repeat("A", len(good)), secret)
	f.Fuzz(func(t *testing.T, text string, other []byte) {
		id, generation, ok := grants.ReadRefreshToken(secret, text)
		if !ok {
			if id != "" || generation != 0 {
				t.Errorf("got %q, %d from a refused token", id, generation)
			}
		} else if made := grants.RefreshToken(secret, grants.Family{ID: id, Generation: generation}); made != text {
			t.Errorf("got %q accepted, want only the token %q of the family", text, made)
		}
		if bytes.Equal(bytes.TrimRight(other, "\x00"), secret) { // trailing zeros of a key do not change the HMAC
			return
		}
		foreign := grants.RefreshToken(other, grants.Family{ID: token.SeededSource(text).Name("family"), Generation: 1})
		if _, _, ok := grants.ReadRefreshToken(secret, foreign); ok {
			t.Errorf("got %q accepted, which was made with another secret", foreign)
		}
		if _, _, ok := grants.ReadRefreshToken(other, foreign); !ok {
			t.Errorf("got %q refused, which was made with this secret", foreign)
		}
	})
}
