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
	timeout        = 2 * time.Second      // for an answer, including metadata and Cache
	waitLimit      = timeout + timeout/20 // for a caller; longer, because the error of the call itself says more
	storeWaitLimit = timeout / 8          // for an operation of Cache
	defaultMaxTTL  = 30 * time.Second
	maxMaxTTL      = time.Hour
	inactiveTTL    = 5 * time.Second // or MaxTTL, if that is shorter
	maxCalls       = 256             // in flight
	maxBytes       = 256 << 10       // in an answer
)

// Config configures a [Client]. For [New], Auth and an Issuer or an Endpoint
// are required.
type Config struct {
	// Issuer is the authorization server's issuer identifier, an https URL. Its
	// metadata names the endpoint (RFC 8414 §2). With Endpoint, no metadata is
	// fetched, and it may be any printable ASCII text without spaces.
	Issuer string

	// Endpoint is the introspection endpoint: https, or http on loopback.
	Endpoint string

	// InsecureHTTP allows http for other hosts. An attacker on the network path
	// can then read the tokens and the API's own credentials, and can forge
	// answers.
	InsecureHTTP bool

	// Auth authenticates the API. It is only for [New].
	Auth Auth

	// Keys, if set, requires signed answers (RFC 9701). It provides the
	// issuer's keys, from [jwks.Discover] for example. Issuer is then required.
	// The answer must have the right type, be signed with an asymmetric
	// algorithm, be issued by Issuer for Auth's client, and have an iat within
	// five minutes of now.
	Keys jwks.Source

	// RequireTokenType treats an active answer without token_type as inactive.
	// Doorkeeper (GitLab, Mastodon) reports refresh tokens as active, and omits
	// token_type only for these. The default, false, accepts such answers
	// (token_type is optional, RFC 7662 §2.2). It is only for [New].
	RequireTokenType bool

	// Client sends the requests; nil is a client that keeps up to 256 idle
	// connections. Its transport and Timeout apply in addition to these limits:
	// two seconds per call, 256 KiB, no redirects. An *http.Transport is copied
	// and limited to HTTP/1.1 if possible. With HTTP/2, one connection would
	// carry all queries, and a firewall that closes it because of one token
	// would end them all. Other transports should use HTTP/1.1 too.
	Client *http.Client

	// Cache stores active answers for all instances of a program; nil caches up
	// to 16 MiB of them in memory. An error counts as a miss, and so does an
	// operation that takes more than a quarter of a second.
	Cache Cache

	// MaxTTL is how long an answer is cached, unless the token expires earlier.
	// A revoked token is accepted for that long. 0 is 30 seconds. A negative
	// value disables the cache: every request makes a call or shares one in
	// flight. The maximum is an hour.
	MaxTTL time.Duration

	// Logger receives failures, once per change, and unexpected answers about a
	// token, at most one per minute; nil is [slog.Default].
	Logger *slog.Logger
}

// check returns all faults of the configuration.
func (c Config) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf("introspect: "+format, args...)) }

	if c.Issuer == "" && c.Endpoint == "" {
		fault("Issuer and Endpoint are empty: set one of them")
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
		fault("Auth is missing: use Basic, Post, PrivateKeyJWT, Bearer or MutualTLS (RFC 7662 §2.1 requires authentication)")
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
		fault("MaxTTL must be %v at most: a revoked token is accepted for that long", maxMaxTTL)
	}
	return errors.Join(faults...)
}

// ttl returns MaxTTL with its default, 0 for no cache.
func (c Config) ttl() time.Duration {
	if c.MaxTTL == 0 {
		return defaultMaxTTL
	}
	return max(c.MaxTTL, 0)
}

// client returns a copy of Client with its defaults, and one connection per
// query.
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
		return &client // a custom transport is not changed
	}
	transport = transport.Clone()
	transport.ForceAttemptHTTP2, transport.Protocols, transport.TLSNextProto = false, new(http.Protocols), nil
	transport.Protocols.SetHTTP1(true)
	if tls := transport.TLSClientConfig; tls != nil { // part of the clone
		tls.NextProtos = slices.DeleteFunc(slices.Clone(tls.NextProtos), func(name string) bool { return name == "h2" })
	}
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = maxCalls, maxCalls
	client.Transport = transport
	return &client
}
