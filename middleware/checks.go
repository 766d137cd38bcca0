package middleware

import (
	"fmt"
	"slices"
	"time"
)

func (d *decision) checkClaims() error {
	err := d.claims.parse(d.payload)
	if d.other != answers {
		d.binding = d.claims.binding
	} else if err == nil {
		err = d.binding.add(d.claims.binding)
	}
	if d.opaque && d.claims.expiry.Equal(time.Unix(0, 0)) {
		d.claims.expiry = time.Time{} // for some servers, 0 means that the token does not expire; active shows that the token is valid
	}
	return err
}

// checkIssuer finds the accepted issuer that the token names. If a token that
// is not opaque names no accepted issuer, no key is looked up and no server is
// contacted (RFC 8725 §3.8, §3.10).
func (d *decision) checkIssuer() error {
	if d.opaque { // the introspecting issuer is known, so iss is optional (RFC 7662 §2.2)
		if d.claims.named && !d.issuer.isNamed(d.claims.issuer) {
			return ErrIssuer
		}
		d.claims.issuer = d.issuer.URL
		return nil
	}
	one, err := d.v.issuerOf(d.ctx, &d.claims)
	if err != nil {
		return err
	}
	if d.other == signals && one.keys == nil { // IntrospectAll
		return ErrIssuer
	}
	d.issuer = one
	if d.claims.issuer = one.URL; one.isTemplate() { // if iss is an alias, the URL replaces it
		d.claims.issuer = one.before + d.claims.tenant() + one.after
	}
	return nil
}

func (d *decision) checkAlgorithm() error {
	if !slices.Contains(d.issuer.algorithms, d.header.algorithm) {
		return ErrAlgorithm
	}
	return nil
}

// checkType refuses a JWT whose typ names a kind of JWT that is not accepted
// here (RFC 8725 §3.11, RFC 9068 §4).
func (d *decision) checkType() error {
	switch kind := d.header.kind; {
	case d.other == signals && slices.Contains(d.types, kind):
	case d.other == signals:
		return ErrType
	case kind == "at+jwt" && d.issuer.Purpose == AccessTokens:
	case d.issuer.Profile == RFC9068:
		return ErrType
	case kind != "" && kind != "jwt" && !slices.Contains(d.issuer.types, kind):
		return ErrType
	}
	return nil
}

func (d *decision) checkRequired() error {
	c := &d.claims
	if c.expiry.IsZero() {
		return fmt.Errorf("%w: exp", ErrClaims) // without exp, the token would be valid forever
	}
	if d.issuer.Profile != RFC9068 {
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

func (d *decision) checkExpiry() error {
	// RFC 7519 §4.1.4 refuses a token "on or after" its exp. Only an opaque
	// token, an introspection answer or a signal may lack exp.
	if !d.claims.expiry.IsZero() && !d.now.Before(d.claims.expiry.Add(d.v.skew)) {
		return ErrExpired
	}
	return nil
}

func (d *decision) checkNotBefore() error {
	if !d.claims.notBefore.IsZero() && d.now.Add(d.v.skew).Before(d.claims.notBefore) {
		return ErrNotYetValid
	}
	return nil
}

func (d *decision) checkIssuedAt() error {
	if !d.claims.issuedAt.IsZero() && d.now.Add(d.v.skew).Before(d.claims.issuedAt) {
		return ErrNotYetValid
	}
	return nil
}

func (d *decision) checkAudience() error {
	present, ok := d.claims.audience(d.issuer.audienceClaim)
	isOurs := func(one string) bool { return slices.Contains(d.issuer.audiences, one) }
	switch {
	case d.issuer.InsecureNoAudience && (ok || !present):
		return nil
	case !ok || !slices.ContainsFunc(d.claims.audiences, isOurs):
		return ErrAudience
	}
	return nil
}

func (d *decision) checkScopeClaim() error {
	if !d.claims.scope(d.issuer.scopeClaims, d.issuer.ScopeUnion) {
		return fmt.Errorf("%w: the scope claim has the wrong type", ErrMalformed)
	}
	return nil
}
