package jwks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/internal/metadata"
)

// Stats describe a Remote at one moment.
type Stats struct {
	Keys    int           // usable keys known, 0 before the first success
	Skipped []error       // one for each key that the policy left out: its place in the set, from 1, and the reason
	Age     time.Duration // since the set was requested or confirmed, 0 without one
	Next    time.Time     // when the next use may or should renew it, zero before the first attempt

	Fetches       int // attempts ended
	NotModified   int // those that the server answered with 304
	UnknownKeyIDs int // tokens refused for a key ID that nobody knew

	// Failures count attempts, of metadata and of keys, by why they failed:
	// timeout, name_resolution, tls, connection, truncated, too_large, redirect,
	// content_type, url, status_429, status_4xx, status_5xx, status_other,
	// not_a_set, no_keys, metadata, metadata_issuer, metadata_endpoint, panic, other.
	Failures map[string]int

	Err error // why the last attempt failed, nil if it did not
}

// Stats returns what the Remote knows of itself. It never waits.
func (r *Remote) Stats() Stats {
	s, now := r.state.Load(), time.Now()
	stats := Stats{
		Fetches: s.fetches, NotModified: s.notModified, UnknownKeyIDs: int(r.unknown.Load()),
		Failures: maps.Clone(s.failures), Err: s.err, Next: r.schedule.next(s, now),
	}
	if s.set != nil {
		stats.Keys, stats.Skipped, stats.Age = s.set.size, slices.Clone(s.set.skipped), s.age(now)
	}
	if s.err == nil && s.set != nil {
		stats.Next = s.fetched.Add(s.maxAge / 5 * 4)
	}
	return stats
}

// Stats returns what there is to know of a set that never changes: its keys.
func (s *Set) Stats() Stats { return Stats{Keys: s.size, Skipped: slices.Clone(s.skipped)} }

// class returns the word for a failure, out of the list at Stats.Failures.
func class(err error) string {
	for _, c := range []struct {
		err  error
		name string
	}{
		{ErrNoKeys, "no_keys"},
		{ErrSet, "not_a_set"},
		{metadata.ErrIssuer, "metadata_issuer"},
		{metadata.ErrEndpoint, "metadata_endpoint"},
		{errNoJWKSURI, "metadata_endpoint"},
		{metadata.ErrDocument, "metadata"},
		{metadata.ErrAbsent, "metadata"},
		{errPanic, "panic"},
	} {
		if errors.Is(err, c.err) {
			return c.name
		}
	}
	return cmp.Or(fetch.Class(err), "other")
}

// log tells what an attempt changed, once: a server that is down for a night is
// one line, and so is a key that cannot be used. The state is known by then.
func (r *Remote) log(ctx context.Context, before, after *state) {
	logger, usable := r.options.Logger, r.schedule.usable(after, after.ended)
	if after.err == nil {
		if r.trouble.To("") {
			logger.InfoContext(ctx, "key set refreshed again", "failures", before.failed)
		}
	} else if r.trouble.To(fmt.Sprint(class(after.err), usable)) {
		logger.WarnContext(ctx, "key set not refreshed", "reason", class(after.err), "error", after.err, "keys_known", usable)
	}
	lost := ""
	if after.lost != nil {
		lost = class(after.lost)
	}
	if r.lost.To(lost) && lost != "" {
		logger.WarnContext(ctx, "metadata not refreshed", "reason", lost, "error", after.lost)
	}
	if after.set == nil || !r.skipped.To(fmt.Sprint(after.set.skipped)) {
		return
	}
	for _, reason := range after.set.skipped {
		level := slog.LevelWarn
		if errors.Is(reason, errKeyUse) || errors.Is(reason, errKeyType) {
			level = slog.LevelDebug // keys for encryption, and of kinds to come, are nothing to mend
		}
		logger.Log(ctx, level, "key of the set is not used", "reason", reason)
	}
}
