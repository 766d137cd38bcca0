package identity_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver/internal/identity"
)

func parse(t *testing.T, text string) identity.ClaimsRequest {
	t.Helper()
	r, err := identity.ParseClaims(text)
	if err != nil {
		t.Fatalf("%s: got %v", text, err)
	}
	return r
}

var alice = map[string]any{"name": "Alice", "email": "alice@example.com", "email_verified": true, "roles": json.RawMessage(`["a", "b"]`), "age": json.Number("40")}

func TestVisibleClaims(t *testing.T) {
	for name, tt := range map[string]struct{ scopes, requested, want string }{
		"without a scope":         {"openid", `{}`, "[age roles]"},
		"by a scope":              {"openid email", `{}`, "[age email email_verified roles]"},
		"by name":                 {"openid", `{"email":null}`, "[age email roles]"},
		"by name, essential":      {"openid", `{"email":{"essential":true}}`, "[age email roles]"},
		"by its value":            {"openid", `{"email":{"value":"alice@example.com"}}`, "[age email roles]"},
		"by one of its values":    {"openid", `{"email":{"values":["x","alice@example.com"]}}`, "[age email roles]"},
		"by another value":        {"openid", `{"email":{"value":"bob@example.com"}}`, "[age roles]"},
		"by an empty list":        {"openid", `{"email":{"values":[]}}`, "[age email roles]"},
		"by a value that is true": {"openid", `{"email_verified":{"value":true}}`, "[age email_verified roles]"},
		"by a value in quotes":    {"openid", `{"email_verified":{"value":"true"}}`, "[age roles]"},
		"by a scope anyway":       {"openid email", `{"email":{"value":"bob@example.com"}}`, "[age email email_verified roles]"},
		"by unknown names":        {"openid", `{"picture":null,"x":{"y":1}}`, "[age roles]"},
	} {
		requested := parse(t, `{"id_token":`+tt.requested+`}`)
		seen := identity.Visible(alice, strings.Fields(tt.scopes), requested.IDToken)
		if got := fmt.Sprint(slices.Sorted(maps.Keys(seen))); got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
		if other := identity.Visible(alice, strings.Fields(tt.scopes), requested.UserInfo); fmt.Sprint(other) != fmt.Sprint(identity.Visible(alice, strings.Fields(tt.scopes), nil)) {
			t.Errorf("%s: got %v for UserInfo, which was not requested", name, other)
		}
	}
}

func TestParsedClaimsRequests(t *testing.T) {
	for _, tt := range []struct{ text, names, subjects, acrs string }{
		{"", "[]", "[]", "[]"},
		{`{}`, "[]", "[]", "[]"},
		{`{"userinfo":null,"id_token":null,"other":7}`, "[]", "[]", "[]"},
		{`{"userinfo":{"name":null,"email":null,"phone_number":null},"id_token":{"email":null,"auth_time":{"essential":true}}}`, "[email name]", "[]", "[]"},
		{`{"id_token":{"sub":{"value":"alice"},"acr":{"values":["gold","silver"],"essential":true}}}`, "[]", "[alice]", "[gold silver]"},
		{`{"userinfo":{"sub":{"value":"bob"}},"id_token":{"acr":{"value":"gold","later":1}}}`, "[]", "[bob]", "[gold]"},
		{`{"id_token":{"sub":{"Value":"alice","VALUES":["bob"]},"acr":{"Essential":7}}}`, "[]", "[]", "[]"},
		{`{"id_token":{"sub":{"value":7},"acr":null}}`, "[]", "[]", "[]"}, // Subjects leaves out 7, because a subject is a string
	} {
		r := parse(t, tt.text)
		if got := fmt.Sprint(r.Names([]string{"openid", "phone"}), r.Subjects(), r.ACRs()); got != fmt.Sprintf("%s %s %s", tt.names, tt.subjects, tt.acrs) {
			t.Errorf("%s: got %s, want %s, %s and %s", tt.text, got, tt.names, tt.subjects, tt.acrs)
		}
	}
}

var malformed = []string{
	"x", "[]", "null", `"a"`, `{"userinfo":{}} ` + "x", `{"userinfo":[]}`, `{"userinfo":true}`, `{"id_token":{"email":true}}`, `{"id_token":{"email":[]}}`,
	`{"id_token":{"email":{"essential":"yes"}}}`, `{"id_token":{"email":{"values":"a"}}}`, `{"id_token":{},"id_token":{}}`, `{"id_token":{"a":null,"a":null}}`,
	`{"id_token":{"a":{"value":1,"value":2}}}`,
}

func TestAllowsSubject(t *testing.T) {
	for text, want := range map[string]bool{
		`{}`:                                     true,
		`{"id_token":{"sub":null}}`:              true,
		`{"id_token":{"sub":{"value":"alice"}}}`: true,
		`{"userinfo":{"sub":{"values":["bob","alice"]}}}`:                           true,
		`{"userinfo":{"sub":{"value":"bob"}}}`:                                      false,
		`{"id_token":{"sub":{"value":7}}}`:                                          false,
		`{"id_token":{"sub":{"value":"alice"}},"userinfo":{"sub":{"value":"bob"}}}`: false,
	} {
		if got := parse(t, text).AllowsSubject("alice"); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

func TestMalformedRequestsAreRefused(t *testing.T) {
	var many strings.Builder
	for i := range 65 {
		fmt.Fprintf(&many, `,"c%d":null`, i)
	}
	for _, text := range append(malformed, `{"id_token":{`+many.String()[1:]+`}}`, `{"x":"`+strings.Repeat("x", 4<<10)+`"}`) {
		if r, err := identity.ParseClaims(text); err == nil {
			t.Errorf("%.60s: got %v, want an error", text, r)
		}
	}
}

func FuzzParseClaims(f *testing.F) {
	for _, text := range append(malformed, `{"userinfo":{"name":{"values":["a",1,null]}},"id_token":{"acr":{"value":"gold"}}}`) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := identity.ParseClaims(text)
		if err != nil {
			if r.UserInfo != nil || r.IDToken != nil {
				t.Errorf("got %v together with an error", r)
			}
			return
		}
		for _, requested := range []identity.RequestedClaims{r.UserInfo, r.IDToken} {
			for name := range identity.Visible(alice, nil, requested) {
				if _, ok := requested[name]; !ok && name != "roles" && name != "age" {
					t.Errorf("got %s, which was not requested", name)
				}
			}
		}
	})
}
