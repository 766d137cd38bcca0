package redisstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
)

// Defaults and bounds of Config.
const (
	defaultPrefix      = "bg:"
	version            = "1:" // version of the storage format
	defaultTimeout     = 50 * time.Millisecond
	maxTimeout         = time.Second
	defaultProofWindow = 200 * time.Second
	maxProofWindow     = 24 * time.Hour
	minSecret          = 32
)

// Outage specifies how DPoP requests are handled while Redis is unavailable.
type Outage int

const (
	// Refuse responds with 503 until Redis is available again. It also refuses,
	// with 503, proofs that may have been used before Redis lost its data.
	Refuse Outage = iota

	// LocalOnly accepts a proof if this process has not seen it. While Redis is
	// unavailable, and after it has lost its data, a stolen proof can therefore
	// be used once on each other machine, until the proof is too old.
	LocalOnly
)

// Config configures a [Store]. Do and Secret are required. All fields except
// Do, Timeout, Local and Logger must be the same on all machines. Secret and
// OtherSecret may differ while Secret is being replaced: see OtherSecret.
type Config struct {
	// Do sends one command and returns its reply. All args are strings. The
	// first is the name of the command, and the second is its only key. Do
	// returns nil, nil if the reply is nil. Do should return when ctx ends. If
	// it does not return, the Store stops waiting. However, while 256 calls for
	// a group of keys are running, all further commands for this group wait. A
	// command fails if its turn does not come within Timeout. The command must
	// reach the primary, never a replica. Do may repeat a command after a
	// failure. Do is called concurrently. See docs/scale.md for go-redis,
	// rueidis and valkey-go.
	Do func(ctx context.Context, args ...any) (any, error)

	// Secret seals values: at least 32 random bytes, the same on all machines.
	Secret []byte

	// OtherSecret is a second secret that only opens sealed values. Secret
	// seals all new values. Use OtherSecret while Secret is replaced on one
	// machine after the other. nil means that only Secret is used.
	OtherSecret []byte

	// Prefix begins each key. It is followed by "1:", the version of the
	// format. "" means "bg:". APIs that share a Redis need different prefixes.
	Prefix string

	// Timeout is the maximum time for each command, even if Do ignores its
	// context. 0 means 50 ms; the maximum is a second. Commands for
	// introspection answers take at most 100 ms. Under Refuse, a proof usually
	// waits for up to three commands. It waits for more commands after a start,
	// after a loss and once an hour.
	Timeout time.Duration

	// OnOutage specifies what First does while Redis is unavailable, and after
	// Redis has lost its data.
	OnOutage Outage

	// ProofWindow is the maximum time for which a machine could still accept a
	// proof after the proof was used. Without nonces, set ProofWindow to
	// dpop.Policy.MaxAge + 4 × middleware.Config.ClockSkew + 20 s. 0 means 200
	// seconds, which is right for the defaults without nonces. With nonces, set
	// ProofWindow to 3 × the nonce period + 2 × ClockSkew + 20 s. For example,
	// if the nonce period is a minute, 5 minutes are enough. The maximum is 24
	// hours.
	//
	// Under Refuse, a proof that would be accepted for longer than ProofWindow
	// is refused with 503, logged and counted. LocalOnly does not use
	// ProofWindow.
	ProofWindow time.Duration

	// Local stores the replay entries of this process. nil means a Memory with
	// room for 1 000 000 entries. Local also limits the entries of each client:
	// see [dpop.ErrQuota].
	Local *dpop.Memory

	// Logger receives these events at level Warn: Redis is unavailable; Redis
	// has lost used proofs; Redis contains a key of another type; Redis
	// contains a value that was not sealed with the secret; ProofWindow is too
	// short. Each kind of event is logged at most once per minute. nil means
	// [slog.Default].
	Logger *slog.Logger
}

// Store keeps in Redis what the machines of an API share. It implements
// [dpop.Replay], introspect.Cache and [revoke.Feed]. It is safe for concurrent
// use and need not be closed. It runs goroutines only for commands.
type Store struct {
	config  Config
	keys    []keys // from Secret and, if set, OtherSecret
	groups  [groups]*group
	feed    *group
	swept   atomic.Pointer[string] // ID of the entry at which the next trim begins
	perRead atomic.Int64           // maximum number of entries that the next Read returns
	counted counters
	logged  [kinds]atomic.Int64 // for each kind of event, the Unix time at which one was last logged
}

// New returns a Store, or an error that lists all faults of the configuration.
// It does no I/O.
func New(config Config) (*Store, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	config.complete()
	prefix := config.Prefix + version
	s := &Store{config: config, feed: newGroup(prefix + "{revoked}:")}
	s.swept.Store(new(string))
	s.perRead.Store(minEntries)
	for i := range s.groups {
		s.groups[i] = newGroup(fmt.Sprintf("%s{%02x}:", prefix, i))
	}
	for _, secret := range [][]byte{config.Secret, config.OtherSecret} {
		if secret != nil {
			s.keys = append(s.keys, newKeys(secret))
		}
	}
	s.config.Secret, s.config.OtherSecret = nil, nil
	return s, nil
}

// Format implements [fmt.Formatter]. It prints "[redacted]" for every verb.
func (*Store) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[redacted]")) }

func (c *Config) complete() {
	c.Prefix = cmp.Or(c.Prefix, defaultPrefix)
	c.Timeout = cmp.Or(c.Timeout, defaultTimeout)
	c.ProofWindow = cmp.Or(c.ProofWindow, defaultProofWindow)
	if c.Local == nil {
		c.Local = dpop.NewMemory(0)
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
}

var prefixSyntax = regexp.MustCompile(`^[A-Za-z0-9:._/-]{0,64}$`)

// check returns an error that lists all faults of the configuration.
func (c *Config) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf("redisstore: "+format, args...)) }

	if c.Do == nil {
		fault("Do is missing: it sends a command to Redis, see docs/scale.md")
	}
	if len(c.Secret) < minSecret {
		fault("Secret has %d bytes: use at least %d random bytes, the same on all machines", len(c.Secret), minSecret)
	}
	if c.OtherSecret != nil && len(c.OtherSecret) < minSecret {
		fault("OtherSecret has %d bytes: use at least %d, or nil", len(c.OtherSecret), minSecret)
	}
	if c.OtherSecret != nil && string(c.OtherSecret) == string(c.Secret) {
		fault("OtherSecret equals Secret: leave it out, or set it to the secret that is being replaced")
	}
	if !prefixSyntax.MatchString(c.Prefix) {
		fault("Prefix %q must consist of at most 64 letters, digits and the characters : . _ / -", c.Prefix)
	}
	if c.OnOutage != Refuse && c.OnOutage != LocalOnly {
		fault("OnOutage is %d: use Refuse or LocalOnly", c.OnOutage)
	}
	if c.Local != nil {
		if _, err := (dpop.Policy{Replay: c.Local}).Complete(); err != nil {
			fault("Local must come from dpop.NewMemory with a size of 0 or more")
		}
	}
	for _, d := range []struct {
		name       string
		value, max time.Duration
	}{
		{"Timeout", c.Timeout, maxTimeout},
		{"ProofWindow", c.ProofWindow, maxProofWindow},
	} {
		if d.value < 0 || d.value > d.max {
			fault("%s must be between 0 and %v, got %v", d.name, d.max, d.value)
		}
	}
	return errors.Join(faults...)
}
