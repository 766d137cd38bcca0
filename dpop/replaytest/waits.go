package replaytest

import (
	"context"
	"fmt"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/internal/suite"
)

// margin is the tolerance for replay entries that expire too early. It is
// necessary, because the clock of a store on another machine may be ahead, and
// because calls take time.
const margin = 200 * time.Millisecond

// holds checks that replay entries do not expire before the time given as
// until. This time has a different fraction of a second for each replay entry,
// because a store may round.
func holds(ctx context.Context, store dpop.Replay) error {
	const entries, step = 4, 250 * time.Millisecond
	began := time.Now()
	var keys [entries][32]byte
	until := func(i int) time.Time { return began.Add(1750*time.Millisecond + time.Duration(i)*step) }
	for i := range keys {
		keys[i] = newKey()
		if err := want(ctx, store, keys[i], until(i), true, "a new key"); err != nil {
			return err
		}
	}
	for i, key := range keys {
		if err := suite.Wait(ctx, until(i).Add(-margin)); err != nil {
			return err
		}
		err := want(ctx, store, key, until(i), false, fmt.Sprintf("%v before the entry expires", margin))
		if err != nil && time.Now().Before(until(i)) { // on a busy machine, the entry may have expired
			return err
		}
	}
	return nil
}

func shortened(ctx context.Context, store dpop.Replay) error {
	key, began := newKey(), time.Now()
	long, short := began.Add(time.Hour), began.Add(time.Second)
	if err := want(ctx, store, key, long, true, "a new key, for an hour"); err != nil {
		return err
	}
	if err := want(ctx, store, key, short, false, "the same key again, for a second"); err != nil {
		return err
	}
	if err := suite.Wait(ctx, short.Add(1500*time.Millisecond)); err != nil { // a store may round up
		return err
	}
	return want(ctx, store, key, long, false, "after the second of the replay")
}
