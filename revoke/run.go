package revoke

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/bearerguard/bearerguard/internal/contain"
)

const (
	pollInterval = 200 * time.Millisecond // on average
	callTimeout  = 5 * time.Second        // limit for one Read, and for all calls of Publish after one poll together

	// rereadInterval is how often the feed is read from the beginning while it
	// contains revocations that do not fit or are not valid.
	rereadInterval = time.Minute

	// removedPerPoll is the maximum number of expired entries that are removed
	// after a poll. The removal blocks Check for less than a millisecond.
	removedPerPoll = 256

	publishedPerPoll = 16 * chunk // maximum number of missing entries that are published after a poll
)

// Failures of the feed, for the log. The errors that the feed returns are not
// logged, because their texts may contain claims.
var (
	errPanic      = errors.New("the feed panicked")
	errFeed       = errors.New("the feed could not be read")
	errSlow       = errors.New("the feed took too long")
	errGapAtStart = errors.New("the feed has a gap at its beginning")
	errPosition   = errors.New("the feed returned revocations or more to read, but no later position")
	errMissing    = errors.New("the feed lost entries, and publishing them again failed")
)

// Run reads the feed about every 200 milliseconds, at first from the beginning.
// When ctx ends, Run returns nil. Without a Feed, Run only waits for ctx. If
// the list is already running, Run returns an error at once. Start Run in a
// goroutine:
//
//	go list.Run(ctx)
//
// Call Run before the API serves requests, because the lag is infinite until
// the feed has been read.
func (l *List) Run(ctx context.Context) error {
	switch {
	case l.notConstructed():
		return errNotConstructed
	case !l.running.CompareAndSwap(false, true):
		return errRunning
	}
	defer l.running.Store(false)
	if l.config.Feed == nil {
		<-ctx.Done()
		return nil
	}
	r := &reader{list: l}
	r.restart()
	l.unpublished.Store(true) // Add may have failed to publish, or the feed may have lost its contents
	for {
		r.checkClock(time.Now())
		more, err := r.poll(ctx)
		if ctx.Err() != nil {
			return nil
		}
		l.note(ctx, err)
		l.entries.mu.Lock()
		l.entries.expire(time.Now().Unix(), removedPerPoll)
		l.entries.mu.Unlock()
		if more {
			continue
		}
		select {
		case <-time.After(pollInterval*3/4 + rand.N(pollInterval/2)): //nolint:gosec // so that machines do not poll at once
		case <-ctx.Done():
			return nil
		}
	}
}

// note logs that the feed fails or works again.
func (l *List) note(ctx context.Context, err error) {
	switch {
	case err != nil && l.failing.To(err.Error()):
		l.log(func(to *slog.Logger) { to.WarnContext(ctx, "revocation feed fails", "error", err) })
	case err == nil && l.failing.To(""):
		l.log(func(to *slog.Logger) { to.InfoContext(ctx, "revocation feed works again") })
	}
}

// log calls write with the Logger. A panic of the Logger must not end the
// process.
func (l *List) log(write func(*slog.Logger)) {
	contain.Panic(func() { write(l.config.Logger) })
}

// reader reads the feed of a list.
type reader struct {
	list     *List
	position string
	epoch    string
	known    bool  // the epoch was read
	wall     int64 // the Unix time of the last poll

	reading  uint64    // number of the reading: how often the feed was read from the beginning
	began    time.Time // when the reading began
	complete bool      // all revocations in this reading were valid and fitted so far
	missing  []*entry  // entries that have still to be published
	limit    int       // maximum number of entries that the next publishMissing publishes
}

// restart makes the next call of poll read from the beginning.
func (r *reader) restart() {
	if len(r.missing) > 0 {
		r.list.unpublished.Store(true) // the next reading finds the entries that are still missing
	}
	r.position, r.began, r.complete, r.missing, r.limit = "", time.Now(), true, nil, publishedPerPoll
	r.reading = r.list.readings.Add(1)
}

// checkClock begins a new reading if the clock was set back. While the clock
// was wrong, entries may have been removed, or not added, because they seemed
// expired. Until the feed has been read again, the lag is infinite.
func (r *reader) checkClock(now time.Time) {
	if now.Unix() < r.wall-1 {
		r.list.read.Store(nil)
		r.restart()
	}
	r.wall = now.Unix()
}

// poll reads one batch. It reports whether the next batch must be read without
// a pause.
func (r *reader) poll(ctx context.Context) (more bool, err error) {
	l, began := r.list, time.Now()
	batch, err := l.readFeed(ctx, r.position)
	switch {
	case errors.Is(err, ErrGap) && r.position == "":
		return false, errGapAtStart
	case errors.Is(err, ErrGap):
		l.gaps.Add(1)
		l.unpublished.Store(true) // the feed may have lost entries
		r.restart()
		return false, nil
	case err != nil:
		return false, err
	case r.known && r.epoch != batch.Epoch:
		l.epochs.Add(1)
		l.log(func(to *slog.Logger) {
			to.WarnContext(ctx, "revocation feed has lost its data; its missing entries are published again")
		})
		l.unpublished.Store(true)
		r.epoch = batch.Epoch
		r.restart()
		return false, nil
	case batch.Next == r.position && (batch.More || len(batch.Revocations) > 0):
		return false, errPosition
	}
	r.known, r.epoch, r.position = true, batch.Epoch, batch.Next
	r.receive(ctx, batch.Revocations)
	if batch.More {
		return true, nil
	}
	if r.complete {
		l.read.Store(&began)
		l.overflowing.To("")
	}
	err = r.publishMissing(ctx)
	if !r.complete && began.Sub(r.began) >= rereadInterval {
		r.restart()
	}
	return false, err
}

// receive adds the revocations of a batch to the list.
func (r *reader) receive(ctx context.Context, all []Revocation) {
	l := r.list
	l.received.Add(int64(len(all)))
	valid := make([]Revocation, 0, len(all))
	for i := range all {
		if all[i].check() == nil {
			valid = append(valid, all[i])
		}
	}
	fit := 0
	for rest := valid; len(rest) > 0; { // the rest may still fit, for example revocations that are already in the list
		n := l.put(rest, r.reading)
		fit += n
		rest = rest[min(n+1, len(rest)):]
	}
	if fit == len(all) {
		return
	}
	l.dropped.Add(int64(len(all) - fit))
	if r.complete = false; l.overflowing.To("dropped") {
		l.log(func(to *slog.Logger) {
			to.WarnContext(ctx, "revocations in the feed do not fit into the list, or are not valid", "entries", l.entries.count.Load(), "limit", l.entries.limit)
		})
	}
}

// publishMissing publishes entries that the feed may lack. It is called after
// the feed was read to its end. While it publishes, the feed is not read. If
// many entries are missing, each call therefore publishes only some of them.
// Between two calls, other machines may publish some of the same entries. The
// next call skips these entries.
//
// If the feed does not accept the entries of a call, publishMissing moves these
// entries behind the other missing entries. The next call then publishes only
// one entry. An entry that the feed never accepts therefore does not block the
// others.
func (r *reader) publishMissing(ctx context.Context) error {
	l := r.list
	if len(r.missing) == 0 && l.unpublished.Swap(false) {
		r.missing = l.entries.outsideFeed(r.reading)
	}
	var part []Revocation
	now, left := time.Now().Unix(), r.missing
	for len(left) > 0 && len(part) < r.limit {
		if entry := left[0]; entry.until > now && entry.inFeed.Load() != r.reading {
			part = append(part, entry.revocation())
		}
		left = left[1:]
	}
	limited, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	defer func() { l.missing.Store(int64(len(r.missing))) }()
	if l.publish(limited, part) != nil {
		r.missing, r.limit = append(left, r.missing[:len(r.missing)-len(left)]...), 1
		return errMissing
	}
	r.missing, r.limit = left, min(2*r.limit, publishedPerPoll)
	return nil
}

func (l *List) readFeed(ctx context.Context, after string) (batch Batch, err error) {
	limited, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err = errPanic
	contain.Panic(func() { batch, err = l.config.Feed.Read(limited, after) })
	switch {
	case err == nil, errors.Is(err, ErrGap):
		return batch, err
	case errors.Is(err, errPanic):
		return Batch{}, errPanic
	case limited.Err() != nil:
		return Batch{}, errSlow
	}
	return Batch{}, errFeed
}
