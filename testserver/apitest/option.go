package apitest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/internal/apicheck"
)

// Option adjusts a check.
type Option interface{ apply(*check) }

type option func(*check)

func (o option) apply(c *check) { o(c) }

// Token changes all tokens of the check, good and bad. For example, it can set
// the audience of the API, or a claim that the API requires. If Token is given
// several times, all options apply in order. [testserver.With] is not allowed,
// because the check itself makes the bad tokens.
func Token(opts ...testserver.TokenOption) Option {
	return option(func(c *check) { c.token = append(c.token, opts...) })
}

// RequireScope declares that the route requires the given scope: the good token
// has this scope, and a token without it must get a 403. If RequireScope is
// given several times, the route requires all scopes. Without RequireScope,
// scopes are not checked.
func RequireScope(scope string) Option {
	return option(func(c *check) { c.Scopes = append(c.Scopes, scope) })
}

// RequireClaim declares that the route requires the given value, such as a
// role, in the named claim. The name is written as for [testserver.Claim], for
// example RequireClaim("/realm_access/roles", "admin"). The good token has the
// value in an array of strings, unless [Token] sets the claim as one string. A
// token without the value must get a 403. If the challenge has a scope
// parameter, this parameter must contain a name that the token's scope lacks,
// for example the value. If RequireClaim is given several times, the route
// requires all values. Without RequireClaim, claims are not checked.
func RequireClaim(name, value string) Option {
	return option(func(c *check) { c.Claims = append(c.Claims, apicheck.Claim{Name: name, Value: value}) })
}

// RequireACR declares that the route requires a login with one of the given
// authentication contexts, the preferred context first (RFC 9470). The good
// token has the first context in acr, unless [Token] sets another of the given
// contexts.
//
// A token with any other acr, or without acr, must get a 401 with the error
// insufficient_user_authentication and acr_values. acr_values must list the
// given contexts in this order, and may list more. If acr is an array, the
// error may also be invalid_token.
//
// The context "0" is a valid argument only if the defect [testserver.WeakACR]
// is skipped, because tokens with this defect have the acr "0". RequireACR can
// be given once. Without RequireACR, acr is not checked.
func RequireACR(first string, more ...string) Option {
	return option(func(c *check) {
		if c.ACR != nil {
			c.errs = append(c.errs, errors.New("RequireACR is given twice: give all values in one call"))
		}
		c.ACR = append([]string{first}, more...)
	})
}

// RequireAuthWithin declares that the route requires a login that is at most d
// old (RFC 9470). d must be a whole number of seconds. The good token has the
// time of the check in auth_time. A token without auth_time, or with an
// auth_time more than d ago, must get a 401 with the error
// insufficient_user_authentication and max_age. A token with an auth_time one
// hour in the future must get the same response, or the error invalid_token.
// RequireAuthWithin can be given once. Without RequireAuthWithin, auth_time is
// not checked.
func RequireAuthWithin(d time.Duration) Option {
	return option(func(c *check) {
		switch {
		case d == 0:
			c.errs = append(c.errs, apicheck.CheckAuthWithin(d))
		case c.AuthWithin != 0:
			c.errs = append(c.errs, errors.New("RequireAuthWithin is given twice: give only the shorter time"))
		}
		c.AuthWithin = d
	})
}

// RequireMetadata declares that the API has metadata (RFC 9728). The challenge
// must contain the URL of the metadata in resource_metadata. Any client must be
// able to read the document at this URL. The document must describe the API,
// whatever the Host of the request is.
//
// The check requests the document from the API under test, even if the URL has
// another origin. The path of newRequest must begin with the path of the
// resource. If a proxy in front of the API strips a prefix, check a mux that
// strips the same prefix and also serves the metadata.
func RequireMetadata() Option {
	return option(func(c *check) { c.Metadata = true })
}

// RequireDPoP declares that the route accepts tokens that are bound to a key
// (RFC 9449). The check binds its tokens to a key, as [testserver.BoundTo]
// does. It sends them under the scheme DPoP, with proofs for the requested URL:
// see [Origin]. The API must accept the good token with a good proof, and
// refuse it under the scheme Bearer. A proof with one of
// [testserver.ProofDefects] must get a 401 with a DPoP challenge and the error
// of [testserver.Defect.Expect], or another error that RFC 9449 allows for it.
// The API must refuse a proof that was used before, but must accept a proof of
// another key with the same jti. The check does not test whether the route also
// accepts unbound bearer tokens.
//
// If the API responds with use_dpop_nonce, the check repeats the request with
// the nonce of the response. From then on, it uses the latest nonce from the
// API. For such an API, the check sends proofs with a defect of the nonce, but
// no proofs with an old or future iat. For an API without nonces, it sends
// proofs with an old or future iat, but no proofs with a defect of the nonce.
//
// The check signs its proofs with ES256 if algs in the challenge lists ES256.
// Otherwise it uses an algorithm from algs that the server supports. If the
// server supports none of them, the check uses ES256.
func RequireDPoP() Option {
	return option(func(c *check) { c.DPoP = true })
}

// Origin sets the URL that clients use for an API behind a proxy, including the
// path prefix that the proxy strips: "https://api.example.com/v1". The proofs
// of [RequireDPoP] are then for this URL followed by the path of the request.
// Without Origin, the proofs are for the requested URL. In [Check], the
// requested URL consists of https and the Host and path of newRequest. In
// [CheckURL], the requested URL is baseURL followed by the path of newRequest.
func Origin(url string) Option {
	return option(func(c *check) { c.Origin = url })
}

// RequireClientCert declares that the route accepts tokens that are bound to a
// TLS certificate of the client (RFC 8705). The check binds its tokens to a
// certificate, as [testserver.BoundToCertificate] does, and presents the
// certificate when the API asks for one.
//
// The API must accept the good token with this certificate. It must refuse the
// token without a certificate, and with another certificate of the same
// subject. A header field that proxies use to forward certificates must not
// make a difference, even if it contains the right certificate. A token with
// one of [testserver.CertificateDefects], or with only an unknown member in
// cnf, must get a 401 with the error invalid_token. The server of the API may
// also refuse a wrong or missing certificate during the TLS handshake.
//
// Both certificates are like those of [testserver.Server.ClientCertificate], so
// an API that verifies certificates must trust the root certificate in
// [testserver.Server.ClientCACertPEM]. If the API cannot trust this root, pass
// a certificate that the API trusts, with its private key. For [CheckURL],
// baseURL must be https: see [Roots]. Together with [RequireDPoP], the tokens
// are bound to the certificate and to the key.
func RequireClientCert(own ...tls.Certificate) Option {
	return option(func(c *check) {
		switch c.ClientCert = true; len(own) {
		case 0:
		case 1:
			c.Certificate = &own[0]
		default:
			c.errs = append(c.errs, errors.New("RequireClientCert: give at most one certificate"))
		}
	})
}

// Roots sets the root certificates that [CheckURL] trusts when it connects to
// the API. Without Roots, CheckURL trusts the roots of the system.
func Roots(pool *x509.CertPool) Option {
	return option(func(c *check) { c.roots = pool })
}

// SkipDefect leaves out defects that the API accepts on purpose.
func SkipDefect(d ...testserver.Defect) Option {
	return option(func(c *check) { c.Skip = append(c.Skip, d...) })
}

// AlsoDefect adds defects that this API must refuse, although
// [testserver.Defects] leaves them out because a correct API may accept them.
func AlsoDefect(d ...testserver.Defect) Option {
	return option(func(c *check) { c.Also = append(c.Also, d...) })
}
