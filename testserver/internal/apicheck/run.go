package apicheck

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/listen"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// run is one execution of a Check against one API.
type run struct {
	*Check
	target *Target
	trap   string       // base URL of the attacker's server, used in tokens; "" if this server is not started
	visits atomic.Int64 // requests to the attacker's server

	dpop     *prover // nil if the route does not require DPoP
	holder   *holder // nil if the tokens are not bound to a certificate
	findings []finding
	sent     []string // names of the probes sent so far
	complete bool     // all probes were sent
}

// Run sends the probes to target and returns the results. If the API refuses
// the good token, Run sends no more probes. Run returns an error if the check
// could not be set up, for example an error of [Check.Faults].
func (c *Check) Run(ctx context.Context, target *Target) (Report, error) {
	if err := c.Faults(); err != nil {
		return Report{}, err
	}
	r := &run{Check: c, target: target}
	if !c.Issuer.InMemory {
		stop, err := r.setTrap()
		if err != nil {
			return Report{}, err
		}
		defer stop()
	}
	if r.ClientCert {
		stop, err := r.newHolder()
		if err != nil {
			return Report{}, err
		}
		defer stop()
	}
	if r.DPoP {
		if err := r.newProver(ctx); err != nil {
			return Report{}, err
		}
	}
	probes, err := r.battery()
	if err != nil {
		return Report{}, err
	}
	for _, p := range probes {
		if p.when != nil && !p.when() {
			continue
		}
		if first := r.try(ctx, p); p.name == goodToken && !first.accepted() {
			return r.report(), nil // if the good token is refused, other refusals prove nothing
		}
	}
	if r.Metadata {
		r.metadata(ctx)
	}
	if r.DPoP {
		if err := r.replays(ctx); err != nil {
			return Report{}, err
		}
	}
	if err := r.stampede(ctx); err != nil {
		return Report{}, err
	}
	r.complete = true
	return r.report(), nil
}

// try sends p over HTTP/1.1, and also over HTTP/2 if the target supports
// HTTP/2. It judges and returns the response that it received over HTTP/1.1. It
// only compares the other response with this one.
func (r *run) try(ctx context.Context, p probe) outcome {
	followed := r.visits.Load()
	via := cmp.Or(p.from, r.target).via
	first := r.exchange(ctx, p, via[0])
	if !slices.Contains(r.sent, p.name) {
		r.sent = append(r.sent, p.name)
	}
	r.judge(p, first)
	for _, t := range via[1:] {
		if next := r.exchange(ctx, p, t); next.proto != first.proto || next.lost != "" {
			r.compare(p, first, next)
		}
	}
	if r.visits.Load() != followed {
		r.note(p, urlFetched, "requests to the attacker's server", "none")
	}
	return first
}

// mint calls the mint method of Check. If the run has a DPoP key or a client
// certificate, mint also binds the token to them.
func (r *run) mint(edits ...token.Edit) (string, error) {
	bind := func(d *token.Draft) {
		if r.dpop != nil {
			d.BindTo(r.dpop.key)
		}
		if r.holder != nil {
			d.BindToCertificate(r.holder.certificate)
		}
	}
	return r.Check.mint(slices.Insert(edits, 0, token.Edit(bind))...)
}

// setTrap starts the attacker's server, which the URLs in tokens refer to.
func (r *run) setTrap() (stop func(), err error) {
	l, err := listen.Open(listen.Config{})
	if err != nil {
		return nil, err
	}
	shut := l.Serve(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.visits.Add(1)
		r.Issuer.Trap.ServeHTTP(w, req)
	}), listen.NewTransport())
	r.trap = l.URL
	return func() { _ = shut() }, nil
}

// stampede sends many bad tokens: some are signed with unknown keys, and the
// others are malformed. It adds a finding if the API fetches the JWKS too
// often.
func (r *run) stampede(ctx context.Context) error {
	unknown, _ := token.FindDefect(catalogue.UnknownKid)
	before := r.Issuer.Fetches()
	for i := range flood {
		token, err := r.mint(spoiled(unknown))
		if err != nil {
			return err
		}
		for _, text := range []string{token, fmt.Sprintf("garbage%d.e30.AAAA", i)} {
			p := probe{authorization: []string{bearerScheme + " " + text}}
			if r.DPoP {
				p = underDPoP(p)
			}
			r.exchange(ctx, p, r.target.via[0])
		}
	}
	if fetches := r.Issuer.Fetches() - before; fetches > few {
		sent := fmt.Sprintf("%d tokens, each with another unknown kid, and %d malformed ones", flood, flood)
		r.note(probe{name: jwksStampede, sent: sent}, jwksStampede,
			fmt.Sprintf("%d fetches of the JWKS", fetches), fmt.Sprintf("at most %d", few))
	}
	return nil
}
