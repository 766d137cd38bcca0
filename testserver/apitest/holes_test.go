package apitest_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/apitest"
)

func orders() *http.Request { return httptest.NewRequest("GET", "/orders", nil) }

// tokenText matches tokens and their longer parts. The header and the claims
// begin with "eyJ", because they are JSON objects in base64url.
var tokenText = regexp.MustCompile(`eyJ|[A-Za-z0-9_-]{30,}`)

// longNames matches the long names that tokenText would mistake for tokens.
var longNames = regexp.MustCompile(`insufficient_user_authentication|forged-[a-z-]+`)

// findings runs apitest.Check and returns a map from the name of each failure
// to its text.
func findings(t *testing.T, as *testserver.Server, api http.Handler, opts ...apitest.Option) map[string]string {
	t.Helper()
	tb := &recorder{TB: t}
	apitest.Check(tb, as, api, orders, opts...)
	found := map[string]string{}
	for _, text := range tb.errors {
		parts := strings.SplitN(text, ": ", 3)
		if len(parts) != 3 || parts[0] != "apitest.Check" {
			t.Fatalf("got %q, want apitest.Check: a name: a text", text)
		}
		if _, twice := found[parts[1]]; twice {
			t.Errorf("got %s reported twice, want one failure", parts[1])
		}
		found[parts[1]] = parts[2]
		if m := tokenText.FindString(longNames.ReplaceAllString(text, "")); m != "" {
			t.Errorf("got a part of a token in %q", text)
		}
	}
	return found
}

// requirements are the options for the scope and the role that the vulnerable
// APIs require.
var requirements = []apitest.Option{apitest.RequireScope("orders:read"), apitest.RequireClaim("/realm_access/roles", "admin")}

// newRoleAPI returns an API with the given hole. The API requires a role in
// addition to a scope.
func newRoleAPI(as *testserver.Server, hole string) *vulnerableAPI {
	c := newVulnerableAPI(as, hole)
	c.role = "admin"
	return c
}

func (c *vulnerableAPI) authorize(claims map[string]any) error {
	scope, _ := claims["scope"].(string)
	switch {
	case slices.Contains(strings.Fields(scope), c.scope):
	case c.has("scope is ignored"), c.has("scope is compared as a substring") && strings.Contains(scope, c.scope):
	default:
		return errScope
	}
	realm, _ := claims["realm_access"].(map[string]any)
	list, _ := realm["roles"].([]any)
	if c.has("a role in another claim counts") {
		more, _ := claims["roles"].([]any)
		list = append(list, more...)
	}
	if c.has("a role of another realm counts") {
		other, _ := claims["realm_access-other"].(map[string]any)
		more, _ := other["roles"].([]any)
		list = append(list, more...)
	}
	isIt := func(one any) bool {
		role, _ := one.(string)
		switch {
		case role == c.role, c.has("roles are compared case-insensitively") && strings.EqualFold(role, c.role):
		case c.has("a shorter role counts") && role != "" && strings.HasPrefix(c.role, role):
		case c.has("a longer role counts") && strings.HasPrefix(role, c.role):
		case c.has("roles are trimmed") && strings.TrimSpace(role) == c.role:
		case c.has("a role is compared as a suffix") && strings.HasSuffix(role, c.role):
		default:
			return false
		}
		return true
	}
	switch {
	case c.role != "" && !slices.ContainsFunc(list, isIt) && !c.has("roles are ignored"):
		return errRole
	case c.login != nil:
		return c.login(claims)
	}
	return nil
}

// challengeRole returns the parameters that follow realm in the challenge for a
// token without the role.
func (c *vulnerableAPI) challengeRole() string {
	switch {
	case c.has("a missing role has no error code"):
		return ""
	case c.has("403 names a scope that the token has"):
		return `, error="insufficient_scope", scope="` + c.scope + `"`
	case c.has("a missing role is named as a scope"):
		return `, error="insufficient_scope", scope="` + c.scope + " " + c.role + `"`
	case c.has("a missing role is named by its scope"):
		return `, error="insufficient_scope", scope="administration"`
	}
	return `, error="insufficient_scope"`
}

func TestAPIWithoutHolesPasses(t *testing.T) {
	as := testserver.New(t)
	for _, hole := range []string{"", "a missing role is named as a scope", "a missing role is named by its scope"} {
		for name, text := range findings(t, as, newRoleAPI(as, hole), requirements...) {
			t.Errorf("%s: got %s: %s", hole, name, text)
		}
	}
	for name, text := range findings(t, as, newVulnerableAPI(as, ""), requirements[0]) {
		t.Errorf("got %s: %s", name, text)
	}
}

// holes lists vulnerable APIs, each with exactly one hole. found contains the
// names of the failures that the check must report. The text of each failure
// must contain the strings in words. Most of these strings are from the RFC and
// the fix.
var holes = []struct {
	hole  string
	found []string
	words []string
}{
	{"alg none passes", []string{"alg-none"}, []string{"RFC 8725 §3.1", "from a list"}},
	{"only lower-case none is refused", []string{"alg-none-cased"}, []string{"RFC 8725 §3.1", "List the accepted algorithms"}},
	{"the public key is an HMAC secret", []string{"hs256-confusion"}, []string{"RFC 8725 §2.1", "Bind each key"}},
	{"crit is ignored", []string{"crit-header"}, []string{"RFC 7515 §4.1.11", "Refuse every crit"}},
	{"signatures are not verified", []string{"bad-signature", "foreign-key-same-kid", "truncated-signature", "zero-ecdsa-signature"}, []string{"RFC 7", "nature"}},
	{"a signature of zeros is accepted", []string{"zero-ecdsa-signature"}, []string{"CVE-2022-21449", "between 1 and"}},
	{"a signature of another length is accepted", []string{"truncated-signature"}, []string{"RFC 7515 §5.2", "length"}},
	{"a token with an unknown key is not verified", []string{"embedded-jwk", "jku-header", "unknown-kid", "x5u-header"}, []string{"RFC 7515 §", "key"}},
	{"jwk is trusted", []string{"embedded-jwk"}, []string{"CVE-2018-0114", "only from the issuer's JWKS"}},
	{"jku is followed", []string{"jku-header", "url-fetched"}, []string{"RFC 8725 §3.10", "only from the configured issuer"}},
	{"jku is fetched and not used", []string{"url-fetched"}, []string{"RFC 8725 §3.10", "Ignore jku"}},
	{"x5u is followed", []string{"url-fetched", "x5u-header"}, []string{"RFC 8725 §3.10", "only from the configured issuer"}},
	{"the hash depends on alg only", []string{"alg-key-mismatch"}, []string{"RFC 8725 §3.1", "its own algorithm"}},
	{"exp is ignored", []string{"expired"}, []string{"RFC 7519 §4.1.4", "Compare exp"}},
	{"exp may be absent", []string{"missing-exp"}, []string{"RFC 9068 §2.2", "Require exp"}},
	{"exp of another type is ignored", []string{"exp-as-string"}, []string{"RFC 7519 §2", "wrong type"}},
	{"exp is cut to 64 bits", []string{"exp-overflow"}, []string{"RFC 7519 §2", "range of the clock"}},
	{"nbf is ignored", []string{"not-yet-valid"}, []string{"RFC 7519 §4.1.5", "compare it with the clock"}},
	{"iat is ignored", []string{"issued-in-future"}, []string{"RFC 7519 §4.1.6", "ahead of the clock"}},
	{"iss is ignored", []string{"wrong-issuer"}, []string{"RFC 9068 §4", "byte for byte"}},
	{"iss is compared as a prefix", []string{"wrong-issuer"}, []string{"RFC 8725 §3.8", "without prefixes"}},
	{"aud is ignored", []string{"aud-not-string", "missing-audience", "wrong-audience"}, []string{"§4", "fix:"}},
	{"aud is compared as a substring", []string{"wrong-audience"}, []string{"RFC 7519 §4.1.3", "substring"}},
	{"audiences of another type are ignored", []string{"aud-not-string"}, []string{"RFC 7519 §4.1.3", "the whole claim"}},
	{"typ is ignored", []string{"id-token-as-access", "wrong-typ"}, []string{"RFC 9068 §4", "at+jwt"}},
	{"cnf is ignored", []string{"bound-as-bearer"}, []string{"RFC 9449 §7.2", "DPoP"}},
	{"the first of two members counts", []string{"duplicate-claim", "duplicate-header"}, []string{"RFC 75", "repeated members"}},
	{"a truncated payload is accepted", []string{"not-json"}, []string{"RFC 7519 §7.2", "parsed completely"}},
	{"extra segments are ignored", []string{"four-segments"}, []string{"RFC 7515 §7.1", "two dots"}},
	{"base64 is read leniently", []string{"padded-base64", "trailing-bits"}, []string{"RFC 7515 §2", "Decode"}},
	{"a nested token is unwrapped", []string{"nested"}, []string{"RFC 9068 §2", "Refuse cty"}},
	{"an encrypted token passes", []string{"encrypted"}, []string{"RFC 7516", "five segments"}},
	{"the first of two headers counts", []string{"two-headers"}, []string{"RFC 6750 §2", "Header.Values"}},
	{"the query is ignored", []string{"header-and-query"}, []string{"RFC 6750 §2", "Answer 400"}},
	{"a token in the query counts", []string{"query-only"}, []string{"RFC 9700 §4.3.2", "only from the Authorization field"}},
	{"the scheme is ignored", []string{"other-scheme"}, []string{"RFC 6750 §2.1", "scheme is Bearer"}},
	{"the scheme is compared with case", []string{"lower-case-scheme", "upper-case-scheme"}, []string{"RFC 9110 §11.1", "EqualFold"}},
	{"garbage is a server error", []string{"server-error"}, []string{"RFC 6750 §3.1", "Answer 401 whenever the token cannot be parsed", "a word that is not a JWT"}},
	{"a kid of another type panics", []string{"no-answer"}, []string{"RFC 6750 §3.1", "panic", "kid is an object"}},
	{"no challenge is sent", []string{"challenge-missing"}, []string{"RFC 6750 §3", "Set WWW-Authenticate", "garbage-opaque and"}},
	{"the challenge is free text", []string{"challenge-malformed"}, []string{"RFC 9110 §11.6.1", "pairs separated by commas"}},
	{"the description has quotes", []string{"challenge-malformed"}, []string{"RFC 6750 §3", "printable ASCII"}},
	{"the challenge has no parameters", []string{"challenge-bare"}, []string{"RFC 6750 §3", "Add realm"}},
	{"an error code is sent without a token", []string{"error-without-token"}, []string{"RFC 6750 §3.1", "Leave out error"}},
	{"no error code is sent", []string{"error-code"}, []string{"RFC 6750 §3.1", "Add error"}},
	{"scope is ignored", []string{"look-alike-scope", "missing-scope"}, []string{"RFC 6750 §3.1", "fix:"}},
	{"scope is compared as a substring", []string{"look-alike-scope"}, []string{"RFC 6749 §3.3", "whole words"}},
	{"a missing scope is answered with 401", []string{"look-alike-scope", "missing-scope"}, []string{"RFC 6750 §3.1", "want 403"}},
	{"the challenge has no scope", []string{"scope-missing"}, []string{"RFC 6750 §3", "Add scope", `want scope="orders:read"`}},
	{"roles are ignored", []string{"look-alike-claim", "missing-claim"}, []string{"RFC 9068 §2.2.3.1", "fix:", `without "admin" in the claim /realm_access/roles`}},
	{"a role in another claim counts", []string{"look-alike-claim"}, []string{"RFC 9068 §2.2.3.1", "Read only the claim", "claims that have other names"}},
	{"a role of another realm counts", []string{"look-alike-claim"}, []string{"RFC 9068 §2.2.3.1", "Read only the claim"}},
	{"roles are compared case-insensitively", []string{"look-alike-claim"}, []string{"RFC 7519 §2", "byte for byte", `"Admin"`}},
	{"a shorter role counts", []string{"look-alike-claim"}, []string{"RFC 7519 §2", "whole values", `"admi"`}},
	{"a longer role counts", []string{"look-alike-claim"}, []string{"RFC 7519 §2", "whole values", `"adminx"`}},
	{"roles are trimmed", []string{"look-alike-claim"}, []string{"RFC 7519 §2", "byte for byte", `"admin "`}},
	{"a role is compared as a suffix", []string{"look-alike-claim"}, []string{"RFC 7519 §2", "whole values", `"xadmin"`}},
	{"403 names a scope that the token has", []string{"scope-held"}, []string{"RFC 6750 §3", "If the role is also a scope", "want no scope attribute"}},
	{"a missing role has no error code", []string{"error-code"}, []string{"RFC 6750 §3.1", "Add error", `want error="insufficient_scope"`}},
	{"the token is in the error", []string{"token-echoed"}, []string{"RFC 6750 §5.2", "constant texts"}},
	{"the token is returned", []string{"token-echoed"}, []string{"RFC 6750 §5.2", "constant texts"}},
	{"each unknown kid is fetched", []string{"jwks-stampede"}, []string{"RFC 8725 §3.10", "fetch the JWKS once"}},
	{"HTTP/2 is trusted", []string{"http2-differs"}, []string{"RFC 9110 §2.5", "as over HTTP/1.1"}},
}

func TestCheckFindsEachHole(t *testing.T) {
	for _, tt := range holes {
		t.Run(tt.hole, func(t *testing.T) {
			t.Parallel()
			as := testserver.New(t)
			found := findings(t, as, newRoleAPI(as, tt.hole), requirements...)
			var names []string
			for name, text := range found {
				names = append(names, name)
				wantAll(t, text, append(tt.words, "RFC ", "\n\tsent: ", "\n\twhy:  ", "\n\tfix:  ")...)
			}
			slices.Sort(names)
			if !slices.Equal(names, tt.found) {
				t.Errorf("got %q, want %q", names, tt.found)
				for name, text := range found {
					t.Logf("%s: %s", name, text)
				}
			}
		})
	}
}
