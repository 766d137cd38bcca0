package apitest_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/apitest"
)

var dpopRequirements = []apitest.Option{apitest.RequireScope("orders:read"), apitest.RequireDPoP()}

// dpopHoles lists vulnerable APIs, each with exactly one hole. found contains
// the names of the failures that the check must report.
var dpopHoles = []struct {
	hole  string
	found string
	words []string
}{
	{"the binding is forgotten", "dpop-other-key", []string{"RFC 9449 §4.3, item 12", "cnf.jkt", `or 401 with error="invalid_token"`}},
	{"a bound token passes as bearer", "bound-as-bearer dpop-as-bearer", []string{"RFC 9449 §7.2", "under the scheme Bearer", `want 401 with error="invalid_token"`}},
	{"a proof makes the scheme irrelevant", "dpop-as-bearer", []string{"whatever fields", "by the scheme and by cnf"}},
	{"an unbound token passes with a proof", "dpop-unbound-token", []string{"RFC 9449 §7.1", "Require cnf.jkt"}},
	{"a proof is optional", "dpop-missing", []string{"RFC 9449 §4.3", "Require a DPoP field", `"use_dpop_nonce"`}},
	{"the first of two proofs counts", "dpop-two-fields", []string{"item 1", "Header.Values"}},
	{"a joined value is split", "dpop-comma-joined", []string{"§4.1", "do not split"}},
	{"typ is ignored", "dpop-wrong-typ", []string{"item 4", "Require typ dpop+jwt"}},
	{"alg none passes", "dpop-alg-none", []string{"item 5", "asymmetric algorithms of a list"}},
	{"the public key is an HMAC secret", "dpop-hs256", []string{"RFC 8725 §2.1", "fit the type of the key"}},
	{"a private key is accepted", "dpop-private-jwk", []string{"item 7", "such as d"}},
	{"a symmetric key is accepted", "dpop-oct-jwk", []string{"item 5", "EC, OKP or RSA"}},
	{"short keys are accepted", "dpop-rsa-1024", []string{"RFC 7518 §3.3", "less than 2048 bits"}},
	{"signatures of proofs are not verified", "dpop-alg-none dpop-bad-signature dpop-hs256 dpop-rsa-1024", []string{"RFC 9449 §4.3, item"}},
	{"crit is ignored", "dpop-crit", []string{"RFC 7515 §4.1.11", "Refuse every crit"}},
	{"the first of two members counts", "dpop-duplicate-claim dpop-duplicate-header", []string{"item 2", "repeated members"}},
	{"the method is forgotten", "dpop-htm-missing dpop-htm-other dpop-htm-other-case", []string{"item", "htm"}},
	{"the method is compared without case", "dpop-htm-other-case", []string{"RFC 9110 §9.1", "byte for byte"}},
	{"the URL is forgotten", "dpop-htu-encoded-slash dpop-htu-host dpop-htu-missing dpop-htu-path dpop-htu-path-case dpop-htu-port dpop-htu-relative dpop-htu-scheme dpop-htu-trailing-slash dpop-htu-user-info", []string{"RFC 9449 §4.3, item", "htu"}},
	{"htu is optional", "dpop-htu-missing", []string{"item 3", "Require htu"}},
	{"a relative htu is accepted", "dpop-htu-relative", []string{"item 9", "RFC 3986 §6.2.2"}},
	{"the scheme of htu is ignored", "dpop-htu-scheme", []string{"item 9", "the scheme http"}},
	{"the host of htu is ignored", "dpop-htu-host", []string{"another host"}},
	{"the host of htu is a prefix", "dpop-htu-host", []string{"begins with the name of the right host"}},
	{"the port of htu is ignored", "dpop-htu-port", []string{"another port"}},
	{"the user of htu is ignored", "dpop-htu-user-info", []string{"a user name"}},
	{"the path of htu is ignored", "dpop-htu-encoded-slash dpop-htu-path dpop-htu-path-case dpop-htu-trailing-slash", []string{"item 9"}},
	{"the path of htu is compared without case", "dpop-htu-path-case", []string{"upper and lower case exchanged"}},
	{"a slash at the end of htu is ignored", "dpop-htu-trailing-slash", []string{"one slash added or removed"}},
	{"htu is unescaped", "dpop-htu-encoded-slash", []string{"%2F"}},
	{"the hash is forgotten", "dpop-ath-half dpop-ath-missing dpop-ath-other-token dpop-ath-padded", []string{"RFC 9449 §4", "ath"}},
	{"ath is optional", "dpop-ath-missing", []string{"item 12", "Require ath"}},
	{"ath is decoded leniently", "dpop-ath-padded", []string{"RFC 7515 §2", "as text"}},
	{"iat is optional", "dpop-iat-missing", []string{"items 3 and 11", "Require iat"}},
	{"iat of another type is accepted", "dpop-iat-as-string", []string{"RFC 7519 §2", "wrong type"}},
	{"iat is an integer", "dpop-iat-float", []string{"RFC 7519 §2", "want 2xx", "as a number"}},
	{"old proofs are accepted", "dpop-iat-old", []string{"item 11", "an hour ago"}},
	{"future proofs are accepted", "dpop-iat-future", []string{"§11.2", "ahead of the clock"}},
	{"exp of a proof is ignored", "dpop-expired", []string{"RFC 7519 §4.1.4", "If exp is present"}},
	{"nbf of a proof is ignored", "dpop-not-yet-valid", []string{"RFC 7519 §4.1.5", "If nbf is present"}},
	{"jti is optional", "dpop-jti-empty dpop-jti-missing dpop-jti-number", []string{"jti"}},
	{"jti of another type is accepted", "dpop-jti-number", []string{"RFC 7519 §4.1.7", "wrong type"}},
	{"replays are forgotten", "dpop-replayed", []string{"RFC 9449 §11.1", "one atomic step", `or 401 with error="use_dpop_nonce"`}},
	{"the key is not part of the replay entry", "dpop-jti-of-other-key", []string{"want 2xx", "RFC 9449 §4.2", "thumbprint"}},
	{"no DPoP challenge is sent", "dpop-challenge-missing", []string{"RFC 9449 §7.1", "RFC 9110 §15.5.2", "Add a challenge", "no token"}},
	{"a bad proof is called a bad token", "error-code", []string{"RFC 9449 §7.1", `want error="invalid_dpop_proof"`}},
	{"bearer: the error is in the Bearer challenge", "error-code", []string{"to the challenge for the scheme of the request", "the scheme"}},
	{"nonces: no nonce is sent", "dpop-nonce-absent good-token", []string{`error="use_dpop_nonce"`, "RFC 9449 §", "want"}},
	{"nonces: a nonce is needed once", "dpop-nonce-missing", []string{"item 10", "in the field DPoP-Nonce", `want 401 with error="use_dpop_nonce"`}},
	{"nonces: any nonce is accepted", "dpop-nonce-foreign", []string{"item 10", "that the API issued the nonce"}},
	{"nonces: nonces are optional", "dpop-iat-future dpop-iat-old", []string{"item 11"}},
}

func TestCheckFindsHolesOfDPoP(t *testing.T) {
	for _, tt := range dpopHoles {
		t.Run(tt.hole, func(t *testing.T) {
			t.Parallel()
			as := testserver.New(t)
			kind, hole, qualified := strings.Cut(tt.hole, ": ")
			if !qualified {
				hole = tt.hole
			}
			api := newDPoPAPI(as, hole)
			api.nonces, api.bearer = kind == "nonces", kind == "bearer"
			found := findings(t, as, api, dpopRequirements...)
			for _, text := range found {
				wantAll(t, text, append(tt.words, "RFC ", "\n\tsent: ", "\n\tfix:  ")...)
			}
			if got := strings.Join(slices.Sorted(maps.Keys(found)), " "); got != tt.found {
				t.Errorf("got %s, want %s", got, tt.found)
			}
		})
	}
}

func TestEveryBadProofMustGet401(t *testing.T) {
	as := testserver.New(t)
	found := findings(t, as, newDPoPAPI(as, "400 is the answer to a bad proof"), dpopRequirements...)
	var want []string
	for d := range testserver.ProofDefects() {
		if _, code := d.Expect(); code == "invalid_dpop_proof" {
			want = append(want, string(d))
		}
	}
	slices.Sort(want)
	if names := slices.Sorted(maps.Keys(found)); !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
	for _, text := range found {
		wantAll(t, text, "got 400", "want 401")
	}
}

func TestFailuresOfDPoPShowNoProof(t *testing.T) {
	as := testserver.New(t)
	api := newDPoPAPI(as, "the proof is in the challenge")
	found := findings(t, as, api, dpopRequirements...) // findings fails if a failure shows a token
	if len(found) != 0 {
		t.Errorf("got %q, want nothing", found)
	}
	api.origin = "https://api.example.com"
	wantAll(t, findings(t, as, api, dpopRequirements...)["good-token"], `error="invalid_dpop_proof", error_description="[token]"`, "with the option Origin")
}

func TestAPIWithDPoPPasses(t *testing.T) {
	for name, tt := range map[string]struct {
		server []testserver.Option
		change func(*dpopAPI)
	}{
		"JWTs":                       {nil, nil},
		"opaque tokens":              {[]testserver.Option{testserver.OpaqueTokens()}, func(a *dpopAPI) { a.tokens = newIntrospectingAPI(a.tokens.as, "cnf is ignored") }},
		"bearer tokens pass, too":    {nil, func(a *dpopAPI) { a.bearer = true }},
		"nonces":                     {nil, func(a *dpopAPI) { a.nonces = true }},
		"another algorithm":          {nil, func(a *dpopAPI) { a.alg = "EdDSA" }},
		"RSA keys":                   {nil, func(a *dpopAPI) { a.alg = "PS256" }},
		"a nonce for each proof":     {nil, func(a *dpopAPI) { a.nonces, a.hole = true, "a nonce is for one proof" }},
		"invalid_token":              {nil, func(a *dpopAPI) { a.hole = "another key is called a bad token" }},
		"no proof is invalid_token":  {nil, func(a *dpopAPI) { a.hole = "a missing proof is called a bad token" }},
		"no proof is use_dpop_nonce": {nil, func(a *dpopAPI) { a.nonces, a.hole = true, "a missing proof is asked for with a nonce" }},
		"a foreign nonce is invalid": {nil, func(a *dpopAPI) { a.nonces, a.hole = true, "a foreign nonce is called a bad proof" }},
		"a long jti is refused":      {nil, func(a *dpopAPI) { a.hole = "a long jti is refused" }},
	} {
		as := testserver.New(t, tt.server...)
		api := newDPoPAPI(as, "")
		if tt.change != nil {
			tt.change(api)
		}
		for kind, text := range findings(t, as, api, dpopRequirements...) {
			t.Errorf("%s: got %s: %s", name, kind, text)
		}
	}
}

func TestDPoPInASynctestBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		as := testserver.New(t, testserver.InMemory())
		for kind, text := range findings(t, as, newDPoPAPI(as, ""), dpopRequirements...) {
			t.Errorf("got %s: %s", kind, text)
		}
	})
}

func TestOriginIsTheURLOfTheProofs(t *testing.T) {
	as := testserver.New(t)
	for name, tt := range map[string]struct {
		origin, expected string
		ok               bool
	}{
		"a host":                {"https://api.example.com", "https://api.example.com", true},
		"a slash":               {"https://api.example.com/", "https://api.example.com", true},
		"a prefix":              {"https://api.example.com/v1", "https://api.example.com/v1", true},
		"another port":          {"http://127.0.0.1:8080", "http://127.0.0.1:8080", true},
		"another host":          {"https://api.example.com", "https://other.example.com", false},
		"the request's own URL": {"", "", true},
	} {
		api := newDPoPAPI(as, "")
		api.origin = tt.expected
		opts := dpopRequirements
		if tt.origin != "" {
			opts = append(slices.Clone(opts), apitest.Origin(tt.origin))
		}
		found := findings(t, as, api, opts...)
		if _, refused := found["good-token"]; refused == tt.ok || len(found) > 0 == tt.ok {
			t.Errorf("%s: got %q, want success %v", name, found, tt.ok)
		}
	}
}

func TestCheckURLWithDPoP(t *testing.T) {
	as := testserver.New(t)
	for name, tt := range map[string]struct {
		origin string
		opts   []apitest.Option
	}{
		"the requested URL":  {"http://", nil},
		"the URL of a proxy": {"https://api.example.com", []apitest.Option{apitest.Origin("https://api.example.com")}},
	} {
		api := newDPoPAPI(as, "")
		server := httptest.NewServer(api)
		if api.origin = tt.origin; tt.origin == "http://" {
			api.origin = server.URL
		}
		post := func() *http.Request {
			return httptest.NewRequest("POST", "http://elsewhere.example/orders?page=1", strings.NewReader("{}"))
		}
		tb := &recorder{TB: t}
		apitest.CheckURL(tb, as, server.URL+"/v2", post, append(tt.opts, dpopRequirements...)...)
		if len(tb.errors) > 0 {
			t.Errorf("%s: got %q", name, tb.errors)
		}
		server.Close()
	}
}

func TestProofsAreSentWithRequireDPoPOnly(t *testing.T) {
	as := testserver.New(t)
	var all []apitest.Result
	results := apitest.Results(func(r []apitest.Result) { all = r })
	names := func(opts ...apitest.Option) string {
		api := newDPoPAPI(as, "")
		api.bearer = true
		apitest.Check(&recorder{TB: t}, as, api, orders, append(opts, apitest.RequireScope("orders:read"), results)...)
		var list []string
		for _, r := range all {
			if strings.HasPrefix(r.Name, "dpop-") || r.Name == "bound-as-bearer" {
				list = append(list, r.Name)
			}
		}
		return strings.Join(list, " ")
	}
	var defects []string
	for d := range testserver.ProofDefects() {
		if !strings.HasPrefix(string(d), "dpop-nonce-") && d != "dpop-replayed" {
			defects = append(defects, string(d))
		}
	}
	got := strings.Fields(names(apitest.RequireDPoP()))
	want := slices.Concat([]string{"bound-as-bearer", "dpop-as-bearer", "dpop-unbound-token", "dpop-iat-float"}, defects,
		[]string{"dpop-first-use", "dpop-replayed", "dpop-jti-of-other-key", "dpop-challenge-missing", "dpop-nonce-absent"})
	slices.Sort(got)
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := names(); got != "bound-as-bearer" {
		t.Errorf("without RequireDPoP: got %s, want only bound-as-bearer", got)
	}
	skipped := names(apitest.RequireDPoP(), apitest.SkipDefect("bound-as-bearer", "dpop-htu-port", "dpop-replayed"), apitest.AlsoDefect("dpop-jti-long"))
	for name, want := range map[string]bool{"bound-as-bearer": false, "dpop-htu-port": false, "dpop-replayed": false, "dpop-jti-long": true, "dpop-htu-host": true} {
		if got := slices.Contains(strings.Fields(skipped), name); got != want {
			t.Errorf("%s: got it checked %v, want %v", name, got, want)
		}
	}
}

func TestALongJTIIsRefusedOnRequestOnly(t *testing.T) {
	as := testserver.New(t)
	found := findings(t, as, newDPoPAPI(as, ""), append([]apitest.Option{apitest.AlsoDefect("dpop-jti-long")}, dpopRequirements...)...)
	if len(found) != 1 {
		t.Errorf("got %q, want only dpop-jti-long", found)
	}
	wantAll(t, found["dpop-jti-long"], "got 200", "RFC 9449 §11.1", "store a hash")
	for kind, text := range findings(t, as, newDPoPAPI(as, "a long jti is refused"), append([]apitest.Option{apitest.AlsoDefect("dpop-jti-long")}, dpopRequirements...)...) {
		t.Errorf("got %s: %s", kind, text)
	}
}

func TestDPoPWithOtherRequirements(t *testing.T) {
	as := testserver.New(t)
	api := newDPoPAPI(as, "")
	api.tokens = newLoginAPI(as, "cnf is ignored")
	for kind, text := range findings(t, as, api, append(loginRequirements, apitest.RequireDPoP())...) {
		t.Errorf("got %s: %s", kind, text)
	}

	described := newDPoPAPI(as, "")
	described.parameters = `, resource_metadata="https://api.example.com` + wellKnown + `"`
	mux := http.NewServeMux()
	mux.Handle("/", described)
	mux.Handle(wellKnown, newDescribedAPI(as, "https://api.example.com", "", ""))
	for kind, text := range findings(t, as, mux, append(dpopRequirements, apitest.RequireMetadata())...) {
		t.Errorf("got %s: %s", kind, text)
	}
}

func TestInvalidOptionsOfDPoPEndTheTest(t *testing.T) {
	as := testserver.New(t)
	for name, tt := range map[string]struct {
		opts []apitest.Option
		want string
	}{
		"an origin without a scheme": {[]apitest.Option{apitest.RequireDPoP(), apitest.Origin("api.example.com")}, `the option Origin is "api.example.com": give the URL of the API`},
		"an origin with a query":     {[]apitest.Option{apitest.RequireDPoP(), apitest.Origin("https://api.example.com/?a=b")}, "give the URL of the API"},
		"an origin without DPoP":     {[]apitest.Option{apitest.Origin("https://api.example.com")}, "has no effect without RequireDPoP"},
		"a proof's defect":           {[]apitest.Option{apitest.SkipDefect("dpop-crit")}, "dpop-crit is a defect of proofs, which are sent only with RequireDPoP"},
		"an unknown defect":          {[]apitest.Option{apitest.RequireDPoP(), apitest.SkipDefect("dpop-nine")}, `SkipDefect: "dpop-nine": unknown defect; use one of expired, `},
		"a list of known defects":    {[]apitest.Option{apitest.RequireDPoP(), apitest.AlsoDefect("dpop-nine")}, "dpop-jti-long"},
		"a binding of every token":   {[]apitest.Option{apitest.Token(testserver.BoundTo(testserver.GenerateKey("HS256", "")))}, "BoundTo: HS256 signs with a shared secret"},
	} {
		t.Run(name, func(t *testing.T) {
			wantAll(t, fatalText(t, func(tb *recorder) { apitest.Check(tb, as, newDPoPAPI(as, ""), orders, tt.opts...) }), tt.want)
		})
	}
}
