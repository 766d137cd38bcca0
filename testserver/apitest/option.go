package apitest

import (
	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/internal/apicheck"
)

// Option adjusts a check.
type Option interface{ apply(*check) }

type option func(*check)

func (o option) apply(c *check) { o(c) }

// Token changes all tokens of the check, good and bad: to set the audience of
// the API, for example, or a claim that it requires. Given several times, all
// options apply in order. [testserver.With] is not allowed: the check itself
// makes the bad tokens.
func Token(opts ...testserver.TokenOption) Option {
	return option(func(c *check) { c.token = append(c.token, opts...) })
}

// RequireScope declares that the route requires scope: the good token has it,
// and a token without it must get a 403. Given several times, the route
// requires all. Without it scopes are not checked.
func RequireScope(scope string) Option {
	return option(func(c *check) { c.Scopes = append(c.Scopes, scope) })
}

// RequireClaim declares that the route requires value, such as a role, in the
// claim name, as in [testserver.Claim]: RequireClaim("/realm_access/roles",
// "admin"). The good token has it, in an array of strings unless [Token] sets
// it as one string. A token without it must get a 403. The challenge may name
// value as a scope, but not only scopes that the token has. Given several
// times, the route requires all. Without it claims are not checked.
func RequireClaim(name, value string) Option {
	return option(func(c *check) { c.Claims = append(c.Claims, apicheck.Claim{Name: name, Value: value}) })
}

// SkipDefect leaves out defects that the API accepts on purpose.
func SkipDefect(d ...testserver.Defect) Option {
	return option(func(c *check) { c.Skip = append(c.Skip, d...) })
}

// AlsoDefect adds defects that [testserver.Defects] leaves out because a
// correct API may accept them, and that this API must refuse.
func AlsoDefect(d ...testserver.Defect) Option {
	return option(func(c *check) { c.Also = append(c.Also, d...) })
}
