package token_test

import (
	"bytes"
	"encoding/base64"
	"maps"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

func TestASeedRepeatsItself(t *testing.T) {
	a, b, other := token.SeededSource("seed"), token.SeededSource("seed"), token.SeededSource("another seed")
	for range 3 {
		want := b.Draw("x", 32)
		if got := a.Draw("x", 32); !bytes.Equal(got, want) {
			t.Errorf("got %x, want %x from the same seed", got, want)
		}
		if got := other.Draw("x", 32); bytes.Equal(got, want) {
			t.Errorf("got %x from another seed as well", got)
		}
	}
	if random := token.RandomSource(); random.Seeded() || bytes.Equal(random.Draw("x", 32), random.Draw("x", 32)) {
		t.Error("got a random source that is seeded or repeats itself")
	}
}

func TestEachLabelCountsItsOwnDraws(t *testing.T) {
	a, b := token.SeededSource("seed"), token.SeededSource("seed")
	a.Draw("x", 16)
	a.Draw("x", 16)
	if got, want := a.Draw("y", 16), b.Draw("y", 16); !bytes.Equal(got, want) {
		t.Errorf("got %x after draws for another label, want %x", got, want)
	}
	if got, want := a.Drawn(), map[string]int{"x": 2, "y": 1}; !maps.Equal(got, want) {
		t.Errorf("got %v drawn, want %v", got, want)
	}
}

func TestResumeGoesOnWhereAnotherRunStopped(t *testing.T) {
	first := token.SeededSource("seed")
	first.Draw("x", 16)
	first.Draw("x", 16)
	saved, want := first.Drawn(), first.Draw("x", 16)

	second := token.SeededSource("seed")
	second.Draw("x", 16)
	second.Resume(saved)
	if got := second.Draw("x", 16); !bytes.Equal(got, want) {
		t.Errorf("got %x, want the third draw %x", got, want)
	}
	second.Resume(map[string]int{"x": 1}) // an older count must not make the source repeat a draw
	if got, want := second.Draw("x", 16), first.Draw("x", 16); !bytes.Equal(got, want) {
		t.Errorf("got %x after an older count, want the fourth draw %x", got, want)
	}
	token.RandomSource().Resume(saved) // must not panic: a random source only stores the counts
}

func TestAHandleIsNotTakenForAJWT(t *testing.T) {
	src := token.SeededSource("seed")
	for range 300 { // without the fixed top bit, one handle in 256 would begin like JSON
		handle := src.Handle("x")
		raw, err := base64.RawURLEncoding.Strict().DecodeString(handle)
		if err != nil || len(raw) != 24 || raw[0] < 0x80 {
			t.Fatalf("got %q, %v, want 24 bytes that begin as no text does", handle, err)
		}
	}
}

func TestEverySeededKeyRepeats(t *testing.T) {
	// The test uses only one RSA algorithm, because generating a seeded RSA key
	// is slow.
	for _, alg := range []catalogue.Alg{catalogue.RS256, catalogue.ES256, catalogue.ES384, catalogue.ES512, catalogue.EdDSA, catalogue.HS256, catalogue.HS512} {
		a, errA := token.NewKey(alg, "", token.SeededSource("seed"))
		b, errB := token.NewKey(alg, "", token.SeededSource("seed"))
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		textA, _ := a.JWK(true)
		textB, _ := b.JWK(true)
		if !bytes.Equal(textA, textB) {
			t.Errorf("%s: got two keys from one seed", alg)
		}
	}
}

func TestAnAttackersKeysAreStrangersAndChangeNoOthers(t *testing.T) {
	src, other := token.SeededSource("seed"), token.SeededSource("seed")
	attackerKey, err := token.NewAttacker(src).Key(catalogue.ES256)
	if err != nil {
		t.Fatal(err)
	}
	got, want := signer(t, keyring(t, catalogue.ES256, src), ""), signer(t, keyring(t, catalogue.ES256, other), "")
	if got != want || got == attackerKey.ID {
		t.Errorf("got %q after the attacker's %q, want %q", got, attackerKey.ID, want)
	}
}

func TestAClockRunsOnItsBaseAndMovesBothWays(t *testing.T) {
	base := noon
	c := token.NewClock(func() time.Time { return base })
	c.Advance(time.Hour)
	base = base.Add(time.Minute)
	if got, want := c.Now(), noon.Add(time.Hour+time.Minute); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	c.Advance(-2 * time.Hour)
	if got, want := c.Now(), noon.Add(time.Minute-time.Hour); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := token.NewClock(nil).Now(); time.Since(got) > time.Minute {
		t.Errorf("got %v without a base, want the present", got)
	}
}
