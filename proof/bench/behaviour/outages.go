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
	refused  event         // when the verification began that ended in a refusal
	took     time.Duration // that one, if it waited for the server
	slow     int           // verifications that waited for the server and then accepted
	longest  time.Duration // of those
	patience time.Duration // no wait was watched for longer
}

func (s service) String() string {
	after := short(s.refused.after)
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
		found.refused.after -= found.took
	}
	return found, nil
}

// start describes how a verifier starts while the server is down.
type start struct {
	failed bool  // it was not made
	accept event // the first good token, from when the server is up
}

func (s start) String() string {
	if s.failed {
		return "does not start"
	}
	return accepted(s.accept).String()
}

// coldStart makes the verifier while the server drops every connection. From
// then on it sends a good token repeatedly until the verifier accepts it.
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
		default: // it may wait for the server
		}
		return found.failed || t.v != nil && t.send(ctx, token) == nil
	}
	if early := t.until(ctx, t.down, accept); early.seen && !found.failed {
		return nil, fmt.Errorf("a token was accepted before there could be keys, after %v", early.after)
	}
	down.Remove()
	found.accept = t.until(ctx, t.patience, accept)
	return found, nil
}
