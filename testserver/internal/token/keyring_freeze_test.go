package token_test

import (
	"testing"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

func TestAFrozenKeySetIsShownUntilTheLastThaw(t *testing.T) {
	k := keyring(t, catalogue.ES256, token.RandomSource())
	old := string(k.Served())
	wantFrozen := func(when string, want bool) {
		t.Helper()
		if got := string(k.Served()) == old; got != want {
			t.Errorf("%s: got the old key set %v, want %v", when, got, want)
		}
	}
	first, second := k.Freeze(), k.Freeze()
	if _, err := k.Rotate(token.Rotation{}); err != nil {
		t.Fatal(err)
	}
	if string(k.JWKS()) == old {
		t.Error("got the old keys from JWKS, which no freeze holds")
	}
	wantFrozen("two freezes", true)
	first()
	first() // the second call must not end the other freeze
	wantFrozen("one thawed, twice", true)
	second()
	wantFrozen("both thawed", false)

	old = string(k.Served())
	late := k.Freeze()
	if err := k.Publish(newKey(t, catalogue.ES256, "new")); err != nil {
		t.Fatal(err)
	}
	wantFrozen("a third", true)
	k.Thaw()
	wantFrozen("all thawed", false)
	k.Freeze()
	late()
	old = string(k.Served())
	_ = k.Retire("new")
	wantFrozen("a thaw that comes after Thaw", true)
}
