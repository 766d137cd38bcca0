package middleware

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bearerguard/bearerguard/internal/contain"
	"github.com/bearerguard/bearerguard/internal/jws"
	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/scopes"
)

// Verifier decides about access tokens. Create it with [NewVerifier]; a zero
// or nil one refuses everything. It is safe for concurrent use, owns no
// goroutine and need not be closed.
type Verifier struct {
	issuers       []issuer
	introspecting *issuer // who is asked about opaque tokens, nil if nobody
	skew          time.Duration
	maxTokenBytes int
	realm         string
	revoked       func(context.Context, *Token) (bool, error)
	observe       func(context.Context, Observation)
	logger        *slog.Logger
	now           func() time.Time          // nil is time.Now
	warned        atomic.Pointer[time.Time] // when an outage was last logged as a warning
	headers       headers
	memory        *memory // nil if none is kept
}

// issuer is a configured Issuer with its defaults filled in.
type issuer struct {
	Issuer
	keys          jwks.Source // nil if no token is verified here
	algorithms    []*jws.Algorithm
	audiences     []string
	audienceClaim string
	scopeClaims   []string
}

// NewVerifier checks the configuration and returns every fault of it at once.
// It does no I/O: keys are fetched when the first token needs them, or by
// [Verifier.Warm]. The configuration is copied.
func NewVerifier(config Config) (*Verifier, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	v := &Verifier{
		headers: headers{seed: maphash.MakeSeed()},
		skew:    config.ClockSkew, maxTokenBytes: config.MaxTokenBytes, realm: config.realm(),
		revoked: config.Revoked, observe: config.Observe, logger: config.Logger, now: config.Now,
	}
	if v.skew == 0 {
		v.skew = defaultClockSkew
	}
	v.skew = max(v.skew, 0)
	if v.maxTokenBytes == 0 {
		v.maxTokenBytes = defaultMaxTokenBytes
	}
	if v.logger == nil {
		v.logger = slog.Default()
	}
	if !config.asksAlways() {
		v.memory = newMemory(config.TokenCache)
	}
	for _, one := range config.Issuers {
		i, err := newIssuer(one, config.Audience, jwks.Options{
			Client: config.Client, InsecureHTTP: one.InsecureHTTP, Logger: v.logger.With("issuer", one.URL),
		})
		if err != nil {
			return nil, err
		}
		v.issuers = append(v.issuers, i)
	}
	for i := range v.issuers {
		if v.issuers[i].Introspection != nil {
			v.introspecting = &v.issuers[i]
		}
	}
	return v, nil
}

func newIssuer(config Issuer, audience string, options jwks.Options) (issuer, error) {
	i := issuer{
		Issuer: config, keys: config.Keys, audienceClaim: config.AudienceClaim,
		audiences: slices.Clone(config.Audiences), scopeClaims: slices.Clone(config.ScopeClaims),
	}
	for _, name := range config.Algorithms {
		i.algorithms = append(i.algorithms, jws.Find(name))
	}
	if i.algorithms == nil {
		i.algorithms = jws.Asymmetric()
	}
	if len(i.audiences) == 0 {
		i.audiences = []string{audience}
	}
	if i.audienceClaim == "" {
		i.audienceClaim = "aud"
	}
	if len(i.scopeClaims) == 0 {
		i.scopeClaims = []string{"scope", "scp"}
	}
	if i.keys == nil && i.IntrospectionMode != IntrospectAll {
		remote, err := jwks.Discover(config.URL, options)
		if err != nil {
			return issuer{}, err
		}
		i.keys = remote
	}
	return i, nil
}

// Verify decides about a token that reached the program by any way: a gRPC
// call, a WebSocket, a queue. It makes every check but those of a route's
// requirements, for which there is [Verifier.Check]. The error is an *[Error].
func (v *Verifier) Verify(ctx context.Context, credentials Credentials) (*Token, error) {
	a := newAttempt(ctx, credentials.Token)
	defer a.release()
	if refusal := v.decide(a, nil, func() error { return v.verify(a) }); refusal != nil {
		return nil, refusal
	}
	return a.verified.clone(), nil
}

// Check decides whether a verified token meets requirements, inside a handler
// for example, or for each message of a connection that stays open, and has not
// expired since. Without requirements any such token passes. The error is an
// *[Error]; for a nil token it is the one for a request without a token.
func (v *Verifier) Check(t *Token, need ...scopes.Requirement) error {
	a := newAttempt(context.Background(), "")
	defer a.release()
	if refusal := v.decide(a, need, func() error { return v.meet(t, need) }); refusal != nil {
		return refusal
	}
	return nil
}

// meet checks requirements against a token.
func (v *Verifier) meet(t *Token, need []scopes.Requirement) error {
	if t == nil {
		return ErrNoToken
	}
	now := time.Now()
	if v.now != nil {
		now = v.now()
	}
	if !t.Expiry.IsZero() && !now.Before(t.Expiry.Add(v.skew)) {
		return ErrExpired // it was verified a while ago
	}
	evidence := scopes.Evidence{Scopes: t.Scopes, ACR: t.ACR, AuthTime: t.AuthTime, Now: now, Claim: t.claim}
	for _, requirement := range need {
		if requirement.Unmet(evidence) != nil {
			return ErrRequirement
		}
	}
	return nil
}

// decide runs a check and makes of its error the one answer to give. A panic,
// of a callback or of ours, refuses like any fault.
func (v *Verifier) decide(a *attempt, need []scopes.Requirement, check func() error) (refusal *Error) {
	if err := v.unmade(); err != nil {
		return refuse(err)
	}
	a.began = time.Now()
	finished := false
	defer func() {
		// The value of a panic may hold anything, so it is not looked at; nor is
		// it always there (GODEBUG=panicnil=1).
		if recover() != nil || !finished {
			refusal = refuse(ErrInternal)
			defer func() { _ = recover() }() // the logger's own
			v.logger.ErrorContext(a.ctx, "panic while checking a token", "stack", string(debug.Stack()))
		}
	}()
	err := check()
	// Only a check that was still waiting has anything to cancel. net/http also
	// cancels when a client has merely closed its side after the request, and such
	// a client waits for the verdict that was reached.
	if errors.Is(err, ErrUnavailable) && errors.Is(a.ctx.Err(), context.Canceled) {
		err = fmt.Errorf("%w: %w", errCanceled, ErrUnavailable)
	}
	if err != nil {
		refusal = refuse(err)
	}
	if refusal != nil && (refusal.Code == CodeNoToken || refusal.Code == CodeInsufficientScope) {
		refusal.Scope = required(need)
	}
	if a.trace == nil && (refusal != nil || v.observe != nil) {
		v.report(a, refusal, time.Since(a.began))
	}
	finished = true
	return refusal
}

// unmade tells a Verifier that is nil or zero from a real one.
func (v *Verifier) unmade() error {
	if v == nil || v.issuers == nil {
		return fmt.Errorf("%w: the Verifier was not made by NewVerifier, or its error was ignored", ErrInternal)
	}
	return nil
}

// required lists the scopes that requirements name when nothing meets them.
func required(need []scopes.Requirement) scopes.Set {
	var names []string
	nothing := scopes.Evidence{Claim: func(string) (any, bool) { return nil, false }}
	for _, requirement := range need {
		if shortfall := requirement.Unmet(nothing); shortfall != nil {
			names = slices.AppendSeq(names, shortfall.Scopes.All())
		}
	}
	return scopes.Of(names...)
}

// Warm fetches the keys of all issuers now, at start-up or before an instance
// reports that it is ready. It returns what failed, issuer by issuer; the
// verifier works all the same and tries again as tokens arrive. It does not try
// introspection: wrong credentials show with the first token asked about.
func (v *Verifier) Warm(ctx context.Context) error {
	if err := v.unmade(); err != nil {
		return err
	}
	faults := make([]error, len(v.issuers))
	var group sync.WaitGroup
	for i := range v.issuers {
		one := &v.issuers[i]
		if keys, ok := one.keys.(interface{ Warm(context.Context) error }); ok {
			group.Go(func() {
				if contain.Panic(func() { faults[i] = one.fault(keys.Warm(ctx)) }) != nil {
					faults[i] = one.fault(ErrInternal)
				}
			})
		}
	}
	group.Wait()
	return errors.Join(faults...)
}

// Healthy is for probes. It never waits, and begins a refresh of keys that are
// due for one. It looks at keys alone: it returns an error only if every issuer
// is without usable keys, as before the first fetch, even where opaque tokens
// could be judged. It does not tell whether introspection works, and an issuer
// under IntrospectAll, which has no keys, always counts as well; for that watch
// the client's Logger, or the 503s in Config.Observe. [Verifier.Stats] has the
// details of keys.
func (v *Verifier) Healthy() error {
	if err := v.unmade(); err != nil {
		return err
	}
	var faults []error
	for i := range v.issuers {
		one := &v.issuers[i]
		if keys, ok := one.keys.(interface{ Healthy() error }); ok {
			if err := keys.Healthy(); err != nil {
				faults = append(faults, one.fault(err))
			}
		}
	}
	if len(faults) < len(v.issuers) {
		return nil
	}
	return errors.Join(append([]error{ErrUnavailable}, faults...)...)
}

func (i *issuer) fault(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("issuer %s: %w", i.URL, err)
}
