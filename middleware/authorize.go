package middleware

import (
	"context"
	"net/http"
	"slices"

	"github.com/bearerguard/bearerguard/scopes"
)

// Authorize decides whether an HTTP request may pass. It is the only method
// that an adapter needs. It reads the token from the request, verifies it and
// checks the requirements. It returns a request whose context contains the
// [Token] for the handler.
//
// If it refuses the request, the error is an *[Error], and the header fields of
// the response are already set in h: Cache-Control, for 503 Retry-After, and
// for every status except 500 and 503 the challenge (RFC 6750 §3). The adapter
// then writes the status and the body of the error, and does not call the
// handler. If the request passes but its proof has an old nonce, Authorize sets
// DPoP-Nonce in h to the next nonce for the client.
//
// Without requirements any valid token passes. A nil requirement is a
// programming error: every request with a valid token or without a token is
// refused with 500.
//
// Routes may be nested. If the same Verifier has already authorized the request
// for the outer route, and the credentials are still the same, Authorize reuses
// that decision and checks only the nested route's own requirements. If the
// credentials differ, Authorize verifies the token, and checks the requirements
// of the outer routes again. The challenge of a nested route also names the
// scopes of the outer routes. The challenge of an outer route does not name the
// scopes of nested routes.
func (v *Verifier) Authorize(h http.Header, r *http.Request, need ...scopes.Requirement) (*http.Request, error) {
	d := v.begin(r.Context())
	defer d.release()
	d.request, d.need = r, need
	return d.authorize(h)
}

// AuthorizeOptional is [Verifier.Authorize] for routes that are open to
// everyone but treat callers with a token differently. It lets two kinds of
// requests pass without a [Token]: requests without the field that carries the
// token (Authorization, or the field in [Config.TokenHeader]), and requests
// whose Authorization field has a scheme other than Bearer or, if [Config.DPoP]
// is set, DPoP. A request with an invalid token is refused, because its sender
// claims an identity.
func (v *Verifier) AuthorizeOptional(h http.Header, r *http.Request) (*http.Request, error) {
	d := v.begin(r.Context())
	defer d.release()
	d.request, d.optional = r, true
	return d.authorize(h)
}

func (d *decision) authorize(h http.Header) (*http.Request, error) {
	if d.outer = carriedFrom(d.ctx); d.outer != nil && d.outer.verifier != d.v {
		d.outer = nil
	}
	if d.outer != nil {
		d.need = slices.Concat(d.outer.need, d.need) // different credentials must meet the outer requirements too
	}
	refusal := d.decide()
	if d.nonce != "" && refusal == nil {
		setNonce(h, d.nonce)
	}
	switch {
	case refusal != nil:
		refusal.SetHeader(h)
		return nil, refusal
	case d.anonymous && TokenFrom(d.ctx) != nil: // the Token in the context belongs to other credentials
		return d.request.WithContext(WithToken(d.ctx, nil)), nil
	case d.anonymous:
		return d.request, nil
	}
	c := &carried{Context: d.ctx, verifier: d.v, credentials: d.credentials, verified: d.verified, need: d.need}
	c.token = &c.own
	d.verified.copyTo(c.token, &c.audience)
	return d.request.WithContext(c), nil
}

// Verify verifies a token from any source, such as a gRPC call, a WebSocket or
// a queue. It runs all checks except the requirements of a route, which
// [Verifier.Check] checks. The error is an *[Error].
//
// If the token is bound to a key, set the other fields of credentials too. If
// the API uses nonces and the proof lacks a recent nonce, [Error.SetHeader]
// sets the nonce for the next proof.
func (v *Verifier) Verify(ctx context.Context, credentials Credentials) (*Token, error) {
	d := v.begin(ctx)
	defer d.release()
	d.present(credentials)
	if refusal := d.decide(); refusal != nil {
		return nil, refusal
	}
	return d.verified.clone(), nil
}

// Check checks that a verified token meets the requirements and has not expired
// in the meantime. Call it in a handler, for example, or for each message of a
// connection that stays open. Without requirements any token that has not
// expired passes. The error is an *[Error], which the adapters' Answer
// functions turn into a response. For a nil token the error is the same as for
// a request without a token.
func (v *Verifier) Check(t *Token, need ...scopes.Requirement) error {
	d := v.begin(context.Background())
	defer d.release()
	d.need = need
	d.reuse(t)
	if refusal := d.decide(); refusal != nil {
		return refusal
	}
	return nil
}
