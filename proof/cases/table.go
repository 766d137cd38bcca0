package cases

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// group contains the test cases for a threat. id is the ID of the threat. The
// why text explains the verdicts, and is printed if a test case fails.
type group struct {
	id, why string
	rows    []row
}

type row struct {
	name string
	request
	want     verdict
	protocol string // the only protocol over which the request is sent; "" means all protocols
}

const routes = "/any-token /read /nested/route /twice /either /oneof /optional /optional/read"

// needs maps routes to the scope that the challenge must name if the request
// has no token. For a nested route, this is the scope of the route group,
// because the requirement of the group is checked first.
var needs = map[string]string{
	"/any-token": "", "/read": "read", "/nested/route": "read", "/twice": "read",
	"/either": "write", "/oneof": "pay eu", "/optional/read": "read",
}

// table returns all rows. All adapters must give the same answer to a row.
func table(t tokens) []group {
	return slices.Concat(credentials(t), smuggled(t), byRoute(t), stepUp(t), faults(t), hostile(t))
}

// byRoute returns rows that test the requirements of the routes.
func byRoute(t tokens) []group {
	var none, passed, lacked []row
	everything := "Bearer " + t.scoped("read write pay eu admin")
	for _, route := range strings.Fields(routes) {
		passed = append(passed, row{name: "a token with every scope on " + route, request: at(route, everything), want: alice(route)})
		need, protected := needs[route]
		if !protected {
			continue
		}
		none = append(none, row{name: "no Authorization field on " + route, request: at(route), want: noAuth(need)})
		if need != "" {
			lacked = append(lacked, row{name: "a token without scopes on " + route, request: at(route, "Bearer "+t.scoped("other")), want: lacking(need)})
		}
	}
	with := func(scope string) string { return "Bearer " + t.scoped(scope) }
	return []group{
		{"R01", "a request without a token gets 401 without an error code (RFC 6750 §3.1), and the challenge names the required scopes", none},
		{"R15", "all protocols and methods get the same answer", append(passed,
			row{name: "an open route without a token", request: at("/open"), want: anonymous("/open")},
			row{name: "an optional route without a token", request: at("/optional"), want: anonymous("/optional")},
		)},
		{"S06", "a 403 names the required scopes, never the scopes of the token", append(lacked,
			row{name: "the scope of the group but not that of the route", request: at("/nested/route", with("read")), want: lacking("read write")},
			row{name: "the scope of the route but not that of the group", request: at("/nested/route", with("write")), want: lacking("read")},
			row{name: "the first of Any", request: at("/either", with("write")), want: alice("/either")},
			row{name: "the second of Any", request: at("/either", with("admin")), want: alice("/either")},
			row{name: "half of the first alternative of OneOf", request: at("/oneof", with("pay")), want: lacking("pay eu")},
			row{name: "the second alternative of OneOf", request: at("/oneof", with("admin")), want: alice("/oneof")},
			row{name: "a scope that the handler checks", request: at("/checked", with("write")), want: alice("/checked")},
			row{name: "a scope that the handler checks, missing", request: at("/checked", with("read")), want: lacking("write")},
			row{name: "a refusal that the handler returns", request: at("/returned", with("read")), want: lacking("write")},
			row{name: "a requirement on the request, met", request: at("/tenant?tenant=alice", with("read")), want: alice("/tenant")},
			row{name: "a requirement on the request, not met", request: at("/tenant?tenant=bob", with("read")), want: lacking("")},
		)},
		{"R17", "the order of registration does not change an answer: the outer requirement is checked first, and a repeated requirement has no further effect", []row{
			{name: "a double registration passes", request: at("/twice", with("read")), want: alice("/twice")},
			{name: "a double registration refuses once", request: at("/twice", "Bearer x"), want: badToken("token is not valid")},
			{name: "header fields set for a success do not label a refusal", request: at("/labelled"), want: noAuth("")},
			{name: "a bad token is refused by the group", request: at("/nested/route", "Bearer x"), want: badToken("token is not valid")},
			{name: "a token that passes Optional is judged by the route", request: at("/optional/read", with("write")), want: lacking("read")},
		}},
	}
}

// faults returns rows with invalid tokens, rows about revocation, and rows in
// which the issuer, a callback or the handler fails.
func faults(t tokens) []group {
	expired := t.Token(t.Header(), t.Claims("exp", "1"))
	forger := t.Maker
	forger.Key = testserver.GenerateKey(t.Key.Alg, t.Key.ID)
	other := t.Token(t.Header(), t.Claims("aud", `"another"`))
	bound := t.Token(t.Header(), t.Claims("cnf", `{"jkt":"x"}`))
	on := func(token string) request { return at("/nested/route", "Bearer "+token) }
	listed := func(claims ...string) request { return at("/read", "Bearer "+t.Token(t.Header(), t.Claims(claims...))) }
	ago, later := fmt.Sprint(t.Now.Unix()-60), fmt.Sprint(t.Now.Unix()+5)
	withdrawn := badToken("token is revoked")
	return []group{
		{"J01", "the error_description is a constant, and the challenge names no scope", []row{
			{name: "expired", request: on(expired), want: badToken("token is expired")},
			{name: "forged", request: on(forger.Good()), want: badToken("token signature is not valid")},
			{name: "for another audience", request: on(other), want: badToken("token audience is not accepted")},
			{name: "bound to a key", request: on(bound), want: badToken("token has a binding that this API cannot check")},
			{name: "opaque", request: on("opaque"), want: badToken("token is not valid")},
			{name: "revoked", request: on(t.identified("revoked")), want: badToken("token is revoked")},
			{name: "expired where tokens are optional", request: at("/optional", "Bearer "+expired), want: badToken("token is expired")},
		}},
		{"L01", "a token on the list of revoked tokens is not valid, and it does not matter why it is on the list", []row{
			{name: "by jti", request: listed("jti", `"listed"`), want: withdrawn},
			{name: "by jti, issued later", request: listed("jti", `"listed"`, "iat", later), want: withdrawn},
			{name: "by sub", request: listed("sub", `"listed"`, "iat", ago), want: withdrawn},
			{name: "by sub, issued in the same second", request: listed("sub", `"listed"`), want: withdrawn},
			{name: "by sub, without iat", request: listed("sub", `"listed"`, "iat", ""), want: withdrawn},
			{name: "by sid", request: listed("sid", `"listed"`, "iat", ago), want: withdrawn},
			{name: "by sub, without sid", request: listed("sub", `"sessionless"`, "iat", ago), want: withdrawn},
			{name: "by client_id", request: listed("client_id", `"listed"`, "iat", ago), want: withdrawn},
			{name: "by jti, spelled with escapes", request: listed("jti", `"\u006cisted"`), want: withdrawn},
			{name: "where tokens are optional", request: at("/optional", "Bearer "+t.identified("listed")), want: withdrawn},
			{name: "where a scope is missing too", request: on(t.Token(t.Header(), t.Claims("jti", `"listed"`, "scope", `"other"`))), want: withdrawn},
		}},
		{"L02", "an entry applies to one claim of the tokens that were issued before it, and to nothing else", []row{
			{name: "sub, issued later", request: listed("sub", `"listed"`, "iat", later), want: ok("/read", "listed")},
			{name: "sub without sid, with sid", request: listed("sub", `"sessionless"`, "sid", `"s"`, "iat", ago), want: ok("/read", "sessionless")},
			{name: "sub without sid, issued later", request: listed("sub", `"sessionless"`, "iat", later), want: ok("/read", "sessionless")},
			{name: "sid, issued later", request: listed("sid", `"listed"`, "iat", later), want: alice("/read")},
			{name: "client_id, issued later", request: listed("client_id", `"listed"`, "iat", later), want: alice("/read")},
			{name: "jti in another case", request: listed("jti", `"Listed"`), want: alice("/read")},
			{name: "the value in other claims", request: listed("username", `"listed"`, "azp", `"listed"`, "scope", `"read listed"`), want: alice("/read")},
			{name: "sid in an array", request: listed("sid", `["listed"]`), want: alice("/read")},
		}},
		{"K02", "a token that cannot be checked is not invalid: 503, Retry-After, no challenge", []row{
			{name: "the issuer is unreachable", request: on(t.unreachable), want: unavailable},
			{name: "the issuer is unreachable where tokens are optional", request: at("/optional", "Bearer "+t.unreachable), want: unavailable},
		}},
		{"E09", "an error or a panic of a callback never lets a request pass, and its text is not shown", []row{
			{name: "the deny-list fails", request: on(t.identified("outage")), want: unavailable},
			{name: "the deny-list panics", request: on(t.identified("panic")), want: internal},
			{name: "the handler answers with an unrelated error", request: at("/failed", "Bearer "+t.Good()), want: internal},
			{name: "the deny-list panics where tokens are optional", request: at("/optional", "Bearer "+t.identified("panic")), want: internal},
		}},
	}
}

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
