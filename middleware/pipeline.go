package middleware

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/bearerguard/bearerguard/internal/jws"
	"github.com/bearerguard/bearerguard/internal/strictjson"
	"github.com/bearerguard/bearerguard/jwks"
)

// attempt is one token on its way through the pipeline. Each step relies on
// what the ones before it have set.
type attempt struct {
	v     *Verifier
	ctx   context.Context //nolint:containedctx // an attempt is the arguments of one call, not a thing that stays
	began time.Time       // by the clock of the machine
	now   time.Time       // by Config.Now
	token string
	trace func(step int, err error) // of Explain; nil otherwise

	opaque  bool        // not for us to read: the issuer was asked
	message jws.Message // empty if opaque
	head    []byte      // its header, decoded
	header  *header     // nil before it was read
	payload string      // the claims as text
	claims  claims
	issuer  *issuer

	scope    strictjson.Value // "" when there is none
	key      any              // of the signature, nil if opaque
	verified *Token

	known  *known // what is remembered of the token, nil if nothing
	bytes  []byte // the token again
	digest digest // of it
}

// attempts are kept for the room that they have.
var attempts = sync.Pool{New: func() any { return new(attempt) }}

func newAttempt(ctx context.Context, token string) *attempt {
	a := attempts.Get().(*attempt)
	a.ctx, a.token = ctx, token
	return a
}

// release ends an attempt. Nothing of the token stays.
func (a *attempt) release() {
	a.message.Clear()
	a.claims.forget()
	clear(a.bytes)
	*a = attempt{message: a.message, claims: a.claims, bytes: a.bytes[:0]}
	if cap(a.bytes) > 2*defaultMaxTokenBytes {
		a.bytes = nil
	}
	attempts.Put(a)
}

// step is one check. The name is for people and for [Verifier.Explain].
type step struct {
	name  string
	run   func(*attempt) error
	when  func(*attempt) bool // the tokens it is for; nil is all
	often often
}

// often says whether a step is made again for a token that is remembered.
type often bool

const (
	each often = true  // it depends on the time, the keys, or what others say
	once often = false // it depends on nothing but the token's bytes and the configuration
)

// pipeline holds the checks of a token in their order: the cheap before the
// dear, and nothing that asks the network before the token's claims make it
// worth asking. An opaque token has no claims before somebody was asked; what
// the issuer says of it then is held to the same rules. A JWT that passed before
// makes those steps again whose outcome may be another one now.
var pipeline = [...]step{
	{"length", (*attempt).checkLength, nil, each},
	{"memory", (*attempt).recall, (*attempt).mayRecall, each},
	{"shape", (*attempt).checkShape, nil, once},
	{"header", (*attempt).checkHeader, (*attempt).isJWT, once},
	{"introspection", (*attempt).introspect, (*attempt).isOpaque, each},
	{"claims", (*attempt).checkClaims, nil, once},
	{"issuer", (*attempt).checkIssuer, nil, once},
	{"algorithm", (*attempt).checkAlgorithm, (*attempt).isJWT, once},
	{"type", (*attempt).checkType, (*attempt).isJWT, once},
	{"token type", (*attempt).checkTokenType, (*attempt).isOpaque, once},
	{"required claims", (*attempt).checkRequired, (*attempt).isJWT, once},
	{"expiry", (*attempt).checkExpiry, nil, each},
	{"not before", (*attempt).checkNotBefore, nil, each},
	{"issued at", (*attempt).checkIssuedAt, nil, each},
	{"audience", (*attempt).checkAudience, nil, once},
	{"scope claim", (*attempt).checkScopeClaim, nil, once},
	{"purpose", (*attempt).checkPurpose, nil, once},
	{"signature", (*attempt).checkSignature, (*attempt).isJWT, each},
	{"activity", (*attempt).checkActivity, (*attempt).mustBeActive, each},
	{"confirmation", (*attempt).checkConfirmation, nil, each},
	{"revocation", (*attempt).checkRevocation, nil, each},
}

// verify takes a token through the pipeline.
func (v *Verifier) verify(a *attempt) (err error) {
	a.v, a.now = v, a.began
	if v.now != nil {
		a.now = v.now()
	}
	for i := range pipeline {
		if when := pipeline[i].when; a.known != nil && pipeline[i].often == once || when != nil && !when(a) {
			continue
		}
		if err = pipeline[i].run(a); a.trace != nil {
			a.trace(i, err)
		}
		if err != nil {
			break
		}
	}
	a.remember(err)
	return err
}

func (a *attempt) checkLength() error {
	switch {
	case a.token == "":
		return ErrNoToken
	case len(a.token) > a.v.maxTokenBytes:
		return ErrTooLong
	}
	return nil
}

// checkShape tells JWTs from opaque tokens, once and for all: one that fails as
// the one thing is never tried as the other. An encrypted JWT is opaque, since
// only its issuer can read it. One whose header names another issuer (RFC 7519
// §5.3) is refused.
func (a *attempt) checkShape() (err error) {
	header, encrypted := jws.Encrypted(a.token)
	switch {
	case !encrypted && jws.IsJWT(a.token) && !a.v.asksAbout(a.token):
		if a.head, err = a.message.Split(a.token); err != nil {
			return fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		a.payload = string(a.message.Payload)
	case a.v.introspecting == nil, encrypted && !mayBeAskedAbout(a.v.introspecting, header):
		return ErrOpaque
	case !isB64Token(a.token):
		return ErrMalformed
	default:
		a.opaque, a.issuer = true, a.v.introspecting
	}
	return nil
}

// checkHeader reads the header and makes the refusals that hold for every
// issuer: extensions, nesting, "none" and whatever else is no algorithm here.
func (a *attempt) checkHeader() (err error) {
	if a.header = a.v.headers.find(a.token); a.header != nil {
		return nil
	}
	parsed, err := jws.ParseHeader(a.head)
	if errors.Is(err, jws.ErrAlgorithm) {
		return ErrAlgorithm
	} else if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	a.header = newHeader(parsed)
	if a.header.algorithm == nil {
		return ErrAlgorithm
	}
	return nil
}

func (a *attempt) checkClaims() error {
	err := a.claims.parse(a.payload)
	if a.opaque && a.claims.expiry.Equal(time.Unix(0, 0)) {
		a.claims.expiry = time.Time{} // how some servers write that a token does not expire; "active" vouches for it
	}
	return err
}

// checkIssuer finds the configured issuer that the token names. No key is
// looked for, and nobody is asked, on behalf of another (RFC 8725 §3.8, §3.10).
func (a *attempt) checkIssuer() error {
	if a.opaque { // it is known who was asked; iss is optional then (RFC 7662 §2.2)
		if a.claims.named && a.claims.issuer != a.issuer.URL {
			return ErrIssuer
		}
		a.claims.issuer = a.issuer.URL
		return nil
	}
	for i := range a.v.issuers {
		if a.v.issuers[i].URL == a.claims.issuer {
			a.issuer = &a.v.issuers[i]
			a.claims.issuer = a.issuer.URL // the same text, of longer life
			return nil
		}
	}
	return ErrIssuer
}

func (a *attempt) checkAlgorithm() error {
	if !slices.Contains(a.issuer.algorithms, a.header.algorithm) {
		return ErrAlgorithm
	}
	return nil
}

// checkType keeps other kinds of JWT out by their explicit type (RFC 8725
// §3.11, RFC 9068 §4).
func (a *attempt) checkType() error {
	switch kind := a.header.kind; {
	case kind == "at+jwt":
	case a.issuer.Profile == RFC9068:
		return ErrType
	case kind != "" && kind != "jwt":
		return ErrType
	}
	return nil
}

func (a *attempt) checkRequired() error {
	c := &a.claims
	if c.expiry.IsZero() {
		return fmt.Errorf("%w: exp", ErrClaims) // a token without an end could never be taken back
	}
	if a.issuer.Profile != RFC9068 {
		return nil
	}
	for _, claim := range [...]struct {
		name    string
		missing bool
	}{{"sub", c.subject == ""}, {"client_id", c.clientID == ""}, {"iat", c.issuedAt.IsZero()}, {"jti", c.id == ""}} {
		if claim.missing {
			return fmt.Errorf("%w: %s", ErrClaims, claim.name)
		}
	}
	return nil
}

func (a *attempt) checkExpiry() error {
	// "on or after", RFC 7519 §4.1.4. Only what was introspected may lack it.
	if !a.claims.expiry.IsZero() && !a.now.Before(a.claims.expiry.Add(a.v.skew)) {
		return ErrExpired
	}
	return nil
}

func (a *attempt) checkNotBefore() error {
	if !a.claims.notBefore.IsZero() && a.now.Add(a.v.skew).Before(a.claims.notBefore) {
		return ErrNotYetValid
	}
	return nil
}

func (a *attempt) checkIssuedAt() error {
	if !a.claims.issuedAt.IsZero() && a.now.Add(a.v.skew).Before(a.claims.issuedAt) {
		return ErrNotYetValid
	}
	return nil
}

func (a *attempt) checkAudience() error {
	present, ok := a.claims.audience(a.issuer.audienceClaim)
	isOurs := func(one string) bool { return slices.Contains(a.issuer.audiences, one) }
	switch {
	case a.issuer.InsecureNoAudience && (ok || !present):
		return nil
	case !ok || !slices.ContainsFunc(a.claims.audiences, isOurs):
		return ErrAudience
	}
	return nil
}

func (a *attempt) checkScopeClaim() error {
	var ok bool
	if a.scope, ok = a.claims.scope(a.issuer.scopeClaims); !ok {
		return fmt.Errorf("%w: the scope claim is neither a string nor an array of strings", ErrMalformed)
	}
	return nil
}

// checkPurpose refuses other kinds of token. What typ says of a JWT is final
// (RFC 8725 §3.12); otherwise it looks for their marks.
func (a *attempt) checkPurpose() error {
	if a.isJWT() && a.header.kind == "at+jwt" || a.claims.isAccessToken(a.opaque) {
		return nil
	}
	return ErrType
}

// checkSignature looks for the key by kid. Without one, x5t may be the name of
// the key: where a server sends no kid, it is often the kid in the key set. That
// is a guess. It comes after the key that needs no name, since it is the only
// one for the algorithm (RFC 7515 §4.1.4), and before the only one in a newer
// set, which the guess may have brought.
func (a *attempt) checkSignature() (err error) {
	if a.header.KeyID != "" || a.header.Thumbprint == "" {
		return a.verifyBy(a.header.KeyID)
	}
	for _, keyID := range [...]string{"", a.header.Thumbprint, ""} {
		err = a.verifyBy(keyID)
		if !errors.Is(err, ErrSignature) || keyID == "" && errors.Is(err, jwks.ErrUnknownKey) { // there is no key for the algorithm
			break
		}
	}
	return err
}

func (a *attempt) verifyBy(keyID string) error {
	key, err := a.issuer.keys.Key(a.ctx, keyID, a.header.Algorithm)
	switch {
	case errors.Is(err, jwks.ErrUnknownKey), errors.Is(err, jwks.ErrUnfitKey):
		return fmt.Errorf("%w: %w", ErrSignature, err)
	case err != nil:
		return unavailable(err)
	case a.key != nil && sameKey(a.key, key): // it has been tried
		return ErrSignature
	}
	if a.key = key; a.verifiedBefore(key) {
		return nil
	}
	if len(a.message.Signature) == 0 { // the token is remembered, by another key, and was not taken apart
		if _, err := a.message.Split(a.token); err != nil {
			return ErrSignature
		}
	}
	a.message.Header = a.header.Header
	if err := a.message.Verify(key); err != nil {
		return ErrSignature
	}
	a.v.headers.keep(a.token, a.header)
	return nil
}

// checkConfirmation refuses every sender-constrained token: accepting one as a
// bearer token would undo the constraint (RFC 7800 §3.1, RFC 9449 §7.2).
func (a *attempt) checkConfirmation() error {
	if a.claims.confirmation {
		return ErrConfirmation
	}
	return nil
}

// checkRevocation comes last, and so makes the token that the others allow.
func (a *attempt) checkRevocation() error {
	if a.known == nil {
		a.verified = a.claims.token(scopeSet(a.scope))
	}
	if a.v.revoked == nil {
		return nil
	}
	revoked, err := a.v.revoked(a.ctx, a.verified.clone())
	switch {
	case err != nil:
		return &foreign{ErrUnavailable, err}
	case revoked:
		return ErrRevoked
	}
	return nil
}
