package middleware

import (
	"errors"
	"fmt"
	"slices"

	"github.com/bearerguard/bearerguard/internal/jws"
	"github.com/bearerguard/bearerguard/internal/strictjson"
)

// IntrospectionMode specifies which tokens are introspected. Every mode
// introspects tokens that are not JWTs. Every mode also introspects an
// encrypted JWT (RFC 7516), unless its header names another issuer. An opaque
// token does not show its issuer, so the introspecting issuer also receives
// opaque tokens of other issuers.
type IntrospectionMode int

const (
	// IntrospectOpaque introspects opaque tokens. A JWT is verified locally,
	// and passes until it expires.
	IntrospectOpaque IntrospectionMode = iota

	// IntrospectJWTs also introspects each JWT of the issuer whose claims and
	// signature have passed the local checks. After a JWT is revoked, a cached
	// answer may still accept the JWT for the MaxTTL of the introspection
	// client. The claims and scopes of the Token still come from the JWT.
	IntrospectJWTs

	// IntrospectAll introspects every token, except JWTs of other accepted
	// issuers. These are JWTs whose iss is configured for another issuer or
	// matches Config.IssuerPatterns, and JWTs without iss whose sub begins with
	// the SubjectPrefix of another issuer. No token of the introspecting issuer
	// is verified locally. Use this mode for issuers that issue no JWTs, or
	// whose JWTs cannot be verified locally, for example because they are
	// signed with HS256 or in a proprietary format.
	IntrospectAll
)

// introspects reports whether a JWT is treated as opaque. The claims of the JWT
// are not trusted here: they are read only to avoid sending a token of another
// issuer to the introspecting issuer.
func (v *Verifier) introspects(token string) bool {
	if v.introspecting == nil || v.introspecting.IntrospectionMode != IntrospectAll {
		return false
	}
	if len(v.issuers) == 1 && v.finder == nil {
		return true
	}
	message, _, err := jws.Split(token)
	return err != nil || !v.namesAnother(message.Payload)
}

// namesAnother reports whether the iss in a JSON object may name an accepted
// issuer other than the introspecting issuer. A trailing slash is ignored. If
// the object has no iss, its sub is compared with the SubjectPrefixes. The
// object is parsed leniently, because a token that looks malformed here may be
// valid for the other issuer.
func (v *Verifier) namesAnother(object []byte) bool {
	iss, _ := strictjson.String(strictjson.Lookup(object, "/iss"))
	subject, _ := strictjson.String(strictjson.Lookup(object, "/sub"))
	if iss == "" {
		return v.ofSubject(subject) != nil
	}
	one := v.named(iss)
	return one != nil && one != v.introspecting || v.finder != nil && v.finder.resembles(iss) ||
		slices.ContainsFunc(v.templates, func(i *issuer) bool { return pattern{i.before, i.after}.resembles(iss) })
}

// mayIntrospect reports whether an encrypted JWT may be introspected. If its
// header contains iss (RFC 7519 §5.3), this iss must name the introspecting
// issuer. A trailing slash is ignored.
func (v *Verifier) mayIntrospect(header []byte) bool {
	iss, ok := strictjson.String(strictjson.Lookup(header, "/iss"))
	return !ok || v.named(iss) == v.introspecting
}

// introspect gets the claims of an opaque token from its issuer.
func (d *decision) introspect() (err error) {
	d.payload, err = d.requestIntrospection()
	return err
}

func (d *decision) requestIntrospection() (string, error) {
	answer, err := d.issuer.Introspection.Introspect(d.ctx, d.token)
	switch {
	case err != nil:
		return "", fmt.Errorf("%w: %w", ErrUnavailable, err)
	case !answer.Active:
		return "", ErrInactive
	}
	return string(answer.Claims), nil
}

// checkTokenType checks the token_type in the introspection answer. If
// token_type is present, its value must mean a bearer token (RFC 7662 §2.2, RFC
// 6749 §7.1). For a token that is bound to a key, it may also be DPoP (RFC 9449
// §6.2).
func (d *decision) checkTokenType() error {
	if d.claims.tokenType == "" {
		return nil
	}
	if access, _, _ := kind(d.claims.tokenType); !access || namesDPoP(d.claims.tokenType) && d.binding.jkt == "" {
		return ErrType
	}
	return nil
}

// mustBeActive reports whether a JWT that has passed the local checks must also
// be introspected.
func (d *decision) mustBeActive() bool {
	return !d.opaque && d.issuer != nil && d.issuer.Introspection != nil && d.issuer.IntrospectionMode == IntrospectJWTs
}

// checkActivity introspects a verified JWT, because it may have been revoked.
// The claims of the Token still come from the JWT. The JWT is refused if, for
// example, the answer contains an exp in the past, names another issuer, or
// contradicts the sender constraint of the JWT. If only the answer has a sender
// constraint, this constraint applies.
func (d *decision) checkActivity() error {
	payload, err := d.requestIntrospection()
	if err != nil {
		return err
	}
	answer := d.v.begin(d.ctx)
	defer answer.release()
	answer.other, answer.now, answer.issuer, answer.opaque, answer.payload = answers, d.now, d.issuer, true, payload
	answer.binding = d.binding
	if err := answer.runSteps(); err != nil {
		return err
	}
	d.binding = answer.binding
	return nil
}

// checkIntrospection returns the faults in the introspection settings of an
// issuer.
func (i Issuer) checkIntrospection() (faults []error) {
	mode := i.IntrospectionMode
	if mode < IntrospectOpaque || mode > IntrospectAll {
		faults = append(faults, fmt.Errorf("IntrospectionMode %d is unknown: use IntrospectOpaque, IntrospectJWTs or IntrospectAll", mode))
	}
	keys := i.Keys != nil || i.Secrets != nil || i.KeysURL != "" || i.KeyUse != nil || i.Client != nil || i.MetadataURL != "" || i.MetadataIssuer != ""
	kinds := i.Profile != ProfileAny || i.Purpose != AccessTokens || i.Types != nil || i.Mark != ""
	if mode == IntrospectAll && (keys || kinds || i.Algorithms != nil) {
		faults = append(faults, errors.New("IntrospectAll cannot be combined with Keys, Secrets, KeysURL, KeyUse, Client, MetadataURL, MetadataIssuer, Algorithms, Profile, Purpose, "+
			"Types or Mark, because these fields are for tokens that are verified locally"))
	}
	switch {
	case i.OpaqueSyntax != B64Token && i.OpaqueSyntax != VSCHAR:
		faults = append(faults, fmt.Errorf("OpaqueSyntax %d is unknown: use B64Token or VSCHAR", i.OpaqueSyntax))
	case i.OpaqueSyntax != B64Token && i.Introspection == nil:
		faults = append(faults, errors.New("OpaqueSyntax is set, but Introspection is nil: without Introspection, opaque tokens are refused"))
	}
	switch {
	case i.Introspection == nil && mode != IntrospectOpaque:
		faults = append(faults, errors.New("IntrospectionMode is set, but Introspection is nil (was the error of introspect.New ignored?)"))
	case i.Introspection != nil && i.Introspection.Issuer() != "" && i.Introspection.Issuer() != i.URL:
		faults = append(faults, errors.New("the Issuer of the Introspection client must equal URL: otherwise users of one issuer would be accepted as users of the other"))
	}
	return faults
}
