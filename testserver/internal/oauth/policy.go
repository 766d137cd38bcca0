package oauth

import (
	"slices"

	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Policy is a configured rule for the token endpoint: it adds claims to access
// tokens, or refuses to issue them. It applies to grants that match Client,
// User and Scope; an empty field matches every grant.
type Policy struct {
	Client, User, Scope string
	Claims              map[string]any
	Deny                string // the error code of the refusal; "" means no refusal
	Status              int    // the HTTP status of the refusal
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

// applyPolicies adds the user's claims and then the claims of the policies. If
// the user and a policy have a claim with the same name, the policy's claim is
// used.
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
