package middleware

import (
	"context"
	"fmt"

	"github.com/bearerguard/bearerguard/scopes"
)

// carried is a context that carries the token of a request for handlers. If a
// Verifier created the context, it also carries the Verifier's decision, for
// nested routes. The handler's copy of the token is a field of this struct, to
// save an allocation per request.
type carried struct {
	context.Context //nolint:containedctx // carried is itself a context

	token    *Token    // the token for handlers, or nil
	own      Token     // the handler's copy; c.token points to it if a Verifier made the context
	audience [1]string // memory for own.Audience if it has only one element

	verifier    *Verifier
	credentials Credentials
	verified    *Token // the Verifier's own copy: never modified, and not accessible to handlers
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

// Format implements [fmt.Formatter]. It prints "[redacted]" for every verb,
// because contexts are sometimes logged.
func (*carried) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

func carriedFrom(ctx context.Context) *carried {
	c, _ := ctx.Value(carriedKey{}).(*carried)
	return c
}

// TokenFrom returns the verified token in the context of a request, or nil if
// no token was sent or the route is not protected. Handlers behind an adapter
// call the adapter's Token function instead.
func TokenFrom(ctx context.Context) *Token {
	if c := carriedFrom(ctx); c != nil {
		return c.token
	}
	return nil
}

// WithToken returns a context for which [TokenFrom] returns t, for tests of
// handlers. The token does not give access to any route: [Verifier.Authorize]
// ignores it.
func WithToken(ctx context.Context, t *Token) context.Context {
	return &carried{Context: ctx, token: t}
}
