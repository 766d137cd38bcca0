package jwks

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/bearerguard/bearerguard/internal/fetch"
)

// Times of a Remote that are not options.
const (
	waitLimit      = 2 * time.Second // for a caller, counted from the start of the attempt
	refreshTimeout = 2 * fetch.Timeout
	minServerAge   = time.Minute // bounds of Cache-Control and Expires
	maxServerAge   = time.Hour
	defaultAge     = 5 * time.Minute // without Cache-Control and Expires
	firstBackoff   = time.Second
	maxBackoff     = time.Minute
	maxRetryAfter  = 5 * time.Minute
	maxBurst       = 100
)

// Options configure a [Remote]. The zero value is ready for production.
type Options struct {
	// Client sends the requests; nil is [http.DefaultClient]. Its transport and
	// Timeout apply in addition to these limits: five seconds per exchange, ten
	// per refresh, 512 KiB, three redirects within the origin. Its
	// CheckRedirect is ignored; cookies are neither sent nor stored. Addresses
	// are not restricted. To prevent metadata or DNS from directing requests to
	// internal addresses, give its transport a net.Dialer with a Control
	// function.
	Client *http.Client

	// MetadataURL is the URL of the issuer's metadata for [Discover]; "" is the
	// well-known locations. The metadata must still contain the issuer, which
	// may then be any printable ASCII text without spaces. [NewRemote] refuses
	// it.
	MetadataURL string

	// Use lists the values of the member use (RFC 7517 §4.2) that mark keys for
	// tokens; nil accepts "sig" and keys without use. In SPIFFE bundles the
	// value is "jwt-svid", and the other keys are for certificates (SPIFFE
	// Trust Domain and Bundle §4.2.2).
	Use []string

	// InsecureHTTP allows http for hosts other than loopback. An attacker on
	// the network path can then replace the keys.
	InsecureHTTP bool

	// MaxAge is the age up to which a set is used without waiting for a
	// renewal. From 80 % of it, a use renews the set in the background; beyond
	// it, a use waits for the renewal. 0 follows the server's Cache-Control or
	// Expires, between a minute and an hour, or is 5 minutes if the server
	// sends neither. Any other value overrides the server. Each set's limit is
	// reduced by up to a tenth at random, so that instances do not renew at the
	// same time. A key withdrawn by the issuer is trusted for about that long.
	// A key replaced under the same key ID is not picked up for that long. The
	// maximum is 24 hours.
	MaxAge time.Duration

	// MaxStale is the age from which a set that cannot be renewed is no longer
	// used: no token can then be verified until the server is back. It bounds
	// how long an attacker who blocks fetches can keep a withdrawn key in use.
	// 0 is 24 hours, the maximum is 30 days.
	MaxStale time.Duration

	// MinInterval and Burst limit the fetches that unknown key IDs cause: Burst
	// at once, and one per MinInterval in the long run. After a few made-up key
	// IDs a new key is still found at once, and under a flood of them within
	// MinInterval. 0 is 5 seconds and 4; the maximum is an hour and 100.
	MinInterval time.Duration
	Burst       int

	// Logger receives failed refreshes and skipped keys, each once per change;
	// nil is [slog.Default].
	Logger *slog.Logger
}

// withDefaults returns the options with their defaults, and all faults.
func (o Options) withDefaults() (Options, error) {
	var faults []error
	for _, d := range []struct {
		name              string
		value             *time.Duration
		byDefault, atMost time.Duration
	}{
		{"MaxAge", &o.MaxAge, 0, 24 * time.Hour},
		{"MaxStale", &o.MaxStale, 24 * time.Hour, 30 * 24 * time.Hour},
		{"MinInterval", &o.MinInterval, 5 * time.Second, time.Hour},
	} {
		if *d.value < 0 || *d.value > d.atMost {
			faults = append(faults, fmt.Errorf("%w: %s must be between 0 and %v", ErrConfig, d.name, d.atMost))
		}
		if *d.value == 0 {
			*d.value = d.byDefault
		}
	}
	if o.Burst < 0 || o.Burst > maxBurst {
		faults = append(faults, fmt.Errorf("%w: Burst must be between 0 and %d", ErrConfig, maxBurst))
	}
	o.Burst = cmp.Or(o.Burst, 4)
	if o.MetadataURL != "" {
		if err := fetch.CheckURL(o.MetadataURL, o.InsecureHTTP); err != nil {
			faults = append(faults, fmt.Errorf("%w: MetadataURL: %w", ErrConfig, err))
		}
	}
	if o.Use = slices.Clone(o.Use); slices.Contains(o.Use, "") {
		faults = append(faults, fmt.Errorf("%w: Use must not contain an empty string", ErrConfig))
	}
	if o.MaxAge > o.MaxStale {
		faults = append(faults, fmt.Errorf("%w: MaxAge must not exceed MaxStale: a set would be discarded before it is renewed", ErrConfig))
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o, errors.Join(faults...)
}
