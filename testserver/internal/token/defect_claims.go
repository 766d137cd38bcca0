package token

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// claimDefects returns the defects in the claims of a token, such as a wrong
// issuer, audience or time.
func claimDefects() []Defect {
	return []Defect{{
		Name: catalogue.Expired, introspectable: true,
		Wrong: "The token expired an hour ago; a token must not be accepted on or after exp (RFC 7519 §4.1.4).",
		Fix:   "Compare exp with the clock on every request, with at most a few minutes of skew, and refuse expired tokens.",
		forge: edited(func(f *forgery) {
			f.SetTime("iat", -2*far)
			f.SetTime("nbf", -2*far)
			f.SetTime("exp", -far)
		}),
	}, {
		Name: catalogue.NotYetValid, introspectable: true,
		Wrong: "The token becomes valid in an hour; a token must not be accepted before nbf (RFC 7519 §4.1.5).",
		Fix:   "If nbf is present, compare it with the clock, with at most a few minutes of skew.",
		forge: edited(func(f *forgery) {
			f.SetTime("nbf", far)
			f.SetTime("exp", 2*far)
		}),
	}, {
		Name: catalogue.IssuedInFuture, introspectable: true,
		Wrong: "iat is an hour in the future (RFC 7519 §4.1.6): a clock is wrong, or the token was prepared in advance.",
		Fix:   "If iat is present, refuse a time that is ahead of the clock by more than the skew.",
		forge: edited(func(f *forgery) {
			f.SetTime("iat", far)
			f.SetTime("exp", 2*far)
		}),
	}, {
		Name:  catalogue.WrongIssuer,
		Wrong: "iss is another issuer; it must exactly match the issuer that the API trusts (RFC 9068 §4, RFC 8725 §3.8).",
		Fix:   "Compare iss byte for byte with the configured issuer, without prefixes, patterns or normalization.",
		forge: edited(func(f *forgery) { f.Set("iss", strings.TrimSuffix(f.Form.issuer(f.minter.Issuer), "/")+"/other") }),
	}, {
		Name: catalogue.WrongAudience, introspectable: true,
		Wrong: "The token is for another API; a token whose aud does not name this API must be rejected (RFC 7519 §4.1.3, RFC 9068 §4).",
		Fix:   "Compare each aud byte for byte with the API's own identifier, not by prefix or substring.",
		forge: edited(func(f *forgery) {
			var others []string
			for _, aud := range f.audience() {
				others = append(others, aud+"-other")
			}
			if len(others) == 1 {
				f.Set(f.audienceClaim(), others[0])
				return
			}
			f.Set(f.audienceClaim(), append(others, "other"))
		}),
	}, {
		Name: catalogue.MissingAudience, introspectable: true,
		Wrong: "The token has no audience; access tokens must have an audience (RFC 9068 §2.2, §4; RFC 8725 §3.9).",
		Fix:   "Require aud, and treat a missing aud like a wrong aud.",
		forge: edited(func(f *forgery) { f.Claims.Delete(f.audienceClaim()) }),
	}, {
		Name:  catalogue.MissingExp,
		Wrong: "The token has no exp, so it never expires; access tokens must have exp (RFC 9068 §2.2).",
		Fix:   "Require exp: many libraries check it only if it is present.",
		forge: without("exp"),
	}, {
		Name: catalogue.MissingScope, introspectable: true,
		Wrong: "The token is valid but has no scope, and the route requires a scope (RFC 6750 §3.1).",
		Fix:   "Check the route's scope after the token, and answer 403 with error=\"insufficient_scope\" and the required scope.",
		forge: edited(func(f *forgery) { f.SetScopes(nil) }),
	}, {
		Name:  catalogue.ExpAsString,
		Wrong: "exp is a JSON string; a NumericDate is a JSON number (RFC 7519 §2, §4.1.4).",
		Fix:   "Refuse a registered claim of the wrong type; never skip a check because the claim cannot be parsed.",
		forge: edited(func(f *forgery) { f.Set("exp", string(f.expiry())) }),
	}, {
		Name:  catalogue.ExpOverflow,
		Wrong: "exp is 2^64 seconds too large: it is not a valid date, but in 64 bits it overflows to a plausible date (RFC 7519 §2, §4.1.4).",
		Fix:   "Refuse an exp outside the range of the clock before it is converted to an integer.",
		forge: edited(func(f *forgery) {
			n, ok := new(big.Int).SetString(string(f.expiry()), 10)
			if !ok {
				n = big.NewInt(f.Now.Add(defaultTTL).Unix())
			}
			f.Set("exp", json.RawMessage(n.Add(n, new(big.Int).Lsh(big.NewInt(1), 64)).String()))
		}),
	}, {
		Name: catalogue.AudNotString, introspectable: true,
		Wrong: "aud is an array that contains a number; all its values must be strings (RFC 7519 §4.1.3).",
		Fix:   "Refuse the whole claim if a value is not a string, instead of ignoring that value.",
		forge: edited(func(f *forgery) {
			values := []any{}
			for _, aud := range f.audience() {
				values = append(values, aud)
			}
			f.Set(f.audienceClaim(), append(values, 7))
		}),
	}, {
		Name:  catalogue.ExpFractional,
		Wrong: "exp has a fraction of a second, which RFC 7519 §2 allows and a strict API may refuse.",
		Fix:   "Refuse an exp that is not an integer, if the API does not allow fractions.",
		forge: edited(func(f *forgery) { f.Set("exp", json.RawMessage(string(f.expiry())+".5")) }),
	}, {
		Name: catalogue.MissingSub, introspectable: true,
		Wrong: "The token has no subject, which RFC 9068 §2.2 requires and RFC 7519 §4.1.2 does not.",
		Fix:   "Require sub, if the API relies on it.",
		forge: without("sub"),
	}, {
		Name: catalogue.WeakACR, introspectable: true,
		Wrong: "The token is valid, but acr is 0: the login was weaker than the route requires (RFC 9470 §3, RFC 9068 §2.2.1).",
		Fix:   "Compare acr with the values of the route; answer 401 with error=\"insufficient_user_authentication\" and acr_values.",
		forge: edited(func(f *forgery) { f.Set("acr", NoLevel) }),
	}, {
		Name: catalogue.StaleAuth, introspectable: true,
		Wrong: "The token is valid, but the user logged in longer ago than the route allows (RFC 9470 §3, RFC 9068 §2.2.1).",
		Fix:   "Compare auth_time, not iat, with the clock; answer 401 with error=\"insufficient_user_authentication\" and max_age.",
		forge: edited(func(f *forgery) { f.SetTime("auth_time", -f.MaxAge-far) }),
	}}
}

// NoLevel is the acr of a login that reaches no level of assurance (OpenID
// Connect Core 1.0 §2).
const NoLevel = "0"

// expiry returns the exp of the token, or the default exp if an option has
// removed exp.
func (f *forgery) expiry() json.RawMessage {
	if i := f.Claims.Find("exp"); i >= 0 {
		return f.Claims[i].Value
	}
	return strconv.AppendInt(nil, f.Now.Add(defaultTTL).Unix(), 10)
}

func (f *forgery) audienceClaim() string { return f.Form.audience().Name }

// audience returns the audience of the token as a list. The list is empty if an
// option has removed the claim, or has set it to a value that is not a string
// or a list of strings.
func (f *forgery) audience() []string {
	return f.Form.AudienceOf(f.Claims)
}
