package scopes

import (
	"fmt"
	"slices"
	"time"
)

type acr struct{ shortfall Shortfall }

// ACR returns a requirement that is met by a token whose authentication context
// class (acr) is equal to one of the values, byte for byte. A token without acr
// does not meet the requirement. Challenges contain the values in the given
// order, so pass the preferred value first (RFC 9470 §3). ACR panics if a value
// cannot be in the space-separated list of a challenge, for example because it
// contains a space.
func ACR(first string, more ...string) Requirement {
	return &acr{Shortfall{ACR: mustSet("an acr value (RFC 9470 §3)", first, more).names}}
}

func (r *acr) Unmet(e Evidence) *Shortfall {
	if slices.Contains(r.shortfall.ACR, e.ACR) {
		return nil
	}
	return &r.shortfall
}

type authWithin struct {
	limit     time.Duration
	shortfall Shortfall
}

// AuthWithin returns a requirement that is met by a token whose user last
// authenticated (auth_time) at most d before Evidence.Now. The clock skew does
// not extend d. A token without auth_time does not meet the requirement. A
// token whose auth_time is later than Evidence.Now plus Evidence.ClockSkew does
// not meet it either. Challenges contain d as max_age, rounded down to whole
// seconds (RFC 9470 §3). AuthWithin panics if d is less than a second.
func AuthWithin(d time.Duration) Requirement {
	if d < time.Second {
		panic(fmt.Sprintf("scopes: AuthWithin(%v) is less than a second", d))
	}
	return &authWithin{d, Shortfall{MaxAge: d.Truncate(time.Second)}}
}

func (r *authWithin) Unmet(e Evidence) *Shortfall {
	if e.AuthTime.IsZero() || e.Now.Sub(e.AuthTime) > r.limit || e.AuthTime.After(e.Now.Add(e.ClockSkew)) {
		return &r.shortfall
	}
	return nil
}
