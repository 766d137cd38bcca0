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

// Times and bounds of issuers that Config.IssuerFor finds.
const (
	finderTime   = 2 * time.Second  // for one call
	foundAge     = 5 * time.Minute  // after which an issuer is asked about again, in the background
	foundOldAge  = 2 * foundAge     // after which a request waits for that
	foundLastAge = 24 * time.Hour   // after which it is not used any more
	findRetry    = 10 * time.Second // after an error, while a cached issuer is used
	unknownAge   = time.Minute      // after which an unknown issuer may have become known
	maxFound     = 10_000           // of either kind
	maxWildcard  = 128
	maxCalls     = 4096 // under way, about issuers that are not known
)

// finder finds issuers by Config.IssuerFor.
type finder struct {
	find     func(context.Context, string) (*Issuer, error)
	make     func(Issuer) (*issuer, error)
	patterns []pattern
	found    *otter.Cache[string, finding]
	unknown  *otter.Cache[string, time.Time] // until when
	flight   singleflight.Group
	changing sync.Mutex    // of found
	calls    chan struct{} // holds one for each call about an issuer that is not known
	logger   *slog.Logger
	trouble  contain.Change // that was logged
}

// finding is an issuer that was found, and when.
type finding struct {
	issuer  *issuer
	at      time.Time
	retryAt time.Time // not before this, after an error
}

// pattern is what stands before and after the * of Config.IssuerPatterns.
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

// resembles reports whether an iss may be meant for an issuer that is found.
func (f *finder) resembles(iss string) bool {
	return slices.ContainsFunc(f.patterns, func(p pattern) bool { return p.resembles(iss) })
}

// resembles ignores what the * stands for, and a slash at the end.
func (p pattern) resembles(iss string) bool {
	rest, starts := strings.CutPrefix(iss, p.before)
	return starts && strings.HasSuffix(strings.TrimSuffix(rest, "/"), strings.TrimSuffix(p.after, "/"))
}

// matches reports whether Config.IssuerFor may be asked about an iss.
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

// isName reports whether a text can stand for the * of a pattern: the unreserved
// characters of a URL (RFC 3986 §2.3), and not a segment that names another place.
func isName(text string) bool {
	if text == "" || text == "." || text == ".." || len(text) > maxWildcard {
		return false
	}
	return !strings.ContainsFunc(text, func(c rune) bool { return !isUnreserved[byte(min(c, 255))] }) //nolint:gosec // 255 is no such character
}

var isUnreserved = alphanumericAnd("-._~")

// issuer returns the issuer of a matching iss.
func (f *finder) issuer(ctx context.Context, iss string) (*issuer, error) {
	now := time.Now()
	known, ok := f.found.GetIfPresent(iss)
	age := now.Sub(known.at)
	switch until, isUnknown := f.unknown.GetIfPresent(iss); {
	case ok && (age < foundAge || age < foundLastAge && now.Before(known.retryAt)):
		return known.issuer, nil
	case !ok && isUnknown && now.Before(until):
		return nil, ErrIssuer
	}
	asked := f.flight.DoChan(iss, func() (any, error) { return f.ask(strings.Clone(iss)) })
	if ok && age < foundOldAge {
		return known.issuer, nil
	}
	late := time.NewTimer(finderTime)
	defer late.Stop()
	var err error
	select {
	case result := <-asked:
		if err = result.Err; err == nil {
			return result.Val.(*issuer), nil
		}
	case <-late.C:
		f.delay(iss, known.at)
		err = context.DeadlineExceeded
	case <-ctx.Done():
		f.delay(iss, known.at)
		err = ctx.Err()
	}
	if errors.Is(err, errUnknownIssuer) {
		return nil, ErrIssuer
	}
	if ok && age < foundLastAge {
		return known.issuer, nil
	}
	if fault, ok := err.(contain.PlainError); ok { //nolint:errorlint // what wraps such an error may quote anything
		return nil, fault.Err
	}
	return nil, unavailable(err)
}

// ask calls Config.IssuerFor and caches its answer. The call outlives the
// request that happened to begin it, because others wait for it too.
func (f *finder) ask(iss string) (*issuer, error) {
	known, _ := f.found.GetIfPresent(iss)
	at := time.Now()
	one, err := f.within(iss, known.issuer)
	f.note(err)
	if err != nil && !errors.Is(err, errUnknownIssuer) {
		f.delay(iss, known.at)
		return nil, err
	}
	f.changing.Lock()
	defer f.changing.Unlock()
	if err != nil {
		f.found.Invalidate(iss)
		f.unknown.Set(iss, at.Add(unknownAge))
		return nil, err
	}
	f.unknown.Invalidate(iss)
	f.found.Set(iss, finding{issuer: one, at: at})
	return one, nil
}

var errUnknownIssuer = errors.New("IssuerFor does not know it")

// note logs how IssuerFor fares, once per change. What it returns as an error may
// hold anything, so that is not printed.
func (f *finder) note(err error) {
	text := ""
	switch {
	case errors.Is(err, errUnknownIssuer): // anybody can bring that about
		return
	case errors.Is(err, ErrInternal):
		text = err.Error()
	case err != nil:
		text = "it returned an error, or took too long"
	}
	if f.trouble.To(text) && text != "" {
		contain.Panic(func() { f.logger.Error("IssuerFor does not work", "error", text) })
	}
}

// within learns an issuer in time. A call that does not heed its context is left
// behind. It keeps its place, so that such calls do not become more and more; a
// call about an issuer that is known has always one.
func (f *finder) within(iss string, known *issuer) (*issuer, error) {
	if known == nil {
		select {
		case f.calls <- struct{}{}:
		default:
			return nil, errors.New("too many calls have not returned")
		}
	}
	type answer struct {
		issuer *issuer
		err    error
	}
	ctx, cancel := context.WithTimeout(context.Background(), finderTime)
	done := make(chan answer, 1)
	go func() {
		defer cancel()
		var a answer
		if stack := contain.Panic(func() { a.issuer, a.err = f.learn(ctx, iss, known) }); stack != nil {
			a.err = fault(errors.New("it panicked"))
			contain.Panic(func() { f.logger.ErrorContext(ctx, "panic in IssuerFor", "stack", string(stack)) })
		}
		if known == nil {
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
	case a := <-done: // which also ends the context
		return a.issuer, a.err
	default:
		return nil, ctx.Err()
	}
}

// learn makes an issuer of an answer, or returns the one that is known if the
// answer is still the same.
func (f *finder) learn(ctx context.Context, iss string, known *issuer) (*issuer, error) {
	config, err := f.find(ctx, iss)
	switch {
	case err != nil:
		return nil, &foreign{ErrUnavailable, err}
	case config == nil:
		return nil, errUnknownIssuer
	case known != nil && isSame(known.Issuer, *config):
		return known, nil
	case config.URL != iss, config.Introspection != nil, config.isTemplate(), config.Aliases != nil, config.SubjectPrefix != "":
		return nil, fault(errors.New("return an Issuer whose URL is the iss, without Introspection, Tenants, Aliases and SubjectPrefix"))
	}
	one, err := f.make(*config)
	if err != nil {
		return nil, fault(err)
	}
	one.finder = f
	one.perTenant, _ = one.keys.(perTenant) // issuers that are found may share keys
	return one, nil
}

// fault returns the error for an IssuerFor that breaks its contract.
func fault(err error) error {
	return contain.PlainError{Err: fmt.Errorf("%w: IssuerFor: %w", ErrInternal, err)}
}

// delay keeps using an issuer for a while without asking again, unless it was
// found anew since.
func (f *finder) delay(iss string, found time.Time) {
	f.changing.Lock()
	defer f.changing.Unlock()
	if known, ok := f.found.GetIfPresent(iss); ok && known.at.Equal(found) {
		known.retryAt = time.Now().Add(findRetry)
		f.found.Set(strings.Clone(iss), known) // not all of the token that it is in
	}
}

// isSame reports whether two Issuers are equal. Keys, Secrets and Client are
// compared by identity, since they have state.
func isSame(a, b Issuer) bool {
	same := false
	contain.Panic(func() { same = a.Keys == b.Keys && a.Secrets == b.Secrets && a.Client == b.Client }) // types of Keys may not be comparable
	a.Keys, a.Secrets, a.Client = b.Keys, b.Secrets, b.Client
	return same && reflect.DeepEqual(a, b)
}
