package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestEveryCheckHasADescription(t *testing.T) {
	as := testserver.New(t)
	f := explainFlags{issuers: []string{as.Issuer()}, audience: "api", profile: "any", introspector: as.DefaultClient().ID}
	t.Setenv("OAUTH_CLIENT_SECRET", as.DefaultClient().Secret)
	v, err := f.verifier()
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{as.Token(), as.Token(testserver.OpaqueTokens())} {
		e := explain(t.Context(), v, middleware.Credentials{Token: token}, scopes.All("orders:read"))
		if e.Accepted || e.Code != middleware.CodeInsufficientScope {
			t.Errorf("got %+v, want a refusal only for the scope", e)
		}
		for _, c := range e.Checks {
			if c.About == "" {
				t.Errorf("got no description of %q", c.Name)
			}
		}
		if last := e.Checks[len(e.Checks)-1]; last.Expected != `scope "orders:read"` || last.Found != "scope none" {
			t.Errorf("got %+v, want the required scopes and the scopes of the token", last)
		}
	}
}

func TestExplanationFormats(t *testing.T) {
	e := explanation{Status: 401, Code: middleware.CodeInvalidToken, Reason: "token is expired", Checks: []checked{
		{Name: "issuer", About: "iss is right", Result: middleware.Passed, Found: "x"},
		{Name: "expiry", About: "exp is ahead", Result: middleware.Refused, Reason: "token is expired", Expected: "ahead", Found: "expired 3 min ago"},
		{Name: "audience", About: "aud is right", Result: middleware.NotReached},
	}}
	for name, tt := range map[string]struct {
		table bool
		paint paint
		want  string
	}{
		"on a terminal": {true, true, " \x1b[32m✓\x1b[0m issuer           \x1b[32miss is right\x1b[0m\n" +
			" \x1b[31m✗\x1b[0m expiry           \x1b[31mtoken is expired\x1b[0m\n" +
			"               want ahead\n                got expired 3 min ago\n" +
			" \x1b[2m–\x1b[0m audience         \x1b[2maud is right\x1b[0m\n" +
			"\x1b[31mrefused with 401 invalid_token: token is expired\x1b[0m\n"},
		"on a terminal without colours": {true, false, " ✓ issuer           iss is right\n ✗ expiry           token is expired\n" +
			"               want ahead\n                got expired 3 min ago\n" +
			" – audience         aud is right\nrefused with 401 invalid_token: token is expired\n"},
		"elsewhere": {false, false, "✓\tissuer\tiss is right\t\tx\n✗\texpiry\ttoken is expired\tahead\texpired 3 min ago\n" +
			"–\taudience\taud is right\nrefused with 401 invalid_token: token is expired\n"},
	} {
		var out bytes.Buffer
		if err := e.print(&out, tt.table, tt.paint); err != nil || out.String() != tt.want {
			t.Errorf("%s: got %q, %v, want %q", name, &out, err, tt.want)
		}
	}
}

// Hints only suggest where to look, because the claims of a refused token are
// not verified.
func TestARefusedTokenIsRecognised(t *testing.T) {
	as := testserver.New(t, testserver.IssuerURL("https://id.example.com/realms/shop"))
	good := []testserver.TokenOption{testserver.Claim("typ", "Bearer"), testserver.Claim("azp", "web")}
	for name, test := range map[string]struct {
		issuer string
		opts   []testserver.TokenOption
		want   []string // hints; nil means no hints
	}{
		"no audience mapper": {as.Issuer(), append(good, testserver.Audience("account")), []string{"aud is account: add an audience mapper for the API to a client scope"}},
		"an ID token":        {as.Issuer(), append(good, testserver.Claim("typ", "ID"), testserver.Audience("web")), []string{"this is an ID token: send the access token instead"}},
		"a trailing slash":   {as.Issuer() + "/", good, []string{"--issuer ends with a slash, and iss does not: remove the slash from --issuer"}},
		"another defect":     {as.Issuer(), append(good, testserver.With(testserver.Expired)), nil},
	} {
		f := explainFlags{issuers: []string{test.issuer}, audience: "api", profile: "any"}
		v, err := f.verifier()
		if err != nil {
			t.Fatal(err)
		}
		token := as.Token(test.opts...)
		e := explain(t.Context(), v, middleware.Credentials{Token: token})
		e.recognise(token, f.issuers)
		if e.Accepted || e.Provider == nil || e.Provider.Preset != "issuers.Keycloak" || !slices.Equal(e.Hints, test.want) {
			t.Errorf("%s: got %+v and the hints %q, want %q", name, e.Provider, e.Hints, test.want)
		}
		var out bytes.Buffer
		if err := e.print(&out, false, false); err != nil || !strings.Contains(out.String(), "the token seems to come from Keycloak: see issuers.Keycloak\n") || strings.Contains(out.String(), token) {
			t.Errorf("%s: got %q, %v", name, &out, err)
		}
	}
	var none explanation
	for _, text := range []string{"", "opaque", "a.b.c", "e30.e30.x", as.Token(testserver.Claim("iss", "https://other.example.com"))} {
		if none.recognise(text, nil); none.Provider != nil || none.Hints != nil {
			t.Errorf("%.20s: got %+v, want no provider", text, none)
		}
	}
}
