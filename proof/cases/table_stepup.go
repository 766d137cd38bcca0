package cases

import (
	"fmt"
	"time"
)

// stepUp returns rows that test how and when the user authenticated.
func stepUp(t tokens) []group {
	ago := func(d time.Duration) string { return fmt.Sprint(t.Now.Add(-d).Unix()) }
	with := func(path string, claims ...string) request {
		return at(path, "Bearer "+t.Token(t.Header(), t.Claims(claims...)))
	}
	strong := func(name, acr string, want verdict) row {
		return row{name: name, request: with("/strong", "acr", acr), want: want}
	}
	fresh := func(name, authTime string, want verdict) row {
		return row{name: name, request: with("/fresh", "auth_time", authTime), want: want}
	}
	both := func(name, acr, authTime, scope string, want verdict) row {
		return row{name: name, request: with("/strong/route", "acr", acr, "auth_time", authTime, "scope", scope), want: want}
	}
	const mfa, hwk = `"urn:example:mfa"`, `"urn:example:hwk"`
	level, age := param{"acr_values", "urn:example:mfa urn:example:hwk"}, param{"max_age", "300"}
	return []group{{"S08", "if the user authenticated too weakly or too long ago, the answer is 401 with the requirements, so that the user can authenticate again, even if a scope is also missing (RFC 9470 §3)", []row{
		strong("the preferred acr", mfa, alice("/strong")),
		strong("another accepted acr", hwk, alice("/strong")),
		strong("an acr that is too weak", `"urn:example:pwd"`, tooWeak(level)),
		strong("an acr in another case", `"URN:example:mfa"`, tooWeak(level)),
		strong("two acr in one text", `"urn:example:mfa urn:example:hwk"`, tooWeak(level)),
		strong("an empty acr", `""`, tooWeak(level)),
		strong("no acr", "", tooWeak(level)),
		strong("an acr that is null", "null", tooWeak(level)),
		strong("an acr that is an array", "["+mfa+"]", tooWeak(level)),

		fresh("a recent auth_time", ago(time.Minute), alice("/fresh")),
		fresh("an auth_time ahead, within the clock skew", ago(-20*time.Second), alice("/fresh")),
		fresh("an auth_time that is too old", ago(time.Hour), tooWeak(age)),
		fresh("an auth_time that is too old by less than the clock skew", ago(5*time.Minute+20*time.Second), tooWeak(age)),
		fresh("an auth_time ahead", ago(-time.Hour), tooWeak(age)),
		fresh("no auth_time", "", tooWeak(age)),
		fresh("an auth_time that is null", "null", tooWeak(age)),
		fresh("an auth_time that is a string", `"`+ago(time.Minute)+`"`, tooWeak(age)),

		both("all requirements of nested routes are met", mfa, ago(time.Minute), `"write"`, alice("/strong/route")),
		both("the acr of the group is too weak", `"urn:example:pwd"`, ago(time.Hour), `"read"`, tooWeak(level)),
		both("auth_time is too old for the route", mfa, ago(time.Hour), `"write"`, tooWeak(level, age)),
		both("auth_time is too old and a scope is missing", mfa, ago(time.Hour), `"read"`, tooWeak(param{"scope", "write"}, level, age)),
		both("only a scope is missing", mfa, ago(time.Minute), `"read"`, lacking("write")),

		{name: "the first of OneOf is met", request: with("/alternative", "acr", hwk), want: alice("/alternative")},
		{name: "the second of OneOf is met", request: with("/alternative", "scope", `"admin"`), want: alice("/alternative")},
		{name: "OneOf is not met", request: with("/alternative", "acr", mfa), want: tooWeak(param{"acr_values", "urn:example:hwk"})},

		{name: "no token where acr matters", request: at("/strong"), want: noToken(level)},
		{name: "no token where auth_time matters", request: at("/fresh"), want: noToken(age)},
		{name: "an expired token", request: with("/strong", "acr", `"urn:example:pwd"`, "exp", "1"), want: badToken("token is expired")},
	}}}
}
