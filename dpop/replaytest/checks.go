package replaytest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/internal/suite"
)

// checks lists the properties of a store.
var checks = []suite.Check[dpop.Replay]{
	{
		Name: "a key is first once", Fault: firstOnce,
		Why: "Each proof must be accepted once. The verifier asks the store only for valid proofs, and trusts its answer.",
	},
	{
		Name: "other keys are not affected", Fault: otherKeys,
		Why: "The store must keep at least 16 bytes of a key, and compare every byte that it keeps. Otherwise it refuses proofs " +
			"that nobody has used. A store for text needs an encoding of keys, such as hexadecimal.",
	},
	{
		Name: "one of many concurrent calls is first", Fault: concurrent,
		Why: "Looking up a key and storing a replay entry for it must be one atomic operation, such as SET with NX in Redis, or INSERT with ON CONFLICT DO NOTHING " +
			"in SQL. Otherwise a proof that is sent many times at once is accepted several times.",
	},
	{
		Name: "another until makes no difference", Fault: otherUntil,
		Why: "The time must not be a part of the key. The same proof can come with another time.",
	},
	{
		Name: "a replay entry survives many others", Fault: manyEntries,
		Why: "A store must not evict entries that are still needed. Otherwise an attacker with one token can make it forget used proofs. If it is full, it must return an error.",
	},
	{
		Name: "a canceled call does not lose its replay entry", Fault: canceled,
		Why: "If a store cannot find out whether a key has an entry, it must return an error, so that the verifier answers 503. " +
			"Otherwise a proof is accepted twice, or a good proof is refused.",
	},
	{
		Name: "a time that has passed is not first twice", Fault: passed,
		Why: "A replay entry that expires at once has no effect. If until has passed, return an error.",
	},
	{
		Name: "a replay entry lasts for a fraction of a second", Waits: true, Fault: fraction,
		Why: "A store that counts whole seconds must round until up. With a lifetime of 0 seconds, an entry expires at once, or the store returns an error.",
	},
	{
		Name: "a replay entry lasts until its time", Waits: true, Fault: holds,
		Why: "The verifier accepts the proof until that time. Check that the store uses the parameter until, and that the unit and the rounding of the lifetime are right.",
	},
	{
		Name: "a replay does not shorten the lifetime of the entry", Waits: true, Fault: shortened,
		Why: "A call that returns false must not change the replay entry. Otherwise an attacker can make the entry expire early with a replay, and then send the proof again.",
	},
}

// later returns an expiry time for replay entries that must not expire while
// the suite runs.
func later() time.Time { return time.Now().Add(time.Hour) }

// want calls First. It returns an error if First fails or returns a value other
// than first.
func want(ctx context.Context, store dpop.Replay, key [32]byte, until time.Time, first bool, when string) error {
	got, err := store.First(ctx, key, until)
	switch {
	case err != nil:
		return fmt.Errorf("%s: First returned the error %w, want %t and no error", when, err, first)
	case got != first:
		return fmt.Errorf("%s: First returned %t, want %t", when, got, first)
	}
	return nil
}

func firstOnce(ctx context.Context, store dpop.Replay) error {
	key, until := newKey(), later()
	err := want(ctx, store, key, until, true, "a new key")
	for range 3 {
		err = errors.Join(err, want(ctx, store, key, until, false, "the same key again"))
	}
	return err
}

func otherKeys(ctx context.Context, store dpop.Replay) error {
	for _, pair := range similarKeys() {
		until := later()
		if err := want(ctx, store, pair.a, until, true, "a new key"); err != nil {
			return err
		}
		if err := want(ctx, store, pair.b, until, true, "after a key that differs "+pair.difference); err != nil {
			return err
		}
	}
	return nil
}

func concurrent(ctx context.Context, store dpop.Replay) error {
	const calls, rounds = 100, 20
	for range rounds {
		key, until := newKey(), later()
		var (
			start, done sync.WaitGroup
			first       [calls]bool
			faults      [calls]error
		)
		start.Add(1)
		for i := range calls {
			done.Go(func() {
				start.Wait()
				first[i], faults[i] = store.First(ctx, key, until)
			})
		}
		start.Done()
		done.Wait()
		count := 0
		for i := range calls {
			if faults[i] != nil {
				return fmt.Errorf("one of %d concurrent calls returned the error %w, want no error", calls, faults[i])
			}
			if first[i] {
				count++
			}
		}
		if count != 1 {
			return fmt.Errorf("%d of %d concurrent calls with one key returned true, want 1", count, calls)
		}
	}
	return nil
}

func otherUntil(ctx context.Context, store dpop.Replay) error {
	now := time.Now()
	for _, lifetimes := range [][2]time.Duration{
		{time.Hour, 30 * time.Minute}, {30 * time.Minute, time.Hour}, {time.Hour, time.Hour + time.Millisecond}, {time.Minute, time.Hour},
	} {
		key := newKey()
		if err := want(ctx, store, key, now.Add(lifetimes[0]), true, "a new key"); err != nil {
			return err
		}
		when := fmt.Sprintf("a key whose entry lasts for %v, now with %v", lifetimes[0], lifetimes[1])
		if err := want(ctx, store, key, now.Add(lifetimes[1]), false, when); err != nil {
			return err
		}
	}
	return nil
}

func manyEntries(ctx context.Context, store dpop.Replay) error {
	const others = 2000
	key, until := newKey(), later()
	if err := want(ctx, store, key, until, true, "a new key"); err != nil {
		return err
	}
	for range others {
		if err := want(ctx, store, newKey(), until, true, "a new key among many"); err != nil {
			return err
		}
	}
	return want(ctx, store, key, until, false, fmt.Sprintf("a key again, after %d others", others))
}

func canceled(ctx context.Context, store dpop.Replay) error {
	over, cancel := context.WithCancel(ctx)
	cancel()
	key, until := newKey(), later()
	first, err := store.First(over, key, until)
	switch {
	case err != nil && first:
		return fmt.Errorf("a call with a canceled context returned true together with the error %w, want false with an error", err)
	case err != nil:
		return nil //nolint:nilerr // the error is what is wanted; whether the key has an entry is unknown
	case !first:
		return errors.New("with a canceled context, First returned false and no error for a new key, want true or an error")
	}
	return want(ctx, store, key, until, false, "after a call with a canceled context returned true, the same key again")
}

func passed(ctx context.Context, store dpop.Replay) error {
	for _, ago := range []time.Duration{time.Millisecond, time.Second, time.Minute, 24 * time.Hour} {
		key, until := newKey(), time.Now().Add(-ago)
		first, err := store.First(ctx, key, until)
		again, errAgain := store.First(ctx, key, until)
		if first && err == nil && again && errAgain == nil {
			return fmt.Errorf("two calls with the same key, and with an until that was %v ago, both returned true, want errors", ago)
		}
	}
	return nil
}

func fraction(ctx context.Context, store dpop.Replay) error {
	for range 5 { // at different fractions of a second
		key, until := newKey(), time.Now().Add(500*time.Millisecond)
		err := want(ctx, store, key, until, true, "a new key, for half a second")
		if err == nil {
			err = want(ctx, store, key, until, false, "the same key at once, while the entry lasts for half a second")
		}
		if err != nil && time.Now().Before(until) { // on a busy machine, half a second may have passed
			return err
		}
		if err := suite.Wait(ctx, time.Now().Add(130*time.Millisecond)); err != nil {
			return err
		}
	}
	return nil
}
