package revoke

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/bearerguard/bearerguard/internal/contain"
)

// The errors of a List.
var (
	// ErrFull means that a revocation does not fit into the list.
	ErrFull = errors.New("revoke: the list is full")

	// ErrLag means that the list may lack recent revocations.
	ErrLag = errors.New("revoke: the list may lack recent revocations")

	// ErrPublish means that a revocation is in force on this machine, but
	// perhaps not in the feed.
	ErrPublish = errors.New("revoke: the feed returned an error, so it may lack the revocations")

	errNotConstructed = errors.New("revoke: the List was not made by New")
	errRunning        = errors.New("revoke: the list is already running")
)

const (
	// clockSkew is the largest clock skew of a verifier. A verifier accepts a
	// token for at most this long after the token has expired.
	clockSkew = 5 * time.Minute

	// chunk is the maximum number of entries that are added while the list is
	// locked. It is also the maximum number of revocations in one call of
	// Publish.
	chunk = 256
)

// List contains revocations. Create it with [New]: Check of a zero List returns
// an error. It is safe for concurrent use.
type List struct {
	config  Config
	entries *entries

	running     atomic.Bool
	readings    atomic.Uint64             // how often the feed was read from the beginning
	unpublished atomic.Bool               // the feed may lack entries
	read        atomic.Pointer[time.Time] // start of the last Read that completed a reading without dropped revocations; nil before, and after the clock was set back
	failing     contain.Change            // the last logged failure
	overflowing contain.Change            // whether it was logged that revocations do not fit

	received, published, gaps, epochs, dropped, missing atomic.Int64
}

// New returns an empty list, or an error that lists all faults of the
// configuration. It does no I/O. If the configuration has a Feed, you must also
// call [List.Run].
func New(config Config) (*List, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	config = config.complete()
	l := &List{config: config, entries: newEntries(config.MaxEntries)}
	if config.Feed != nil {
		l.entries.reserved = config.MaxEntries / 10
	}
	return l, nil
}

// Add revokes tokens. The revocations take effect on this machine at once. If
// the list has a feed, Add then publishes them. If Add returns nil, the feed
// has stored all of them. If Add returns an error, a receiver of events must
// not acknowledge the event that caused the call. Adding a revocation again
// does no harm.
//
// Add adds five minutes to each Until, for the clock skew of verifiers. If the
// resulting time is in the past, the revocation has no effect.
//
// If a revocation is not valid, the error lists all faults, and nothing is
// revoked. [ErrFull] means that a revocation did not fit. The revocations
// before it are in force on this machine. [ErrPublish] means that all
// revocations are in force on this machine, but that the feed returned an
// error. The error of Add does not contain the text of the feed's error. After
// ErrFull and ErrPublish, [List.Run] publishes the revocations that are in
// force, unless they expire before the feed accepts them.
func (l *List) Add(ctx context.Context, revocations ...Revocation) error {
	if l.notConstructed() {
		return errNotConstructed
	}
	var faults []error
	now := time.Now().Unix()
	all := make([]Revocation, 0, len(revocations))
	for i, r := range revocations {
		for _, err := range r.check() {
			faults = append(faults, fmt.Errorf("revoke: revocation %d: %w", i, err))
		}
		r.Until = r.Until.Add(clockSkew)
		if r = r.rounded(); r.Until.Unix() > now {
			all = append(all, r)
		}
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	if fits := l.put(all, 0); fits < len(all) {
		if fits > 0 {
			l.unpublished.Store(true)
		}
		return ErrFull
	}
	if l.config.Feed == nil {
		return nil
	}
	if err := l.publish(ctx, all); err != nil {
		l.unpublished.Store(true)
		return err
	}
	return nil
}

// put adds revocations up to the first one that does not fit, and returns how
// many come before it. The reading argument has the same meaning as in
// entries.put.
func (l *List) put(all []Revocation, reading uint64) (n int) {
	for len(all) > 0 {
		part := all[:min(chunk, len(all))]
		all = all[len(part):]
		if fits := l.putPart(part, reading); fits < len(part) {
			return n + fits
		}
		n += len(part)
	}
	return n
}

func (l *List) putPart(part []Revocation, reading uint64) int {
	now := time.Now().Unix()
	l.entries.mu.Lock()
	defer l.entries.mu.Unlock()
	for i := range part {
		if !l.entries.put(&part[i], now, reading) {
			return i
		}
	}
	return len(part)
}

// publishError contains an error of the feed. The method Error does not return
// the text of that error, because the text may contain claims.
type publishError struct{ err error }

func (p publishError) Error() string   { return ErrPublish.Error() }
func (p publishError) Unwrap() []error { return []error{ErrPublish, p.err} }

func (l *List) publish(ctx context.Context, all []Revocation) error {
	for len(all) > 0 {
		part := all[:min(chunk, len(all))]
		all = all[len(part):]
		err := errPanic
		contain.Panic(func() { err = l.config.Feed.Publish(ctx, part...) })
		if err != nil {
			return publishError{err}
		}
		l.published.Add(int64(len(part)))
	}
	return nil
}

// Claims are the claims of a verified token that are compared with the list.
// The fields have the same values as in middleware.Token. Session is not a
// field of middleware.Token, so a handler must decode it from the sid claim.
// Empty strings match no entry. A token with an empty Session is a token
// without sid, so [Sessionless] entries apply to it.
type Claims struct {
	Issuer   string
	ID       string // jti
	Subject  string // sub
	Session  string // sid
	ClientID string
	IssuedAt time.Time // iat; the zero time if the token has none
}

// Check reports whether a token is revoked. It does not wait for the feed. If
// it cannot decide, it returns an error. The error wraps [ErrLag] if the lag is
// more than Config.MaxLag and Config.OnLag is [Refuse]. A verifier whose
// configuration contains the list calls Check for each token.
func (l *List) Check(claims Claims) (revoked bool, err error) {
	if l.notConstructed() {
		return false, errNotConstructed
	}
	now := time.Now()
	if l.entries.revoked(&claims, now.Unix()) {
		return true, nil
	}
	if l.config.OnLag == Refuse && l.lag(now) > l.config.MaxLag {
		return false, ErrLag
	}
	return false, nil
}

// Healthy returns an error if the lag is more than Config.MaxLag, whatever
// Config.OnLag is. It is for probes and never waits. The error wraps [ErrLag].
func (l *List) Healthy() error {
	if l.notConstructed() {
		return errNotConstructed
	}
	switch lag := l.lag(time.Now()); {
	case lag == math.MaxInt64:
		return fmt.Errorf("%w: its feed has not yet been read completely (is Run running?)", ErrLag)
	case lag > l.config.MaxLag:
		return fmt.Errorf("%w: its feed was last read completely %v ago (if Stats.Dropped grows, the feed contains revocations that the list cannot use)", ErrLag, lag.Round(time.Second))
	}
	return nil
}

// lag returns the time since the list last read the whole feed without dropping
// revocations. Before, and after the clock was set back, it returns the largest
// Duration. While a machine is suspended, its monotonic clock may stop. lag
// therefore returns the longer of the monotonic time and the wall-clock time.
func (l *List) lag(now time.Time) time.Duration {
	if l.config.Feed == nil {
		return 0
	}
	read := l.read.Load()
	if read == nil {
		return math.MaxInt64
	}
	return max(now.Sub(*read), now.Round(0).Sub(read.Round(0)))
}

// Stats is a snapshot of a List, for metrics. All fields except Entries, Lag
// and Missing are counts since [New].
type Stats struct {
	Entries   int           // number of entries in the list, including some that have ended
	Lag       time.Duration // time since the whole feed was read without dropped revocations; the largest Duration before that, and after the clock was set back; without a Feed, 0
	Received  int           // revocations that were read from the feed, including repetitions and the list's own revocations
	Published int           // revocations that the feed accepted
	Missing   int           // entries that the feed lacked when it was last read to its end, and that Run has still to publish
	Gaps      int           // how often the feed returned ErrGap, except for the position ""
	Epochs    int           // how often the feed lost its contents
	Dropped   int           // revocations in the feed that did not fit or were not valid, including repetitions
}

// Stats returns the current statistics. It never waits.
func (l *List) Stats() Stats {
	if l.notConstructed() {
		return Stats{}
	}
	return Stats{
		Entries: int(l.entries.count.Load()), Lag: l.lag(time.Now()),
		Received: int(l.received.Load()), Published: int(l.published.Load()),
		Missing: int(l.missing.Load()), Gaps: int(l.gaps.Load()), Epochs: int(l.epochs.Load()), Dropped: int(l.dropped.Load()),
	}
}

func (l *List) notConstructed() bool { return l == nil || l.entries == nil }
