package middleware

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/bearerguard/bearerguard/internal/contain"
	"github.com/bearerguard/bearerguard/internal/jws"
	"github.com/bearerguard/bearerguard/scopes"
)

// decision is the state of one decision about a token, or about the request
// that contains the token. Each step relies on the results of the earlier
// steps.
type decision struct {
	input
	findings

	// The next decision reuses the memory of these fields, to save allocations.
	message      jws.Message // empty for an opaque token
	proofMessage jws.Message // empty without a DPoP proof
	claims       claims
	bytes        []byte // a copy of the token for hashing
}

// input is the input of a decision.
type input struct {
	v     *Verifier
	ctx   context.Context //nolint:containedctx // a decision lives for one call
	began time.Time       // time.Now at the start
	now   time.Time       // according to Config.Now

	request     *http.Request        // nil if the token did not come in an HTTP request
	optional    bool                 // accept a request without a token
	other       others               // the kind of decision: answers for checkActivity, signals for VerifySignal, otherwise 0
	types       []string             // the values of typ that VerifySignal accepts, as returned by kindOf
	outer       *carried             // the decision for the enclosing route; nil if no route encloses this one
	need        []scopes.Requirement // the requirements of the enclosing routes and of this route
	credentials Credentials
	scheme      string // schemeBearer, also for a token without a scheme, or schemeDPoP; "" if no token with a supported scheme was found
	token       string
	explained   []Step // results for Explain; otherwise nil
}

// findings are the results of the steps.
type findings struct {
	repeated  repetition // steps whose field repeat is lower are skipped
	anonymous bool       // the route is optional and no token was sent
	opaque    bool       // only the issuer can read the token
	met       int        // the number of requirements that the enclosing routes have checked

	scopesHelp bool // a required scope is missing

	head    []byte  // the decoded JOSE header
	header  *header // nil until it is parsed
	payload string  // the claims as JSON
	issuer  *issuer // the configured issuer of the token
	key     any     // the key that verifies the signature; nil for an opaque token

	binding   binding   // the key or certificate in cnf
	proof     proof     // the DPoP proof
	proofEnds time.Time // when the proof expires
	nonce     string    // the nonce that the response offers, or ""

	verified *Token // never modified; handlers receive copies
	lookup   lookup // finds claims in d.verified; nil until it is needed

	lookedUp, stored bool         // whether lookUp and store have run
	cached           *cachedToken // the cached token, nil if it is not cached
	digest           digest       // the digest of the token; set when the token is looked up
}

// decisions is a pool of decisions, which are reused to save allocations.
var decisions = sync.Pool{New: func() any { return new(decision) }}

func (v *Verifier) begin(ctx context.Context) *decision {
	d := decisions.Get().(*decision)
	d.v, d.ctx = v, ctx
	return d
}

// release clears a decision, including its token, and returns it to the pool.
func (d *decision) release() {
	d.input, d.findings = input{}, findings{}
	d.message.Clear()
	d.proofMessage.Clear()
	d.claims.reset()
	clear(d.bytes)
	if d.bytes = d.bytes[:0]; cap(d.bytes) > 2*defaultMaxTokenBytes {
		d.bytes = nil
	}
	decisions.Put(d)
}

// runSteps runs the steps that apply to the token, and returns the error of the
// first step that fails.
func (d *decision) runSteps() (err error) {
	for i := d.v.first[d.repeated][0]; i < len(d.v.steps); i = d.v.first[d.repeated][i+1] {
		s := &d.v.steps[i]
		if !d.applies(s) {
			continue
		}
		if err = s.run(d); d.explained != nil {
			d.explain(i, err)
		}
		if err == nil {
			continue
		}
		// A cached token that fails a step is removed from the cache, with two
		// exceptions. The token stays if it only fails the requirements of the
		// route, because they are checked after the token is stored. The token
		// also stays if only the scheme, the proof or the certificate is bad.
		// If a bad proof removed the token, anyone who has the token but not
		// the key could send such a proof, and the signature would have to be
		// verified again.
		if d.cached != nil && !d.stored && (!s.isAboutRequest() || errors.Is(err, ErrConfirmation)) {
			d.v.cache.drop(d.digest)
		}
		return err
	}
	return nil
}

// decide runs the steps and returns the refusal, or nil if the token passes. If
// a callback or this module panics, the request is refused.
func (d *decision) decide() (refusal *Error) {
	if err := d.v.notConstructed(); err != nil {
		return refuse(err)
	}
	d.began = time.Now()
	stack := contain.Panic(func() { refusal = d.judge() })
	if stack != nil {
		refusal = refuse(ErrInternal)
		contain.Panic(func() { d.v.logger.ErrorContext(d.ctx, "panic while checking a token", "stack", string(stack)) })
	}
	if refusal != nil {
		refusal.realm, refusal.metadata = d.v.realm, d.v.metadata.url
		refusal.offers, refusal.scheme, refusal.nonce = d.v.dpop.offers(), d.scheme, d.nonce
		if d.v.dpop != nil {
			refusal.algorithms = d.v.dpop.names
		}
	}
	return refusal
}

func (d *decision) judge() (refusal *Error) {
	d.now = d.began
	if d.v.now != nil {
		d.now = d.v.now()
	}
	err := d.runSteps()
	// If the context is canceled while a check is waiting, the check fails as
	// unavailable. Only this result is reported as canceled. All other results
	// are reported unchanged, because net/http also cancels the context when a
	// client closes only its sending side. Such a client still waits for the
	// answer.
	if err != nil && errors.Is(err, ErrUnavailable) && errors.Is(d.ctx.Err(), context.Canceled) {
		err = fmt.Errorf("%w: %w", errCanceled, ErrUnavailable)
	}
	if err != nil {
		refusal = refuse(err)
		d.name(refusal)
	}
	if d.explained == nil && d.other != signals && (refusal != nil || d.v.observe != nil) {
		d.report(refusal, time.Since(d.began))
	}
	return refusal
}
