package apitest

import (
	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/internal/apicheck"
)

// Option adjusts a check.
type Option interface{ apply(*check) }

type option func(*check)

func (o option) apply(c *check) { o(c) }

// Token changes all tokens of the check, the good ones and the bad ones: the
// audience of the API, for example, or a claim that it asks for. Given several
// times, all options apply in order. [testserver.With] is not among them: the
// check makes the bad tokens itself.
func Token(opts ...testserver.TokenOption) Option {
	return option(func(c *check) { c.token = append(c.token, opts...) })
}

// RequireScope says that the route needs scope: the good token carries it, and
// tokens without it must be answered with 403. Given twice, the route needs
// both. Without it scopes are not checked.
func RequireScope(scope string) Option {
	return option(func(c *check) { c.Scopes = append(c.Scopes, scope) })
}

// RequireClaim says that the route needs value, such as a role, in the claim that
// name names as for [testserver.Claim]: RequireClaim("/realm_access/roles", "admin").
// The good token carries it, in an array of strings unless [Token] has put it
// there as one string. Tokens without it must be answered with 403. The challenge
// may name value as a scope, but not only scopes that the token has. Given several
// times, the route needs all. Without it claims are not checked.
func RequireClaim(name, value string) Option {
	return option(func(c *check) { c.Claims = append(c.Claims, apicheck.Claim{Name: name, Value: value}) })
}

// SkipDefect leaves defects out, which the API accepts on purpose.
func SkipDefect(d ...testserver.Defect) Option {
	return option(func(c *check) { c.Skip = append(c.Skip, d...) })
}

// AlsoDefect adds defects that [testserver.Defects] leaves out, because a correct
// API may accept them and this one is meant not to.
func AlsoDefect(d ...testserver.Defect) Option {
	return option(func(c *check) { c.Also = append(c.Also, d...) })
}
