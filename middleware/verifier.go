package middleware

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bearerguard/bearerguard/internal/contain"
	"github.com/bearerguard/bearerguard/internal/jws"
	"github.com/bearerguard/bearerguard/jwks"
)

// Verifier decides about access tokens. Create it with [NewVerifier]; a zero
// or nil one refuses everything. It is safe for concurrent use, owns no
// goroutine and need not be closed.
type Verifier struct {
	steps         []step
	first         [never + 1][]int // of the steps from one on, by how often it is made: the first that is made as often
	issuers       []issuer
	byName        map[string]*issuer // without a slash at the end
	introspecting *issuer            // who is asked about opaque tokens, nil if nobody
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
	prepared      *jws.Prepared
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
		byName: make(map[string]*issuer), headers: headers{seed: maphash.MakeSeed()},
		skew: config.ClockSkew, maxTokenBytes: config.MaxTokenBytes, realm: config.realm(),
		revoked: config.Revoked, observe: config.Observe, logger: config.Logger, now: config.Now,
	}
	v.make(steps)
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
		one := &v.issuers[i]
		v.byName[strings.TrimSuffix(one.URL, "/")] = one
		if one.Introspection != nil {
			v.introspecting = one
		}
	}
	return v, nil
}

func newIssuer(config Issuer, audience string, options jwks.Options) (issuer, error) {
	i := issuer{
		Issuer: config, keys: config.Keys, prepared: new(jws.Prepared), audienceClaim: config.AudienceClaim,
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

// notConstructed returns an error for a Verifier that is nil or zero.
func (v *Verifier) notConstructed() error {
	if v == nil || v.issuers == nil {
		return fmt.Errorf("%w: the Verifier was not made by NewVerifier, or its error was ignored", ErrInternal)
	}
	return nil
}

// named returns the configured issuer of that name, ignoring a slash at the end,
// or nil.
func (v *Verifier) named(iss string) *issuer { return v.byName[strings.TrimSuffix(iss, "/")] }

// Warm fetches the keys of all issuers now, at start-up or before an instance
// reports that it is ready. It returns what failed, issuer by issuer; the
// verifier works all the same and tries again as tokens arrive. It does not try
// introspection: wrong credentials show with the first token asked about.
func (v *Verifier) Warm(ctx context.Context) error {
	if err := v.notConstructed(); err != nil {
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
	if err := v.notConstructed(); err != nil {
		return err
	}
	var faults []error
	for i := range v.issuers {
		one := &v.issuers[i]
		if keys, ok := one.keys.(interface{ Healthy() error }); ok {
			err := ErrInternal
			contain.Panic(func() { err = keys.Healthy() })
			if err != nil {
				faults = append(faults, one.fault(unavailable(err)))
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
