package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bearerguard/bearerguard/proof/bench/rival"
	"github.com/bearerguard/bearerguard/testserver"
)

// pace contains the durations that all scenarios use.
type pace struct {
	every    time.Duration // time from one token to the next; only one caller sends tokens
	flood    time.Duration // how long forged tokens are sent
	ttl      time.Duration // maximum age of a key set, in the scenarios that test the age
	outage   time.Duration // how long keys are unavailable
	down     time.Duration // how long the server stays down after a program has started
	removed  time.Duration // how long tokens of a removed key are sent
	patience time.Duration // time limit of a verification, and of the wait for an accepted token
	slow     time.Duration // a verification that takes longer is assumed to have waited for the server
}

// usual is the pace of the command.
var usual = pace{
	every:    10 * time.Millisecond,
	flood:    5 * time.Second,
	ttl:      time.Second,
	outage:   10 * time.Second,
	down:     3 * time.Second,
	removed:  5 * time.Second,
	patience: 10 * time.Second,
	slow:     200 * time.Millisecond,
}

// trial is one run of one scenario with one library. It has its own server.
type trial struct {
	pace
	rival rival.Rival
	as    *testserver.Server
	v     rival.Verifier

	behind sync.WaitGroup // goroutines that may still be waiting for the server
}

// try runs one scenario with one library.
func try(ctx context.Context, p pace, r rival.Rival, s scenario, options ...testserver.Option) (fmt.Stringer, error) {
	ctx, end := context.WithCancel(ctx)
	// All libraries support RS256.
	options = append([]testserver.Option{testserver.SigningAlg("RS256"), testserver.Audience(rival.Audience)}, options...)
	as, err := testserver.Start(ctx, options...)
	if err != nil {
		end()
		return nil, err
	}
	t := &trial{pace: p, rival: r, as: as}
	defer func() {
		end()
		_ = as.Close() // verifications that still wait for the server now get an error
		t.behind.Wait()
	}()
	found, err := s.play(ctx, t)
	return found, errors.Join(err, context.Cause(ctx)) // an interruption makes the result invalid
}

// open makes the verifier. ttl is the maximum age of the key set. Scenarios
// that do not test this age pass 0. The library's default then applies, which
// is too long to matter.
func (t *trial) open(ctx context.Context, ttl time.Duration) (rival.Verifier, error) {
	s := rival.SettingsFor(t.as, "")
	s.TTL = ttl
	return t.rival.Open(ctx, s)
}

// warmUp makes the verifier and lets it verify good tokens, so that it fetches
// the keys. warmUp then waits for one interval, so that later tokens arrive
// after the fetch. Without the wait, in a synctest bubble, the later tokens
// would arrive at the same instant as the fetch, and a verifier might not fetch
// its keys again for these tokens.
func (t *trial) warmUp(ctx context.Context, ttl time.Duration, tokens ...string) error {
	v, err := t.open(ctx, ttl)
	if err != nil {
		return fmt.Errorf("making the verifier: %w", err)
	}
	t.v = v
	for _, token := range tokens {
		if err := t.send(ctx, token); err != nil {
			return fmt.Errorf("a good token, before the scenario began: %w", err)
		}
	}
	select {
	case <-time.After(t.every):
	case <-ctx.Done():
	}
	return nil
}

var errNoAnswer = errors.New("the verifier did not answer")

// send verifies one token. If this takes longer than t.patience, send returns
// errNoAnswer. A verifier that ignores its context keeps running in the
// background.
func (t *trial) send(ctx context.Context, token string) error {
	ctx, cancel := context.WithTimeout(ctx, t.patience)
	defer cancel()
	answer := make(chan error, 1)
	t.behind.Go(func() { answer <- t.v.Verify(ctx, token) })
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return errNoAnswer
	}
}

// event records whether a scenario saw the event that it waits for, and how
// long the scenario waited.
type event struct {
	seen  bool
	delay time.Duration // time until the event, or until the scenario stopped waiting
}

// until calls f at intervals of t.every. It stops when f returns true, or after
// the time limit.
func (t *trial) until(ctx context.Context, limit time.Duration, f func() bool) event {
	began, ticker := time.Now(), time.NewTicker(t.every)
	defer ticker.Stop()
	for {
		if f() {
			return event{true, time.Since(began)}
		}
		if time.Since(began) >= limit || ctx.Err() != nil {
			return event{false, limit}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}
