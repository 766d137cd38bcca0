package token_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

func TestWhatARotationChanges(t *testing.T) {
	for name, tt := range map[string]struct {
		how                             token.Rotation
		signs, publishesNew, keepsOld   bool
		sameID, nextRotationUsesThisKey bool
	}{
		"an orderly one publishes the new key and signs with it": {signs: true, publishesNew: true, keepsOld: true},
		"PublishFirst leaves signing to the next rotation":       {how: token.Rotation{PublishFirst: true}, publishesNew: true, keepsOld: true, nextRotationUsesThisKey: true},
		"SignFirst does not publish":                             {how: token.Rotation{SignFirst: true}, signs: true, keepsOld: true},
		"DropOld retires the old key":                            {how: token.Rotation{DropOld: true}, signs: true, publishesNew: true},
		"ReuseKid puts the new key in the place of the old one":  {how: token.Rotation{ReuseKid: true}, signs: true, publishesNew: true, keepsOld: true, sameID: true},
	} {
		t.Run(name, func(t *testing.T) {
			k := keyring(t, catalogue.ES256, token.RandomSource())
			old, _ := k.Signing("")
			key, err := k.Rotate(tt.how)
			if err != nil {
				t.Fatal(err)
			}
			if got := key.ID == old.ID; got != tt.sameID {
				t.Fatalf("got the IDs %q and %q", old.ID, key.ID)
			}
			current, _ := k.Signing("")
			if got := current.Private == key.Private; got != tt.signs {
				t.Errorf("got the new key signing %v, want %v", got, tt.signs)
			}
			listed := ids(t, k.JWKS())
			if got := slices.Contains(listed, key.ID); got != tt.publishesNew {
				t.Errorf("got the new key published %v, want %v", got, tt.publishesNew)
			}
			if got := slices.Contains(listed, old.ID); got != tt.keepsOld {
				t.Errorf("got the old ID published %v, want %v", got, tt.keepsOld)
			}
			next, err := k.Rotate(token.Rotation{})
			if err != nil {
				t.Fatal(err)
			}
			if got := next.Private == key.Private; got != tt.nextRotationUsesThisKey {
				t.Errorf("got the same key from the next rotation %v, want %v", got, tt.nextRotationUsesThisKey)
			}
		})
	}
}

func TestWaysThatExcludeEachOtherRotateNothing(t *testing.T) {
	for _, how := range []token.Rotation{
		{PublishFirst: true, SignFirst: true}, {SignFirst: true, DropOld: true}, {PublishFirst: true, DropOld: true},
	} {
		k := keyring(t, catalogue.ES256, token.RandomSource())
		before := string(k.JWKS())
		if _, err := k.Rotate(how); err == nil || string(k.JWKS()) != before {
			t.Errorf("%+v: got %v, want an error and the keys as they were", how, err)
		}
	}
}

func TestAKeyThatWasRetiredBeforeItsTurnDoesNotComeBack(t *testing.T) {
	k := keyring(t, catalogue.ES256, token.RandomSource())
	staged, _ := k.Rotate(token.Rotation{PublishFirst: true})
	if err := k.Retire(staged.ID); err != nil {
		t.Fatal(err)
	}
	if next, err := k.Rotate(token.Rotation{}); err != nil || next.ID == staged.ID {
		t.Errorf("got %v, %v, want another key than the retired one", next, err)
	}
}

func TestAKeyThatAlreadySignsIsNotRotatedTo(t *testing.T) {
	k := keyring(t, catalogue.ES256, token.RandomSource())
	staged, err := k.Rotate(token.Rotation{PublishFirst: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Use(staged); err != nil {
		t.Fatal(err)
	}
	if next, err := k.Rotate(token.Rotation{}); err != nil || next.ID == staged.ID {
		t.Errorf("got %v, %v, want a different key from the one that already signs", next, err)
	}
}

func TestRetiringEndsATokenAndNotItsKey(t *testing.T) {
	m, _ := minter(t, catalogue.ES256, token.RandomSource())
	text, kid := mint(t, m), signer(t, m.Keys, "")
	if err := m.Keys.Retire(kid); err != nil {
		t.Fatal(err)
	}
	if _, _, ok := m.Keys.Open(text); ok {
		t.Error("got the token opened after its key was retired")
	}
	if got := signer(t, m.Keys, ""); got != kid {
		t.Errorf("got %q signing, want %q still", got, kid)
	}
	if err := m.Keys.Retire(kid); err == nil {
		t.Error("got no error from retiring a key that is not published")
	}
}

func TestOnlyPublicKeysArePublished(t *testing.T) {
	k := keyring(t, catalogue.HS256, token.RandomSource(), newKey(t, catalogue.EdDSA, "first"))
	for name, key := range map[string]token.Key{
		"a shared secret":       newKey(t, catalogue.HS512, "secret"),
		"a key of another kind": {ID: "odd", Alg: catalogue.RS256, Private: newKey(t, catalogue.ES256, "").Private},
		"a key without numbers": {ID: "empty", Alg: catalogue.ES256},
	} {
		if err := k.Publish(key); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	want := regexp.MustCompile(`^\{"keys":\[\{"use":"sig","kty":"OKP","kid":"first","crv":"Ed25519","alg":"EdDSA","x":"[\w-]{43}"\}\]\}$`)
	if got := k.JWKS(); !want.Match(got) {
		t.Errorf("got %s, want the public EdDSA key and nothing else", got)
	}
}

func TestAKeySetHasOneOrder(t *testing.T) {
	empty := keyring(t, catalogue.HS256, token.RandomSource())
	if got, want := string(empty.JWKS()), `{"keys":[]}`; got != want {
		t.Errorf("got %s of no keys, want %s", got, want)
	}
	a, b := newKey(t, catalogue.ES256, "a"), newKey(t, catalogue.EdDSA, "b")
	k, same := keyring(t, catalogue.ES256, token.RandomSource(), b, a), keyring(t, catalogue.ES256, token.RandomSource(), b, a)
	if got, want := ids(t, k.JWKS()), []string{"b", "a"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q, the oldest first", got, want)
	}
	if got, want := string(k.JWKS()), string(same.JWKS()); got != want {
		t.Errorf("got %s, want the same text for the same keys, %s", got, want)
	}
	before := string(k.JWKS())
	if err := k.Publish(b); err != nil || string(k.JWKS()) != before {
		t.Errorf("got %s, %v after publishing a key again, want %s", k.JWKS(), err, before)
	}
	k.JWKS()[0] = 'x'
	if got := string(k.JWKS()); got != before {
		t.Errorf("got %s after a copy was changed, want %s", got, before)
	}
}

func TestAllTellsWhatEachKeyIsFor(t *testing.T) {
	k := keyring(t, catalogue.ES256, token.RandomSource(), newKey(t, catalogue.ES256, "signs"), newKey(t, catalogue.ES256, "waits"))
	for _, key := range []token.Key{newKey(t, catalogue.EdDSA, "hidden"), newKey(t, catalogue.HS256, "secret")} {
		if err := k.Use(key); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string][2]bool{"signs": {true, true}, "waits": {false, true}, "hidden": {true, false}, "secret": {true, false}}
	all := k.All()
	for kid, want := range want {
		if state, ok := find(all, kid); !ok || [2]bool{state.Signing, state.Published} != want {
			t.Errorf("%s: got signing %v, published %v, want %v", kid, state.Signing, state.Published, want)
		}
	}
	if len(all) != len(want) {
		t.Errorf("got %v, want %d keys", all, len(want))
	}
}

func TestEveryChangeIsTold(t *testing.T) {
	m, _ := minter(t, catalogue.ES256, token.RandomSource())
	k := m.Keys
	changes := 0
	k.OnChange(func() { changes++ })
	steps := map[string]func(){
		"a rotation":                    func() { _, _ = k.Rotate(token.Rotation{}) },
		"a publication":                 func() { _ = k.Publish(newKey(t, catalogue.ES256, "new")) },
		"a retirement":                  func() { _ = k.Retire("new") },
		"a key to use":                  func() { _ = k.Use(newKey(t, catalogue.HS256, "secret")) },
		"the first use of an algorithm": func() { _, _ = k.Signing(catalogue.EdDSA) },
	}
	for name, step := range steps {
		before := changes
		if step(); changes == before {
			t.Errorf("%s: got no call of OnChange", name)
		}
	}
	text := mint(t, m)
	before := changes
	_, _ = k.Signing(catalogue.EdDSA)
	_, _ = k.JWKS(), k.Served()
	_, _ = k.All(), k.Snapshot()
	_, _, _ = k.Open(text)
	if changes != before {
		t.Errorf("got %d calls from looking, want none", changes-before)
	}
}
