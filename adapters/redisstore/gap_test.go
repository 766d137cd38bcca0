package redisstore_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/adapters/redisstore"
	"github.com/bearerguard/bearerguard/revoke"
)

// readAll reads to the end, and returns the last batch and the number of
// revocations in each batch.
func readAll(t *testing.T, s *redisstore.Store, after string) (last revoke.Batch, counts []int) {
	t.Helper()
	for last = (revoke.Batch{Next: after, More: true}); last.More; {
		var err error
		if last, err = s.Read(t.Context(), last.Next); err != nil {
			t.Fatal(err)
		}
		counts = append(counts, len(last.Revocations))
	}
	return last, counts
}

// A long feed is read in batches. Each batch must be small enough to arrive
// within Timeout. If Redis is fast, the batches become larger.
func TestALongFeedIsReadInParts(t *testing.T) {
	for name, tt := range map[string]struct {
		took time.Duration // duration of an XRANGE
		want []int
	}{
		"fast": {10 * time.Millisecond, []int{16, 32, 64, 128, 256, 512, 512, 480}},
		"slow": {13 * time.Millisecond, slices.Repeat([]int{16}, 125)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake()
				var err error
				s := newStore(t, f, func(c *redisstore.Config) { c.Timeout = 0 }, through(func(next doFunc, ctx context.Context, args []any) (any, error) {
					if args[0] == "XRANGE" {
						time.Sleep(tt.took)
					}
					answer, errNext := next(ctx, args...)
					return answer, errors.Join(err, errNext)
				}))
				for range 2000 {
					publish(t, s, "id", time.Now().Add(time.Hour))
				}
				if _, got := readAll(t, s, ""); !slices.Equal(got, tt.want) {
					t.Errorf("got %v revocations, want %v", got, tt.want)
				}
				err = errDown
				if _, err := s.Read(t.Context(), ""); err == nil {
					t.Error("got no error")
				}
				err = nil
				if batch, err := s.Read(t.Context(), ""); len(batch.Revocations) != 16 || err != nil {
					t.Errorf("after an error: got %d revocations and the error %v, want 16", len(batch.Revocations), err)
				}
			})
		})
	}
}

// A machine that publishes many revocations also removes many ended entries.
func TestTheStreamOfAMachineThatPublishesMuchShrinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		s := newStore(t, f)
		for range 400 {
			all := slices.Repeat([]revoke.Revocation{{Issuer: "https://as.example.com", Kind: revoke.Token, Value: "id", Until: time.Now().Add(time.Minute)}}, 192)
			if err := s.Publish(t.Context(), all...); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
		}
		if n := len(f.stream); n > 3*61*2 {
			t.Errorf("got %d entries, want at most twice those of an hour", n)
		}
	})
}

// A new machine reads old entries while another machine removes them. This must
// not change the epoch.
func TestEntriesAreRemovedUnderAReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		s, fresh := newStore(t, f), newStore(t, f)
		for range 40 {
			publish(t, s, "short", time.Now().Add(time.Minute))
		}
		time.Sleep(2 * time.Hour)
		publish(t, s, "long", time.Now().Add(time.Hour))
		end, _ := readAll(t, s, "")
		middle, err := fresh.Read(t.Context(), "")
		if err != nil || !middle.More {
			t.Fatalf("got %+v, %v, want that there is more", middle, err)
		}
		for range 20 {
			publish(t, s, "long", time.Now().Add(time.Hour))
		}
		if _, err := fresh.Read(t.Context(), middle.Next); !errors.Is(err, revoke.ErrGap) {
			t.Errorf("in the middle: got %v, want ErrGap", err)
		}
		if batch, err := s.Read(t.Context(), end.Next); err != nil || batch.Epoch != end.Epoch {
			t.Errorf("at the end: got the epoch %q and the error %v, want the same epoch %q", batch.Epoch, err, end.Epoch)
		}
	})
}

// A full Redis has lost its newest entry. The machine that has this entry in
// memory reads the feed again, and publishes the entry as soon as Redis has
// room.
func TestAGapInAFullRedis(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		var full atomic.Bool
		s := newStore(t, f, through(func(next doFunc, ctx context.Context, args []any) (any, error) {
			if full.Load() && (args[0] == "XADD" || args[0] == "SET") {
				return nil, errors.New("OOM command not allowed when used memory > 'maxmemory'")
			}
			return next(ctx, args...)
		}))
		list, err := revoke.New(revoke.Config{Feed: s, OnLag: revoke.Refuse, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		go func() { _ = list.Run(t.Context()) }()
		for _, id := range []string{"one", "two"} {
			if err := list.Add(t.Context(), revoke.Revocation{Issuer: "https://as.example.com", Kind: revoke.Token, Value: id, Until: time.Now().Add(time.Hour)}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		full.Store(true)
		f.setStream(func(all []fakeEntry) []fakeEntry { return all[:1] })
		time.Sleep(time.Minute)
		if got := list.Stats(); list.Healthy() != nil || got.Gaps != 1 || got.Missing != 1 {
			t.Errorf("got %v and %+v, want no lag, one gap and one missing entry", list.Healthy(), got)
		}
		full.Store(false)
		time.Sleep(2 * time.Second)
		assertRead(t, newStore(t, f), "one", "two")
	})
}

// After a failover, the new node may reuse the ID of a lost entry.
func TestAnIDIsUsedTwice(t *testing.T) {
	f, hour := newFake(), time.Now().Add(time.Hour)
	s := newStore(t, f)
	publish(t, s, "lost", hour)
	batch, id := assertRead(t, s, "lost"), f.stream[0].id
	f.stream = nil
	publish(t, s, "later", hour)
	f.stream[0].id = id
	if _, err := s.Read(t.Context(), batch.Next); !errors.Is(err, revoke.ErrGap) {
		t.Errorf("got %v, want ErrGap", err)
	}
	assertRead(t, s, "later")
}
