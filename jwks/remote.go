package jwks

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/bearerguard/bearerguard/internal/contain"
	"github.com/bearerguard/bearerguard/internal/fetch"
)

// Remote is a [Source] that fetches its set over HTTP. Create it with
// [NewRemote] or [Discover]. It is safe for concurrent use, owns no goroutine
// between fetches and need not be closed.
//
// The last good set is used while fetches fail, whatever the failure, for as
// long as Options.MaxStale; a set without a usable key counts as a failure. A
// fetch that fails is repeated after a second, then ever more seldom up to a
// minute, and not before a server's Retry-After of up to five minutes. While
// there is no usable key it is repeated each second.
//
// A token waits for a fetch only if its key is unknown, or if the set is older
// than MaxAge and no fetch began before that: after a while without tokens. It
// waits at most until 2 seconds after that fetch began.
type Remote struct {
	options  Options
	schedule schedule
	issuer   string // "" when the URL was given

	// Touched only inside flight:
	url           string    // discovered, if issuer is set
	lastDiscovery time.Time // when it was last looked for, zero to do so again
	etag          string    // of the set at url

	state    atomic.Pointer[state]
	flight   singleflight.Group
	inFlight atomic.Pointer[time.Time] // when the attempt under way began, nil if none is
	unknown  atomic.Int64

	trouble, lost, skipped contain.Change // that was logged
}

// epoch is the moment from which others are counted by the monotonic clock.
var epoch = time.Now()

// NewRemote returns a source for the JWK Set at an https URL, or an http one
// on a loopback address. It does no I/O; the first use fetches.
func NewRemote(url string, options Options) (*Remote, error) {
	fault := fetch.CheckURL(url, options.InsecureHTTP)
	if fault != nil {
		fault = fmt.Errorf("%w: URL of the JWK Set: %w", ErrConfig, fault)
	}
	if options.MetadataURL != "" {
		fault = errors.Join(fault, fmt.Errorf("%w: MetadataURL is for Discover: the URL of the set is given", ErrConfig))
	}
	return newRemote("", url, options, fault)
}

// Discover returns a source for the JWK Set that the issuer's metadata names
// (OpenID Connect Discovery 1.0 §4, RFC 8414 §3). The metadata must name the
// issuer byte for byte. An answer that is not metadata (a web page, JSON
// without an issuer) is skipped; metadata of another issuer or a server error is
// final. Options.MetadataURL is another place for it. Discover does no I/O; the
// first use does, and each renewal looks at the metadata again.
func Discover(issuer string, options Options) (*Remote, error) {
	fault := fetch.CheckIssuer(issuer, options.InsecureHTTP)
	if options.MetadataURL != "" {
		fault = fetch.CheckText(issuer)
	}
	if fault != nil {
		fault = fmt.Errorf("%w: issuer: %w", ErrConfig, fault)
	}
	return newRemote(issuer, "", options, fault)
}

func newRemote(issuer, url string, options Options, fault error) (*Remote, error) {
	options, err := options.filled()
	if fault = errors.Join(fault, err); fault != nil {
		return nil, fault
	}
	r := &Remote{options: options, issuer: issuer, url: url}
	r.schedule = schedule{options.MaxAge, options.MaxStale, options.MinInterval, options.Burst}
	r.state.Store(&state{})
	return r, nil
}

// Key implements [Source]: it selects the key from the set. If the key ID is
// unknown there, or there is no set, it fetches, within the bounds of Options,
// and looks once more. Errors are those of [Set.Key], or [ErrUnavailable] when
// the keys are to blame.
func (r *Remote) Key(ctx context.Context, kid, alg string) (any, error) {
	return r.find(ctx, "", kid, alg)
}

// KeyFor is Key for one of several issuers. See [Set.KeyFor].
func (r *Remote) KeyFor(ctx context.Context, issuer, kid, alg string) (any, error) {
	return r.find(ctx, issuer, kid, alg)
}

func (r *Remote) find(ctx context.Context, issuer, kid, alg string) (any, error) {
	arrivedAt := epoch.Add(time.Since(epoch)) // reads only the monotonic clock, which suffices for ages
	now, err := r.renew(ctx, arrivedAt)
	if err != nil {
		return nil, err
	}
	set, err := r.snapshot(now)
	if err == nil {
		found, err := set.find(issuer, kid, alg)
		if !errors.Is(err, ErrUnknownKey) {
			return found, err
		}
	}
	if err := r.ask(ctx, kid, arrivedAt, waitLimit); err != nil {
		return nil, err
	}
	if set, err = r.snapshot(time.Now()); err != nil {
		return nil, err
	}
	found, err := set.find(issuer, kid, alg)
	if errors.Is(err, ErrUnknownKey) {
		r.unknown.Add(1)
	}
	return found, err
}

// Warm fetches the set now, within the bounds of Options. It waits for as long as
// ctx and the attempt do.
func (r *Remote) Warm(ctx context.Context) error { return r.ask(ctx, "", time.Now(), refreshTimeout) }

// Healthy returns an error if there is no usable key. It never waits; if the set
// is due for renewal, that begins in the background.
func (r *Remote) Healthy() error {
	_, err := r.snapshot(time.Now())
	return err
}

func (r *Remote) snapshot(now time.Time) (*Set, error) {
	s := r.state.Load()
	if r.schedule.due(s, now) && r.inFlight.Load() == nil {
		r.begin(s)
	}
	if !r.schedule.usable(s, now) {
		return nil, unavailable(s.err)
	}
	return s.set, nil
}

// ask tries to learn a key that the set lacks. A nil error means that there is
// no better answer than the set's: it is from after the caller arrived, or as new
// as the budget allows.
func (r *Remote) ask(ctx context.Context, kid string, arrivedAt time.Time, waitLimit time.Duration) error {
	for {
		s, now := r.state.Load(), time.Now()
		usable, askable := r.schedule.usable(s, now), r.schedule.askable(s, now)
		switch {
		case usable && (s.set.keyIDs[kid] || !s.fetched.Before(arrivedAt)):
			return nil
		case usable && !askable && s.err == nil && arrivedAt.Sub(s.fetched) < r.options.MinInterval:
			// This instant vouches for all key IDs that it did not show, so none of
			// them needs remembering.
			return nil
		case s.err != nil && !s.ended.Before(arrivedAt), !askable && r.inFlight.Load() == nil:
			return unavailable(s.err)
		}
		if err := r.join(ctx, s, waitLimit); err != nil {
			return err
		}
	}
}

// renew waits while the set is too old to judge by, and returns the time after
// that. If a fetch began before the set was too old, the server is slow, and the
// set serves meanwhile. A caller whose context ends while it waits gets an error,
// not a key of the old set: it has shown nothing about the server.
func (r *Remote) renew(ctx context.Context, arrivedAt time.Time) (time.Time, error) {
	s := r.state.Load()
	if !r.schedule.old(s, arrivedAt) {
		return arrivedAt, nil
	}
	if began := r.inFlight.Load(); began != nil && s.age(*began) < s.maxAge {
		return arrivedAt, nil
	}
	if err := r.join(ctx, s, waitLimit); err != nil && !errors.Is(err, errLate) {
		return arrivedAt, err
	}
	return time.Now(), nil // a set that cannot be renewed serves as it is
}

// join waits for the attempt under way, or for one that it begins, but not
// longer than until that has lasted for a time.
func (r *Remote) join(ctx context.Context, seen *state, atMost time.Duration) error {
	if began := r.inFlight.Load(); began != nil {
		if atMost -= time.Since(*began); atMost <= 0 {
			return unavailable(errLate)
		}
	}
	late := time.NewTimer(atMost)
	defer late.Stop()
	select {
	case <-r.begin(seen):
		return nil
	case <-late.C:
		return unavailable(errLate)
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}
}

// begin joins the attempt under way or begins one, unless one has ended since the
// caller saw the state. The attempt outlives the caller that happened to begin
// it, because others wait for it too, and carries nothing of that caller's
// context.
func (r *Remote) begin(seen *state) <-chan singleflight.Result {
	return r.flight.DoChan("", func() (any, error) {
		before, began := r.state.Load(), time.Now()
		if before != seen {
			return nil, nil
		}
		r.inFlight.Store(&began)
		defer r.inFlight.Store(nil)
		ctx, cancel := context.WithTimeout(context.Background(), refreshTimeout)
		defer cancel()
		after := r.attempt(ctx, before, began)
		r.state.Store(after)
		contain.Panic(func() { r.log(ctx, before, after) }) // a Logger must not end the process
		return nil, nil
	})
}

// unavailable wraps why keys are unavailable. Its text quotes nothing.
func unavailable(err error) error {
	switch {
	case err == nil:
		return contain.PlainError{Err: ErrUnavailable}
	case errors.Is(err, ErrUnavailable):
		return contain.PlainError{Err: err}
	}
	return contain.PlainError{Err: fmt.Errorf("%w: %w", ErrUnavailable, err)}
}
