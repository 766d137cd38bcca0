package introspect

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/jwks"
)

// Times and bounds of a Client.
const (
	timeout       = 2 * time.Second      // of an answer in all, metadata and Cache included
	patience      = timeout + timeout/20 // of who waits for that; the call's own end says more
	storePatience = timeout / 8          // with an operation of Cache
	defaultMaxTTL = 30 * time.Second
	maxMaxTTL     = time.Hour
	inactiveTTL   = 5 * time.Second // or MaxTTL, if that is shorter
	maxCalls      = 256             // in flight
	maxBytes      = 256 << 10       // of an answer
)

// Config says whom to ask and how. For [New], Auth is required, and an Issuer
// or an Endpoint.
type Config struct {
	// Issuer is the authorization server's issuer identifier, an https URL. Its
	// metadata names the endpoint (RFC 8414 §2). With Endpoint, nothing is fetched
	// from it, and it may be any printable ASCII text without spaces.
	Issuer string

	// Endpoint is the introspection endpoint: https, or http on loopback.
	Endpoint string

	// InsecureHTTP allows http elsewhere. Whoever sits on the network between
	// then reads the tokens and the API's own credentials, and can forge answers.
	InsecureHTTP bool

	// Auth proves who asks. It is only for [New].
	Auth Auth

	// Keys, if set, ask for signed answers (RFC 9701) and refuse all others. They
	// are the issuer's keys, those of [jwks.Discover] for example; Issuer must be
	// set too. The answer must be typed as one, signed with an asymmetric
	// algorithm, issued by Issuer for Auth's client, within five minutes of now.
	Keys jwks.Source

	// RequireTokenType takes an active answer without token_type for an inactive
	// one: Doorkeeper (GitLab, Mastodon) calls refresh tokens active, and omits
	// token_type only for these. The default, false, accepts such answers
	// (token_type is optional, RFC 7662 §2.2). It is only for [New].
	RequireTokenType bool

	// Client sends the requests; nil is one that keeps as many connections alive
	// as there may be calls in flight. Its transport and Timeout apply besides our
	// limits: two seconds in all, 256 KiB, no redirect. Of an *http.Transport a copy
	// is used that speaks HTTP/1.1, if it can: of HTTP/2 one connection carries all
	// questions, and a firewall that closes it because of one token ends them all.
	// A transport of another kind should do so too.
	Client *http.Client

	// Cache keeps active answers for all instances of a program; nil keeps up to
	// 16 MiB of them in memory. An error of it is a miss, and so is an operation
	// that takes a quarter of a second.
	Cache Cache

	// MaxTTL is how long an answer is believed, if the token does not expire
	// before: a revoked token passes for that long. 0 is 30 seconds, negative
	// keeps nothing, so that every request asks, or shares the answer of one that
	// is being asked for just then; the most is an hour.
	MaxTTL time.Duration

	// Logger receives failures, once per change, and odd answers about one token,
	// one a minute; nil is [slog.Default].
	Logger *slog.Logger
}

// check returns every fault of the configuration.
func (c Config) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf("introspect: "+format, args...)) }

	if c.Issuer == "" && c.Endpoint == "" {
		fault("Issuer and Endpoint are empty: one of them must say whom to ask")
	}
	if err := fetch.CheckIssuer(c.Issuer, c.InsecureHTTP); c.Issuer != "" && c.Endpoint == "" && err != nil {
		fault("Issuer: %w", err)
	}
	if c.Issuer != "" && fetch.CheckText(c.Issuer) != nil {
		fault("Issuer is not printable ASCII without spaces")
	}
	if err := fetch.CheckURL(c.Endpoint, c.InsecureHTTP); c.Endpoint != "" && err != nil {
		fault("Endpoint: %w", err)
	}
	switch {
	case c.Auth.apply == nil:
		fault("Auth is missing: use Basic, Post, PrivateKeyJWT, Bearer or MutualTLS (RFC 7662 §2.1 does not let anybody ask)")
	case c.Auth.fault != nil:
		fault("Auth: %w", c.Auth.fault)
	case c.Auth.mutual && c.Client == nil:
		fault("Auth: MutualTLS needs a Client that presents the certificate")
	}
	if c.Keys != nil && (c.Issuer == "" || c.Auth.clientID == "") {
		fault("Keys need Issuer, and an Auth that names a client: signed answers are checked against both")
	}
	if v := reflect.ValueOf(c.Keys); v.Kind() == reflect.Pointer && v.IsNil() {
		fault("Keys is a nil %T: the error of its constructor was ignored", c.Keys)
	}
	if c.MaxTTL > maxMaxTTL {
		fault("MaxTTL is over %v: a revoked token would pass for that long", maxMaxTTL)
	}
	return errors.Join(faults...)
}

// ttl is MaxTTL with its default, 0 for none.
func (c Config) ttl() time.Duration {
	if c.MaxTTL == 0 {
		return defaultMaxTTL
	}
	return max(c.MaxTTL, 0)
}

// client is Client with its default, and one connection for each question.
func (c Config) client() *http.Client {
	var client http.Client
	if c.Client != nil {
		client = *c.Client
	}
	if client.Transport == nil {
		client.Transport = http.DefaultTransport //nolint:forbidigo // fetch adds the limits
	}
	transport, ok := client.Transport.(*http.Transport)
	if !ok || transport.Protocols != nil && !transport.Protocols.HTTP1() || transport.DialTLSContext != nil {
		return &client // whoever made it knows what it speaks
	}
	transport = transport.Clone()
	transport.ForceAttemptHTTP2, transport.Protocols, transport.TLSNextProto = false, new(http.Protocols), nil
	transport.Protocols.SetHTTP1(true)
	if tls := transport.TLSClientConfig; tls != nil { // a copy, too
		tls.NextProtos = slices.DeleteFunc(slices.Clone(tls.NextProtos), func(name string) bool { return name == "h2" })
	}
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = maxCalls, maxCalls
	client.Transport = transport
	return &client
}
