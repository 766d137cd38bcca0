package oauth

import (
	"slices"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Policy is what a configuration says about the tokens of the token endpoint: it
// adds claims to access tokens, or refuses. It is about those that fit what is
// not empty of Client, User and Scope.
type Policy struct {
	Client, User, Scope string
	Claims              map[string]any
	Deny                string // an error code
	Status              int    // of the refusal
}

func (p Policy) fits(g *grant) bool {
	return (p.Client == "" || p.Client == g.Client) && (p.User == "" || p.User == g.Sub && !g.ofClient()) &&
		(p.Scope == "" || slices.Contains(g.Scopes, p.Scope))
}

// ofClient reports whether the client is its own subject, whatever the users are
// called.
func (g *grant) ofClient() bool { return g.Kind == catalogue.ClientCredentials }

// AccessClaims writes claims into access tokens, in the order of
// [token.ClaimNames]: a map has no order, and what is seeded must be the same in
// every run.
func AccessClaims(claims map[string]any) token.Edit {
	return func(d *token.Draft) {
		for _, name := range token.ClaimNames(claims) {
			d.SetAt(name, claims[name])
		}
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

// applyPolicies adds the claims of the user and those of the policies, which have
// the last word.
func (s tokenEndpoint) applyPolicies(d *token.Draft, g *grant) {
	if u, ok := s.Registry.User(g.Sub); ok && !g.ofClient() {
		AccessClaims(u.AccessClaims)(d)
	}
	for _, p := range s.config.Policies {
		if p.fits(g) {
			AccessClaims(p.Claims)(d)
		}
	}
}
