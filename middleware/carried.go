package middleware

import (
	"context"
	"fmt"

	"github.com/bearerguard/bearerguard/scopes"
)

// carried is the context of a request with a token for handlers and, when a
// verifier made it, the decision for nested routes. It is one object with the
// handler's copy of the token, since it is made for each request.
type carried struct {
	context.Context //nolint:containedctx // it is one itself

	token    *Token    // the handler's, nil without a token
	own      Token     // that one, if a verifier made it
	audience [1]string // of own

	verifier    *Verifier
	credentials Credentials
	verified    *Token // never changed, nor reachable by handlers
	need        []scopes.Requirement
}

type carriedKey struct{}

// Value implements [context.Context].
func (c *carried) Value(key any) any {
	if key == (carriedKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// Format implements [fmt.Formatter], for every verb: contexts get into logs.
func (*carried) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

func carriedFrom(ctx context.Context) *carried {
	c, _ := ctx.Value(carriedKey{}).(*carried)
	return c
}

// TokenFrom returns the verified token of a request's context, or nil where
// none was required or sent. Handlers of an adapter's framework call the
// adapter's own Token function instead.
func TokenFrom(ctx context.Context) *Token {
	if c := carriedFrom(ctx); c != nil {
		return c.token
	}
	return nil
}

// WithToken returns a context in which [TokenFrom] finds t, for tests of
// handlers. No route is opened by it: [Verifier.Authorize] never looks here.
func WithToken(ctx context.Context, t *Token) context.Context {
	return &carried{Context: ctx, token: t}
}
