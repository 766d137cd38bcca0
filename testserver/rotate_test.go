package testserver_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// kids returns the IDs of the published keys for the server's algorithm.
func kids(t *testing.T, s *testserver.Server) (ids []string) {
	t.Helper()
	for _, k := range keySet(t, s.JWKS()).Keys {
		if k.Algorithm == string(s.SigningKey().Alg) {
			ids = append(ids, k.KeyID)
		}
	}
	return ids
}

// rotation is a server with its first key and a token signed with this key.
type rotation struct {
	*testserver.Server
	old      testserver.Key
	oldToken string
}

func newRotation(t *testing.T) rotation {
	s := testserver.New(t)
	return rotation{s, s.SigningKey(), s.Token()}
}

// check checks which key signs, whether a new token and the old token can be
// verified, and which keys are published.
func (r rotation) check(t *testing.T, signs testserver.Key, newOK, oldOK bool, published ...string) {
	t.Helper()
	if got := r.SigningKey(); got.ID != signs.ID || got.Private != signs.Private {
		t.Errorf("got %v signing, want %v", got, signs)
	}
	if _, _, err := verify(r.JWKS(), r.Token()); (err == nil) != newOK {
		t.Errorf("a new token: got error %v, want the token accepted: %v", err, newOK)
	}
	if _, _, err := verify(r.JWKS(), r.oldToken); (err == nil) != oldOK {
		t.Errorf("the old token: got error %v, want the token accepted: %v", err, oldOK)
	}
	if got := kids(t, r.Server); !slices.Equal(got, published) {
		t.Errorf("got keys %q published, want %q", got, published)
	}
}

func TestRotateKeepsTheOldKeyPublished(t *testing.T) {
	r := newRotation(t)
	k := r.Rotate()
	r.check(t, k, true, true, r.old.ID, k.ID)
	r.Retire(r.old.ID)
	r.check(t, k, true, false, k.ID)
}

func TestRotatePublishFirst(t *testing.T) {
	r := newRotation(t)
	k := r.Rotate(testserver.Rotation{PublishFirst: true})
	r.check(t, r.old, true, true, r.old.ID, k.ID)
	if again := r.Rotate(); again.ID != k.ID {
		t.Errorf("got %v, want the key published first", again)
	}
	r.check(t, k, true, true, r.old.ID, k.ID)
	if third := r.Rotate(); third.ID == k.ID {
		t.Errorf("got %v again, want a new key", third)
	}
}

func TestRotatePublishFirstThenDropOld(t *testing.T) {
	r := newRotation(t)
	k := r.Rotate(testserver.Rotation{PublishFirst: true})
	r.Rotate(testserver.Rotation{DropOld: true})
	r.check(t, k, true, false, k.ID)
}

func TestRotateSignFirst(t *testing.T) {
	r := newRotation(t)
	k := r.Rotate(testserver.Rotation{SignFirst: true})
	r.check(t, k, false, true, r.old.ID)
	r.Publish(k)
	r.check(t, k, true, true, r.old.ID, k.ID)
}

func TestRotateDropOld(t *testing.T) {
	r := newRotation(t)
	k := r.Rotate(testserver.Rotation{DropOld: true})
	r.check(t, k, true, false, k.ID)
}

func TestRotateReuseKid(t *testing.T) {
	r := newRotation(t)
	k := r.Rotate(testserver.Rotation{ReuseKid: true})
	if k.ID != r.old.ID {
		t.Fatalf("got kid %q, want %q", k.ID, r.old.ID)
	}
	r.check(t, k, true, false, r.old.ID)
}

func TestRotateReuseKidSigningFirst(t *testing.T) {
	r := newRotation(t)
	k := r.Rotate(testserver.Rotation{ReuseKid: true, SignFirst: true})
	r.check(t, k, false, true, r.old.ID)
	r.Publish(k)
	r.check(t, k, true, false, r.old.ID)
}

func TestRotateReuseKidDroppingTheOld(t *testing.T) {
	r := newRotation(t)
	k := r.Rotate(testserver.Rotation{ReuseKid: true, DropOld: true})
	r.check(t, k, true, false, k.ID)
}

func TestRotateReuseKidPublishingFirst(t *testing.T) {
	for name, how := range map[string]testserver.Rotation{"then": {}, "then dropping the old": {DropOld: true}} {
		t.Run(name, func(t *testing.T) {
			r := newRotation(t)
			k := r.Rotate(testserver.Rotation{ReuseKid: true, PublishFirst: true})
			r.check(t, r.old, false, false, r.old.ID)
			r.Rotate(how)
			r.check(t, k, true, false, r.old.ID)
		})
	}
}

func TestRotateDoesNotReuseARetiredKey(t *testing.T) {
	r := newRotation(t)
	staged := r.Rotate(testserver.Rotation{PublishFirst: true})
	r.Retire(staged.ID)
	k := r.Rotate()
	if k.ID == staged.ID {
		t.Errorf("got the retired key %v, want a new one", k)
	}
	r.check(t, k, true, true, r.old.ID, k.ID)
}

func TestRotateWithAnotherOptionSkipsTheStagedKey(t *testing.T) {
	for name, opt := range map[string]testserver.Rotation{
		"PublishFirst": {PublishFirst: true}, "SignFirst": {SignFirst: true}, "ReuseKid": {ReuseKid: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRotation(t)
			staged := r.Rotate(testserver.Rotation{PublishFirst: true})
			further := r.Rotate(opt)
			last := r.Rotate()
			if further.ID == staged.ID || last.ID == staged.ID || r.SigningKey().ID != last.ID {
				t.Errorf("got the keys %v and %v, of which the second signs, want neither to be %v", further, last, staged)
			}
			if got := kids(t, r.Server); !slices.Contains(got, staged.ID) {
				t.Errorf("got keys %q published, want %q among them", got, staged.ID)
			}
		})
	}
}

// RetiredKey signs with the key that was last removed from the JWKS, no matter
// how it was removed. If the key has been published again with its ID,
// RetiredKey fails.
func TestRetiredKeyIsTheLastRemoved(t *testing.T) {
	for name, tt := range map[string]struct {
		leave func(rotation)
		want  bool // whether the server's first key is the retired key; if false, RetiredKey fails
	}{
		"dropped":                {func(r rotation) { r.Rotate(testserver.Rotation{DropOld: true}) }, true},
		"replaced under its kid": {func(r rotation) { r.Rotate(testserver.Rotation{ReuseKid: true}) }, true},
		"replaced and dropped":   {func(r rotation) { r.Rotate(testserver.Rotation{ReuseKid: true, DropOld: true}) }, true},
		"replaced and dropped later": {func(r rotation) {
			r.Rotate(testserver.Rotation{ReuseKid: true, PublishFirst: true})
			r.Rotate(testserver.Rotation{DropOld: true})
		}, true},
		"replaced by Publish": {func(r rotation) { r.Publish(testserver.GenerateKey("ES256", r.old.ID)) }, true},
		"retired":             {func(r rotation) { r.Retire(r.old.ID) }, true},
		"retired and published under another name": {func(r rotation) {
			r.Retire(r.old.ID)
			k := r.old
			k.ID = "other"
			r.Publish(k)
		}, true},
		"retired and published again": {func(r rotation) { r.Retire(r.old.ID); r.Publish(r.old) }, false},
		"published twice":             {func(r rotation) { r.Publish(r.old) }, false},
		"rotated without DropOld":     {func(r rotation) { r.Rotate() }, false},
		"not replaced yet":            {func(r rotation) { r.Rotate(testserver.Rotation{ReuseKid: true, SignFirst: true}) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			text := fatalText(t, func(tb *recorder) {
				s := testserver.New(tb)
				r := rotation{Server: s, old: s.SigningKey()}
				tt.leave(r)
				token := s.Token(testserver.With(testserver.RetiredKey))
				if _, _, err := verify(nil, token, r.old.Private.Public()); err != nil {
					t.Errorf("got a token that the first key did not sign: %v", err)
				}
				if _, _, err := verify(s.JWKS(), token); err == nil {
					t.Error("got the retired key's token verified with the JWKS, want an error")
				}
			})
			if got := text == ""; got != tt.want {
				t.Errorf("got a retired key: %v, want %v; %s", got, tt.want, text)
			}
		})
	}
}

func TestRotateASharedSecret(t *testing.T) {
	s := testserver.New(t, testserver.SigningAlg("HS256"))
	old, token := s.SigningKey(), s.Token()
	k := s.Rotate()
	verified(t, s, s.Token(), k.Secret)
	if _, _, err := verify(nil, token, k.Secret); err == nil {
		t.Error("got the old token verified with the new secret, want an error")
	}
	if staged := s.Rotate(testserver.Rotation{PublishFirst: true}); s.SigningKey().ID != k.ID || s.Rotate().ID != staged.ID {
		t.Errorf("got %v signing, want the staged secret, %v", s.SigningKey(), staged)
	}
	if old.ID == k.ID || string(s.JWKS()) != `{"keys":[]}` {
		t.Errorf("got IDs %q and %q, JWKS %s: want two IDs and nothing published", old.ID, k.ID, s.JWKS())
	}
}

func TestRotateRSAPastTheEmbeddedKeys(t *testing.T) {
	for name, opts := range map[string][]testserver.Option{
		"random": {testserver.SigningAlg("RS256")},
		"seeded": {testserver.SigningAlg("RS256"), testserver.Seed("rsa")},
	} {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, opts...)
			tokens := []string{s.Token()}
			for range 2 {
				s.Rotate()
				tokens = append(tokens, s.Token())
			}
			for _, token := range tokens {
				verified(t, s, token)
			}
			ids := kids(t, s)
			if len(ids) != 3 || !strings.HasPrefix(ids[0], "test-") || !strings.HasPrefix(ids[1], "test-") || strings.HasPrefix(ids[2], "test-") {
				t.Errorf("got keys %q, want two embedded ones and a generated one", ids)
			}
		})
	}
}
