package middleware

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/bearerguard/bearerguard/scopes"
)

// Authorize decides about an HTTP request; it is all that an adapter calls.
// It reads the token from the request, verifies it, checks the requirements
// and returns the request whose context holds the [Token] for the handler.
//
// If it refuses, the error is an *[Error], and the header fields of the answer
// are already in h: the challenge (RFC 6750 §3), Cache-Control and, for 503,
// Retry-After. The adapter adds the error's status and body, and does not call
// the handler.
//
// Without requirements any valid token passes. A nil requirement is a fault of
// the program and refuses every request with 500.
//
// Within a route that this very Verifier has already authorized with the same
// credentials, the decision is reused and only the requirements are checked,
// those of the outer routes included. A challenge names the scopes of outer
// routes too; a request that an outer route refuses learns of its own alone.
func (v *Verifier) Authorize(h http.Header, r *http.Request, need ...scopes.Requirement) (*http.Request, error) {
	return v.authorize(h, r, false, need)
}

// AuthorizeOptional is Authorize for routes that are open but treat callers
// with a token differently. A request without an Authorization field, or with
// one of another scheme than Bearer, passes without a [Token]. One with a
// token that fails is refused: its sender claims to be somebody.
func (v *Verifier) AuthorizeOptional(h http.Header, r *http.Request) (*http.Request, error) {
	return v.authorize(h, r, true, nil)
}

func (v *Verifier) authorize(h http.Header, r *http.Request, optional bool, need []scopes.Requirement) (*http.Request, error) {
	c := &carried{verifier: v, need: need}
	outer := carriedFrom(r.Context())
	if outer != nil && outer.verifier != v {
		outer = nil
	}
	if outer != nil {
		c.need = slices.Concat(outer.need, need)
	}
	a := newAttempt(r.Context(), "")
	defer a.release()
	anonymous := false
	refusal := v.decide(a, c.need, func() (err error) {
		c.credentials, err = v.credentials(r)
		switch {
		case optional && errors.Is(err, ErrNoToken):
			anonymous = true
			return nil
		case err != nil:
			return err
		case outer != nil && outer.credentials == c.credentials:
			c.verified = outer.verified
		default:
			a.token = c.credentials.Token
			if err := v.verify(a); err != nil {
				return err
			}
			c.verified = a.verified
		}
		return v.meet(c.verified, c.need) // the outer ones too: other credentials may have come between
	})
	switch {
	case refusal != nil:
		v.challenge(h, refusal)
		return nil, refusal
	case anonymous && TokenFrom(r.Context()) != nil: // somebody else's: this request came without one
		return r.WithContext(WithToken(r.Context(), nil)), nil
	case anonymous:
		return r, nil
	}
	c.token = c.verified.clone()
	return r.WithContext(context.WithValue(r.Context(), carriedKey{}, c)), nil
}
