package main

import (
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestChoose(t *testing.T) {
	as := testserver.New(t, testserver.InMemory())
	old := newRing(as, slow).newest()
	as.Rotate()
	accepted := newRing(as, slow).newest()
	accepted.accepted.Store(true)
	as.Rotate()
	newest := newRing(as, slow).newest()
	l := &load{ring: &ring{signers: []*signer{accepted, newest}, withdrawn: old}}

	const samples = 1000
	count := func(worker int) (kinds map[string]int, keys map[*signer]int) {
		kinds, keys = make(map[string]int), make(map[*signer]int)
		for i := range samples {
			s := l.choose(worker, i)
			kinds[s.kind]++
			keys[s.key]++
			if s.kind == goodToken != (s.key != nil) || s.kind == goodToken != (s.wantStatus == 0) {
				t.Fatalf("got a %s token, key %v, status %d, want a key for a good token and an expected status for a hostile token", s.kind, s.key, s.wantStatus)
			}
		}
		return kinds, keys
	}

	t.Run("a worker with an odd number sends good tokens of accepted keys", func(t *testing.T) {
		if kinds, keys := count(1); kinds[goodToken] != samples || keys[accepted] != samples {
			t.Errorf("got %v, want only good tokens", kinds)
		}
	})

	t.Run("a worker with an even number sends all kinds, half of them good", func(t *testing.T) {
		kinds, keys := count(0)
		if kinds[goodToken] != samples/2 {
			t.Errorf("got %d good tokens, want half of %d", kinds[goodToken], samples)
		}
		for defect := range testserver.Defects() {
			if kinds[string(defect)] == 0 {
				t.Errorf("got no token with the defect %s", defect)
			}
		}
		if keys[newest] == 0 || keys[accepted] == 0 {
			t.Error("want tokens of each key")
		}
		if kinds["withdrawn-key"] == 0 {
			t.Error("got no token of the withdrawn key")
		}
	})
}

func TestRecord(t *testing.T) {
	var l load
	a, b := wrong{token: "good", when: "during jwks: hang", status: 401}, wrong{token: "good", when: "during jwks: hang", status: 500}
	for _, w := range []wrong{a, b, a, a} {
		l.record(w)
	}
	if len(l.wrongs) != 2 || l.wrongs[0].count != 3 || l.wrongs[1].count != 1 {
		t.Errorf("got %v, want two kinds, of 3 and of 1", l.wrongs)
	}
}

func TestARightAnswerMarksTheKeyAsAccepted(t *testing.T) {
	var l load
	key := new(signer)
	for _, step := range []struct {
		verdict verdict
		want    bool
	}{{excused, false}, {wrongRejection, false}, {right, true}, {excused, true}} {
		l.recordGood(key, step.verdict, true, time.Second)
		if got := key.accepted.Load(); got != step.want {
			t.Errorf("got %v after verdict %v, want %v", got, step.verdict, step.want)
		}
	}
	if got := l.excusedGood.Load(); got != 2 {
		t.Errorf("got %d excused, want 2", got)
	}
}
