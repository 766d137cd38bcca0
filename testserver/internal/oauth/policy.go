package oauth

import (
	"slices"

	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Policy is what a configuration says about the tokens of the token endpoint: it
// adds claims to access tokens, or refuses. It is about those that fit what is
// not empty of Client and Scope.
type Policy struct {
	Client, Scope string
	Claims        map[string]any
	Deny          string // an error code
	Status        int    // of the refusal
}

func (p Policy) fits(g *grant) bool {
	return (p.Client == "" || p.Client == g.Client) && (p.Scope == "" || slices.Contains(g.Scopes, p.Scope))
}

// Write adds the claims in the order of [token.ClaimNames]: a map has no order, and
// what is seeded must be the same in every run.
func (p Policy) Write(d *token.Draft) {
	for _, name := range token.ClaimNames(p.Claims) {
		d.SetAt(name, p.Claims[name])
	}
}

// refusedByPolicy is the refusal of the first policy that refuses.
func (s tokenEndpoint) refusedByPolicy(g *grant) *failure {
	for _, p := range s.config.Policies {
		if p.Deny != "" && p.fits(g) {
			return &failure{status: p.Status, code: p.Deny, description: "a rule of the configuration refuses it"}
		}
	}
	return nil
}

// applyPolicies adds the claims of the policies.
func (s tokenEndpoint) applyPolicies(d *token.Draft, g *grant) {
	for _, p := range s.config.Policies {
		if p.fits(g) {
			p.Write(d)
		}
	}
}
