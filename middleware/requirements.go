package middleware

import (
	"slices"
	"time"

	"github.com/bearerguard/bearerguard/scopes"
)

// checkRequirements checks the requirements of the route. It also refuses a nil
// token, which a caller may pass to Check.
func (d *decision) checkRequirements() error {
	t := d.verified
	if t == nil {
		return ErrNoToken
	}
	if len(d.need) == d.met {
		return nil
	}
	evidence := d.evidence()
	var unmet error
	for _, requirement := range d.need[d.met:] {
		shortfall := requirement.Unmet(evidence)
		if shortfall == nil {
			continue
		}
		if len(shortfall.ACR) > 0 || shortfall.MaxAge > 0 {
			unmet = ErrAuthentication
		} else if unmet == nil {
			unmet = ErrRequirement
		}
		d.scopesHelp = d.scopesHelp || shortfall.Scopes.Len() > 0
	}
	return unmet
}

// evidence returns the data that requirements check. The data comes from the
// token and the request.
func (d *decision) evidence() scopes.Evidence {
	t := d.verified
	if d.lookup == nil {
		d.lookup = t.claim
	}
	return scopes.Evidence{
		Scopes: t.Scopes, ACR: t.ACR, AuthTime: t.AuthTime, Now: d.now, ClockSkew: d.v.skew, Claim: d.lookup, Request: d.request,
	}
}

// name adds the unmet requirements to a refusal, so that the client can meet
// them. Scopes are added only if no token was sent or a scope is missing. The
// acr values and the maximum age are added only if no token was sent or the
// authentication is insufficient. If the authentication is insufficient, the
// user logs in again, and the new token has a new acr and auth_time. These two
// values are therefore computed as if the token had neither claim.
func (d *decision) name(refusal *Error) {
	switch code := refusal.Code; code {
	case CodeNoToken, CodeInsufficientAuthentication, CodeInsufficientScope:
		all := required(d.need, noEvidence)
		if code == CodeNoToken || d.scopesHelp {
			refusal.Scope = all.Scopes
		}
		if code == CodeInsufficientAuthentication {
			evidence := d.evidence()
			evidence.ACR, evidence.AuthTime = "", time.Time{}
			all = required(d.need, evidence)
		}
		if code != CodeInsufficientScope {
			refusal.ACR, refusal.MaxAge = all.ACR, all.MaxAge
		}
	case CodeInvalidRequest, CodeInvalidToken, CodeInvalidProof, CodeUseNonce, CodeUnavailable, CodeInternal:
	}
}

// noEvidence is the evidence of a client without a token.
var noEvidence = scopes.Evidence{Claim: func(string) (any, bool) { return nil, false }}

// required checks all requirements against the evidence and combines the
// shortfalls into one.
func required(need []scopes.Requirement, evidence scopes.Evidence) scopes.Shortfall {
	var all scopes.Shortfall
	var names []string
	for _, requirement := range need {
		shortfall := requirement.Unmet(evidence)
		if shortfall == nil {
			continue
		}
		names = slices.AppendSeq(names, shortfall.Scopes.All())
		all.ACR = common(all.ACR, shortfall.ACR)
		if age := shortfall.MaxAge; age > 0 && (all.MaxAge == 0 || age < all.MaxAge) {
			all.MaxAge = age
		}
	}
	all.Scopes = scopes.Of(names...)
	return all
}

// common combines the acr values of two requirements. It returns the values
// that are in both lists: the client may choose any value of a challenge (RFC
// 9470 §3), so each value must meet both requirements. If no value is in both
// lists, common returns the values of both lists.
func common(a, b []string) []string {
	isOther := func(value string) bool { return !slices.Contains(b, value) }
	if both := slices.DeleteFunc(slices.Clone(a), isOther); len(both) > 0 {
		return both
	}
	return slices.Concat(a, b)
}
