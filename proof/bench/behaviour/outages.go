package main

import (
	"context"
	"fmt"
	"time"

	"github.com/bearerguard/bearerguard/proof/bench/rival"
	"github.com/bearerguard/bearerguard/testserver"
)

// service describes what happens to good tokens while the key set is
// unavailable.
type service struct {
	refused  event         // first refusal; delay is from the outage to the start of that verification
	took     time.Duration // how long the refused verification waited for the server, 0 if it did not
	slow     int           // number of verifications that waited and then accepted the token
	longest  time.Duration // time of the slowest such verification
	patience time.Duration // the time limit of a verification
}

func (s service) String() string {
	after := short(s.refused.delay)
	switch {
	case s.refused.seen && s.took >= s.patience:
		return fmt.Sprintf("blocks after %s, for > %s", after, short(s.patience))
	case s.refused.seen && s.took > 0:
		return fmt.Sprintf("blocks after %s, for %s, then fails", after, short(s.took))
	case s.refused.seen:
		return "fails after " + after
	case s.slow > 0:
		return fmt.Sprintf("keeps working, but waits: %d×, %s at most", s.slow, short(s.longest))
	}
	return "keeps working"
}

// keysUnavailable makes the JWKS endpoint answer every request with 503.
func keysUnavailable(ctx context.Context, t *trial) (fmt.Stringer, error) {
	return t.withoutKeys(ctx, testserver.Status(503))
}

// keysHang makes the JWKS endpoint leave every request unanswered.
func keysHang(ctx context.Context, t *trial) (fmt.Stringer, error) {
	return t.withoutKeys(ctx, testserver.Hang())
}

func (t *trial) withoutKeys(ctx context.Context, fault testserver.Fault) (fmt.Stringer, error) {
	token := t.as.Token()
	if err := t.warmUp(ctx, t.ttl, token); err != nil {
		return nil, err
	}
	t.as.Inject(testserver.EndpointJWKS, fault)
	found := service{patience: t.patience}
	found.refused = t.until(ctx, t.outage, func() bool {
		began := time.Now()
		err := t.send(ctx, token)
		took := time.Since(began)
		if took < t.slow {
			took = 0
		}
		switch {
		case err != nil:
			found.took = took
		case took > 0:
			found.slow++
			found.longest = max(found.longest, took)
		}
		return err != nil
	})
	if found.refused.seen {
		found.refused.delay -= found.took
	}
	return found, nil
}

// start describes how a verifier starts while the server is down.
type start struct {
	failed bool  // the verifier could not be made
	accept event // the first accepted token; its delay is the time since the server came up
}

func (s start) String() string {
	if s.failed {
		return "does not start"
	}
	return accepted(s.accept).String()
}

// coldStart makes the verifier while the server drops every connection. Later,
// the server answers again. coldStart sends a good token repeatedly until the
// verifier accepts the token.
func coldStart(ctx context.Context, t *trial) (fmt.Stringer, error) {
	down, token := t.as.Inject(testserver.EndpointAny, testserver.DropConnection()), t.as.Token()
	type made struct {
		v   rival.Verifier
		err error
	}
	opened := make(chan made, 1)
	t.behind.Go(func() {
		v, err := t.open(ctx, 0)
		opened <- made{v, err}
	})
	var found start
	accept := func() bool {
		select {
		case m := <-opened:
			t.v, found.failed = m.v, m.err != nil
		default: // the verifier is not made yet; it may be waiting for the server
		}
		return found.failed || t.v != nil && t.send(ctx, token) == nil
	}
	if early := t.until(ctx, t.down, accept); early.seen && !found.failed {
		return nil, fmt.Errorf("a token was accepted after %v, before the verifier could have any keys", early.delay)
	}
	down.Remove()
	found.accept = t.until(ctx, t.patience, accept)
	return found, nil
}
