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

// Times and limits of a Client.
const (
	timeout        = 2 * time.Second      // maximum duration of a call, including metadata and Cache
	waitLimit      = timeout + timeout/20 // maximum wait of a caller; longer than timeout, so that a caller gets the more precise error of the call
	storeWaitLimit = timeout / 8          // maximum wait for an operation of Cache
	defaultMaxTTL  = 30 * time.Second
	maxMaxTTL      = time.Hour
	inactiveTTL    = 5 * time.Second // or MaxTTL if shorter
	maxCalls       = 256             // calls in flight
	maxBytes       = 256 << 10       // bytes in an answer
)

// Config configures a [Client]. [New] requires Auth, and Issuer or Endpoint.
type Config struct {
	// Issuer is the authorization server's issuer identifier, an https URL. The
	// client reads the endpoint from the issuer's metadata (RFC 8414 §2). If
	// Endpoint is set, the client fetches no metadata, and Issuer may be any
	// printable ASCII text without spaces.
	Issuer string

	// Endpoint is the URL of the introspection endpoint. It must be https. On a
	// loopback address, it may be http.
	Endpoint string

	// InsecureHTTP allows http for hosts other than loopback addresses. An
	// attacker on the network path can then read the tokens and the API's own
	// credentials, and can forge answers.
	InsecureHTTP bool

	// Auth authenticates the API to the server. Only [New] accepts it.
	Auth Auth

	// Keys provides the issuer's public keys, for example from [jwks.Discover].
	// If Keys is set, answers must be signed (RFC 9701), and Issuer is
	// required. An answer must have the right typ and be signed with an
	// asymmetric algorithm. It must have Issuer as its iss, the client
	// identifier of Auth in its aud, and an iat within five minutes of now.
	Keys jwks.Source

	// RequireTokenType treats an active answer without token_type as inactive.
	// Doorkeeper (GitLab, Mastodon) reports refresh tokens as active, and omits
	// token_type only for refresh tokens. If RequireTokenType is false, answers
	// without token_type are accepted, because token_type is optional (RFC 7662
	// §2.2). Only [New] accepts it.
	RequireTokenType bool

	// Client sends the requests. nil means a client that keeps up to 256 idle
	// connections. The Transport and Timeout of Client apply. In addition,
	// these limits apply: two seconds per call, 256 KiB per answer about a
	// token, no redirects of requests that contain a token. If possible, an
	// *http.Transport is copied and limited to HTTP/1.1. With HTTP/2, all
	// queries would share one connection. If a firewall closed this connection
	// because of one token, all queries would fail. Transports of other types
	// should also use HTTP/1.1.
	Client *http.Client

	// Cache shares active answers between several instances of the API. Even if
	// Cache is nil, up to 16 MiB of active answers are cached in memory. If a
	// Cache operation fails or takes more than a quarter of a second, the
	// client treats the operation as a miss.
	Cache Cache

	// MaxTTL is how long an active answer is cached, unless the token expires
	// earlier. A revoked token is accepted for that long. An inactive answer is
	// cached for at most five seconds. 0 means 30 seconds. A negative value
	// disables the cache: every request makes a new call or shares a call that
	// is in flight. The maximum is an hour.
	MaxTTL time.Duration

	// Logger receives two kinds of messages. A failure of the server or of
	// Cache is logged when it begins, changes or ends. A failure that a single
	// token may have caused is logged at most once a minute. nil means
	// [slog.Default].
	Logger *slog.Logger
}

// check returns an error that lists all faults of the configuration.
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
		fault("Issuer must be printable ASCII without spaces")
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
		fault("Keys requires Issuer and an Auth that has a client identifier: the iss of a signed answer is compared with Issuer, and its aud with the client identifier")
	}
	if v := reflect.ValueOf(c.Keys); v.Kind() == reflect.Pointer && v.IsNil() {
		fault("Keys is a nil %T: check the error that its constructor returned", c.Keys)
	}
	if c.MaxTTL > maxMaxTTL {
		fault("MaxTTL must be at most %v, because a revoked token may be accepted for that long", maxMaxTTL)
	}
	return errors.Join(faults...)
}

// ttl returns MaxTTL, or the default if MaxTTL is 0. If the cache is disabled,
// it returns 0.
func (c Config) ttl() time.Duration {
	if c.MaxTTL == 0 {
		return defaultMaxTTL
	}
	return max(c.MaxTTL, 0)
}

// client returns a copy of Client with defaults filled in. If possible, the
// copy uses only HTTP/1.1, so that concurrent queries have separate
// connections.
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
	if tls := transport.TLSClientConfig; tls != nil { // a copy made by Clone, so changing it is safe
		tls.NextProtos = slices.DeleteFunc(slices.Clone(tls.NextProtos), func(name string) bool { return name == "h2" })
	}
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = maxCalls, maxCalls
	client.Transport = transport
	return &client
}
