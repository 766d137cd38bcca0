package middleware

import (
	"errors"
	"fmt"
	"slices"

	"github.com/bearerguard/bearerguard/internal/jws"
	"github.com/bearerguard/bearerguard/internal/strictjson"
)

// IntrospectionMode says which tokens an issuer with an Introspection client is
// asked about. In each mode these include tokens that are not JWTs, and encrypted
// JWTs (RFC 7516) unless their header names another issuer. The issuer sees such
// tokens even if another issuer made them.
type IntrospectionMode int

const (
	// IntrospectOpaque asks about opaque tokens. A JWT is verified here, and
	// passes until it expires.
	IntrospectOpaque IntrospectionMode = iota

	// IntrospectJWTs also asks about each JWT of the issuer that has passed every
	// check here: one that was revoked is refused, within the client's MaxTTL. Its
	// claims, scopes included, remain its own.
	IntrospectJWTs

	// IntrospectAll asks about every token, except JWTs that name another issuer
	// that is configured or matches Config.IssuerPatterns, and verifies none here.
	// It is for issuers whose JWTs cannot be verified here, such as those signed
	// with HS256 or in a format of their own, and for issuers that have no JWTs.
	IntrospectAll
)

// asksAbout reports whether a JWT is opaque to us. Its claims are not believed
// here: they only keep another issuer's tokens from being shown to this one.
func (v *Verifier) asksAbout(token string) bool {
	if v.introspecting == nil || v.introspecting.IntrospectionMode != IntrospectAll {
		return false
	}
	if len(v.issuers) == 1 && v.elsewhere == nil {
		return true
	}
	message, _, err := jws.Split(token)
	return err != nil || !v.namesAnother(message.Payload)
}

// namesAnother reports whether the iss in a JSON object is that of a configured
// issuer other than the one that is asked, ignoring a slash at the end. It reads
// loosely: what is malformed to us may be good to that one.
func (v *Verifier) namesAnother(object []byte) bool {
	said, _ := strictjson.String(strictjson.Lookup(object, "/iss"))
	subject, _ := strictjson.String(strictjson.Lookup(object, "/sub"))
	if said == "" {
		return v.ofSubject(subject) != nil
	}
	one := v.named(said)
	return one != nil && one != v.introspecting || v.elsewhere != nil && v.elsewhere.resembles(said) ||
		slices.ContainsFunc(v.templates, func(i *issuer) bool { return pattern{i.before, i.after}.resembles(said) })
}

// mayAsk reports whether the header of an encrypted JWT allows asking about it:
// the iss that it may replicate from within (RFC 7519 §5.3) is that of the issuer
// that is asked, ignoring a slash at the end.
func (v *Verifier) mayAsk(header []byte) bool {
	said, ok := strictjson.String(strictjson.Lookup(header, "/iss"))
	return !ok || v.named(said) == v.introspecting
}

// introspect learns the claims of an opaque token from its issuer.
func (d *decision) introspect() (err error) {
	d.payload, err = d.ask()
	return err
}

func (d *decision) ask() (string, error) {
	answer, err := d.issuer.Introspection.Introspect(d.ctx, d.token)
	switch {
	case err != nil:
		return "", fmt.Errorf("%w: %w", ErrUnavailable, err)
	case !answer.Active:
		return "", ErrInactive
	}
	return string(answer.Claims), nil
}

// checkTokenType refuses a token if the token_type in the issuer's answer is
// not that of a bearer token (RFC 7662 §2.2, RFC 6749 §7.1).
func (d *decision) checkTokenType() error {
	if d.claims.tokenType == "" {
		return nil
	}
	if access, _, _ := kind(d.claims.tokenType); !access {
		return ErrType
	}
	return nil
}

// mustBeActive reports whether a JWT that has passed so far is to be asked
// about.
func (d *decision) mustBeActive() bool {
	return !d.opaque && d.issuer != nil && d.issuer.Introspection != nil && d.issuer.IntrospectionMode == IntrospectJWTs
}

// checkActivity asks whether a verified JWT has been revoked. The claims are
// the JWT's own; where the answer knows of an earlier end, another issuer or a
// sender constraint, it is believed too.
func (d *decision) checkActivity() error {
	payload, err := d.ask()
	if err != nil {
		return err
	}
	answer := d.v.begin(d.ctx)
	defer answer.release()
	answer.answers, answer.now, answer.issuer, answer.opaque, answer.payload = true, d.now, d.issuer, true, payload
	return answer.walk()
}

// checkIntrospection returns the faults of an issuer's introspection.
func (i Issuer) checkIntrospection() (faults []error) {
	mode := i.IntrospectionMode
	if mode < IntrospectOpaque || mode > IntrospectAll {
		faults = append(faults, fmt.Errorf("IntrospectionMode %d is unknown", mode))
	}
	keys := i.Keys != nil || i.Secrets != nil || i.Client != nil || i.MetadataURL != "" || i.MetadataIssuer != ""
	kinds := i.Profile != ProfileAny || i.Purpose != AccessTokens || i.Types != nil || i.Mark != ""
	if mode == IntrospectAll && (keys || kinds || i.Algorithms != nil) {
		faults = append(faults, errors.New("IntrospectAll contradicts Keys, Secrets, Client, MetadataURL, MetadataIssuer, Algorithms, Profile, Purpose, "+
			"Types and Mark: no token is verified here"))
	}
	switch {
	case i.OpaqueSyntax != B64Token && i.OpaqueSyntax != VSCHAR:
		faults = append(faults, fmt.Errorf("OpaqueSyntax %d is unknown", i.OpaqueSyntax))
	case i.OpaqueSyntax != B64Token && i.Introspection == nil:
		faults = append(faults, errors.New("OpaqueSyntax is set, but Introspection is nil"))
	}
	switch {
	case i.Introspection == nil && mode != IntrospectOpaque:
		faults = append(faults, errors.New("IntrospectionMode is set, but Introspection is nil (was the error of introspect.New ignored?)"))
	case i.Introspection != nil && i.Introspection.Issuer() != "" && i.Introspection.Issuer() != i.URL:
		faults = append(faults, errors.New("the client of Introspection has another Issuer than URL: its users would pass as those of URL"))
	}
	return faults
}
