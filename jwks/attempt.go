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
	errWaitLimit = errors.New("the server did not answer in time")
	errPanic     = errors.New("panic while fetching the keys or reading the answer")
	errNoJWKSURI = errors.New("metadata has no jwks_uri")
)

// attempt tries to renew the set and returns the new state.
func (r *Remote) attempt(ctx context.Context, before *state, began time.Time) *state {
	looked, metadataErr := r.locate(ctx, before.maxAge, began)
	got, err := fetched{}, metadataErr
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
			r.lastDiscovery = time.Time{} // to read the metadata again
		}
	}
	after.began, after.ended = began, ended
	after.fetches++
	after.count(after.err)
	if looked && r.url != "" { // without a URL, err is already the metadata error
		after.metadataErr = metadataErr
		after.count(metadataErr)
	}
	return after
}

// count increments the failure counter for the class of err.
func (s *state) count(err error) {
	if err == nil {
		return
	}
	counts := map[string]int{}
	maps.Copy(counts, s.failures)
	counts[class(err)]++
	s.failures = counts
}

// locate finds the URL of the set in the issuer's metadata, and reports whether
// it requested the metadata. It requests the metadata whenever the set is due
// for renewal, because a server that moves its keys to another URL may continue
// to serve the old keys at the old URL. If the metadata is unavailable or names
// a different issuer, locate keeps the most recently discovered URL. If locate
// has such a URL, it limits the time for the metadata request, so that time
// remains to fetch the set while callers wait for a key. After a failed fetch
// from this URL, the limit is longer, and callers may give up before the
// metadata arrives.
func (r *Remote) locate(ctx context.Context, maxAge time.Duration, now time.Time) (looked bool, err error) {
	if r.issuer == "" || !r.lastDiscovery.IsZero() && now.Sub(r.lastDiscovery) < maxAge/5*4 {
		return false, nil
	}
	if r.url != "" {
		limit := waitLimit / 2
		if r.lastDiscovery.IsZero() { // zero after a failed fetch from this URL
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

// fetched holds an HTTP answer and the key set that was parsed from it. After a
// 304, the set is nil, because the current key set is still valid.
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
