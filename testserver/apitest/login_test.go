package apitest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/apitest"
)

// loginError contains the challenge parameters for a login that is too weak or
// too old.
type loginError string

func (e loginError) Error() string { return string(e) }

var contexts = []string{"urn:example:mfa", "urn:example:key"}

const freshness = 5 * time.Minute

// loginRequirements are the options for the logins that the APIs in these tests
// require.
var loginRequirements = []apitest.Option{
	apitest.RequireScope("orders:read"), apitest.RequireACR(contexts[0], contexts[1:]...), apitest.RequireAuthWithin(freshness),
}

// newLoginAPI returns an API with the given hole. The API requires a strong and
// recent login.
func newLoginAPI(as *testserver.Server, hole string) *vulnerableAPI {
	c := newVulnerableAPI(as, hole)
	c.login = func(claims map[string]any) error {
		var parameters string
		if !c.isStrong(claims["acr"]) && !c.has("acr_values is forgotten") {
			named := slices.Clone(contexts)
			if c.has("the preferred acr is last") {
				slices.Reverse(named)
			}
			parameters += `, acr_values="urn:example:more ` + strings.Join(named, " ") + `"`
		}
		if !c.isRecent(claims) && !c.has("max_age is forgotten") {
			parameters += fmt.Sprintf(`, max_age=%d`, int(freshness.Seconds()))
			if c.has("max_age is in minutes") {
				parameters = `, max_age="5"`
			}
		}
		switch {
		case c.isStrong(claims["acr"]) && c.isRecent(claims):
			return nil
		case c.has("the token is called invalid"), c.has("a malformed login is called invalid") && isMalformed(c.as, claims):
			return errToken
		case c.has("a weak login is answered with 403"):
			return errScope
		}
		return loginError(`, error="insufficient_user_authentication"` + parameters)
	}
	return c
}

// isMalformed reports whether the claim acr is an array, or the claim auth_time
// is more than a minute in the future.
func isMalformed(as *testserver.Server, claims map[string]any) bool {
	number, _ := claims["auth_time"].(json.Number)
	seconds, _ := number.Int64()
	_, isList := claims["acr"].([]any)
	return isList || seconds > as.Now().Add(time.Minute).Unix()
}

func (c *vulnerableAPI) isStrong(acr any) bool {
	if list, isList := acr.([]any); isList && c.has("acr may be an array") {
		return slices.ContainsFunc(list, func(one any) bool { return c.isStrong(one) })
	}
	text, _ := acr.(string)
	return slices.ContainsFunc(contexts, func(need string) bool {
		return text == need && !(c.has("only the first acr counts") && need != contexts[0]) ||
			c.has("acr is compared case-insensitively") && strings.EqualFold(text, need) ||
			c.has("acr is compared as a substring") && strings.Contains(text, need)
	}) || c.has("acr is ignored") || c.has("a token without acr passes") && acr == nil
}

func (c *vulnerableAPI) isRecent(claims map[string]any) bool {
	number, present := claims["auth_time"].(json.Number)
	if c.has("iat counts as the login") {
		number, present = claims["iat"].(json.Number)
	}
	seconds, _ := number.Int64()
	age := c.as.Now().Sub(time.Unix(seconds, 0))
	switch {
	case !present:
		return c.has("a token without auth_time passes")
	case c.has("auth_time is read as milliseconds"):
		age = c.as.Now().Sub(time.UnixMilli(seconds))
	case c.has("another limit holds"):
		age /= 100
	case c.has("a login in the future passes"):
		age = max(age, 0)
	}
	return age >= 0 && age <= freshness
}

var loginHoles = []struct {
	hole  string
	found []string
	words []string
}{
	{"acr is ignored", []string{"array-acr", "look-alike-acr", "missing-acr", "weak-acr"}, []string{"acr"}},
	{"a token without acr passes", []string{"missing-acr"}, []string{"absent acr", "got 200", `want 401 with error="insufficient_user_authentication"`}},
	{"acr is compared case-insensitively", []string{"look-alike-acr"}, []string{"OpenID Connect Core 1.0 §2", "byte for byte", `"Urn:example:mfa"`}},
	{"acr is compared as a substring", []string{"look-alike-acr"}, []string{"byte for byte", `"urn:example:mfax"`}},
	{"only the first acr counts", []string{"other-acr"}, []string{`acr "urn:example:key"`, "want 2xx", "one of the values"}},
	{"acr may be an array", []string{"array-acr"}, []string{`acr ["urn:example:mfa"]`, "single string", "RFC 9068 §2.2.1", `or 401 with error="invalid_token"`}},
	{"iat counts as the login", []string{"future-auth-time", "missing-auth-time", "stale-auth"}, []string{"auth_time"}},
	{"a login in the future passes", []string{"future-auth-time"}, []string{"one hour in the future", "RFC 9470 §3", "later than the current time", `or 401 with error="invalid_token"`}},
	{"a token without auth_time passes", []string{"missing-auth-time"}, []string{"absent auth_time"}},
	{"auth_time is read as milliseconds", []string{"good-token"}, []string{"want 2xx"}},
	{"another limit holds", []string{"stale-auth"}, []string{"longer ago", "not iat"}},
	{"acr_values is forgotten", []string{"acr-values-missing"}, []string{`want acr_values="urn:example:mfa urn:example:key"`, "§4", "Add acr_values"}},
	{"the preferred acr is last", []string{"acr-values-missing"}, []string{`want acr_values="urn:example:mfa urn:example:key"`, "in the order of RequireACR"}},
	{"max_age is forgotten", []string{"max-age-missing"}, []string{`want max_age="300"`, "§4", "Add max_age"}},
	{"max_age is in minutes", []string{"max-age-missing"}, []string{`want max_age="300"`, "in seconds", "the limits of the route and of RequireAuthWithin differ"}},
	{"the token is called invalid", []string{"error-code"}, []string{`want error="insufficient_user_authentication"`, "RFC 9470 §3"}},
	{"a weak login is answered with 403", []string{"array-acr", "future-auth-time", "look-alike-acr", "missing-acr", "missing-auth-time", "stale-auth", "weak-acr"}, []string{"got 403", "want 401"}},
}

func TestCheckFindsHolesOfLogins(t *testing.T) {
	for _, tt := range loginHoles {
		t.Run(tt.hole, func(t *testing.T) {
			t.Parallel()
			as := testserver.New(t)
			found := findings(t, as, newLoginAPI(as, tt.hole), loginRequirements...)
			for _, text := range found {
				wantAll(t, text, append(tt.words, "RFC ", "\n\tfix:  ")...)
			}
			if names := slices.Sorted(maps.Keys(found)); !slices.Equal(names, tt.found) {
				t.Errorf("got %q, want %q", names, tt.found)
			}
		})
	}
}

// If the API refuses the good token, its response may show which option the
// caller must add to the check. The reported fix must then name this option.
func TestTheFixOfTheGoodTokenFollowsTheAnswer(t *testing.T) {
	as := testserver.New(t)
	refuse := func(challenge string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", challenge)
			w.WriteHeader(http.StatusUnauthorized)
		})
	}
	for name, tt := range map[string]struct {
		api  http.Handler
		want string
	}{
		"a login":          {newLoginAPI(as, ""), "fix:  The route requires a strong or recent login: give RequireACR or RequireAuthWithin."},
		"another audience": {refuse(`Bearer error="invalid_token", error_description="token audience is not accepted"`), "fix:  The API requires another audience: give Token(testserver.Audience(…))."},
		"only the scheme DPoP": {
			refuse(`DPoP algs="ES256", error="invalid_token"`),
			"fix:  The API requires tokens that are bound to a key: give RequireDPoP.",
		},
		"another reason": {refuse(`Bearer error="invalid_token"`), "fix:  Make the API trust"},
	} {
		t.Run(name, func(t *testing.T) {
			found := findings(t, as, tt.api, apitest.RequireScope("orders:read"))
			wantAll(t, found["good-token"], tt.want)
		})
	}
	found := findings(t, as, refuse(`Bearer error="invalid_token"`), apitest.RequireScope("orders:read"), apitest.RequireDPoP())
	wantAll(t, found["good-token"], "fix:  The API does not offer the scheme DPoP: configure it there, or leave out RequireDPoP.")
}

func TestAPIThatRequiresALoginPasses(t *testing.T) {
	for name, tt := range map[string]struct {
		server []testserver.Option
		checks []apitest.Option
		hole   string // a permitted variation, not a hole
	}{
		"JWTs":                       {nil, nil, ""},
		"opaque tokens":              {[]testserver.Option{testserver.OpaqueTokens()}, nil, ""},
		"tokens of the other acr":    {nil, []apitest.Option{apitest.Token(testserver.Claim("acr", contexts[1]))}, ""},
		"an auth_time of all tokens": {nil, []apitest.Option{apitest.Token(testserver.Claim("auth_time", 1))}, ""},
		"invalid_token":              {nil, nil, "a malformed login is called invalid"},
	} {
		as := testserver.New(t, tt.server...)
		api := newLoginAPI(as, tt.hole)
		if tt.server != nil {
			login := api.login
			api = newIntrospectingAPI(as, "")
			api.login = login
		}
		for kind, text := range findings(t, as, api, append(tt.checks, loginRequirements...)...) {
			t.Errorf("%s: got %s: %s", name, kind, text)
		}
	}
}

func TestLoginDefectsAreSentOnRequestOnly(t *testing.T) {
	as := testserver.New(t)
	var all []apitest.Result
	results := apitest.Results(func(r []apitest.Result) { all = r })
	names := func(opts ...apitest.Option) (names []string) {
		tb := &recorder{TB: t}
		apitest.Check(tb, as, newVulnerableAPI(as, ""), orders, append(opts, loginRequirements[0], results)...)
		for _, r := range all {
			if strings.Contains(r.Name, "-acr") || strings.Contains(r.Name, "auth") {
				names = append(names, r.Name)
			}
		}
		return names
	}
	for _, tt := range []struct {
		what string
		opts []apitest.Option
		want string
	}{
		{"nothing is required", nil, "[]"},
		{"a defect is added", []apitest.Option{apitest.AlsoDefect(testserver.WeakACR)}, "[weak-acr]"},
		{"acr is required", []apitest.Option{apitest.RequireACR("1")}, "[missing-acr array-acr look-alike-acr weak-acr]"},
		{"a recent login is required", []apitest.Option{apitest.RequireAuthWithin(time.Hour)}, "[recent-auth missing-auth-time future-auth-time stale-auth]"},
		{"a defect is skipped", []apitest.Option{apitest.RequireACR("1"), apitest.SkipDefect(testserver.WeakACR)}, "[missing-acr array-acr look-alike-acr]"},
		{"the acr of the skipped defect is required", []apitest.Option{apitest.RequireACR("1", "0"), apitest.SkipDefect(testserver.WeakACR)}, "[other-acr missing-acr array-acr look-alike-acr]"},
	} {
		if got := fmt.Sprint(names(tt.opts...)); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.what, got, tt.want)
		}
	}
}

func TestALoginRequirementIsGivenOnce(t *testing.T) {
	as := testserver.New(t)
	text := fatalText(t, func(tb *recorder) {
		apitest.Check(tb, as, newVulnerableAPI(as, ""), orders, apitest.RequireACR("a"), apitest.RequireACR("b"), apitest.RequireAuthWithin(time.Hour), apitest.RequireAuthWithin(time.Minute))
	})
	wantAll(t, text, "RequireACR is given twice: give all values in one call", "RequireAuthWithin is given twice: give only the shorter time")
}

func TestLoginRequirementsThatNoChallengeCanNameEndTheTest(t *testing.T) {
	as := testserver.New(t)
	for name, tt := range map[string]struct {
		option apitest.Option
		want   string
	}{
		"no acr":            {apitest.RequireACR(""), `RequireACR: "": an acr value must not be empty or contain spaces`},
		"two values in one": {apitest.RequireACR("a", "b c"), `RequireACR: "b c": an acr value must not be empty or contain spaces`},
		"the weak acr":      {apitest.RequireACR("1", "0"), `RequireACR: "0": the token with the defect weak-acr has this acr`},
		"half a second":     {apitest.RequireAuthWithin(time.Second / 2), "RequireAuthWithin: 500ms: give whole seconds, at least 1"},
		"no time":           {apitest.RequireAuthWithin(0), "RequireAuthWithin: 0s: give whole seconds, at least 1"},
		"a negative time":   {apitest.RequireAuthWithin(-time.Second), "RequireAuthWithin: -1s: give whole seconds, at least 1"},
	} {
		t.Run(name, func(t *testing.T) {
			wantAll(t, fatalText(t, func(tb *recorder) { apitest.Check(tb, as, newVulnerableAPI(as, ""), orders, tt.option) }), tt.want)
		})
	}
}
