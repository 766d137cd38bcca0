package middleware

import (
	"slices"

	"github.com/bearerguard/bearerguard/scopes"
)

// checkRequirements also refuses a nil token, which a caller may pass to Check.
func (d *decision) checkRequirements() error {
	t := d.verified
	if t == nil {
		return ErrNoToken
	}
	if len(d.need) == d.met {
		return nil
	}
	if d.lookup == nil {
		d.lookup = t.claim
	}
	evidence := scopes.Evidence{Scopes: t.Scopes, ACR: t.ACR, AuthTime: t.AuthTime, Now: d.now, Claim: d.lookup, Request: d.request}
	for i, requirement := range d.need[d.met:] {
		if requirement.Unmet(evidence) != nil {
			named := func(r scopes.Requirement) bool {
				shortfall := r.Unmet(evidence)
				return shortfall != nil && shortfall.Scopes.Len() > 0
			}
			d.scopesHelp = slices.ContainsFunc(d.need[d.met+i:], named)
			return ErrRequirement
		}
	}
	return nil
}

// required returns the scopes that requirements name for empty evidence.
func required(need []scopes.Requirement) scopes.Set {
	var names []string
	nothing := scopes.Evidence{Claim: func(string) (any, bool) { return nil, false }}
	for _, requirement := range need {
		if shortfall := requirement.Unmet(nothing); shortfall != nil {
			names = slices.AppendSeq(names, shortfall.Scopes.All())
		}
	}
	return scopes.Of(names...)
}
