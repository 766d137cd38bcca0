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

// Times and limits of a Remote that Options cannot change.
const (
	waitLimit      = 2 * time.Second // maximum wait of a caller, measured from the start of the attempt
	refreshTimeout = 2 * fetch.Timeout
	minServerAge   = time.Minute // bounds for the lifetime in Cache-Control or Expires
	maxServerAge   = time.Hour
	defaultAge     = 5 * time.Minute // lifetime if the server sends neither Cache-Control nor Expires
	firstBackoff   = time.Second
	maxBackoff     = time.Minute
	maxRetryAfter  = 5 * time.Minute
	maxBurst       = 100
)

// Options configure a [Remote]. The zero value is ready for production.
type Options struct {
	// Client sends the requests. nil means [http.DefaultClient]. Its Transport
	// and Timeout apply in addition to these limits: five seconds per exchange,
	// ten seconds per refresh, 512 KiB per answer, three redirects within the
	// origin. The CheckRedirect of Client is ignored. Cookies are neither sent
	// nor stored. Addresses are not restricted. To prevent metadata or DNS from
	// directing requests to internal addresses, give Client a transport whose
	// net.Dialer has a Control function that refuses internal addresses.
	Client *http.Client

	// MetadataURL is the URL of the issuer's metadata for [Discover]. If it is
	// empty, Discover tries the well-known locations. With MetadataURL, the
	// issuer may be any printable ASCII text without spaces, but the metadata
	// must still contain exactly this issuer. [NewRemote] refuses a
	// MetadataURL.
	MetadataURL string

	// Use lists the accepted values of the member use (RFC 7517 §4.2). nil
	// accepts keys with the value "sig" and keys without this member. In SPIFFE
	// bundles, keys for tokens have the value "jwt-svid", and keys for
	// certificates have the value "x509-svid" (SPIFFE Trust Domain and Bundle
	// §4.2.2).
	Use []string

	// InsecureHTTP allows http for hosts other than loopback. An attacker on
	// the network path can then replace the keys.
	InsecureHTTP bool

	// MaxAge is the age up to which a set is used without waiting for a
	// renewal. When a set older than 80 % of MaxAge is used, it is renewed in
	// the background. When a set older than MaxAge is used, the caller waits
	// for the renewal. If MaxAge is 0, the age comes from the server's
	// Cache-Control or Expires, but is at least a minute and at most an hour.
	// If the server sends neither, the age is 5 minutes. A MaxAge other than 0
	// overrides the server. For each set, MaxAge is reduced at random by up to
	// a tenth, so that several instances of a program do not renew at the same
	// time. After the issuer withdraws a key, or replaces it under the same key
	// ID, the old key is used for up to about MaxAge. The maximum is 24 hours.
	MaxAge time.Duration

	// MaxStale is the age up to which a set is used if it cannot be renewed.
	// After that, no token can be verified until a fetch succeeds. MaxStale
	// bounds how long an attacker who blocks fetches can keep a withdrawn key
	// in use. 0 means 24 hours, and the maximum is 30 days.
	MaxStale time.Duration

	// MinInterval and Burst limit the fetches that unknown key IDs cause. Burst
	// is the number of fetches that may follow each other without a delay. On
	// average, one fetch per MinInterval is allowed. After a few made-up key
	// IDs, a new key is still found at once. Under a flood of made-up key IDs,
	// a new key is found within MinInterval. A MinInterval of 0 means 5
	// seconds, and the maximum is an hour. A Burst of 0 means 4, and the
	// maximum is 100.
	MinInterval time.Duration
	Burst       int

	// Logger receives failed refreshes and skipped keys. Repeated failures of
	// the same kind, or the same list of skipped keys, are logged once and not
	// at every attempt. nil is [slog.Default].
	Logger *slog.Logger
}

// withDefaults returns the options with defaults filled in, and an error that
// lists all faults.
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
		faults = append(faults, fmt.Errorf("%w: MaxAge must not exceed MaxStale: otherwise a set would be discarded before it is renewed", ErrConfig))
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o, errors.Join(faults...)
}
