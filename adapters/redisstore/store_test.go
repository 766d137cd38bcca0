package redisstore_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/adapters/redisstore"
	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/introspect/cachetest"
	"github.com/bearerguard/bearerguard/revoke"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	_ dpop.Replay      = (*redisstore.Store)(nil)
	_ introspect.Cache = (*redisstore.Store)(nil)
	_ revoke.Feed      = (*redisstore.Store)(nil)
)

func secret(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

// newStore returns the store of one machine, after Initialize. It has a long
// Timeout, because the computer that runs the tests may be busy.
func newStore(t *testing.T, f *fake, changes ...func(*redisstore.Config)) *redisstore.Store {
	t.Helper()
	config := redisstore.Config{Do: f.do, Secret: secret(1), Timeout: time.Second, Logger: slog.New(slog.DiscardHandler)}
	for _, change := range changes {
		change(&config)
	}
	s, err := redisstore.New(config)
	if err == nil {
		err = s.Initialize(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func localOnly(c *redisstore.Config) { c.OnOutage = redisstore.LocalOnly }

func newKey() (key [32]byte) {
	_, _ = rand.Read(key[:])
	return key
}

func assertFirst(t *testing.T, s *redisstore.Store, key [32]byte, want bool, wantErr error) {
	t.Helper()
	first, err := s.First(t.Context(), key, time.Now().Add(2*time.Minute))
	if first != want || !errors.Is(err, wantErr) {
		t.Errorf("got %t, %v, want %t, %v", first, err, want, wantErr)
	}
}

func ExampleNew() {
	store, err := redisstore.New(redisstore.Config{
		Do:     func(context.Context, ...any) (any, error) { return nil, nil }, // see docs/scale.md
		Secret: make([]byte, 32),                                               // from your secret store
	})
	fmt.Println(store.Stats().Commands, err)
	// Output: 0 <nil>
}

func TestNewReportsAllFaults(t *testing.T) {
	_, err := redisstore.New(redisstore.Config{
		Secret: make([]byte, 31), OtherSecret: make([]byte, 3), Prefix: "a{b}", Timeout: time.Minute, ProofWindow: -1, OnOutage: 7,
		Local: dpop.NewMemory(-1),
	})
	if err == nil {
		t.Fatal("got no error")
	}
	for _, want := range []string{"Do is missing", "Secret has 31 bytes", "OtherSecret has 3 bytes", `Prefix "a{b}"`, "Timeout must be", "ProofWindow must be", "OnOutage is 7", "Local must come from dpop.NewMemory"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	if _, err := redisstore.New(redisstore.Config{Do: newFake().do, Secret: secret(1), OtherSecret: secret(1)}); err == nil {
		t.Error("got no error for two equal secrets")
	}
}

func TestCacheConforms(t *testing.T) {
	f := newFake()
	cachetest.Run(t, func(t *testing.T) introspect.Cache { return newStore(t, f) })
}

func TestH01AnswersOfClientsDiffer(t *testing.T) {
	for name, change := range map[string]func(*fake){
		"strings": func(*fake) {}, "[]byte": func(f *fake) { f.bytes = true },
		"repeated commands": func(f *fake) { f.repeat = true },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			change(f)
			one, two := newStore(t, f), newStore(t, f)
			key := newKey()
			assertFirst(t, one, key, true, nil)
			assertFirst(t, two, key, false, nil)
			if err := one.Set(t.Context(), "key", []byte("value"), time.Hour); err != nil {
				t.Fatal(err)
			}
			if got, ok, err := two.Get(t.Context(), "key"); string(got) != "value" || !ok || err != nil {
				t.Errorf("got %q, %t, %v, want the value", got, ok, err)
			}
		})
	}
}

// After a loss, a proof is refused if it may have been used before the loss,
// and otherwise accepted.
func TestH03TheWindowAfterALoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		s := newStore(t, f)
		key := newKey()
		next := func() [32]byte { k := newKey(); k[0] = key[0]; return k }
		assertFirst(t, s, key, true, nil)
		f.flush()
		assertFirst(t, s, next(), false, redisstore.ErrLost)
		time.Sleep(81 * time.Second) // ProofWindow (200 s) - lifetime (120 s) + 1 s
		assertFirst(t, s, next(), false, redisstore.ErrLost)
		time.Sleep(time.Nanosecond)
		assertFirst(t, s, next(), true, nil)
		if got := s.Stats(); got.Losses != 1 || got.Refused != 2 {
			t.Errorf("got %+v, want one loss and two refused proofs", got)
		}
	})
}

// Redis restarts with old data. A machine notices that its own last step is
// missing, even if other machines have handled many proofs since then.
func TestH03ALossIsNoticedAfterOthersWentOn(t *testing.T) {
	f := newFake()
	one, two := newStore(t, f), newStore(t, f)
	used := newKey()
	next := func() [32]byte { k := newKey(); k[0] = used[0]; return k } // in the same group
	assertFirst(t, one, next(), true, nil)
	assertFirst(t, two, next(), true, nil)
	old := maps.Clone(f.values)
	assertFirst(t, one, used, true, nil)
	f.values = old
	for range 5 {
		assertFirst(t, two, next(), true, nil)
	}
	assertFirst(t, one, next(), false, redisstore.ErrLost)
	assertFirst(t, two, used, false, redisstore.ErrLost)
	if one.Stats().Losses != 1 || two.Stats().Losses != 0 {
		t.Errorf("got %d and %d losses, want 1 and 0: the second machine is informed by the first", one.Stats().Losses, two.Stats().Losses)
	}
}

func TestH02AnOutageRefusesProofs(t *testing.T) {
	f := newFake()
	s := newStore(t, f)
	f.setDown(true)
	if first, err := s.First(t.Context(), newKey(), time.Now().Add(time.Minute)); first || err == nil {
		t.Errorf("got %t, %v, want an error", first, err)
	}
}

// Redis is emptied. A process that starts afterwards assumes that Redis is new.
// A process that has used Redis before detects the loss.
func TestH03AnotherProcessInitializesAnEmptyRedis(t *testing.T) {
	f := newFake()
	s := newStore(t, f)
	used := newKey()
	assertFirst(t, s, used, true, nil)
	f.flush()
	other := newStore(t, f)
	next := newKey()
	next[0] = used[0]
	assertFirst(t, s, next, false, redisstore.ErrLost)
	assertFirst(t, other, used, false, redisstore.ErrLost)
}

func TestH10AProofBeyondTheWindowIsRefused(t *testing.T) {
	var log bytes.Buffer
	f := newFake()
	strict := newStore(t, f, func(c *redisstore.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	local := newStore(t, f, localOnly)
	for _, tt := range []struct {
		s    *redisstore.Store
		d    time.Duration
		want bool
	}{{strict, -time.Second, false}, {strict, 200 * time.Second, true}, {strict, 201 * time.Second, false}, {local, -time.Second, false}, {local, 201 * time.Second, true}} {
		if first, err := tt.s.First(t.Context(), newKey(), time.Now().Add(tt.d)); first != tt.want || (err == nil) != tt.want {
			t.Errorf("until in %v: got %t, %v, want %t", tt.d, first, err, tt.want)
		}
	}
	if got := strict.Stats().TooLong; got != 1 || !strings.Contains(log.String(), "ProofWindow") {
		t.Errorf("got %d and the log %q, want one proof and a line about ProofWindow", got, log.String())
	}
}

// Even if the Redis client ignores its context, no command takes longer than
// Timeout.
func TestH02CommandsTakeNoLongerThanTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		s := newStore(t, f, func(c *redisstore.Config) { c.Timeout = 0 })
		release, began := make(chan struct{}), time.Now()
		f.hang = release
		first, err := s.First(t.Context(), newKey(), time.Now().Add(time.Minute))
		if took := time.Since(began); first || err == nil || took != 50*time.Millisecond {
			t.Errorf("got %t, %v after %v, want an error after 50 ms", first, err, took)
		}
		close(release)
		synctest.Wait()
		if f.longest != 50*time.Millisecond {
			t.Errorf("got a deadline in %v, want one in 50 ms", f.longest)
		}
	})
}

func TestH02APanicOfTheClientIsAFailure(t *testing.T) {
	s := newStore(t, newFake(), func(c *redisstore.Config) {
		do := c.Do
		c.Do = func(ctx context.Context, args ...any) (any, error) {
			if args[0] == "GET" {
				panic("canary")
			}
			return do(ctx, args...)
		}
	})
	if _, ok, err := s.Get(t.Context(), "key"); ok || err != nil || s.Stats().Failures != 1 {
		t.Errorf("got %t, %v and %+v, want a miss and a failure", ok, err, s.Stats())
	}
}

func TestKeysBeginWithThePrefixAndTheVersion(t *testing.T) {
	for prefix, want := range map[string]string{"": "bg:1:{", "orders:": "orders:1:{"} {
		f := newFake()
		s := newStore(t, f, func(c *redisstore.Config) { c.Prefix = prefix })
		assertFirst(t, s, newKey(), true, nil)
		if err := s.Set(t.Context(), "key", nil, time.Hour); err != nil {
			t.Fatal(err)
		}
		publish(t, s, "one", time.Now().Add(time.Hour))
		assertRead(t, s, "one")
		for key := range f.values {
			if !strings.HasPrefix(key, want) || f.ends[key].IsZero() {
				t.Errorf("got the key %q, want one that begins with %q and has a lifetime", key, want)
			}
		}
	}
}

func TestH09OneClientIsLimited(t *testing.T) {
	s := newStore(t, newFake(), func(c *redisstore.Config) { c.Local = dpop.NewMemory(8) })
	until := time.Now().Add(time.Minute)
	for i := range 3 {
		want := error(nil)
		if i == 2 {
			want = dpop.ErrQuota
		}
		if _, err := s.FirstOf(t.Context(), "client", newKey(), until); !errors.Is(err, want) {
			t.Errorf("entry %d: got %v, want %v", i, err, want)
		}
	}
}

func TestH02CommandsArePausedForASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		var log bytes.Buffer
		s := newStore(t, f, func(c *redisstore.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
		f.setDown(true)
		for range 5 {
			if _, ok, err := s.Get(t.Context(), "key"); ok || err != nil {
				t.Errorf("while Redis is down: got %t, %v, want a miss", ok, err)
			}
		}
		time.Sleep(time.Second)
		for range 5 {
			_, _, _ = s.Get(t.Context(), "key")
		}
		if got := s.Stats(); got.Failures != 4 || got.Paused != 6 {
			t.Errorf("got %+v, want 4 failures and 6 commands that were not sent", got)
		}
		if text := log.String(); strings.Count(text, "\n") != 1 || strings.Contains(text, "192.0.2.1") {
			t.Errorf("got log %q, want one line without the text of the error", text)
		}
		f.setDown(false)
		time.Sleep(time.Second)
		for range 5 {
			_, _, _ = s.Get(t.Context(), "key")
		}
		if got := s.Stats(); got.Failures != 4 || got.Paused != 6 {
			t.Errorf("after the outage: got %+v, want no more failures", got)
		}
	})
}

// A client cannot pause commands for others by canceling its requests, before
// or while a command runs.
func TestH08CanceledCallsAreNotFailures(t *testing.T) {
	cancel := func() {}
	s := newStore(t, newFake(), through(func(next doFunc, ctx context.Context, args []any) (any, error) {
		cancel()
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return next(ctx, args...)
	}))
	before := s.Stats().Commands
	get := func(ctx context.Context) { _, _, _ = s.Get(ctx, "key") }
	first := func(ctx context.Context) { _, _ = s.First(ctx, newKey(), time.Now().Add(time.Minute)) }
	for range 10 {
		for _, call := range []func(context.Context){get, first} {
			ctx, end := context.WithCancel(t.Context())
			cancel = end
			call(ctx) // the command cancels ctx
			call(ctx) // ctx has ended
			end()
		}
	}
	if got := s.Stats(); got.Failures != 0 || got.Paused != 0 || got.Commands < before+20 {
		t.Errorf("got %+v, want at least %d commands and no failures", got, before+20)
	}
}

func TestH02LocalOnlyRemembersWhatItHasSeen(t *testing.T) {
	f := newFake()
	s := newStore(t, f, localOnly)
	before, during := newKey(), newKey()
	assertFirst(t, s, before, true, nil)
	f.setDown(true)
	assertFirst(t, s, before, false, nil)
	assertFirst(t, s, during, true, nil)
	assertFirst(t, s, during, false, nil)
	f.setDown(false)
	assertFirst(t, s, during, false, nil)
	f.flush()
	assertFirst(t, s, before, false, nil)
	assertFirst(t, s, newKey(), true, nil)
}
