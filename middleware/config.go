package middleware

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/internal/jws"
	"github.com/bearerguard/bearerguard/internal/strictjson"
	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/jwks"
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

	// ClockSkew is how far the clocks of issuer and API may differ when exp,
	// nbf and iat are checked. 0 is 30 seconds, negative none, and the most is
	// 5 minutes (RFC 7519 §4.1.4 wants "a few minutes" at most).
	ClockSkew time.Duration

	// MaxTokenBytes bounds a token before anything looks into it. 0 is 16384,
	// enough for a token with several hundred groups or roles; the most is 65536.
	MaxTokenBytes int

	// TokenCache is how many JWTs that passed are remembered, so that the
	// signature of one that comes again need not be computed again. Each time,
	// its dates are checked, that the very key is still in the issuer's key set,
	// Revoked, introspection under IntrospectJWTs, and the route's requirements.
	// A token is kept as its SHA-256 and its claims, about 1 KiB, or 64 KiB where
	// an issuer fills MaxTokenBytes at its default; one of more than 256 scopes or
	// audiences is not kept. 0 is 10,000, negative none. Opaque tokens are remembered by their
	// introspect.Client.
	TokenCache int

	// Revoked is asked about every token that passed all other checks of its
	// own, on each use, such as a deny-list by Issuer and ID; a route's requirements come
	// after. Do not key a list on the token's text: one signature has several
	// spellings. An error refuses the request with 503. It is called
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
	// Error. nil is [slog.Default] at
	// the time of NewVerifier. Events name a token by a fingerprint (the first 8
	// bytes of its SHA-256 in hex), its configured issuer and its algorithm;
	// they hold nothing else of it.
	Logger *slog.Logger

	// Observe is called after each decision that ended without a panic, for
	// metrics: concurrently, on the request's path, and once for each nested
	// route and each Check.
	Observe func(context.Context, Observation)

	// Now is the clock for the claims of tokens; nil is [time.Now]. It is called
	// concurrently.
	Now func() time.Time
}

// Profile is a set of rules on how an issuer writes its access tokens.
type Profile int

const (
	// ProfileAny accepts what issuers in the field write: the header's typ is
	// at+jwt, JWT or absent. Unless it is at+jwt, a token is refused if a claim says
	// that it is an ID, refresh, offline, logout or security event token; if it has
	// at_hash, c_hash or s_hash; or if it has nonce, granted_scopes, or azp with
	// auth_time, and no sign of an access token (scope, scp, scopes, or a claim such
	// as typ "Bearer"). ScopeClaims do not count as such a sign.
	ProfileAny Profile = iota

	// RFC9068 accepts tokens of the JWT profile for access tokens to the
	// letter: typ at+jwt, and iss, exp, aud, sub, client_id, iat and jti
	// present (RFC 9068 §2, §4).
	RFC9068
)

// Issuer is one authorization server.
type Issuer struct {
	// URL is its issuer identifier, compared with the iss claim byte for byte;
	// mind a slash at the end. It is an https URL, or http on loopback.
	URL string

	// InsecureHTTP allows http elsewhere, between containers for example.
	// Whoever sits on the network between can then forge tokens.
	InsecureHTTP bool

	// Audiences are the audiences accepted from this issuer, instead of
	// Config.Audience.
	Audiences []string

	// AudienceClaim is the claim that names the audience; "" is aud. Access
	// tokens of Amazon Cognito have client_id instead.
	AudienceClaim string

	// InsecureNoAudience accepts tokens for any audience: whoever runs another
	// API of this issuer can replay the tokens it receives here.
	InsecureNoAudience bool

	// Keys verify the signatures; nil discovers them from the metadata at URL.
	Keys jwks.Source

	// Algorithms are the accepted signature algorithms; nil is RS256, RS384,
	// RS512, PS256, PS384, PS512, ES256, ES384, ES512 and EdDSA. HS256, HS384
	// and HS512 need Keys to be a [jwks.Secret]; "none" is never accepted.
	Algorithms []string

	// Profile is how strictly the token's form is taken.
	Profile Profile

	// ScopeClaims are the claims that may hold the scopes; the first one present
	// counts. nil is "scope", then "scp". A name that begins with a slash is a
	// JSON Pointer, such as /realm_access/roles. The value is a string of
	// space-separated scopes or an array of strings; null counts as absent.
	ScopeClaims []string

	// Introspection asks about tokens that are not JWTs, and in other modes about
	// JWTs. One issuer at most may have it: an opaque token does not say whose it
	// is. nil refuses opaque tokens.
	Introspection *introspect.Client

	// IntrospectionMode says which tokens it is asked about.
	IntrospectionMode IntrospectionMode
}

// check returns every fault of the configuration.
func (c Config) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf("bearerguard: "+format, args...)) }

	if len(c.Issuers) == 0 {
		fault("Issuers is empty: name the authorization server whose tokens are accepted")
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
		if key := strings.TrimSuffix(issuer.URL, "/"); seen[key] {
			fault("%s: URL is configured twice, perhaps with and without a slash at the end", name)
		} else {
			seen[key] = true
		}
		if issuer.Introspection != nil {
			introspecting++
		}
		for _, err := range issuer.check(c.Audience) {
			fault("%s: %w", name, err)
		}
	}
	if introspecting > 1 {
		fault("%d issuers have Introspection: an opaque token does not say whose it is, so one at most may be asked", introspecting)
	}
	return errors.Join(faults...)
}

// asksAlways reports whether no token is ever verified here.
func (c Config) asksAlways() bool {
	return !slices.ContainsFunc(c.Issuers, func(i Issuer) bool { return i.IntrospectionMode != IntrospectAll })
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

func (i Issuer) check(audience string) (faults []error) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }

	if err := fetch.CheckIssuer(i.URL, i.InsecureHTTP); err != nil {
		fault("URL: %w", err)
	}
	if v := reflect.ValueOf(i.Keys); v.Kind() == reflect.Pointer && v.IsNil() {
		fault("Keys is a nil %T: the error of its constructor was ignored", i.Keys)
		return faults
	}
	switch {
	case i.InsecureNoAudience && (len(i.Audiences) > 0 || i.AudienceClaim != ""):
		fault("InsecureNoAudience contradicts Audiences and AudienceClaim")
	case i.InsecureNoAudience && i.Profile == RFC9068:
		fault("InsecureNoAudience contradicts Profile RFC9068, which requires the audience to be checked")
	case !i.InsecureNoAudience && len(i.Audiences) == 0 && audience == "":
		fault("no audience: set Config.Audience or the issuer's Audiences")
	}
	if slices.Contains(i.Audiences, "") {
		fault("Audiences holds an empty string")
	}
	if i.AudienceClaim != "" && i.AudienceClaim != "aud" && i.Profile == RFC9068 {
		fault("AudienceClaim contradicts Profile RFC9068, which has the audience in aud")
	}
	if i.Profile != ProfileAny && i.Profile != RFC9068 {
		fault("Profile %d is unknown", i.Profile)
	}
	for _, name := range append([]string{i.AudienceClaim}, i.ScopeClaims...) {
		if strings.HasPrefix(name, "/") && !strictjson.Pointer(name).IsValid() {
			fault("%q is not a JSON Pointer (RFC 6901)", name)
		}
	}
	if slices.Contains(i.ScopeClaims, "") {
		fault("ScopeClaims holds an empty string")
	}
	return slices.Concat(faults, i.checkIntrospection(), i.checkAlgorithms())
}

// checkAlgorithms keeps shared secrets and public keys apart: a secret is
// never taken from a set somebody published, and an issuer has one or the
// other (RFC 8725 §2.1).
func (i Issuer) checkAlgorithms() (faults []error) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }

	served, secret := isSecret(i.Keys)
	if i.Algorithms == nil && !secret {
		return nil
	}
	if len(i.Algorithms) == 0 {
		fault("Algorithms is empty: name those of the secret (HS256, HS384, HS512), or leave it nil for asymmetric keys")
	}
	for _, algorithm := range i.Algorithms {
		switch known := jws.Find(algorithm); {
		case known == nil:
			fault("algorithm %q is not supported", algorithm)
		case secret != known.Symmetric():
			fault("algorithm %q does not go with Keys: HS256, HS384 and HS512 need jwks.Secret, and jwks.Secret needs one of them", algorithm)
		case secret && !slices.Contains(served, algorithm):
			fault("the secret is too short for %s: as many bytes as the hash has are needed (RFC 7518 §3.2)", algorithm)
		}
	}
	return faults
}

// isSecret reports whether keys are those of [jwks.Secret], short secrets, which
// serve no algorithm, included. It also returns which they serve.
func isSecret(keys jwks.Source) (served []string, secret bool) {
	fixed, ok := keys.(interface{ Algorithms() []string })
	if !ok {
		return nil, false
	}
	served = fixed.Algorithms()
	return served, len(served) == 0 || jws.Find(served[0]) != nil && jws.Find(served[0]).Symmetric()
}
