package feedtest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/internal/suite"
	"github.com/bearerguard/bearerguard/revoke"
	"github.com/bearerguard/bearerguard/revoke/feedtest"
)

// feed is a correct feed. Its function fields can add faults.
type feed struct {
	feedtest.Memory

	drop   func(revoke.Revocation) bool
	change func(*revoke.Revocation)
	write  func(ctx context.Context, f *feed, all []revoke.Revocation) error
	read   func(ctx context.Context, f *feed, after string) (revoke.Batch, error)

	mu    sync.Mutex
	kept  []revoke.Revocation // for faults
	epoch int
}

func (f *feed) Publish(ctx context.Context, all ...revoke.Revocation) error {
	if f.write != nil {
		return f.write(ctx, f, all)
	}
	all = slices.Clone(all)
	if f.drop != nil {
		all = slices.DeleteFunc(all, f.drop)
	}
	for i := range all {
		if f.change != nil {
			f.change(&all[i])
		}
	}
	return f.Memory.Publish(ctx, all...)
}

func (f *feed) Read(ctx context.Context, after string) (revoke.Batch, error) {
	if f.read != nil {
		return f.read(ctx, f, after)
	}
	return f.Memory.Read(ctx, after)
}

const (
	published  = "what is published is read"
	nothing    = "a call without revocations succeeds"
	inOrder    = "revocations are read in order"
	remains    = "reading removes nothing"
	continues  = "a reader continues after its position"
	atEnd      = "the end can be read again and again"
	long       = "a long feed is read in full"
	concurrent = "a reader misses nothing while others publish"
	canceled   = "a canceled call reports no false success"
	unknown    = "an unknown position is an error"
	sameEpoch  = "the epoch stays the same"
	aliases    = "callers can reuse their slices"
	kept       = "a revocation is kept until its Until"
)

func changing(change func(*revoke.Revocation)) func() revoke.Feed {
	return func() revoke.Feed { return &feed{change: change} }
}

func writing(write func(context.Context, *feed, []revoke.Revocation) error) func() revoke.Feed {
	return func() revoke.Feed { return &feed{write: write} }
}

// keeping returns a constructor of feeds that store revocations by calling
// write, and read them from feed.kept.
func keeping(write func(context.Context, *feed, []revoke.Revocation) error) func() revoke.Feed {
	return func() revoke.Feed { return &feed{write: write, read: fromKept} }
}

func reading(read func(context.Context, *feed, string) (revoke.Batch, error)) func() revoke.Feed {
	return func() revoke.Feed { return &feed{read: read} }
}

// faults maps the name of a fault to a constructor of feeds with this fault,
// and to the checks that must detect it.
var faults = map[string]suite.Planted[revoke.Feed]{
	"nothing is stored":            {writing(func(context.Context, *feed, []revoke.Revocation) error { return nil }), []string{published, inOrder, remains, continues, long, concurrent, canceled, aliases, kept}},
	"values lose their case":       {changing(func(r *revoke.Revocation) { r.Value = strings.ToLower(r.Value) }), []string{published}},
	"values are trimmed":           {changing(func(r *revoke.Revocation) { r.Value = strings.TrimSpace(r.Value) }), []string{published}},
	"values are ASCII":             {changing(func(r *revoke.Revocation) { r.Value = strings.ReplaceAll(fmt.Sprintf("%+q", r.Value), `"`, "") }), []string{published}},
	"values are cut to 255 bytes":  {changing(func(r *revoke.Revocation) { r.Value = r.Value[:min(255, len(r.Value))] }), []string{published}},
	"the kind is lost":             {changing(func(r *revoke.Revocation) { r.Kind = revoke.Token }), []string{published}},
	"Before is lost":               {changing(func(r *revoke.Revocation) { r.Before = time.Time{} }), []string{published}},
	"the zero Before becomes 1970": {changing(func(r *revoke.Revocation) { r.Before = time.Unix(max(r.Before.Unix(), 0), 0) }), []string{published}},
	"1970 becomes the zero Before": {changing(func(r *revoke.Revocation) {
		if r.Before.Unix() == 0 {
			r.Before = time.Time{}
		}
	}), []string{published}},
	"Until is limited to ten minutes": {changing(func(r *revoke.Revocation) { r.Until = time.Now().Add(10 * time.Minute) }), []string{published, kept}},
	"a call without revocations fails": {writing(func(ctx context.Context, f *feed, all []revoke.Revocation) error {
		if len(all) == 0 {
			return errors.New("wrong number of arguments")
		}
		return f.Memory.Publish(ctx, all...)
	}), []string{nothing}},
	"only the first of a call is stored": {writing(func(ctx context.Context, f *feed, all []revoke.Revocation) error {
		return f.Memory.Publish(ctx, all[:min(1, len(all))]...)
	}), []string{published, inOrder, remains, continues, long}},
	"the newest come first": {reading(func(ctx context.Context, f *feed, after string) (revoke.Batch, error) {
		batch, err := f.Memory.Read(ctx, after)
		slices.Reverse(batch.Revocations)
		return batch, err
	}), []string{published, inOrder, remains}},
	"a batch is in random order": {reading(func(ctx context.Context, f *feed, after string) (revoke.Batch, error) {
		batch, err := f.Memory.Read(ctx, after)
		slices.SortStableFunc(batch.Revocations, func(a, b revoke.Revocation) int { return len(b.Value) - len(a.Value) })
		return batch, err
	}), []string{published, inOrder}},
	"what was read is removed": {reading(func(ctx context.Context, f *feed, after string) (revoke.Batch, error) {
		batch, err := f.Memory.Read(ctx, after)
		f.Lose()
		batch.Next, batch.Epoch = "", ""
		return batch, err
	}), []string{remains, long}},
	"each reading begins at the beginning": {reading(func(ctx context.Context, f *feed, _ string) (revoke.Batch, error) {
		batch, err := f.Memory.Read(ctx, "")
		batch.More = false
		return batch, err
	}), []string{continues, atEnd, long, unknown}},
	"a position includes what it is about": {reading(func(ctx context.Context, f *feed, after string) (revoke.Batch, error) {
		batch, err := f.Memory.Read(ctx, after)
		if n := len(batch.Revocations); n > 0 && !batch.More {
			batch.Next = fmt.Sprintf("0-%d", position(batch.Next)-1)
		}
		return batch, err
	}), []string{continues, atEnd}},
	"a position skips one": {reading(func(ctx context.Context, f *feed, after string) (revoke.Batch, error) {
		if n := position(after); n > 0 {
			after = fmt.Sprintf("0-%d", n+1)
		}
		batch, err := f.Memory.Read(ctx, after)
		if errors.Is(err, revoke.ErrGap) {
			return revoke.Batch{Next: after, Epoch: "0"}, nil
		}
		return batch, err
	}), []string{continues, long}},
	"the end is an error": {reading(func(ctx context.Context, f *feed, after string) (revoke.Batch, error) {
		batch, err := f.Memory.Read(ctx, after)
		if err == nil && len(batch.Revocations) == 0 && after != "" {
			return revoke.Batch{}, errors.New("nil")
		}
		return batch, err
	}), []string{atEnd}},
	"at the end the position is the beginning": {reading(func(ctx context.Context, f *feed, after string) (revoke.Batch, error) {
		batch, err := f.Memory.Read(ctx, after)
		if len(batch.Revocations) == 0 {
			batch.Next = ""
		}
		return batch, err
	}), []string{atEnd}},
	"More is never set": {reading(func(ctx context.Context, f *feed, after string) (revoke.Batch, error) {
		batch, err := f.Memory.Read(ctx, after)
		batch.More = false
		return batch, err
	}), []string{long}},
	"More is always set": {reading(func(ctx context.Context, f *feed, after string) (revoke.Batch, error) {
		batch, err := f.Memory.Read(ctx, after)
		batch.More = true
		return batch, err
	}), []string{published, inOrder, remains, continues, atEnd, long, concurrent, canceled, aliases, kept}},
	"only the newest 1000 are kept": {reading(func(ctx context.Context, f *feed, after string) (revoke.Batch, error) {
		end, err := f.Memory.Read(ctx, after)
		for n := 0; err == nil && end.More; n++ {
			end, err = f.Memory.Read(ctx, end.Next)
		}
		return end, err
	}), []string{long}},
	"positions become visible in another order than they are assigned": {keeping(func(ctx context.Context, f *feed, all []revoke.Revocation) error {
		f.mu.Lock()
		at := len(f.kept)
		f.kept = append(f.kept, make([]revoke.Revocation, len(all))...) // reserves positions, as a database sequence does
		f.mu.Unlock()
		time.Sleep(time.Millisecond) // the reader can read meanwhile
		f.mu.Lock()
		copy(f.kept[at:], all)
		f.mu.Unlock()
		return nil
	}), []string{concurrent}},
	"publishers overwrite each other": {keeping(func(_ context.Context, f *feed, all []revoke.Revocation) error {
		f.mu.Lock()
		read := slices.Clone(f.kept)
		f.mu.Unlock()
		time.Sleep(time.Microsecond)
		f.mu.Lock()
		f.kept = append(read, all...)
		f.mu.Unlock()
		return nil
	}), []string{concurrent}},
	"a canceled Publish is swallowed": {writing(func(ctx context.Context, f *feed, all []revoke.Revocation) error {
		_ = f.Memory.Publish(ctx, all...)
		return nil
	}), []string{canceled}},
	"a failed Read is an empty batch": {reading(func(ctx context.Context, f *feed, after string) (revoke.Batch, error) {
		batch, _ := f.Memory.Read(ctx, after)
		return batch, nil
	}), []string{canceled, unknown}},
	"an unknown position is the end": {reading(func(ctx context.Context, f *feed, after string) (revoke.Batch, error) {
		batch, err := f.Memory.Read(ctx, after)
		if errors.Is(err, revoke.ErrGap) {
			return revoke.Batch{Next: after, Epoch: "0"}, nil
		}
		return batch, err
	}), []string{unknown}},
	"each reading has another epoch": {reading(func(ctx context.Context, f *feed, after string) (revoke.Batch, error) {
		batch, err := f.Memory.Read(ctx, after)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.epoch++
		batch.Epoch = fmt.Sprint(f.epoch)
		return batch, err
	}), []string{sameEpoch}},
	"the slice of Publish is kept": {keeping(func(_ context.Context, f *feed, all []revoke.Revocation) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		if len(f.kept) == 0 {
			f.kept = all
			return nil
		}
		f.kept = append(f.kept, all...)
		return nil
	}), []string{aliases}},
	"a batch is the feed's own slice": {func() revoke.Feed {
		return &feed{write: keep, read: func(_ context.Context, f *feed, _ string) (revoke.Batch, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			return revoke.Batch{Revocations: f.kept, Next: fmt.Sprint(len(f.kept))}, nil
		}}
	}, []string{aliases}},
	"everything ends when its first element does": {func() revoke.Feed {
		return &feed{write: keep, read: func(_ context.Context, f *feed, _ string) (revoke.Batch, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			if slices.ContainsFunc(f.kept, func(r revoke.Revocation) bool { return r.Until.Before(time.Now()) }) {
				f.kept = nil
			}
			return revoke.Batch{Revocations: slices.Clone(f.kept), Next: fmt.Sprint(len(f.kept))}, nil
		}}
	}, []string{kept}},
	"what is older than something that has ended is removed": {func() revoke.Feed {
		return &feed{write: keep, read: func(_ context.Context, f *feed, _ string) (revoke.Batch, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			for i, r := range f.kept {
				if r.Until.Before(time.Now()) {
					return revoke.Batch{Revocations: slices.Clone(f.kept[i+1:]), Next: "x"}, nil
				}
			}
			return revoke.Batch{Revocations: slices.Clone(f.kept), Next: "x"}, nil
		}}
	}, []string{kept}},
	"the feed is unavailable": {func() revoke.Feed {
		return &feed{
			write: func(context.Context, *feed, []revoke.Revocation) error { return errors.New("unavailable") },
			read: func(context.Context, *feed, string) (revoke.Batch, error) {
				return revoke.Batch{}, errors.New("unavailable")
			},
		}
	}, []string{published, nothing, inOrder, remains, continues, atEnd, long, concurrent, canceled, unknown, sameEpoch, aliases, kept}},
}

func keep(_ context.Context, f *feed, all []revoke.Revocation) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = append(f.kept, all...)
	return nil
}

// position returns the number after the hyphen in a position of a Memory.
func position(text string) (n int) {
	var epoch int
	_, _ = fmt.Sscanf(text, "%d-%d", &epoch, &n)
	return n
}

// fromKept reads from feed.kept.
func fromKept(_ context.Context, f *feed, after string) (revoke.Batch, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	begin := position(after)
	if begin > len(f.kept) {
		return revoke.Batch{}, revoke.ErrGap
	}
	return revoke.Batch{Revocations: slices.Clone(f.kept[begin:]), Next: fmt.Sprintf("0-%d", len(f.kept))}, nil
}

func TestPlantedFaultsAreFound(t *testing.T) {
	suite.FindsPlantedFaults(t, feedtest.Checks, faults)
}

func TestCorrectFeedsHaveNoFault(t *testing.T) {
	suite.FindsNoFault(t, feedtest.Checks, map[string]func() revoke.Feed{
		"Memory": func() revoke.Feed { return new(feedtest.Memory) },
		"the feed in which the faults are planted": func() revoke.Feed { return new(feed) },
		"one that removes what has ended": func() revoke.Feed {
			return &feed{read: func(ctx context.Context, f *feed, after string) (revoke.Batch, error) {
				batch, err := f.Memory.Read(ctx, after)
				batch.Revocations = slices.DeleteFunc(batch.Revocations, func(r revoke.Revocation) bool { return r.Until.Before(time.Now()) })
				return batch, err
			}}
		},
		"one that is read one at a time, without an epoch": func() revoke.Feed {
			return &feed{read: func(ctx context.Context, f *feed, after string) (revoke.Batch, error) {
				batch, err := f.Memory.Read(ctx, after)
				batch.Epoch = ""
				if len(batch.Revocations) > 1 {
					next := fmt.Sprintf("0-%d", position(batch.Next)-len(batch.Revocations)+1)
					batch = revoke.Batch{Revocations: batch.Revocations[:1], Next: next, More: true}
				}
				return batch, err
			}}
		},
		"one in which a canceled Publish still writes": func() revoke.Feed {
			return &feed{write: func(ctx context.Context, f *feed, all []revoke.Revocation) error {
				return errors.Join(f.Memory.Publish(context.WithoutCancel(ctx), all...), ctx.Err())
			}}
		},
	})
}
