package main

import (
	"bytes"
	"testing"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestEveryCheckSaysWhatItLooksAt(t *testing.T) {
	as := testserver.New(t)
	f := explainFlags{issuers: []string{as.Issuer()}, audience: "api", profile: "any", introspector: as.DefaultClient().ID}
	t.Setenv("OAUTH_CLIENT_SECRET", as.DefaultClient().Secret)
	v, err := f.verifier()
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{as.Token(), as.Token(testserver.OpaqueTokens())} {
		e := explain(t.Context(), v, token, scopes.All("orders:read"))
		if e.Accepted || e.Code != middleware.CodeInsufficientScope {
			t.Errorf("got %+v, want a refusal for the scope alone", e)
		}
		for _, c := range e.Checks {
			if c.About == "" {
				t.Errorf("got nothing about %q", c.Name)
			}
		}
		if last := e.Checks[len(e.Checks)-1]; last.Expected != `scope "orders:read"` || last.Found != "scope none" {
			t.Errorf("got %+v, want the scopes that are required and those that are held", last)
		}
	}
}

func TestATableIsForPeople(t *testing.T) {
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
