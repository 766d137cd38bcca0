package middleware

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/clientcert"
	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/revoke"
)

// Defaults and bounds of Config.
const (
	defaultClockSkew     = 30 * time.Second
	maxClockSkew         = 5 * time.Minute
	defaultMaxTokenBytes = 16 << 10
	maxMaxTokenBytes     = 64 << 10
	defaultTokenCache    = 10_000
)

// Config specifies which access tokens an API accepts. Audience and Issuers are
// required. The Audiences of each Issuer can replace Audience, and IssuerFor
// can replace Issuers. For all other fields the zero value is the safe choice.
type Config struct {
	// Audience is this API's identifier, compared with the aud claim byte for
	// byte (RFC 7519 §4.1.3). A token that does not name this audience is for
	// another API.
	Audience string

	// Issuers are the authorization servers whose tokens are accepted. Each has
	// its own keys: a key of one issuer never verifies a token of another
	// issuer.
	Issuers []Issuer

	// IssuerFor finds issuers that are too numerous to list, such as the realms
	// of a platform's customers. It is called with an iss that matches one of
	// IssuerPatterns and is not in Issuers, before the signature is checked.
	// For an unknown iss, it must return nil. For any other iss, it must return
	// an Issuer whose URL is that iss, and whose Introspection, Tenants,
	// AnyTenant, Aliases and SubjectPrefix are zero. To return a different
	// Issuer is a programming error ([ErrInternal]). If IssuerFor returns an
	// error, the request is refused with 503. After either failure, if an
	// Issuer for the iss is cached and at most 24 hours old, the cached Issuer
	// is used instead.
	//
	// Up to 10,000 Issuers are cached. If a request uses an Issuer that is more
	// than 5 minutes old, the Issuer is refreshed. Requests wait for the
	// refresh only if the Issuer is more than 10 minutes old. If IssuerFor
	// returns an equal Issuer, with the same Keys, Secrets and Client, the
	// issuer's keys stay cached. Up to 10,000 unknown values of iss are cached
	// for a minute. IssuerFor is called concurrently, but never twice at once
	// for the same iss. Each call must return within two seconds. The context
	// of a call is independent of the request that caused the call.
	IssuerFor func(ctx context.Context, iss string) (*Issuer, error)

	// IssuerPatterns are the patterns of iss for which IssuerFor is called.
	// Each pattern contains one *, such as "https://id.example.com/realms/*".
	// The * matches 1 to 128 letters, digits and "-", ".", "_", "~" (RFC 3986
	// §2.3), except "." and "..".
	IssuerPatterns []string

	// Origins are the base URLs at which clients reach the API, such as
	// "https://api.example.com/v1". They must use https, or http on loopback,
	// and must have no query, fragment or user info. If a proxy in front of the
	// API strips a path prefix, the URLs must include that prefix. The first
	// origin, in the normal form of RFC 3986 §6.2, is the resource in the
	// protected resource metadata (RFC 9728 §2). Challenges point to this
	// metadata: see [Verifier.Metadata]. Without Origins no metadata is served.
	// These URLs are never taken from the header fields Host, Origin, Forwarded
	// and X-Forwarded-*, because clients can set them.
	Origins []string

	// Resource must be "" or equal the first of Origins. Resource is required
	// if Audience differs from the normal form of the first of Origins, or if
	// the Audiences of an Issuer lack this form. It confirms that the
	// difference is intended. A client that requests a token for the resource
	// (RFC 8707) usually gets a token with the resource as its audience.
	Resource string

	// Metadata contains further members of the protected resource metadata. It
	// requires Origins.
	Metadata Metadata

	// DPoP accepts tokens that are bound to a key of the client (RFC 9449). A
	// request with such a token needs the scheme DPoP and a proof. nil refuses
	// tokens that are bound to a key. DPoP requires Origins, because a proof
	// contains the URL of its request. Scheme, host and port of this URL must
	// be those of one of Origins. The path of the URL must be the path of that
	// origin, followed by the path that arrives at the API.
	DPoP *dpop.Policy

	// ClientCert accepts tokens that are bound to a certificate of the client
	// (RFC 8705 §3), and finds that certificate in a request. Use
	// [clientcert.TLS] or, behind a proxy, a [clientcert.Forwarded]. nil
	// refuses tokens that are bound to a certificate.
	ClientCert clientcert.Source

	// RequireBound refuses bearer tokens that are bound neither to a key nor to
	// a certificate. It requires DPoP or ClientCert.
	RequireBound bool

	// TokenHeader is the header field in which a proxy sends the token, such as
	// X-Goog-Iap-Jwt-Assertion. "Bearer " before the token is optional. ""
	// means Authorization. If another field is set here, Authorization is
	// ignored. The token is verified like a token in Authorization. If the
	// proxy does not remove this field from its clients' requests, clients can
	// send their own tokens in it.
	TokenHeader string

	// ClockSkew is how far the clocks of issuer and API may differ when exp,
	// nbf and iat are checked, also in DPoP proofs. 0 means 30 seconds, a
	// negative value means no skew. The maximum is 5 minutes (RFC 7519 §4.1.4:
	// "no more than a few minutes").
	ClockSkew time.Duration

	// MaxTokenBytes limits the length of a token before it is parsed. 0 means
	// 16384, which is enough for several hundred groups or roles. The maximum
	// is 65536.
	MaxTokenBytes int

	// TokenCache is the maximum number of accepted JWTs in the cache. The
	// signature of a cached JWT need not be verified again. The other checks
	// whose result can change are repeated on each use of a cached JWT. They
	// concern the dates, the key (which must still be in the issuer's key set),
	// the proof or certificate for a bound token, Revocations, Revoked,
	// introspection under IntrospectJWTs, and the route's requirements. An
	// entry consists of the SHA-256 hash and the claims of a token. It needs
	// about 1 KiB, or 64 KiB if the token is as long as the default
	// MaxTokenBytes allows. A token with more than 256 scopes or audiences is
	// not cached. 0 means 10,000. A negative value means no cache. Opaque
	// tokens are cached by their introspect.Client.
	TokenCache int

	// Revocations is an in-memory list of revoked tokens. It is checked on each
	// use of a token that passed all other checks except the replay check of
	// its DPoP proof and the route's requirements. If the list may lack recent
	// revocations, and its OnLag is [revoke.Refuse], the request is refused
	// with 503. nil disables the check. Several Verifiers can share a list.
	Revocations *revoke.List

	// Revoked is called on each use of a token that passed all other checks
	// except the replay check of its DPoP proof and the route's requirements,
	// and that is not in Revocations. It can look the token up in a deny-list,
	// for example. Use the issuer and the ID of the token as the key of such a
	// list, not the encoded token: the same signature can be encoded in several
	// ways. If Revoked returns an error, the request is refused with 503. nil
	// disables the check. Revoked is called concurrently.
	Revoked func(context.Context, *Token) (bool, error)

	// Realm names the protected space in challenges; "" means Audience, or
	// "api" without an Audience.
	Realm string

	// Client fetches the metadata and keys of issuers whose Keys and Client are
	// nil. A nil Client means [http.DefaultClient]. See [jwks.Options].
	Client *http.Client

	// Logger receives refusals at level Debug, unreachable dependencies and
	// unusable keys at Warn, and recovered panics and failures of IssuerFor at
	// Error. Keys for encryption or of an unsupported type are at Debug.
	// Refusals of requests that cannot be checked are at Warn, but at most one
	// per second; the other refusals are at Debug. nil means the logger that
	// [slog.Default] returns when NewVerifier is called. Events identify a
	// token only by a fingerprint (the first 8 bytes of its SHA-256 in hex),
	// its configured issuer and its algorithm.
	Logger *slog.Logger

	// Observe is called for metrics after each decision, except a decision that
	// panicked, and except decisions of [Verifier.VerifySignal] and
	// [Verifier.Explain]. Each nested route and each Check is a separate
	// decision. The request waits until Observe returns. Observe is called
	// concurrently.
	Observe func(context.Context, Observation)

	// Now is the clock against which the dates in tokens are checked; nil means
	// [time.Now]. It is called concurrently.
	Now func() time.Time
}

// check returns every fault of the configuration.
func (c Config) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf("bearerguard: "+format, args...)) }

	if len(c.Issuers) == 0 && c.IssuerFor == nil {
		fault("Issuers is empty: name the authorization server whose tokens are accepted, or set IssuerFor")
	}
	if (c.IssuerFor == nil) != (len(c.IssuerPatterns) == 0) {
		fault("IssuerFor and IssuerPatterns must be set together: IssuerFor is called only with an iss that matches a pattern")
	}
	for _, pattern := range c.IssuerPatterns {
		if strings.Count(pattern, "*") != 1 || fetch.CheckText(pattern) != nil {
			fault("IssuerPatterns: %q must be printable ASCII without spaces and contain exactly one *", pattern)
		} else if leavesHostOpen(pattern) {
			fault("IssuerPatterns: %q matches hosts that anyone can register: put the * in the path, or at the beginning of the host as in https://*.example.com", pattern)
		}
	}
	if name := c.TokenHeader; name != "" && (tokenLength(name) != len(name) || slices.Contains([]string{"Authorization", "Cookie", "Host"}, http.CanonicalHeaderKey(name))) {
		fault("TokenHeader %q: name a header field other than Authorization, Cookie and Host, or leave TokenHeader empty for Authorization", name)
	}
	if c.ClockSkew > maxClockSkew {
		fault("ClockSkew must be at most %v: if the clocks differ by more, correct the clocks", maxClockSkew)
	}
	if c.MaxTokenBytes < 0 || c.MaxTokenBytes > maxMaxTokenBytes {
		fault("MaxTokenBytes must be between 1 and %d, or 0 for the default, %d", maxMaxTokenBytes, defaultMaxTokenBytes)
	}
	if realm := c.realm(); !quotable(realm) {
		fault("Realm %q cannot appear in a challenge: use printable ASCII without double quotes or backslashes. If Realm is empty, Audience is used as the realm", realm)
	}
	if c.Revocations != nil {
		if _, err := c.Revocations.Check(revoke.Claims{}); err != nil && !errors.Is(err, revoke.ErrLag) {
			fault("Revocations: %w", err)
		}
	}
	for _, err := range slices.Concat(c.checkOrigins(), c.checkDPoP(), c.checkClientCert()) {
		fault("%w", err)
	}
	seen := make(map[string]int) // index in Issuers, by URL
	introspecting := 0
	for i, issuer := range c.Issuers {
		name := fmt.Sprintf("Issuers[%d]", i)
		names := append([]string{issuer.URL}, issuer.Aliases...)
		for j, text := range names {
			key := strings.TrimSuffix(text, "/")
			if other, isSeen := seen[key]; isSeen && (other != i || slices.Contains(names[:j], text)) {
				fault("%s: %s is configured twice, perhaps with and without a slash at the end", name, text)
			}
			seen[key] = i
		}
		for j, other := range c.Issuers[:i] {
			if a, b := issuer.SubjectPrefix, other.SubjectPrefix; a != "" && b != "" && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a)) {
				fault("%s: SubjectPrefix overlaps the SubjectPrefix of Issuers[%d]: a token could belong to both issuers", name, j)
			}
		}
		if issuer.Introspection != nil {
			introspecting++
		}
		for _, err := range issuer.check(c.Audience) {
			fault("%s: %w", name, err)
		}
	}
	if introspecting > 1 {
		fault("%d issuers have Introspection: an opaque token does not name its issuer, so set Introspection for at most one issuer", introspecting)
	}
	return errors.Join(faults...)
}

// leavesHostOpen reports whether the * of a URL pattern may match a host that
// anyone can register. It returns false if the * is in the path. It also
// returns false if the * is the beginning of the host and at least two labels
// follow, as in https://*.example.com.
func leavesHostOpen(pattern string) bool {
	_, rest, isURL := strings.Cut(pattern, "://")
	host, _, _ := strings.Cut(rest, "/")
	before, after, inHost := strings.Cut(host, "*")
	domain, labels := strings.CutPrefix(after, ".")
	return isURL && inHost && (before != "" || !labels || !strings.Contains(domain, "."))
}

// introspectsAll reports whether every token is introspected.
func (c Config) introspectsAll() bool {
	return c.IssuerFor == nil && !slices.ContainsFunc(c.Issuers, func(i Issuer) bool { return i.IntrospectionMode != IntrospectAll })
}

func (c Config) realm() string {
	switch {
	case c.Realm != "":
		return c.Realm
	case c.Audience != "":
		return c.Audience
	}
	return "api"
}
