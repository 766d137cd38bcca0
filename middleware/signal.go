package middleware

import "context"

// VerifySignal verifies a JWT that an issuer sends to this API as a message,
// such as a logout token or a security event token. It is not for access
// tokens. Package signals contains receivers for such messages.
//
// The JWT must come from an issuer of this Verifier. The issuer's algorithms
// and keys apply, as for an access token. docs/checks.md lists the steps. The
// typ in the header must be one of the given types; the type "" means that typ
// may be absent. Case and a leading "application/" are ignored. exp, nbf and
// iat are checked if they are present. Nothing else is checked. The caller must
// check the audience, and must check that the claims belong to the expected
// kind of message. An issuer with IntrospectAll has no keys, so its messages
// are refused.
//
// VerifySignal returns the issuer as in Token.Issuer, and the claims as strict
// JSON. The error is an *[Error]. Its status is 503 if the keys are unavailable
// or IssuerFor returns an error. It is 500 if v was not made by [NewVerifier],
// if a callback panics, or if IssuerFor returns an Issuer that Config does not
// allow. Otherwise it is 401. A signal is not cached, logged or passed to
// Config.Observe.
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
