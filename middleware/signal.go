package middleware

import "context"

// VerifySignal verifies a JWT that an issuer sends to this API and that is not
// an access token, such as a logout token or a security event token. Package
// signals contains receivers for such tokens.
//
// Like an access token, the JWT must come from an issuer of this Verifier, and
// the issuer's algorithms and keys apply. docs/checks.md lists the steps. The
// typ in the header must be one of the given types; the type "" means that typ
// may be absent. Case and a leading "application/" are ignored. exp, nbf and
// iat are checked if they are present. Nothing else is checked: the caller must
// check the audience, and that the claims belong to the expected kind of
// message. An issuer with IntrospectAll has no keys, so its messages are
// refused.
//
// VerifySignal returns the issuer as in Token.Issuer, and the claims as strict
// JSON. The error is an *[Error]. Its status is 503 if the keys are
// unavailable, 500 if v was not made by [NewVerifier] or a callback panics, and
// otherwise 401. A signal is not cached, logged or passed to Config.Observe.
func (v *Verifier) VerifySignal(ctx context.Context, token string, types ...string) (issuer string, claims []byte, err error) {
	d := v.begin(ctx)
	defer d.release()
	d.token, d.other = token, signals
	for _, typ := range types {
		d.types = append(d.types, kindOf(typ))
	}
	if refusal := d.decide(); refusal != nil {
		return "", nil, refusal
	}
	return d.claims.issuer, []byte(d.payload), nil
}
