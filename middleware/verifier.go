package middleware

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bearerguard/bearerguard/clientcert"
	"github.com/bearerguard/bearerguard/internal/contain"
	"github.com/bearerguard/bearerguard/revoke"
)

// Verifier verifies access tokens and decides whether requests may pass. Create
// it with [NewVerifier]; a zero or nil Verifier refuses every request. A
// Verifier is safe for concurrent use. It owns no goroutine and need not be
// closed.
type Verifier struct {
	steps         []step
	first         [never + 1][]int // first[r][i] is the index of the first step, at or after step i, whose repetition is at least r
	issuers       []*issuer
	byName        map[string]*issuer // keyed by URL and alias, without a trailing slash
	templates     []*issuer          // the issuers with {tenantid} in their URL
	bySubject     []*issuer          // the issuers with a SubjectPrefix
	finder        *finder            // finds issuers that are not configured; nil if Config.IssuerFor is nil
	introspecting *issuer            // the issuer that introspects opaque tokens, or nil
	skew          time.Duration
	maxTokenBytes int
	realm         string
	metadata      metadata
	tokenHeader   string
	audience      string
	client        *http.Client
	dpop          *proofPolicy      // nil without Config.DPoP
	clientCert    clientcert.Source // nil without Config.ClientCert
	requireBound  bool
	revocations   *revoke.List // nil without Config.Revocations
	revoked       func(context.Context, *Token) (bool, error)
	observe       func(context.Context, Observation)
	logger        *slog.Logger
	now           func() time.Time          // nil means time.Now
	warned        atomic.Pointer[time.Time] // when an outage was last logged as a warning
	untrusted     atomic.Bool               // whether a forwarded certificate from an untrusted peer was logged
	headers       headerCache
	cache         *tokenCache // nil if disabled
}

// NewVerifier returns a Verifier for a configuration, or an error that contains
// all faults of the configuration. NewVerifier copies the configuration. It
// does not use the network: the keys are fetched by [Verifier.Warm] or
// [Verifier.Healthy], or when a token first needs them.
func NewVerifier(config Config) (*Verifier, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	v := &Verifier{
		byName: make(map[string]*issuer), headers: headerCache{seed: maphash.MakeSeed()},
		skew: config.ClockSkew, maxTokenBytes: config.MaxTokenBytes, realm: config.realm(),
		tokenHeader: authorization, audience: config.Audience, client: config.Client, clientCert: config.ClientCert, requireBound: config.RequireBound,
		revocations: config.Revocations, revoked: config.Revoked, observe: config.Observe, logger: config.Logger, now: config.Now,
	}
	var err error
	if v.metadata, err = newMetadata(config); err != nil {
		return nil, err
	}
	v.setSteps(steps)
	if v.skew == 0 {
		v.skew = defaultClockSkew
	}
	v.skew = max(v.skew, 0)
	if v.dpop, err = newProofPolicy(config, v.skew); err != nil {
		return nil, err
	}
	if v.maxTokenBytes == 0 {
		v.maxTokenBytes = defaultMaxTokenBytes
	}
	if v.logger == nil {
		v.logger = slog.Default()
	}
	if config.TokenHeader != "" {
		v.tokenHeader = http.CanonicalHeaderKey(config.TokenHeader)
	}
	if !config.introspectsAll() {
		v.cache = newTokenCache(config.TokenCache)
	}
	for _, one := range config.Issuers {
		i, err := v.newIssuer(one)
		if err != nil {
			return nil, err
		}
		v.add(i)
	}
	v.finder = newFinder(config, v.logger, func(one Issuer) (*issuer, error) {
		if faults := one.check(config.Audience); faults != nil {
			return nil, errors.Join(faults...)
		}
		return v.newIssuer(one)
	})
	return v, nil
}

// notConstructed returns an error for a Verifier that is nil or zero.
func (v *Verifier) notConstructed() error {
	if v == nil || v.steps == nil {
		return fmt.Errorf("%w: the Verifier was not made by NewVerifier (was the error of NewVerifier ignored?)", ErrInternal)
	}
	return nil
}

// Warm fetches the keys of all Config.Issuers. Call it at start-up, or before
// an instance reports that it is ready. The error names each issuer whose keys
// could not be fetched. The Verifier can be used despite the error, and fetches
// the keys again as tokens arrive. Warm does not test introspection: wrong
// credentials are noticed only when the first token is introspected.
func (v *Verifier) Warm(ctx context.Context) error {
	if err := v.notConstructed(); err != nil {
		return err
	}
	faults := make([]error, len(v.issuers))
	var group sync.WaitGroup
	for i := range v.issuers {
		one := v.issuers[i]
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

// Healthy returns an error in two cases. In the first case, no issuer has
// usable keys, for example before the first fetch. This is an error even if
// opaque tokens can be introspected. It is not an error if IssuerFor is set, or
// if an issuer uses IntrospectAll and therefore has no keys. In the second
// case, Config.Revocations may lack recent revocations, and the OnLag of that
// list is [revoke.Refuse].
//
// Healthy is for probes. It never blocks. If a refresh of the keys is due,
// Healthy starts the refresh. Healthy does not show whether introspection or
// Config.IssuerFor works. To monitor those two, watch the Logger of the
// introspection client, or the 503s in Config.Observe. If OnLag is
// [revoke.Accept], also watch [revoke.List.Healthy]. For details about keys,
// see [Verifier.Stats].
func (v *Verifier) Healthy() error {
	if err := v.notConstructed(); err != nil {
		return err
	}
	var listFault error
	if v.revocations != nil {
		if _, err := v.revocations.Check(revoke.Claims{}); err != nil {
			listFault = unavailable(contain.PlainError{Err: err})
		}
	}
	var faults []error
	for i := range v.issuers {
		one := v.issuers[i]
		if keys, ok := one.keys.(interface{ Healthy() error }); ok {
			err := ErrInternal
			contain.Panic(func() { err = keys.Healthy() })
			if err != nil {
				faults = append(faults, one.fault(unavailable(err)))
			}
		}
	}
	if len(faults) < len(v.issuers) || v.finder != nil {
		return listFault
	}
	return errors.Join(append([]error{ErrUnavailable, listFault}, faults...)...)
}

func (i *issuer) fault(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("issuer %s: %w", i.URL, err)
}
