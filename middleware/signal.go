package middleware

import "context"

// VerifySignal verifies a JWT that an issuer sends to this API and that is not
// an access token, such as a logout token or a security event token. Package
// signals has receivers of these.
//
// The JWT must come from an issuer of this Verifier, like an access token. The
// issuer's algorithms and keys apply. docs/checks.md lists the steps. The typ
// in the header must be one of types; "" means that typ may be absent. Case and
// a leading "application/" are ignored. exp, nbf and iat must hold if they are
// present. Nothing else is checked: the caller checks the audience, and that
// the claims are those of the message that it expects. An issuer with
// IntrospectAll has no keys, and its messages are refused.
//
// VerifySignal returns the issuer as in Token.Issuer, and the claims as strict
// JSON. The error is an *[Error], with the status 401; 503 if the keys are
// unavailable; or 500 if v is not from [NewVerifier] or a callback panics. A
// signal is not cached, and neither logged nor passed to Config.Observe.
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
