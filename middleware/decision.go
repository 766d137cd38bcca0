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

// decision is a token on its way through the steps, or the request that holds
// it. Each step relies on what the ones before it have set.
type decision struct {
	question
	findings

	// Kept from one decision to the next, for the room that they have.
	message jws.Message // empty if opaque
	claims  claims
	bytes   []byte // the token again
}

// question is what is to be decided.
type question struct {
	v     *Verifier
	ctx   context.Context //nolint:containedctx // a decision is the arguments of one call, not a thing that stays
	began time.Time       // by the clock of the machine
	now   time.Time       // by Config.Now

	request     *http.Request        // nil if the token came by another way
	optional    bool                 // a request without a token passes
	answers     bool                 // it is about an answer to checkActivity
	outer       *carried             // the decision of an enclosing route, nil without one
	need        []scopes.Requirement // of enclosing routes and of this one
	credentials Credentials
	token       string
	explained   []Step // of Explain; nil otherwise
}

// findings are what the steps have found out.
type findings struct {
	least     often // steps that are made more seldom have been made
	anonymous bool  // the request has no token and needs none
	opaque    bool  // not for us to read: the issuer was asked
	met       int   // how many of the requirements enclosing routes have checked

	scopesHelp bool // of the requirements that are not met, one has scopes to name

	head    []byte  // the header, decoded
	header  *header // nil before it was read
	payload string  // the claims as text
	issuer  *issuer // that the token names
	key     any     // of the signature, nil if opaque

	verified *Token // never changed, nor reachable by handlers
	lookup   lookup // of its claims, once it was needed

	recalled, kept bool   // the memory was asked; it has the token now
	known          *known // what is remembered of the token, nil if nothing
	digest         digest // of it
}

// decisions are reused, to save allocations.
var decisions = sync.Pool{New: func() any { return new(decision) }}

func (v *Verifier) begin(ctx context.Context) *decision {
	d := decisions.Get().(*decision)
	d.v, d.ctx = v, ctx
	return d
}

// release ends a decision. Nothing of the token stays.
func (d *decision) release() {
	d.question, d.findings = question{}, findings{}
	d.message.Clear()
	d.claims.reset()
	clear(d.bytes)
	if d.bytes = d.bytes[:0]; cap(d.bytes) > 2*defaultMaxTokenBytes {
		d.bytes = nil
	}
	decisions.Put(d)
}

// walk makes the steps that are due.
func (d *decision) walk() (err error) {
	for i := d.v.first[d.least][0]; i < len(d.v.steps); i = d.v.first[d.least][i+1] {
		s := &d.v.steps[i]
		if !d.due(s) {
			continue
		}
		if err = s.run(d); d.explained != nil {
			d.explain(i, err)
		}
		if err != nil {
			break
		}
	}
	// A refusal after "remember" is one of the route's, and says nothing about the token.
	if err != nil && d.known != nil && !d.kept {
		d.v.memory.forget(d.digest)
	}
	return err
}

// decide walks, and makes of the error the one answer to give. A panic, of a
// callback or of ours, refuses like any fault.
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
		refusal.realm = d.v.realm
	}
	return refusal
}

func (d *decision) judge() (refusal *Error) {
	d.now = d.began
	if d.v.now != nil {
		d.now = d.v.now()
	}
	err := d.walk()
	// Only a check that was still waiting has anything to cancel. net/http also
	// cancels when a client has merely closed its side after the request, and such
	// a client waits for the verdict that was reached.
	if err != nil && errors.Is(err, ErrUnavailable) && errors.Is(d.ctx.Err(), context.Canceled) {
		err = fmt.Errorf("%w: %w", errCanceled, ErrUnavailable)
	}
	if err != nil {
		refusal = refuse(err)
		if refusal.Code == CodeNoToken || refusal.Code == CodeInsufficientScope && d.scopesHelp {
			refusal.Scope = required(d.need)
		}
	}
	if d.explained == nil && (refusal != nil || d.v.observe != nil) {
		d.report(refusal, time.Since(d.began))
	}
	return refusal
}
