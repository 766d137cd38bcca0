package apicheck

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// These parameters of a challenge say which login the route requires (RFC 9470
// §3).
const (
	acrValues = "acr_values"
	maxAge    = "max_age"
)

// loginFaults returns errors about ACR and AuthWithin. It must be possible to
// put the values into a challenge. ACR must not contain the acr of a token with
// the defect WeakACR, unless the check skips this defect.
func (c *Check) loginFaults() error {
	var errs []error
	if err := registry.CheckACR(c.ACR); err != nil {
		errs = append(errs, fmt.Errorf("RequireACR: %w", err))
	}
	if slices.Contains(c.ACR, token.NoLevel) && !slices.Contains(c.Skip, catalogue.WeakACR) {
		errs = append(errs, fmt.Errorf("RequireACR: %q: the token with the defect %s has this acr, so the API would accept it: "+
			"leave out this value, or skip the defect", token.NoLevel, catalogue.WeakACR))
	}
	if c.AuthWithin != 0 {
		errs = append(errs, CheckAuthWithin(c.AuthWithin))
	}
	return errors.Join(errs...)
}

// CheckAuthWithin returns an error unless d is a positive number of whole
// seconds.
func CheckAuthWithin(d time.Duration) error {
	if d < time.Second || d%time.Second != 0 {
		return fmt.Errorf("RequireAuthWithin: %v: give whole seconds, at least 1", d)
	}
	return nil
}

// login sets acr and auth_time in the draft so that they meet the requirements
// of the route.
func (c *Check) login(d *token.Draft) {
	if acr, _ := d.Claims.Text("acr"); len(c.ACR) > 0 && !slices.Contains(c.ACR, acr) {
		d.Set("acr", c.ACR[0])
	}
	if d.MaxAge = c.AuthWithin; c.AuthWithin > 0 {
		d.SetTime("auth_time", 0)
	}
}

// loginDefects returns the login defects that the route must refuse. It maps
// each defect to the parameter of the challenge that says which login is
// required.
func (c *Check) loginDefects() map[catalogue.Defect]string {
	defects := map[catalogue.Defect]string{}
	if len(c.ACR) > 0 {
		defects[catalogue.WeakACR] = acrValues
	}
	if c.AuthWithin > 0 {
		defects[catalogue.StaleAuth] = maxAge
	}
	return defects
}

// logins returns the probes for ACR and AuthWithin. Some send good tokens that
// a faulty API might refuse. The others send tokens whose login does not meet
// the requirements of the route.
func (c *Check) logins(good func(...token.Edit) string) (probes []probe) {
	add := func(name, sent, lacks, why, fix string, edit token.Edit) {
		token := good(edit)
		p := probe{
			name: name, sent: sent, authorization: []string{"Bearer " + token}, tokens: []string{token},
			demands: lacks, why: why, fix: fix,
		}
		if lacks != "" {
			p.want = []reply{{http.StatusUnauthorized, "insufficient_user_authentication"}}
		}
		probes = append(probes, p)
	}
	addMalformed := func(name, sent, lacks, why, fix string, edit token.Edit) {
		add(name, sent, lacks, why, fix, edit)
		p := &probes[len(probes)-1]
		p.want = append(p.want, badToken)
	}
	if len(c.ACR) > 0 {
		var needed []Claim
		for _, acr := range c.ACR {
			needed = append(needed, Claim{"acr", acr})
		}
		set := func(acr string) token.Edit { return func(d *token.Draft) { d.Set("acr", acr) } }
		for _, acr := range c.ACR[1:] {
			add("other-acr", fmt.Sprintf("a token with acr %q", acr), "",
				"Each acr value that the challenge names is sufficient on its own (RFC 9470 §3).",
				"Accept a token if its acr is one of the values of the route.", set(acr))
		}
		add("missing-acr", "a token without acr", acrValues,
			"Without acr, the API does not know how strong the login was (RFC 9470 §3, §6).",
			"Treat an absent acr like an acr that the route does not accept.",
			func(d *token.Draft) { d.Claims.Delete("acr") })
		addMalformed("array-acr", fmt.Sprintf("a token with acr [%q]", c.ACR[0]), acrValues,
			"acr is a single string (OpenID Connect Core 1.0 §2, RFC 9068 §2.2.1). An array is not such a string, even if it contains a required value.",
			"Treat an acr of another type as absent, or refuse the token as malformed. Do not search in such an acr.",
			func(d *token.Draft) { d.Set("acr", c.ACR[:1]) })
		for _, like := range append(needed[0].similar(needed), strings.Join(c.ACR, " ")+" 0") {
			add("look-alike-acr", fmt.Sprintf("a token with acr %q", like), acrValues,
				"acr is one case-sensitive value (OpenID Connect Core 1.0 §2, RFC 9470 §3).",
				"Compare the whole claim byte for byte with each value of the route.", set(like))
		}
	}
	if c.AuthWithin > 0 {
		add("recent-auth", fmt.Sprintf("a token from a login %v ago", c.AuthWithin/2), "",
			"max_age is the allowed time from the login to the request, in seconds (RFC 9470 §3).",
			"Read auth_time as seconds since 1970, and compare the time since then with the limit of the route.",
			func(d *token.Draft) { d.SetTime("auth_time", -c.AuthWithin/2) })
		add("missing-auth-time", "a token without auth_time", maxAge,
			"Without auth_time, the API does not know when the login was (RFC 9470 §3, §6).",
			"Treat an absent auth_time like a login that was too long ago, and not like auth_time 0 or the current time.",
			func(d *token.Draft) { d.Claims.Delete("auth_time") })
		addMalformed("future-auth-time", "a token with an auth_time one hour in the future", maxAge,
			"The token states a login time in the future. Such a login has not happened yet, so it does not satisfy max_age (RFC 9470 §3, OpenID Connect Core 1.0 §2).",
			"Refuse an auth_time that is later than the current time by more than the allowed clock skew. Its age would be negative.",
			func(d *token.Draft) { d.SetTime("auth_time", time.Hour) })
	}
	return probes
}

// judgeDemand adds a finding if the challenge does not say which login the
// route requires.
func (r *run) judgeDemand(p probe, a outcome, params map[string]string) {
	seconds := strconv.FormatInt(int64(r.AuthWithin/time.Second), 10)
	switch {
	case p.demands == acrValues && !listsInOrder(strings.Fields(params[acrValues]), r.ACR):
		r.note(p, acrValuesMissing, a.describe(p), fmt.Sprintf("%s=%q", acrValues, strings.Join(r.ACR, " ")))
	case p.demands == maxAge && params[maxAge] != seconds:
		r.note(p, maxAgeMissing, a.describe(p), fmt.Sprintf("%s=%q", maxAge, seconds))
	}
}

// listsInOrder reports whether the named values contain the required values, in
// the same relative order.
func listsInOrder(named, required []string) bool {
	byPosition := func(a, b string) int { return slices.Index(named, a) - slices.Index(named, b) }
	return containsAll(named, required) && slices.IsSortedFunc(required, byPosition)
}
