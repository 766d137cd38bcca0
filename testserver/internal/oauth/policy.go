package oauth

import (
	"slices"

	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Policy is a rule of the configuration for the token endpoint: it adds claims
// to access tokens, or refuses to issue them. It applies to grants that match
// each of Client, User and Scope that is not empty.
type Policy struct {
	Client, User, Scope string
	Claims              map[string]any
	Deny                string // an error code
	Status              int    // of the refusal
}

func (p Policy) fits(g *grant) bool {
	return (p.Client == "" || p.Client == g.Client) && (p.User == "" || p.User == g.Sub && !g.OfClient) &&
		(p.Scope == "" || slices.Contains(g.Scopes, p.Scope))
}

// refusedByPolicy returns the failure of the first policy that refuses the
// grant, or nil if none does.
func (s tokenEndpoint) refusedByPolicy(g *grant) *failure {
	for _, p := range s.config.Policies {
		if p.Deny != "" && p.fits(g) {
			return &failure{status: p.Status, code: p.Deny, description: "a policy of the configuration refuses the request"}
		}
	}
	return nil
}

// applyPolicies adds the claims of the user and then those of the policies,
// which take precedence.
func (s tokenEndpoint) applyPolicies(d *token.Draft, g *grant) {
	if u, ok := s.Registry.User(g.Sub); ok && !g.OfClient {
		token.SetClaims(u.AccessClaims)(d)
	}
	for _, p := range s.config.Policies {
		if p.fits(g) {
			token.SetClaims(p.Claims)(d)
		}
	}
}
