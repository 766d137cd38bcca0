package redis_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/adapters/redisstore"
	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/revoke"
)

func localOnly(c *redisstore.Config)   { c.OnOutage = redisstore.LocalOnly }
func shortWindow(c *redisstore.Config) { c.ProofWindow = 30 * time.Second }

// assertFirst fails the test unless First returns the wanted result and error.
func assertFirst(t *testing.T, s *redisstore.Store, key [32]byte, want bool, wantErr error, when string) {
	t.Helper()
	first, err := s.First(t.Context(), key, time.Now().Add(2*time.Minute))
	if first != want || !errors.Is(err, wantErr) || (err == nil) != (wantErr == nil) {
		t.Errorf("%s: got %t, %v, want %t, %v", when, first, err, want, wantErr)
	}
}

// assertUnavailable fails the test unless First returns an error.
func assertUnavailable(t *testing.T, s *redisstore.Store, when string) {
	t.Helper()
	if first, err := s.First(t.Context(), newKey(), time.Now().Add(time.Minute)); first || err == nil {
		t.Errorf("%s: got %t, %v, want an error", when, first, err)
	}
}

func TestAnOutageOfRedis(t *testing.T) {
	for name, outage := range map[string]struct{ begin, end func(*server) }{
		"killed": {(*server).kill, (*server).start},
		"paused": {func(s *server) { s.signal(syscall.SIGSTOP) }, func(s *server) { s.signal(syscall.SIGCONT) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			redis := startServer(t, "--appendonly", "yes", "--appendfsync", "always")
			do := goRedis(t, []*server{redis})
			strict, local := newFleet(t, do).machines, newFleet(t, do, localOnly).machines
			before := newKey()
			assertFirst(t, strict[0], before, true, nil, "before the outage")
			if err := strict[0].Set(t.Context(), "key", []byte("value"), time.Hour); err != nil {
				t.Fatal(err)
			}

			outage.begin(redis)
			assertUnavailable(t, strict[1], "Refuse")
			proof := newKey()
			assertFirst(t, local[0], proof, true, nil, "LocalOnly, a new proof")
			assertFirst(t, local[0], proof, false, nil, "LocalOnly, a proof that this machine has seen")
			assertFirst(t, local[1], proof, true, nil, "LocalOnly, a proof that another machine has seen")
			if _, ok, err := strict[0].Get(t.Context(), "key"); ok || err != nil {
				t.Errorf("Get: got %t, %v, want a miss", ok, err)
			}
			if _, err := strict[0].Read(t.Context(), ""); err == nil {
				t.Error("Read: got no error, want one")
			}
			if got := local[0].Stats(); got.LocalOnly != 1 || got.Failures == 0 {
				t.Errorf("got %+v, want a proof that was accepted locally, after a failure", got)
			}

			outage.end(redis)
			assertFirst(t, strict[0], before, false, nil, "after the outage, the used proof on its machine")
			eventually(t, "Redis is used again", func() bool {
				first, err := strict[2].First(t.Context(), newKey(), time.Now().Add(time.Minute))
				return first && err == nil
			})
			eventually(t, "the used proof is refused elsewhere", func() bool {
				first, err := strict[2].First(t.Context(), before, time.Now().Add(time.Minute))
				if first {
					t.Fatal("got the used proof accepted on another machine, want it refused")
				}
				return err == nil
			})
			if got := strict[2].Stats(); got.Losses != 0 {
				t.Errorf("got %d losses, want 0: Redis had its data", got.Losses)
			}
		})
	}
}

func TestARedisThatHasLostItsMemory(t *testing.T) {
	for name, lose := range map[string]func(*server){
		"FLUSHALL":         func(s *server) { s.do("FLUSHALL") },
		"an empty restart": func(s *server) { s.kill(); s.start() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			redis := startServer(t)
			do := goRedis(t, []*server{redis})
			f, local := newFleet(t, do, shortWindow), newFleet(t, do, localOnly).machines[0]
			for i := range f.machines {
				if err := f.machines[i].Initialize(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			used, until := newKey(), func() time.Time { return time.Now().Add(20 * time.Second) }
			if first, err := f.machines[0].First(t.Context(), used, until()); !first || err != nil {
				t.Fatalf("a new proof: got %t, %v, want true", first, err)
			}
			lose(redis)
			for i, machine := range append(f.machines[1:], newStore(t, do, shortWindow)) { // the last machine starts after the loss
				first, err := machine.First(t.Context(), used, until())
				if first || i == 0 && !errors.Is(err, redisstore.ErrLost) { // First on machine 1 stores the proof again, so later machines may report it as used
					t.Errorf("the used proof on machine %d: got %t, %v, want ErrLost", i+1, first, err)
				}
				fresh := newKey()
				fresh[0] = used[0] // the same first byte selects the same hash slot
				if first, err := machine.First(t.Context(), fresh, until()); first || !errors.Is(err, redisstore.ErrLost) {
					t.Errorf("a new proof on machine %d: got %t, %v, want ErrLost", i+1, first, err)
				}
			}
			if got := f.machines[1].Stats(); got.Losses != 1 || got.Refused == 0 {
				t.Errorf("got %+v, want one loss and refused proofs", got)
			}
			assertFirst(t, local, newKey(), true, nil, "LocalOnly")
			eventually(t, "new proofs are accepted", func() bool {
				first, err := f.machine().First(t.Context(), newKey(), time.Now().Add(29*time.Second))
				return first && err == nil
			})
		})
	}
}

// If Redis restarts from an old snapshot, its counter is lower than the counter
// that a machine remembers.
func TestARedisThatRestartsWithOldData(t *testing.T) {
	t.Parallel()
	redis := startServer(t)
	f := newFleet(t, goRedis(t, []*server{redis}))
	used := newKey()
	next := func() [32]byte { key := newKey(); key[0] = used[0]; return key }
	redis.do("SAVE")
	assertFirst(t, f.machines[0], used, true, nil, "a proof after the snapshot")
	redis.kill()
	redis.start()
	assertFirst(t, f.machines[0], next(), false, redisstore.ErrLost, "on the machine that stored the replay entry")
	assertFirst(t, f.machines[1], used, false, redisstore.ErrLost, "then on another machine")
}

func TestANewRedis(t *testing.T) {
	t.Parallel()
	redis := startServer(t)
	store := newStore(t, goRedis(t, []*server{redis}))
	assertFirst(t, store, newKey(), false, redisstore.ErrLost, "without Initialize")
	redis.do("FLUSHALL")
	f := newFleet(t, goRedis(t, []*server{redis}))
	assertFirst(t, f.machines[0], newKey(), true, nil, "with Initialize")
	assertFirst(t, f.machines[1], newKey(), true, nil, "on a machine without it")
}

func TestANodeOfAClusterIsKilled(t *testing.T) {
	t.Parallel()
	nodes := startCluster(t)
	store := newFleet(t, goRedis(t, nodes)).machines[0]
	nodes[1].kill()
	accepted, refused := 0, 0
	for i := range 64 {
		key := newKey()
		key[0] = byte(i)
		if first, err := store.First(t.Context(), key, time.Now().Add(time.Minute)); first && err == nil {
			accepted++
		} else {
			refused++
		}
	}
	if accepted == 0 || refused == 0 {
		t.Errorf("got %d proofs accepted and %d refused, want the share of the node refused", accepted, refused)
	}
}

// If a node of a cluster is dead, only the introspection responses on this node
// are unavailable.
func TestAnswersOfTheOtherNodesAreUsed(t *testing.T) {
	t.Parallel()
	const tokens = 60
	nodes := startCluster(t)
	store := newStore(t, goRedis(t, nodes), func(c *redisstore.Config) { c.Timeout = 200 * time.Millisecond })
	introspectAll := func() (asked int) {
		t.Helper()
		client, err := introspect.Custom(introspect.Config{Issuer: "https://as.example.com", Cache: store, MaxTTL: time.Hour}, func(context.Context, string) (map[string]any, error) {
			asked++
			return map[string]any{"sub": "alice"}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for i := range tokens {
			if answer, err := client.Introspect(t.Context(), fmt.Sprint("token", i)); err != nil || !answer.Active {
				t.Fatalf("got %v, %v, want an active token", answer, err)
			}
		}
		return asked
	}
	eventually(t, "each token is asked about once", func() bool { return introspectAll() == 0 })
	nodes[1].kill()
	eventually(t, "only the third that the node has is asked about", func() bool {
		n := introspectAll()
		return n > 0 && n < tokens*2/3
	})
}

// With the policy noeviction, a full Redis does not delete keys. Instead, it
// refuses commands that need memory.
func TestARedisThatIsFull(t *testing.T) {
	t.Parallel()
	redis := startServer(t, "--maxmemory-policy", "noeviction")
	do := goRedis(t, []*server{redis})
	strict, local := newFleet(t, do).machines, newFleet(t, do, localOnly).machines
	used := newKey()
	assertFirst(t, strict[0], used, true, nil, "before")
	if err := strict[0].Set(t.Context(), "key", []byte("value"), time.Hour); err != nil {
		t.Fatal(err)
	}
	list := startList(t, newStore(t, do), revoke.Refuse)
	redis.do("CONFIG", "SET", "maxmemory", "1")
	assertUnavailable(t, strict[1], "Refuse")
	assertFirst(t, local[0], newKey(), true, nil, "LocalOnly")
	if err := strict[2].Publish(t.Context(), revocation("1")); err == nil {
		t.Error("Publish: got no error, want one")
	}
	if err := strict[2].Set(t.Context(), "another", nil, time.Hour); err != nil {
		t.Errorf("Set: got %v, want no error", err)
	}
	if got, ok, err := strict[0].Get(t.Context(), "key"); string(got) != "value" || !ok || err != nil {
		t.Errorf("Get: got %q, %t, %v, want the value", got, ok, err)
	}
	if _, err := strict[0].Read(t.Context(), ""); err != nil {
		t.Errorf("Read: got %v, want no error", err)
	}
	assertCheck(t, list, "good", false, nil, "a bearer token")
	redis.do("CONFIG", "SET", "maxmemory", "0")
	eventually(t, "the used proof is refused", func() bool {
		first, err := strict[1].First(t.Context(), used, time.Now().Add(time.Minute))
		if first {
			t.Fatal("got the used proof accepted, want it refused")
		}
		return err == nil
	})
}

func TestValuesThatWereChangedAreIgnored(t *testing.T) {
	t.Parallel()
	redis := startServer(t)
	do := goRedis(t, []*server{redis})
	set := func(s *redisstore.Store, key string) (name string) {
		t.Helper()
		redis.do("FLUSHALL")
		if err := s.Set(t.Context(), key, []byte("value of "+key), time.Hour); err != nil {
			t.Fatal(err)
		}
		keys, _ := redis.do("KEYS", "*answer*").([]any)
		if len(keys) != 1 {
			t.Fatalf("got the keys %v, want one", keys)
		}
		return keys[0].(string)
	}
	s := newStore(t, do)
	other := newStore(t, do, func(c *redisstore.Config) { c.Prefix = "other:" })
	nameOther := set(other, "a")
	sealedOther := redis.do("GET", nameOther)
	nameB := set(s, "b")
	sealedB := redis.do("GET", nameB).(string)
	nameA := set(s, "a")
	sealedA := redis.do("GET", nameA).(string)
	for name, value := range map[string]any{
		"one bit": sealedA[:20] + string(sealedA[20]^1) + sealedA[21:], "the end": sealedA[:len(sealedA)-1], "empty": "",
		"text": "value of a", "that of another key": sealedB, "that of another prefix": sealedOther,
	} {
		redis.do("SET", nameA, value)
		before := s.Stats().Rejected
		if got, ok, err := s.Get(t.Context(), "a"); ok || err != nil {
			t.Errorf("%s: got %q, %t, %v, want a miss", name, got, ok, err)
		}
		if got := s.Stats().Rejected - before; got != 1 {
			t.Errorf("%s: got %d rejected values, want 1", name, got)
		}
	}
	redis.do("SET", nameA, sealedA)
	if got, ok, err := s.Get(t.Context(), "a"); !ok || err != nil || string(got) != "value of a" {
		t.Errorf("the value itself: got %q, %t, %v, want it", got, ok, err)
	}
}

// If one of these keys has a type that the Store does not expect, First or Read
// fails until someone deletes the key. The log contains the name of the key. A
// Store never deletes keys that other programs may have written.
func TestAKeyOfAnotherType(t *testing.T) {
	t.Parallel()
	for name, connect := range clients {
		redis := startServer(t)
		do := connect(t, []*server{redis})
		for _, key := range []string{"bg:1:{07}:steps", "bg:1:{revoked}:stream", "bg:1:{revoked}:epoch"} {
			redis.do("FLUSHALL")
			redis.do("SADD", key, "canary")
			var log bytes.Buffer
			s := newStore(t, do, shortWindow, func(c *redisstore.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
			works := func() bool {
				proof := newKey()
				proof[0] = 7
				_, errFirst := s.First(t.Context(), proof, time.Now().Add(29*time.Second))
				_, errRead := s.Read(t.Context(), "")
				return errRead == nil && (errFirst == nil || errors.Is(errFirst, redisstore.ErrLost))
			}
			if works() {
				t.Errorf("%s, %s: got no error, want one", name, key)
			}
			redis.do("DEL", key)
			eventually(t, "the store works again", works)
			if text := log.String(); !strings.Contains(text, "key="+key+"\n") || strings.Contains(text, "canary") {
				t.Errorf("%s, %s: got the log %q, want the name of the key", name, key, text)
			}
		}
	}
}
