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

// Stats describes a Remote at one moment.
type Stats struct {
	Keys    int           // keys of the set that are not skipped, even if the set is older than MaxStale; 0 before the first success
	Skipped []error       // one error per skipped key: the key's position in the set, counted from 1, and the reason
	Age     time.Duration // time since the set was fetched or confirmed; 0 without a set
	Next    time.Time     // time from which a use of the set starts a renewal or retry; zero before the first attempt

	Fetches       int // completed attempts
	NotModified   int // attempts answered with 304
	UnknownKeyIDs int // lookups of a key that failed because of an unknown key ID; a token may cause several

	// Failures counts failed attempts to fetch metadata or keys by reason:
	// timeout, name_resolution, tls, connection, truncated, too_large,
	// redirect, content_type, url, status_429, status_4xx, status_5xx,
	// status_other, not_a_set, no_keys, metadata, metadata_issuer,
	// metadata_endpoint, panic, other.
	Failures map[string]int

	Err error // error of the last attempt, nil if the attempt succeeded
}

// Stats returns the current state and counters. It never waits.
func (r *Remote) Stats() Stats {
	s, now := r.state.Load(), time.Now()
	stats := Stats{
		Fetches: s.fetches, NotModified: s.notModified, UnknownKeyIDs: int(r.unknown.Load()),
		Failures: maps.Clone(s.failures), Err: s.err, Next: r.schedule.retryAt(s, now),
	}
	if s.set != nil {
		stats.Keys, stats.Skipped, stats.Age = s.set.size, slices.Clone(s.set.skipped), s.age(now)
	}
	if s.err == nil && s.set != nil {
		stats.Next = s.fetched.Add(s.maxAge / 5 * 4)
	}
	return stats
}

// Stats returns the number of keys and the skipped keys. The other fields are
// zero.
func (s *Set) Stats() Stats { return Stats{Keys: s.size, Skipped: slices.Clone(s.skipped)} }

// class returns the reason for a failure, as listed at Stats.Failures.
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

// log logs what an attempt changed. It logs a failure only if the class of the
// failure or the usability of the set has changed, so that an outage is not
// logged at every attempt. It logs the skipped keys only when they change. It
// must be called after the state has been stored.
func (r *Remote) log(ctx context.Context, before, after *state) {
	logger, usable := r.options.Logger, r.schedule.usable(after, after.ended)
	if after.err == nil {
		if r.loggedFailure.To("") {
			logger.InfoContext(ctx, "key set refreshed again", "failures", before.failed)
		}
	} else if r.loggedFailure.To(fmt.Sprint(class(after.err), usable)) {
		logger.WarnContext(ctx, "key set not refreshed", "reason", class(after.err), "error", after.err, "keys_known", usable)
	}
	metadataFailure := ""
	if after.metadataErr != nil {
		metadataFailure = class(after.metadataErr)
	}
	if r.loggedMetadata.To(metadataFailure) && metadataFailure != "" {
		logger.WarnContext(ctx, "metadata not refreshed", "reason", metadataFailure, "error", after.metadataErr)
	}
	if after.set == nil || !r.loggedSkipped.To(fmt.Sprint(after.set.skipped)) {
		return
	}
	for _, reason := range after.set.skipped {
		level := slog.LevelWarn
		if errors.Is(reason, errKeyUse) || errors.Is(reason, errKeyType) {
			level = slog.LevelDebug // keys for encryption or of new types are not a fault
		}
		logger.Log(ctx, level, "key of the set is not used", "reason", reason)
	}
}
