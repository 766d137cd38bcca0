package main

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/proof/bench/rival"
	"github.com/bearerguard/bearerguard/testserver"
)

// play runs one scenario with Bearerguard in a synctest bubble and returns the
// result.
func play[F fmt.Stringer](t *testing.T, play func(context.Context, *trial) (fmt.Stringer, error)) (found F) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		got, err := try(t.Context(), seldom, rival.Bearerguard(), scenario{"", play}, testserver.InMemory())
		if err != nil {
			t.Fatal(err)
		}
		found = got.(F)
	})
	return found
}

const (
	minInterval = 5 * time.Second // default of jwks.Options.MinInterval
	burst       = 4               // default of jwks.Options.Burst
)

func TestRandomKidsCauseABurstAndOneFetchAnInterval(t *testing.T) {
	if got, most := play[fetches](t, randomKids), fetches(burst+seldom.flood/minInterval); got < 1 || got > most {
		t.Errorf("got %d fetches, want 1 to %d", got, most)
	}
}

func TestBadSignaturesCauseNoFetch(t *testing.T) {
	if got := play[fetches](t, badSignatures); got != 0 {
		t.Errorf("got %d fetches, want none", got)
	}
}

func TestGoodTokensKeepWorkingThroughAnOutage(t *testing.T) {
	if got := play[service](t, keysUnavailable); got.refused.seen || got.slow > 0 {
		t.Errorf("503: got %v, want tokens accepted at once", got)
	}
	if got := play[service](t, keysHang); got.refused.seen || got.slow > 0 {
		t.Errorf("no answer: got %v, want tokens accepted at once", got)
	}
}

func TestANewKeyIsAcceptedAtOnce(t *testing.T) {
	if got := play[accepted](t, newKey); !got.seen || got.delay >= seldom.every {
		t.Errorf("got %v, want the first token accepted", got)
	}
}

func TestAFewJunkKeysDelayNoNewKey(t *testing.T) {
	if got := play[accepted](t, newKeyAfterJunk); !got.seen || got.delay > seldom.every { // allows acceptance at the second token: the first can arrive at the instant of a fetch
		t.Errorf("got %v, want the first or the second token accepted", got)
	}
}

func TestARemovedKeyIsRefusedForGood(t *testing.T) {
	if got := play[refused](t, removedKey); !got.seen || got.delay > seldom.ttl+seldom.every {
		t.Errorf("got %v, want the removed key refused within %v", got, seldom.ttl)
	}
	again := play[accepted](t, func(ctx context.Context, tr *trial) (fmt.Stringer, error) {
		leaked := tr.as.Token()
		if _, err := removedKey(ctx, tr); err != nil {
			return nil, err
		}
		return accepted(tr.until(ctx, time.Minute, func() bool { return tr.send(ctx, leaked) == nil })), nil
	})
	if again.seen {
		t.Errorf("got the removed key accepted again after %v, want it refused from then on", again.delay)
	}
}

func TestAServerThatComesBackIsNoticedWithinASecond(t *testing.T) {
	if got := play[start](t, coldStart); got.failed || !got.accept.seen || got.accept.delay > time.Second+seldom.every {
		t.Errorf("got %v, want a token accepted within a second", got)
	}
}
