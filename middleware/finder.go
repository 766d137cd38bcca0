package middleware

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"github.com/bearerguard/bearerguard/internal/contain"
)

// These durations and limits apply to issuers that Config.IssuerFor returns.
const (
	findTimeout = 2 * time.Second  // maximum duration of one call of IssuerFor
	refreshAge  = 5 * time.Minute  // age after which an issuer is refreshed in the background
	staleAge    = 2 * refreshAge   // age after which a request waits for the refresh
	maxAge      = 24 * time.Hour   // maximum age of a cached issuer
	retryDelay  = 10 * time.Second // delay before a retry; meanwhile a cached issuer is used
	unknownAge  = time.Minute      // age after which an unknown iss is looked up again
	maxFound    = 10_000           // maximum number of cached issuers, and of unknown iss values
	maxWildcard = 128              // maximum length of the text that * matches
	maxCalls    = 4096             // maximum number of concurrent calls for issuers that are not cached
)

// finder finds issuers with Config.IssuerFor and caches them.
type finder struct {
	find     func(context.Context, string) (*Issuer, error)
	make     func(Issuer) (*issuer, error)
	patterns []pattern
	found    *otter.Cache[string, finding]
	unknown  *otter.Cache[string, time.Time] // unknown iss values, with the time when each may be looked up again
	flight   singleflight.Group
	mu       sync.Mutex    // guards writes to found
	calls    chan struct{} // one element for each running call for an issuer that is not cached
	logger   *slog.Logger
	state    contain.Change // the last state that was logged
}

// finding is a cached issuer and the time when it was found.
type finding struct {
	issuer  *issuer
	at      time.Time
	retryAt time.Time // after an error, IssuerFor is not called before this time, unless the issuer is older than maxAge
}

// pattern is one of Config.IssuerPatterns, split at its asterisk.
type pattern struct{ before, after string }

func newFinder(config Config, logger *slog.Logger, newIssuer func(Issuer) (*issuer, error)) *finder {
	if config.IssuerFor == nil {
		return nil
	}
	run := func(run func()) { run() }
	f := &finder{
		find: config.IssuerFor, make: newIssuer, calls: make(chan struct{}, maxCalls), logger: logger,
		found:   otter.Must(&otter.Options[string, finding]{MaximumSize: maxFound, Executor: run}),
		unknown: otter.Must(&otter.Options[string, time.Time]{MaximumSize: maxFound, Executor: run}),
	}
	for _, text := range config.IssuerPatterns {
		before, after, _ := strings.Cut(text, "*")
		f.patterns = append(f.patterns, pattern{before, after})
	}
	return f
}

// resembles reports whether an iss may belong to an issuer that
// Config.IssuerFor returns.
func (f *finder) resembles(iss string) bool {
	return slices.ContainsFunc(f.patterns, func(p pattern) bool { return p.resembles(iss) })
}

// resembles reports whether an iss matches the pattern. Unlike finder.matches,
// it ignores a trailing slash and accepts any text in place of the asterisk.
func (p pattern) resembles(iss string) bool {
	rest, starts := strings.CutPrefix(iss, p.before)
	return starts && strings.HasSuffix(strings.TrimSuffix(rest, "/"), strings.TrimSuffix(p.after, "/"))
}

// matches reports whether an iss matches one of the patterns. Config.IssuerFor
// is called only with an iss that matches.
func (f *finder) matches(iss string) bool {
	for _, p := range f.patterns {
		name, starts := strings.CutPrefix(iss, p.before)
		name, ends := strings.CutSuffix(name, p.after)
		if starts && ends && isName(name) {
			return true
		}
	}
	return false
}

// isName reports whether the asterisk of a pattern matches text. The text must
// contain 1 to maxWildcard characters. All characters must be unreserved in a
// URL (RFC 3986 §2.3), and the text must not be a dot segment (RFC 3986 §3.3).
func isName(text string) bool {
	if text == "" || text == "." || text == ".." || len(text) > maxWildcard {
		return false
	}
	return !strings.ContainsFunc(text, func(c rune) bool { return !isUnreserved[byte(min(c, 255))] }) //nolint:gosec // 255 is not unreserved
}

var isUnreserved = alphanumericAnd("-._~")

// issuer returns the issuer for an iss that matches a pattern, from the cache
// or from Config.IssuerFor.
func (f *finder) issuer(ctx context.Context, iss string) (*issuer, error) {
	now := time.Now()
	cached, ok := f.found.GetIfPresent(iss)
	age := now.Sub(cached.at)
	switch until, isUnknown := f.unknown.GetIfPresent(iss); {
	case ok && (age < refreshAge || age < maxAge && now.Before(cached.retryAt)):
		return cached.issuer, nil
	case !ok && isUnknown && now.Before(until):
		return nil, ErrIssuer
	}
	result := f.flight.DoChan(iss, func() (any, error) { return f.refresh(strings.Clone(iss)) })
	if ok && age < staleAge {
		return cached.issuer, nil
	}
	late := time.NewTimer(findTimeout)
	defer late.Stop()
	var err error
	select {
	case result := <-result:
		if err = result.Err; err == nil {
			return result.Val.(*issuer), nil
		}
	case <-late.C:
		f.delay(iss, cached.at)
		err = context.DeadlineExceeded
	case <-ctx.Done():
		f.delay(iss, cached.at)
		err = ctx.Err()
	}
	if errors.Is(err, errUnknownIssuer) {
		return nil, ErrIssuer
	}
	if ok && age < maxAge {
		return cached.issuer, nil
	}
	if fault, ok := err.(contain.PlainError); ok { //nolint:errorlint // an error that wraps a PlainError may quote anything
		return nil, fault.Err
	}
	return nil, unavailable(err)
}

// refresh calls Config.IssuerFor and caches its result. The call continues even
// if the request that started it is canceled, because other requests may also
// wait for the result.
func (f *finder) refresh(iss string) (*issuer, error) {
	cached, _ := f.found.GetIfPresent(iss)
	at := time.Now()
	one, err := f.loadInTime(iss, cached.issuer)
	f.note(err)
	if err != nil && !errors.Is(err, errUnknownIssuer) {
		f.delay(iss, cached.at)
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.found.Invalidate(iss)
		f.unknown.Set(iss, at.Add(unknownAge))
		return nil, err
	}
	f.unknown.Invalidate(iss)
	f.found.Set(iss, finding{issuer: one, at: at})
	return one, nil
}

var errUnknownIssuer = errors.New("IssuerFor does not know the issuer")

// note logs a failure of IssuerFor, unless the previous call failed in the same
// way. The text of an error that IssuerFor returned is not logged, because it
// may contain anything.
func (f *finder) note(err error) {
	text := ""
	switch {
	case errors.Is(err, errUnknownIssuer): // not logged, because any client can cause it
		return
	case errors.Is(err, ErrInternal):
		text = err.Error()
	case err != nil:
		text = "IssuerFor returned an error or took too long"
	}
	if f.state.To(text) && text != "" {
		contain.Panic(func() { f.logger.Error("IssuerFor failed", "error", text) })
	}
}

// loadInTime calls load, and waits at most findTimeout for the result. If
// IssuerFor ignores its context, the call continues in the background. f.calls
// limits the number of such calls: each call for an issuer that is not cached
// has an element in f.calls until IssuerFor returns. Calls for cached issuers
// have no element in f.calls.
func (f *finder) loadInTime(iss string, cached *issuer) (*issuer, error) {
	if cached == nil {
		select {
		case f.calls <- struct{}{}:
		default:
			return nil, errors.New("too many calls of IssuerFor have not returned")
		}
	}
	type answer struct {
		issuer *issuer
		err    error
	}
	ctx, cancel := context.WithTimeout(context.Background(), findTimeout)
	done := make(chan answer, 1)
	go func() {
		defer cancel()
		var a answer
		if stack := contain.Panic(func() { a.issuer, a.err = f.load(ctx, iss, cached) }); stack != nil {
			a.err = fault(errors.New("it panicked"))
			contain.Panic(func() { f.logger.ErrorContext(ctx, "panic in IssuerFor", "stack", string(stack)) })
		}
		if cached == nil {
			<-f.calls
		}
		done <- a
	}()
	select {
	case a := <-done:
		return a.issuer, a.err
	case <-ctx.Done():
	}
	select {
	case a := <-done: // load returned and canceled ctx, so both channels were ready
		return a.issuer, a.err
	default:
		return nil, ctx.Err()
	}
}

// load calls IssuerFor and returns an issuer made from the result. If the
// result has not changed, load returns the cached issuer.
func (f *finder) load(ctx context.Context, iss string, cached *issuer) (*issuer, error) {
	config, err := f.find(ctx, iss)
	switch {
	case err != nil:
		return nil, &foreign{ErrUnavailable, err}
	case config == nil:
		return nil, errUnknownIssuer
	case cached != nil && isSame(cached.Issuer, *config):
		return cached, nil
	case config.URL != iss, config.Introspection != nil, config.isTemplate(), config.Aliases != nil, config.SubjectPrefix != "":
		return nil, fault(errors.New("the URL of the returned Issuer must equal iss, and its Introspection, Tenants, AnyTenant, Aliases and SubjectPrefix must not be set"))
	}
	one, err := f.make(*config)
	if err != nil {
		return nil, fault(err)
	}
	one.finder = f
	one.perTenant, _ = one.keys.(perTenant) // several issuers may share a key set in which each key is restricted to one issuer
	return one, nil
}

// fault returns the error for a call of IssuerFor that panicked or returned an
// Issuer that Config does not allow.
func fault(err error) error {
	return contain.PlainError{Err: fmt.Errorf("%w: IssuerFor: %w", ErrInternal, err)}
}

// delay postpones the next refresh of a cached issuer by retryDelay. The given
// time is the time at which the caller's copy of the issuer was found. If the
// issuer has been refreshed since then, delay does nothing.
func (f *finder) delay(iss string, found time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if cached, ok := f.found.GetIfPresent(iss); ok && cached.at.Equal(found) {
		cached.retryAt = time.Now().Add(retryDelay)
		f.found.Set(strings.Clone(iss), cached) // a copy, so that the cache does not retain the token
	}
}

// isSame reports whether two Issuers are equal. Keys, Secrets and Client have
// state and are compared by identity.
func isSame(a, b Issuer) bool {
	same := false
	contain.Panic(func() { same = a.Keys == b.Keys && a.Secrets == b.Secrets && a.Client == b.Client }) // panics if a type of Keys is not comparable
	a.Keys, a.Secrets, a.Client = b.Keys, b.Secrets, b.Client
	return same && reflect.DeepEqual(a, b)
}
