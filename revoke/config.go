package revoke

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"time"
)

// Config is the configuration of a [List]. The zero value is a list that
// contains only what your program adds with [List.Add].
type Config struct {
	// Feed shares revocations between machines. nil means that the list
	// contains only what was added to it in this process.
	Feed Feed

	// MaxLag is the longest allowed lag. The lag is the time since the list
	// last read the feed to its end. 0 means 10 seconds. MaxLag must be between
	// one second and one hour.
	MaxLag time.Duration

	// OnLag decides what happens if the lag is more than MaxLag. It is required
	// if Feed is set.
	OnLag OnLag

	// MaxEntries is the maximum number of entries. 0 means 1 000 000 entries,
	// which need about 170 MiB if their values have 36 bytes, such as UUIDs.
	// Memory is used only as entries are added. MaxEntries must be the same on
	// all machines.
	//
	// With a Feed, the last tenth of the entries is reserved for revocations
	// from other machines. Otherwise several almost full machines could
	// together publish more entries than one list can store.
	//
	// All issuers share the entries. An issuer that may send any number of
	// revocations, for example in messages that package signals receives, can
	// therefore fill the list. Use one List for each group of issuers that
	// trust each other.
	MaxEntries int

	// Logger receives a record when the feed begins to fail, when the failure
	// changes, and when the feed works again. nil means the logger that
	// [slog.Default] returns when New is called. Log records contain neither
	// revocations nor error texts of the feed.
	Logger *slog.Logger
}

// OnLag is what a list does if it may lack recent revocations.
type OnLag int

const (
	// Refuse makes [List.Check] return an error while the lag is more than
	// MaxLag. Tokens on the list are still refused as revoked, and requests
	// with other tokens get 503. A revoked token is accepted for at most MaxLag
	// after its revocation was published. It is accepted longer only if the
	// feed loses the revocation before the list has read it.
	Refuse OnLag = iota + 1

	// Accept makes the list check tokens against the entries that it has. While
	// the feed cannot be read, tokens that other machines revoke are accepted.
	// As soon as the lag is more than MaxLag, [List.Healthy] returns an error.
	Accept
)

const (
	defaultMaxLag     = 10 * time.Second
	minMaxLag         = time.Second
	maxMaxLag         = time.Hour
	defaultMaxEntries = 1_000_000
)

// check returns every fault of the configuration.
func (c Config) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf("revoke: "+format, args...)) }

	if isNil(c.Feed) {
		fault("Feed is a nil %T: check the error of its constructor", c.Feed)
	}
	switch {
	case c.OnLag < 0 || c.OnLag > Accept:
		fault("OnLag %d is unknown: use Refuse or Accept", c.OnLag)
	case c.Feed != nil && c.OnLag == 0:
		fault("OnLag is missing: choose Refuse, which answers 503 while the feed cannot be read, or Accept, which accepts revoked tokens meanwhile")
	case c.Feed == nil && (c.OnLag != 0 || c.MaxLag != 0):
		fault("OnLag or MaxLag is set, but Feed is nil: a list without a feed has no lag")
	}
	if c.MaxLag != 0 && (c.MaxLag < minMaxLag || c.MaxLag > maxMaxLag) {
		fault("MaxLag must be between %v and %v, or 0 for the default, %v", minMaxLag, maxMaxLag, defaultMaxLag)
	}
	if c.MaxEntries < 0 {
		fault("MaxEntries must be positive, or 0 for the default, %d", defaultMaxEntries)
	}
	return errors.Join(faults...)
}

func isNil(f Feed) bool {
	nilable := []reflect.Kind{reflect.Pointer, reflect.Map, reflect.Func, reflect.Chan, reflect.Slice}
	v := reflect.ValueOf(f)
	return slices.Contains(nilable, v.Kind()) && v.IsNil()
}

// complete returns the configuration with its defaults in place of zero fields.
func (c Config) complete() Config {
	c.MaxLag = cmp.Or(c.MaxLag, defaultMaxLag)
	c.MaxEntries = cmp.Or(c.MaxEntries, defaultMaxEntries)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}
