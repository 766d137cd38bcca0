package cases

import (
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

// fresh returns a wire that has its own connection to the same server.
func (l *target) fresh(t *testing.T) wire {
	if w, ok := l.wire.(*http2wire); ok {
		own := &http2wire{address: w.address, config: w.config}
		t.Cleanup(own.close)
		return own
	}
	return l.wire
}

// A hundred requests with the same proof are sent at the same time, over all
// adapters and protocols. Exactly one passes.
func ofParallelUsesOfAProofOnePasses(t *testing.T, frameworks []Framework) {
	l := newProofLab(t, frameworks, proofsOn)
	want := map[verdict]int{alice("/read"): 1, l.badProof(usedBefore): 99}
	for _, round := range []string{"first", "second", "third"} {
		t.Run("D13/a hundred requests, "+round+" round", func(t *testing.T) {
			r := l.proved("/read", l.bound(), testserver.Claim("jti", round))
			got := make(map[verdict]int)
			var mu sync.Mutex
			var all sync.WaitGroup
			start := make(chan struct{})
			for i := range 100 {
				w := l.targets[i%len(l.targets)].fresh(t)
				all.Go(func() {
					<-start
					v, err := w.send(t, "GET", r).verdict()
					mu.Lock()
					defer mu.Unlock()
					if got[v]++; err != nil {
						t.Error(err)
					}
				})
			}
			close(start)
			all.Wait()
			for v, n := range got {
				if want[v] != n {
					t.Errorf("got %d answers %+v, want %d", n, v, want[v])
				}
			}
		})
	}
}

// A request to a nested route needs only one proof, which must be for the URL
// that the client requested. Only one replay entry is stored.
func nestedRoutesStoreOneReplayEntry(t *testing.T, frameworks []Framework) {
	l := newProofLab(t, frameworks, proofsOn)
	everything := l.bound("scope", `"read write admin"`, "acr", `"urn:example:mfa"`, "auth_time", l.Claims()[strings.LastIndexByte(l.Claims(), ':')+1:len(l.Claims())-1])
	for _, path := range []string{"/read", "/nested/route", "/twice", "/strong/route", "/optional/read", "/checked", "/returned"} {
		t.Run("D13/"+path, func(t *testing.T) {
			for _, target := range l.targets {
				for _, method := range methods {
					l.replay.use(dpop.NewMemory(0))
					target.check(t, method, on("", l.proved(path, everything), alice(path)))
					if keys, _ := l.replay.calls(); len(keys) != 1 {
						t.Errorf("%s: %s %s: got %d replay entries, want 1", target.name, method, path, len(keys))
					}
				}
			}
		})
	}
	l.run(t, group{"D10", "a proof for the path of a group is not a proof for a route in it", []row{
		on("the path of the group", l.provedFor(apiURL+"/nested", "/nested/route", everything), l.badProof(otherRequest)),
		on("the path within the group", l.provedFor(apiURL+"/route", "/nested/route", everything), l.badProof(otherRequest)),
	}})
}

// A replay entry is stored only after all other checks of the token and the
// proof have passed. The key of the entry is a hash of the jkt and the jti. The
// entry is kept for as long as any machine would accept the proof.
func aReplayEntryLastsAsLongAsItsProof(t *testing.T, frameworks []Framework) {
	l := newProofLab(t, frameworks, proofsOn)
	for name, distance := range map[string]time.Duration{"now": 0, "80 s ago": -80 * time.Second, "40 s ahead": 40 * time.Second} {
		t.Run("D13/the replay entry of a proof of "+name, func(t *testing.T) {
			for _, target := range l.targets {
				l.replay.use(dpop.NewMemory(0))
				issued := time.Now().Add(distance).Truncate(time.Second)
				id := strings.Repeat("j", 200)
				target.check(t, "GET", on("", l.proved("/read", l.bound(), testserver.Claim("jti", id), testserver.Claim("iat", issued.Unix())), alice("/read")))
				keys, until := l.replay.calls()
				if want := sha256.Sum256([]byte(l.jkt + "\x00" + id)); len(keys) != 1 || keys[0] != want {
					t.Fatalf("%s: got the keys %x, want %x", target.name, keys, want)
				}
				// The proof expires 90 seconds after iat. A machine whose clock
				// is slow by the clock skew accepts the proof for 30 seconds
				// more.
				if end := issued.Add((90 + 30) * time.Second); until[0].Before(end) || until[0].After(end.Add(5*time.Second)) {
					t.Errorf("%s: got a replay entry until %v for a proof that is accepted until %v", target.name, until[0], end)
				}
			}
		})
	}
	t.Run("D13/no replay entry is stored for a refused proof", func(t *testing.T) {
		l.replay.use(dpop.NewMemory(0))
		for _, d := range []testserver.Defect{"dpop-bad-signature", "dpop-other-key", "dpop-htm-other", "dpop-htu-path", "dpop-ath-missing", "dpop-iat-old"} {
			l.targets[0].send(t, "GET", l.proved("/read", l.bound(), testserver.With(d)))
		}
		l.targets[0].send(t, "GET", l.proved("/read", l.bound("jti", `"revoked"`)))
		if keys, _ := l.replay.calls(); len(keys) != 0 {
			t.Errorf("got %d replay entries, want none", len(keys))
		}
	})
}

// A proof is accepted only if the store reports, without an error, that the
// proof is new.
func aStoreThatFailsIsUnavailable(t *testing.T, frameworks []Framework) {
	l := newProofLab(t, frameworks, proofsOn)
	broken := errors.New(canary)
	full := dpop.NewMemory(1)
	for _, c := range []struct {
		threat, name string
		store        dpop.Replay
		want         verdict
	}{
		{"D20", "an error", storeFunc(func() (bool, error) { return false, broken }), unavailable},
		{"D20", "an error, and first", storeFunc(func() (bool, error) { return true, broken }), unavailable},
		{"D20", "a panic", storeFunc(func() (bool, error) { panic(canary) }), internal},
		{"D20", "not first", storeFunc(func() (bool, error) { return false, nil }), l.badProof(usedBefore)},
		{"D20", "Off, which accepts every proof", dpop.Off, alice("/read")},
		{"D16", "a full memory", full, unavailable},
	} {
		l.replay.use(c.store)
		if c.store == full {
			l.targets[0].check(t, "GET", on("the only entry", l.proved("/read", l.bound()), alice("/read")))
		}
		l.run(t, group{c.threat, "a store that gives no answer gives no access, and no reason to discard the token or the proof", []row{
			on(c.name, l.proved("/read", l.bound()), c.want),
			on(c.name+", on a nested route", l.proved("/twice", l.bound()), c.want.on("/twice")),
			on(c.name+", where tokens are optional", l.proved("/optional", l.bound()), c.want.on("/optional")),
			on(c.name+", and a bearer token", at("/read", "Bearer "+l.Good()), alice("/read")),
		}})
	}
	if log := l.log.String(); strings.Contains(log, canary) || !strings.Contains(log, "level=WARN") {
		t.Error("D20: the log contains the text of the store's error, or no warning")
	}
}

// on returns the verdict that the request with the verdict v gets on the given
// route.
func (v verdict) on(route string) verdict {
	if v.passes() {
		return alice(route)
	}
	return v
}

// If machines share a store, a proof is accepted once in total. Without a
// shared store, each machine accepts the proof once. The documentation
// therefore recommends a shared store.
func machinesShareAStore(t *testing.T, frameworks []Framework) {
	shared := dpop.NewMemory(0)
	one := newProofLab(t, frameworks, proofsOn)
	two := newProofLab(t, frameworks, proofsOn, func(c *middleware.Config) {
		c.Issuers = []middleware.Issuer{{URL: one.Issuer}}
		c.Client = one.as.Client()
	})
	one.replay.use(shared)
	two.replay.use(shared)
	r := one.proved("/read", one.bound(), testserver.Claim("jti", "shared"))
	one.targets[0].check(t, "GET", on("the first machine", r, alice("/read")))
	two.run(t, group{"D13", "a proof that another machine accepted is refused", []row{on("on another machine", r, two.badProof(usedBefore))}})
}
