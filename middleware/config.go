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

	"github.com/bearerguard/bearerguard/internal/fetch"
)

// Defaults and bounds of Config.
const (
	defaultClockSkew     = 30 * time.Second
	maxClockSkew         = 5 * time.Minute
	defaultMaxTokenBytes = 16 << 10
	maxMaxTokenBytes     = 64 << 10
	defaultTokenCache    = 10_000
)

// Config says which access tokens an API accepts. Audience and Issuers are
// required; for everything else zero is the safe choice.
type Config struct {
	// Audience is this API's identifier, compared with the aud claim byte for
	// byte (RFC 7519 §4.1.3). A token that does not name it is for another API.
	Audience string

	// Issuers are the authorization servers whose tokens are accepted. Each has
	// its own keys: a key of one never verifies a token of another.
	Issuers []Issuer

	// IssuerFor finds issuers that are too many to list, such as the realms of a
	// platform's customers. It is asked about an iss that matches one of
	// IssuerPatterns and is not in Issuers, before the signature is checked. It
	// returns nil for an unknown iss. Otherwise it returns an Issuer whose URL is
	// that iss, without Introspection, Tenants, Aliases and SubjectPrefix. Another
	// Issuer is a fault of the program ([ErrInternal]), and an error refuses the
	// request with 503. In both cases an Issuer that is cached, for up to 24
	// hours, is used instead.
	//
	// Up to 10,000 Issuers are cached and asked about again after 5 minutes.
	// Requests wait for that only if the Issuer is more than 10 minutes old. An
	// answer that equals the last one, with the same Keys, Secrets and Client,
	// keeps the issuer's keys cached. Up to 10,000 unknown ones are cached for a
	// minute. IssuerFor is called concurrently, but not twice at once for the same
	// iss, and has two seconds. Its context is not that of a request.
	IssuerFor func(ctx context.Context, iss string) (*Issuer, error)

	// IssuerPatterns are texts with one *, such as
	// "https://id.example.com/realms/*". The * stands for 1 to 128 letters, digits
	// and "-", ".", "_", "~" (RFC 3986 §2.3), except "." and "..".
	IssuerPatterns []string

	// TokenHeader is the header field that holds the token, with or without
	// "Bearer ": one that a proxy sets, such as X-Goog-Iap-Jwt-Assertion. "" is
	// Authorization, which is otherwise ignored. The field proves nothing: the
	// token is verified like any other. If the proxy does not remove the field
	// from its clients' requests, clients can send tokens of their own in it.
	TokenHeader string

	// ClockSkew is how far the clocks of issuer and API may differ when exp,
	// nbf and iat are checked. 0 is 30 seconds, negative none, and the most is
	// 5 minutes (RFC 7519 §4.1.4 wants "a few minutes" at most).
	ClockSkew time.Duration

	// MaxTokenBytes bounds a token before anything looks into it. 0 is 16384,
	// enough for a token with several hundred groups or roles; the most is 65536.
	MaxTokenBytes int

	// TokenCache is how many JWTs that passed are cached, so that the signature of
	// one that comes again need not be verified again. Each use still checks its
	// dates, that its key is in the issuer's key set, Revoked, introspection under
	// IntrospectJWTs, and the route's requirements. A token is cached as its
	// SHA-256 and its claims, about 1 KiB, or 64 KiB where an issuer fills
	// MaxTokenBytes at its default. One of more than 256 scopes or audiences is
	// not cached. 0 is 10,000, negative none. Opaque tokens are cached by their
	// introspect.Client.
	TokenCache int

	// Revoked is asked on each use about every token that passed all other checks,
	// except the route's requirements: a deny-list by Issuer and ID, for example.
	// Do not key a list on the token's text: one signature has several spellings.
	// An error refuses the request with 503. nil asks nobody. It is called
	// concurrently.
	Revoked func(context.Context, *Token) (bool, error)

	// Realm names the protected space in challenges; "" is the Audience, or
	// "api" where there is none.
	Realm string

	// Client fetches metadata and keys of issuers without Keys; nil is
	// [http.DefaultClient]. See [jwks.Options].
	Client *http.Client

	// Logger receives refusals at level Debug, unreachable dependencies (one a
	// second, the others at Debug) and unusable keys at Warn, recovered panics at
	// Error. nil is [slog.Default] at the time of NewVerifier. Events name a token
	// by a fingerprint (the first 8 bytes of its SHA-256 in hex), its configured
	// issuer and its algorithm. They hold nothing else of it.
	Logger *slog.Logger

	// Observe is called after each decision that ended without a panic, for
	// metrics: concurrently, on the request's path, and once for each nested
	// route and each Check.
	Observe func(context.Context, Observation)

	// Now is the clock for the claims of tokens; nil is [time.Now]. It is called
	// concurrently.
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
		fault("IssuerFor and IssuerPatterns need each other: IssuerFor is asked only about an iss that matches a pattern")
	}
	for _, pattern := range c.IssuerPatterns {
		if strings.Count(pattern, "*") != 1 || fetch.CheckText(pattern) != nil {
			fault("IssuerPatterns: %q must be printable ASCII without spaces, with one *", pattern)
		} else if leavesHostOpen(pattern) {
			fault("IssuerPatterns: %q matches hosts of anybody: put the * behind the slash after the host, or let it be its first labels", pattern)
		}
	}
	if name := c.TokenHeader; name != "" && (tokenLength(name) != len(name) || slices.Contains([]string{"Authorization", "Cookie", "Host"}, http.CanonicalHeaderKey(name))) {
		fault("TokenHeader %q: name a header field other than Authorization, Cookie and Host; leave it empty for Authorization", name)
	}
	if c.ClockSkew > maxClockSkew {
		fault("ClockSkew is over %v: mend the clocks instead", maxClockSkew)
	}
	if c.MaxTokenBytes < 0 || c.MaxTokenBytes > maxMaxTokenBytes {
		fault("MaxTokenBytes must be between 1 and %d, or 0 for %d", maxMaxTokenBytes, defaultMaxTokenBytes)
	}
	if realm := c.realm(); !quotable(realm) {
		fault("Realm %q cannot stand in a challenge: use printable ASCII without quote and backslash (it defaults to Audience)", realm)
	}
	seen := make(map[string]bool)
	introspecting := 0
	for i, issuer := range c.Issuers {
		name := fmt.Sprintf("Issuers[%d]", i)
		for _, text := range append([]string{issuer.URL}, issuer.Aliases...) {
			if key := strings.TrimSuffix(text, "/"); seen[key] {
				fault("%s: %s is configured twice, perhaps with and without a slash at the end", name, text)
			} else {
				seen[key] = true
			}
		}
		for j, other := range c.Issuers[:i] {
			if a, b := issuer.SubjectPrefix, other.SubjectPrefix; a != "" && b != "" && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a)) {
				fault("%s: SubjectPrefix overlaps that of Issuers[%d]: a token could belong to both", name, j)
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
		fault("%d issuers have Introspection: an opaque token does not name its issuer, so set it for one at most", introspecting)
	}
	return errors.Join(faults...)
}

// leavesHostOpen reports whether the * of a pattern for URLs is in the host, and
// not in the place of the first labels of one that has more.
func leavesHostOpen(pattern string) bool {
	_, rest, isURL := strings.Cut(pattern, "://")
	host, _, _ := strings.Cut(rest, "/")
	before, after, inHost := strings.Cut(host, "*")
	domain, labels := strings.CutPrefix(after, ".")
	return isURL && inHost && (before != "" || !labels || !strings.Contains(domain, "."))
}

// asksAlways reports whether no token is ever verified here.
func (c Config) asksAlways() bool {
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
