package jwks

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/bearerguard/bearerguard/internal/contain"
	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/internal/metadata"
)

var (
	errLate      = errors.New("the server takes its time")
	errPanic     = errors.New("reading the answer panicked")
	errNoJWKSURI = errors.New("metadata has no jwks_uri")
)

// attempt tries to renew the set and returns what is known then.
func (r *Remote) attempt(ctx context.Context, before *state, began time.Time) *state {
	looked, lost := r.locate(ctx, before.maxAge, began)
	got, err := fetched{}, lost
	if r.url != "" {
		if contain.Panic(func() { got, err = r.fetch(ctx) }) != nil {
			err = errPanic
		}
	}
	ended := time.Now()
	var after *state
	if err == nil {
		after = r.schedule.succeed(before, got.set, got.Fresh)
		after.fetched = began
		if !r.schedule.due(before, began) {
			r.schedule.spend(after, began)
		}
		if got.ETag != "" || !got.Unchanged {
			r.etag = got.ETag
		}
	} else {
		after = r.schedule.fail(before, fmt.Errorf("%w: %w", ErrUnavailable, err))
		if r.issuer != "" {
			r.lastDiscovery = time.Time{} // the server may have moved its keys
		}
	}
	after.began, after.ended = began, ended
	after.fetches++
	after.count(after.err)
	if looked && r.url != "" { // without one, that is why the attempt failed
		after.lost = lost
		after.count(lost)
	}
	return after
}

// count adds a failure to those of its class.
func (s *state) count(err error) {
	if err == nil {
		return
	}
	counts := map[string]int{}
	maps.Copy(counts, s.failures)
	counts[class(err)]++
	s.failures = counts
}

// locate finds the URL of the set by the issuer's metadata. It looks again as
// often as the set is renewed, since a server that moves its keys may go on
// serving the old ones. While the metadata cannot be had, or name another
// issuer, the URL that they named last serves; and while it does serve, those
// who wait for a key wait for it and not for metadata that hang.
func (r *Remote) locate(ctx context.Context, maxAge time.Duration, now time.Time) (looked bool, err error) {
	if r.issuer == "" || !r.lastDiscovery.IsZero() && now.Sub(r.lastDiscovery) < maxAge/5*4 {
		return false, nil
	}
	if r.url != "" {
		limit := waitLimit / 2
		if r.lastDiscovery.IsZero() { // the keys were not where they used to be
			limit = refreshTimeout / 2
		}
		bounded, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		ctx = bounded
	}
	r.lastDiscovery = now
	var doc metadata.Document
	if contain.Panic(func() { doc, err = r.discover(ctx) }) != nil {
		err = errPanic
	}
	switch {
	case err != nil:
		return true, fmt.Errorf("metadata: %w", err)
	case doc.JWKSURI == "":
		return true, errNoJWKSURI
	case doc.JWKSURI != r.url:
		r.url, r.etag = doc.JWKSURI, ""
	}
	return true, nil
}

func (r *Remote) discover(ctx context.Context) (metadata.Document, error) {
	o := r.options
	if o.MetadataURL != "" {
		return metadata.At(ctx, o.Client, o.MetadataURL, r.issuer, o.InsecureHTTP)
	}
	return metadata.Discover(ctx, o.Client, r.issuer, o.InsecureHTTP)
}

// fetched is an answer and the set in it, nil if the one that is there is
// unchanged.
type fetched struct {
	fetch.Answer
	set *Set
}

func (r *Remote) fetch(ctx context.Context) (fetched, error) {
	answer, err := fetch.Get(ctx, r.options.Client, r.url, r.etag)
	if err != nil || answer.Unchanged {
		return fetched{Answer: answer}, err
	}
	set, err := parse(answer.Body, r.options.Use)
	return fetched{answer, set}, err
}
