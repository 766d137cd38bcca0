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
	waitLimit         = 2 * time.Second // that a token has with an attempt, counted from when that began
	refreshTimeout    = 2 * fetch.Timeout
	shortestAge       = time.Minute // what a server may ask for
	longestAge        = time.Hour
	unsaidAge         = 5 * time.Minute
	firstBackoff      = time.Second
	longestBackoff    = time.Minute
	longestRetryAfter = 5 * time.Minute // that a server gets by Retry-After
	maxBurst          = 100
)

// Options configure a [Remote]. The zero value is ready for production.
type Options struct {
	// Client sends the requests; nil is [http.DefaultClient]. Its transport and
	// Timeout apply besides our limits: five seconds an exchange, ten a refresh,
	// 512 KiB, three redirects within the origin. Its CheckRedirect is not
	// asked; cookies are neither sent nor kept. Addresses are not restricted: to
	// keep a server's metadata from pointing into the network (or a name from
	// resolving there), give its transport a net.Dialer with a Control function.
	Client *http.Client

	// MetadataURL is where [Discover] finds the issuer's metadata; "" is a
	// well-known location. The metadata must name the issuer all the same, which
	// may then be any printable ASCII text without spaces. [NewRemote] refuses it.
	MetadataURL string

	// Use are the values of a key's member use (RFC 7517 §4.2) that mark keys for
	// tokens; nil accepts "sig" and keys without use. In the bundles of SPIFFE it
	// is "jwt-svid", and the other keys are for certificates (SPIFFE Trust Domain
	// and Bundle §4.2.2).
	Use []string

	// InsecureHTTP allows http for hosts other than loopback ones. Whoever sits
	// on the network between can then replace the keys.
	InsecureHTTP bool

	// MaxAge is the age up to which a set is used without a question. From 80 %
	// of it a use renews the set in the background; past it a use waits for the
	// renewal. 0 leaves it to the server's Cache-Control or Expires, within
	// bounds of a minute and an hour, or is 5 minutes if the server says
	// nothing; another value holds whatever the server says. Each set gets up to
	// a tenth less, so that instances do not renew in step. A key withdrawn by
	// the issuer is trusted for about that long, and one replaced under its key
	// ID is unknown for that long. The most is 24 hours.
	MaxAge time.Duration

	// MaxStale is the age from which a set that cannot be renewed is not used
	// any more: nothing can be judged then until the server is back. It bounds
	// how long an attacker who blocks fetches keeps a withdrawn key in use.
	// 0 is 24 hours, the most is 30 days.
	MaxStale time.Duration

	// Unknown key IDs, however many there are, cause no more fetches than Burst
	// at once and one in each MinInterval in the long run. A new key is known at
	// once after a few invented key IDs, and under a flood of them within
	// MinInterval. 0 is 5 seconds and 4; the most is an hour and 100.
	MinInterval time.Duration
	Burst       int

	// Logger receives failed refreshes and skipped keys, each once per change;
	// nil is [slog.Default].
	Logger *slog.Logger
}

// filled returns the options with their defaults, and all faults.
func (o Options) filled() (Options, error) {
	var faults []error
	for _, d := range []struct {
		name          string
		value         *time.Duration
		unset, atMost time.Duration
	}{
		{"MaxAge", &o.MaxAge, 0, 24 * time.Hour},
		{"MaxStale", &o.MaxStale, 24 * time.Hour, 30 * 24 * time.Hour},
		{"MinInterval", &o.MinInterval, 5 * time.Second, time.Hour},
	} {
		if *d.value < 0 || *d.value > d.atMost {
			faults = append(faults, fmt.Errorf("%w: %s must be between 0 and %v", ErrConfig, d.name, d.atMost))
		}
		if *d.value == 0 {
			*d.value = d.unset
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
		faults = append(faults, fmt.Errorf("%w: Use holds an empty string", ErrConfig))
	}
	if o.MaxAge > o.MaxStale {
		faults = append(faults, fmt.Errorf("%w: MaxAge is over MaxStale: a set would be given up before it is renewed", ErrConfig))
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o, errors.Join(faults...)
}
