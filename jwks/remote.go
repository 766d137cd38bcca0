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
// [NewRemote] or [Discover]. It is safe for concurrent use, runs no goroutine
// between fetches and need not be closed.
//
// While fetches fail for any reason, the last good set remains in use for up to
// Options.MaxStale. If a fetched set has no usable key, the fetch counts as
// failed. A failed fetch is retried after a second, then at growing intervals
// up to a minute. If the server sends Retry-After, the retry waits for that
// time, up to five minutes. While the Remote has no usable key, however, it
// retries every second.
//
// A call of Key waits for a fetch if the set lacks the key. It also waits if
// the set reached the age MaxAge before a renewal began, for example in a
// period without tokens. The wait ends at the latest 2 seconds after the fetch
// began.
type Remote struct {
	options  Options
	schedule schedule
	issuer   string // "" for a Remote from NewRemote

	// Only the running attempt accesses these fields:
	url           string    // URL of the key set; taken from the metadata if issuer is not empty
	lastDiscovery time.Time // if zero, the next attempt reads the metadata
	etag          string    // ETag of the set at url

	state    atomic.Pointer[state]
	flight   singleflight.Group
	inFlight atomic.Pointer[time.Time] // start of the running attempt, nil if no attempt is running
	unknown  atomic.Int64

	loggedFailure, loggedMetadata, loggedSkipped contain.Change
}

// epoch is the base for times that are computed from the monotonic clock alone.
var epoch = time.Now()

// NewRemote returns a source for the JWK Set at an https URL, or at an http URL
// on a loopback address. It does no I/O; the first use fetches the set.
func NewRemote(url string, options Options) (*Remote, error) {
	fault := fetch.CheckURL(url, options.InsecureHTTP)
	if fault != nil {
		fault = fmt.Errorf("%w: URL of the JWK Set: %w", ErrConfig, fault)
	}
	if options.MetadataURL != "" {
		fault = errors.Join(fault, fmt.Errorf("%w: MetadataURL is only for Discover: leave MetadataURL empty, because NewRemote receives the URL of the set", ErrConfig))
	}
	return newRemote("", url, options, fault)
}

// Discover returns a source for the JWK Set at the jwks_uri of the issuer's
// metadata (OpenID Connect Discovery 1.0 §4, RFC 8414 §3). The issuer in the
// metadata must match byte for byte. Discovery tries the well-known location of
// OpenID Connect first, then those of RFC 8414. It tries the next location if
// the answer is not metadata (a web page, or JSON without an issuer). It stops
// with an error if the metadata names another issuer or the server fails.
// Options.MetadataURL replaces these locations. Discover does no I/O: the
// metadata is read at the first use, and again at each renewal.
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
	options, err := options.withDefaults()
	if fault = errors.Join(fault, err); fault != nil {
		return nil, fault
	}
	r := &Remote{options: options, issuer: issuer, url: url}
	r.schedule = schedule{options.MaxAge, options.MaxStale, options.MinInterval, options.Burst}
	r.state.Store(&state{})
	return r, nil
}

// Key implements [Source]. It selects the key from the set. If the set lacks
// the key ID, or no set has been fetched yet, Key fetches a set, within the
// limits in Options, and selects again. The error wraps an error of [Set.Key],
// or [ErrUnavailable] if the keys are unavailable.
func (r *Remote) Key(ctx context.Context, kid, alg string) (any, error) {
	return r.find(ctx, "", kid, alg)
}

// KeyFor is like Key, for a set with the keys of several issuers. It returns
// only keys that the given issuer may use: see [Set.KeyFor].
func (r *Remote) KeyFor(ctx context.Context, issuer, kid, alg string) (any, error) {
	return r.find(ctx, issuer, kid, alg)
}

func (r *Remote) find(ctx context.Context, issuer, kid, alg string) (any, error) {
	arrivedAt := epoch.Add(time.Since(epoch)) // reads only the monotonic clock, which suffices to compute ages
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
	if err := r.refresh(ctx, kid, arrivedAt, waitLimit); err != nil {
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

// Warm fetches the set now, within the limits in Options. It waits until the
// attempt or ctx ends.
func (r *Remote) Warm(ctx context.Context) error {
	return r.refresh(ctx, "", time.Now(), refreshTimeout)
}

// Healthy returns an error if the Remote has no usable key. It never waits. If
// the set is due for renewal, Healthy starts the renewal in the background.
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

// refresh fetches a set for a key ID that the current set lacks. If it returns
// nil, the caller must search the current set again and accept the result. One
// of these conditions is then true:
//
//   - the set has the key ID
//   - the fetch of the set began after the caller arrived
//   - the set is younger than MinInterval, and another fetch is not allowed yet
func (r *Remote) refresh(ctx context.Context, kid string, arrivedAt time.Time, waitLimit time.Duration) error {
	for {
		s, now := r.state.Load(), time.Now()
		usable, mayRefresh := r.schedule.usable(s, now), r.schedule.mayRefresh(s, now)
		switch {
		case usable && (s.set.keyIDs[kid] || !s.fetched.Before(arrivedAt)):
			return nil
		case usable && !mayRefresh && s.err == nil && arrivedAt.Sub(s.fetched) < r.options.MinInterval:
			// The set is recent enough to show that the key ID does not exist.
			// Missing key IDs therefore need not be cached.
			return nil
		case s.err != nil && !s.ended.Before(arrivedAt), !mayRefresh && r.inFlight.Load() == nil:
			return unavailable(s.err)
		}
		if err := r.join(ctx, s, waitLimit); err != nil {
			return err
		}
	}
}

// renew waits for a renewal if the set is too old. It returns the time at which
// the wait ends. If a fetch is still running that began before the set became
// too old, renew does not wait. It assumes that the server is slow, and the old
// set remains in use. If the caller's context ends during the wait, renew
// returns an error. The old set is then not used, because a canceled context
// does not show that the server is slow.
func (r *Remote) renew(ctx context.Context, arrivedAt time.Time) (time.Time, error) {
	s := r.state.Load()
	if !r.schedule.tooOld(s, arrivedAt) {
		return arrivedAt, nil
	}
	if began := r.inFlight.Load(); began != nil && s.age(*began) < s.maxAge {
		return arrivedAt, nil
	}
	if err := r.join(ctx, s, waitLimit); err != nil && !errors.Is(err, errWaitLimit) {
		return arrivedAt, err
	}
	return time.Now(), nil // a set that cannot be renewed remains in use
}

// join waits for the running attempt, or begins one. It stops waiting when the
// attempt has run for the duration atMost.
func (r *Remote) join(ctx context.Context, seen *state, atMost time.Duration) error {
	if began := r.inFlight.Load(); began != nil {
		if atMost -= time.Since(*began); atMost <= 0 {
			return unavailable(errWaitLimit)
		}
	}
	late := time.NewTimer(atMost)
	defer late.Stop()
	select {
	case <-r.begin(seen):
		return nil
	case <-late.C:
		return unavailable(errWaitLimit)
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}
}

// begin returns a channel that receives a value when the running attempt ends.
// If no attempt is running, begin starts an attempt. It starts none if an
// attempt has ended since the caller loaded the state. The attempt does not use
// the caller's context, because other callers wait for the attempt too.
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
		contain.Panic(func() { r.log(ctx, before, after) }) // the Logger may panic
		return nil, nil
	})
}

// unavailable returns an error that wraps ErrUnavailable and err. Its text
// quotes no input.
func unavailable(err error) error {
	switch {
	case err == nil:
		return contain.PlainError{Err: ErrUnavailable}
	case errors.Is(err, ErrUnavailable):
		return contain.PlainError{Err: err}
	}
	return contain.PlainError{Err: fmt.Errorf("%w: %w", ErrUnavailable, err)}
}
