package jwks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/internal/metadata"
)

// Times of a Remote.
const (
	defaultInterval    = 5 * time.Minute
	defaultMinInterval = 5 * time.Second
	maxInterval        = 24 * time.Hour
	retryInterval      = time.Second // after a failure, if MinInterval is not shorter
	refreshTimeout     = 2 * fetch.Timeout
)

// Options configure a [Remote]. The zero value is ready for production.
type Options struct {
	// Client sends the requests; nil is [http.DefaultClient]. Its transport and
	// Timeout apply besides our limits: five seconds an exchange, ten a refresh,
	// 512 KiB, three redirects within the origin. Its CheckRedirect is not
	// asked; cookies are neither sent nor kept.
	Client *http.Client

	// InsecureHTTP allows http for hosts other than loopback ones. Whoever sits
	// on the network between can then replace the keys.
	InsecureHTTP bool

	// Interval is how old a set may grow before the next use renews it in the
	// background. 0 is 5 minutes, the most is 24 hours. A use after twice that
	// time without one waits for the renewal. A key withdrawn by the issuer is
	// thus trusted for about that long, and for as long as the set cannot be
	// fetched; one replaced under its key ID is unknown for that long.
	Interval time.Duration

	// MinInterval is the least time between two fetches that unknown key IDs
	// cause, and between two that fail while a set is known; without one a
	// failed fetch may be repeated after a second, or MinInterval if that is
	// shorter. 0 is 5 seconds, the most is 24 hours. It is also how long a flood
	// of forged key IDs can keep a new key unknown.
	MinInterval time.Duration

	// Logger receives failed refreshes and skipped keys; nil is
	// [slog.Default].
	Logger *slog.Logger
}

// Remote is a [Source] that fetches its set over HTTP. Create it with
// [NewRemote] or [Discover]. It is safe for concurrent use, owns no goroutine
// between fetches and need not be closed.
//
// The last good set is kept while a fetch fails, whatever the failure, and a
// set without a usable key counts as one.
type Remote struct {
	options Options
	issuer  string // "" when the URL was given

	// Touched only inside flight:
	url     string    // discovered, if issuer is set
	located time.Time // when it was

	state  atomic.Pointer[state]
	flight singleflight.Group
	flying atomic.Bool
}

// state is what is known after an attempt. It is never changed.
type state struct {
	set       *Set // nil until a fetch succeeded
	fetched   time.Time
	attempted time.Time
	ended     time.Time // of the last attempt
	asked     time.Time // when an unknown key ID last caused an attempt
	err       error     // of the last attempt
	fetches   int
	failures  int
}

// NewRemote returns a source for the JWK Set at an https URL, or an http one
// on a loopback address. It does no I/O; the first use fetches.
func NewRemote(url string, options Options) (*Remote, error) {
	fault := fetch.CheckURL(url, options.InsecureHTTP)
	if fault != nil {
		fault = fmt.Errorf("%w: URL of the JWK Set: %w", ErrConfig, fault)
	}
	return newRemote("", url, options, fault)
}

// Discover returns a source for the JWK Set that the issuer's metadata names
// (OpenID Connect Discovery 1.0 §4, RFC 8414 §3). The metadata must name the
// issuer byte for byte. Discover does no I/O; the first use does, and each
// renewal looks at the metadata again.
func Discover(issuer string, options Options) (*Remote, error) {
	fault := fetch.CheckIssuer(issuer, options.InsecureHTTP)
	if fault != nil {
		fault = fmt.Errorf("%w: issuer: %w", ErrConfig, fault)
	}
	return newRemote(issuer, "", options, fault)
}

func newRemote(issuer, url string, options Options, fault error) (*Remote, error) {
	if options.Interval < 0 || options.Interval > maxInterval || options.MinInterval < 0 || options.MinInterval > maxInterval {
		fault = errors.Join(fault, fmt.Errorf("%w: Interval and MinInterval must be between 0 and %v", ErrConfig, maxInterval))
	}
	if fault != nil {
		return nil, fault
	}
	if options.Interval == 0 {
		options.Interval = defaultInterval
	}
	if options.MinInterval == 0 {
		options.MinInterval = defaultMinInterval
	}
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	r := &Remote{options: options, issuer: issuer, url: url}
	r.state.Store(&state{err: errors.New("no fetch was tried yet")})
	return r, nil
}

// Snapshot implements [Source]. If the set is due for renewal, that begins in
// the background.
func (r *Remote) Snapshot() (*Set, error) {
	s := r.state.Load()
	if r.due(s) && !r.flying.Load() {
		r.fly(s)
	}
	if s.set == nil {
		return nil, unavailable(s.err)
	}
	return s.set, nil
}

// Refresh implements [Source].
func (r *Remote) Refresh(ctx context.Context, kid string) error {
	s := r.state.Load()
	if s.set != nil && s.set.keyIDs[kid] {
		return nil // another caller's fetch brought it
	}
	if !r.askable(s) {
		return s.err
	}
	select {
	case <-r.fly(s):
		return r.state.Load().err
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}
}

// wake waits for the renewal of a set that nobody has used for so long that
// none was begun: the first token after a quiet night is not to be judged by
// the keys of the evening. A set that cannot be renewed is used as it is.
func (r *Remote) wake(ctx context.Context) {
	s := r.state.Load()
	if s.set == nil || time.Since(s.attempted) < 2*r.options.Interval {
		return
	}
	select {
	case <-r.fly(s):
	case <-ctx.Done():
	}
}

// due reports whether the set should be renewed by itself. Times carry the
// monotonic clock, so a step of the wall clock neither delays nor repeats a
// fetch.
func (r *Remote) due(s *state) bool {
	return (s.set == nil || time.Since(s.fetched) >= r.options.Interval) && r.rested(s)
}

// askable reports whether a caller who lacks a key may cause an attempt. The
// budget of unknown key IDs is their own: a set that was renewed a moment ago,
// or at start-up, does not keep the first new key waiting.
func (r *Remote) askable(s *state) bool {
	if s.set == nil {
		return r.rested(s)
	}
	return s.asked.IsZero() || time.Since(s.asked) >= r.options.MinInterval
}

// rested reports whether a failure, if there was one, is long enough ago: a
// second where nothing can be judged before it is mended.
func (r *Remote) rested(s *state) bool {
	wait := r.options.MinInterval
	if s.set == nil {
		wait = min(wait, retryInterval)
	}
	return s.err == nil || s.ended.IsZero() || time.Since(s.ended) >= wait
}

// fly joins the attempt under way or begins one, unless one has ended since the
// caller saw the state. The attempt outlives the caller that happened to begin
// it, because others wait for it too, and carries nothing of that caller's
// context.
func (r *Remote) fly(seen *state) <-chan singleflight.Result {
	return r.flight.DoChan("", func() (any, error) {
		r.flying.Store(true)
		defer r.flying.Store(false)
		before := r.state.Load()
		if before != seen {
			return nil, nil
		}
		ctx, cancel := context.WithTimeout(context.Background(), refreshTimeout)
		defer cancel()
		after := *before
		after.attempted = time.Now()
		if before.set != nil && !r.due(before) {
			after.asked = after.attempted
		}
		set, err := r.fetch(ctx)
		after.ended = time.Now()
		if after.err = err; err != nil {
			after.failures++
		} else {
			after.set, after.fetched = set, after.attempted
		}
		after.fetches++
		r.state.Store(&after)
		r.log(ctx, &after)
		return nil, nil
	})
}

// log tells how an attempt went, if not well. The state is known by then, and
// a Logger that panics must not end the process.
func (r *Remote) log(ctx context.Context, after *state) {
	defer func() { _ = recover() }()
	if after.err != nil {
		r.options.Logger.WarnContext(ctx, "key set not refreshed", "error", after.err, "keys_known", after.set != nil)
		return
	}
	for _, reason := range after.set.skipped {
		level := slog.LevelWarn
		if errors.Is(reason, errKeyUse) || errors.Is(reason, errKeyType) {
			level = slog.LevelDebug // keys for encryption, and of kinds to come, are nothing to mend
		}
		r.options.Logger.Log(ctx, level, "key of the set is not used", "reason", reason)
	}
}

func (r *Remote) fetch(ctx context.Context) (set *Set, err error) {
	defer func() {
		// The key parsers below are other people's code on a server's bytes.
		if recover() != nil {
			set, err = nil, fmt.Errorf("%w: reading it panicked", ErrUnavailable)
		}
	}()
	if err := r.locate(ctx); err != nil {
		return nil, err
	}
	body, err := fetch.Get(ctx, r.options.Client, r.url)
	if err == nil {
		set, err = Parse(body)
	}
	if err != nil {
		if r.issuer != "" {
			r.url = "" // the server may have moved its keys
		}
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return set, nil
}

// locate finds the URL of the set by the issuer's metadata. It looks again as
// often as the set is renewed, since a server that moves its keys may go on
// serving the old ones. While the metadata cannot be had, the URL that the
// issuer named last serves.
func (r *Remote) locate(ctx context.Context) error {
	if r.issuer == "" || r.url != "" && time.Since(r.located) < r.options.Interval {
		return nil
	}
	doc, err := metadata.Discover(ctx, r.options.Client, r.issuer, r.options.InsecureHTTP)
	switch {
	case err == nil && doc.JWKSURI != "":
		r.url, r.located = doc.JWKSURI, time.Now()
	case r.url != "":
	case err != nil:
		return fmt.Errorf("%w: metadata: %w", ErrUnavailable, err)
	default:
		return fmt.Errorf("%w: metadata has no jwks_uri", ErrUnavailable)
	}
	return nil
}

// Stats describe a Remote at one moment.
type Stats struct {
	Keys      int       // usable keys known, 0 before the first success
	Skipped   []error   // keys left out, see [Set.Skipped]
	Fetched   time.Time // when the known set was requested, zero if there is none
	Attempted time.Time // when the last attempt began, zero if there was none
	Fetches   int       // attempts ended
	Failures  int       // those that failed
	Err       error     // why the last attempt failed, nil if it did not
}

// Stats returns what the Remote knows of itself. It never waits.
func (r *Remote) Stats() Stats {
	s := r.state.Load()
	stats := Stats{Fetched: s.fetched, Attempted: s.attempted, Fetches: s.fetches, Failures: s.failures}
	if s.fetches > 0 {
		stats.Err = s.err
	}
	if s.set != nil {
		stats.Keys, stats.Skipped = s.set.Len(), s.set.Skipped()
	}
	return stats
}
