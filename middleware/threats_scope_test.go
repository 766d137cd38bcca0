package middleware_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// This file tests the rows of group S in proof/threats/rows.txt that are about
// the scopes in a scope claim.

// scoped is a test case with a scope claim. met is true if the claim meets the
// requirement. refused is the expected cause if the claim itself is invalid,
// and otherwise nil.
type scoped struct {
	name    string
	claims  []string
	need    scopes.Requirement
	met     bool
	refused error
}

func (s *setup) checkScopes(t *testing.T, row string, cases []scoped) {
	t.Helper()
	for _, c := range cases {
		t.Run(row+"/"+c.name, func(t *testing.T) {
			r := request(t, "Bearer "+s.Token(s.Header(), s.Claims(c.claims...)))
			h := make(http.Header)
			_, err := s.v.Authorize(h, r, c.need)
			switch {
			case c.refused != nil:
				if !errors.Is(err, c.refused) {
					t.Errorf("got %v, want %v", err, c.refused)
				}
			case c.met:
				if err != nil {
					t.Errorf("got %v, want the requirement met", err)
				}
			default:
				if !errors.Is(err, middleware.ErrRequirement) {
					t.Fatalf("got %v, want %v", err, middleware.ErrRequirement)
				}
				want := `Bearer realm="api", error="insufficient_scope", error_description="token does not meet the requirements of this resource", scope="read"`
				if got := h.Get("WWW-Authenticate"); got != want {
					t.Errorf("S06: got %s, want %s", got, want)
				}
			}
		})
	}
}

func TestThreatsScope(t *testing.T) {
	s := newSetup(t)
	read := scopes.All("read")
	var s01 []scoped
	for _, granted := range []string{"read:all", "readonly", "thread", "READ", "Read", "r\u0435ad", "\uff52\uff45\uff41\uff44", "rea", "read,write", "read;write"} {
		s01 = append(s01, scoped{granted + " is not read", []string{"scope", `"` + granted + `"`}, read, false, nil})
	}
	s.checkScopes(t, "S01", append(s01,
		scoped{"read is read", []string{"scope", `"read"`}, read, true, nil},
		scoped{"read spelled with an escape is read", []string{"scope", `"rea\u0064"`}, read, true, nil},
		scoped{"read among others is read", []string{"scope", `"write read admin"`}, read, true, nil}))

	large := newSetup(t, func(c *middleware.Config) { c.MaxTokenBytes = 64 << 10 })
	large.checkScopes(t, "S02", []scoped{
		{"10 000 entries without the required one are not enough", []string{"scope", `"` + strings.Repeat("a ", 10_000) + `"`}, read, false, nil},
		{"10 000 different entries with the required one are enough", []string{"scope", `"` + numbered(9_000) + ` read"`}, read, true, nil},
		{"an array of 9 000 entries with the required one is enough", []string{"scope", `["` + strings.ReplaceAll(numbered(7_000), " ", `","`) + `","read"]`}, read, true, nil},
	})
	s.checkScopes(t, "S02", []scoped{
		{"an array of strings counts", []string{"scope", `["write","read"]`}, read, true, nil},
		{"an array entry with a space is not two scopes", []string{"scope", `["read write"]`}, read, false, nil},
		{"an array with a number is refused", []string{"scope", `["read",1]`}, read, false, middleware.ErrMalformed},
		{"a number is refused", []string{"scope", `1`}, read, false, middleware.ErrMalformed},
		{"an object is refused", []string{"scope", `{"read":true}`}, read, false, middleware.ErrMalformed},
		{"null is refused as absent", []string{"scope", `null`}, read, false, middleware.ErrRequirement},
		{"true is refused", []string{"scope", `true`}, read, false, middleware.ErrMalformed},
		{"a tab does not separate", []string{"scope", `"write\tread"`}, read, false, nil},
		{"a newline does not separate", []string{"scope", `"write\nread"`}, read, false, nil},
		{"a double space separates once", []string{"scope", `"write  read"`}, read, true, nil},
		{"a leading space is ignored", []string{"scope", `" read"`}, read, true, nil},
		{"quotes are not part of a scope", []string{"scope", `"\"read\""`}, read, false, nil},
		{"a backslash is not part of a scope", []string{"scope", `"\\read"`}, read, false, nil},
		{"a NUL does not end a scope", []string{"scope", `"read\u0000"`}, read, false, nil},
		{"an empty scope claim grants nothing", []string{"scope", `""`}, read, false, nil},
		{"no scope claim grants nothing", []string{"scope", ""}, read, false, nil},
	})
	s.checkScopes(t, "S03", []scoped{
		{"a repeated scope is one", []string{"scope", `"read read"`}, read, true, nil},
		{"scp counts where scope is absent", []string{"scope", "", "scp", `["read"]`}, read, true, nil},
		{"scp as a string counts where scope is absent", []string{"scope", "", "scp", `"read"`}, read, true, nil},
		{"scp does not count in addition to scope", []string{"scope", `"write"`, "scp", `["read"]`}, read, false, nil},
		{"an empty scope claim hides scp", []string{"scope", `""`, "scp", `["read"]`}, read, false, nil},
	})
	onlySCP := newSetup(t, func(c *middleware.Config) { c.Issuers[0].ScopeClaims = []string{"scp"} })
	onlySCP.checkScopes(t, "S03", []scoped{
		{"scope does not count where only scp is configured", []string{"scope", `"read"`, "scp", `["write"]`}, read, false, nil},
	})
	for _, name := range []string{"roles", "permissions", "groups", "authorities", "scopes"} {
		s.checkScopes(t, "S05", []scoped{{name + " does not count unless it is configured", []string{"scope", "", name, `["read"]`}, read, false, nil}})
	}
	roles := newSetup(t, func(c *middleware.Config) {
		c.Issuers[0].ScopeClaims = []string{"/realm_access/roles", "/resource_access/my.client/roles", "https://example.com/roles"}
	})
	roles.checkScopes(t, "S05", []scoped{
		{"a nested claim counts by its JSON Pointer", []string{"scope", "", "realm_access", `{"roles":["read"]}`}, read, true, nil},
		{"a nested claim under a name with a dot counts", []string{"scope", "", "resource_access", `{"my.client":{"roles":["read"]}}`}, read, true, nil},
		{"a claim named by a URL counts", []string{"scope", "", "https://example.com/roles", `["read"]`}, read, true, nil},
		{"the scope claim does not count in addition to them", []string{"scope", `"read"`, "realm_access", `{"roles":[]}`}, read, false, nil},
		{"a pointer that leads to an object is refused", []string{"realm_access", `{"roles":{"read":true}}`}, read, false, middleware.ErrMalformed},
		{"a pointer that leads nowhere grants nothing", []string{"realm_access", `["roles"]`}, read, false, nil},
	})
}

func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%x ", i)
	}
	return strings.TrimSpace(b.String())
}

func TestThreatsRequirementsCannotBeEmpty(t *testing.T) {
	s := newSetup(t)
	r := request(t, "Bearer "+s.Good())
	t.Run("S04/a nil requirement refuses", func(t *testing.T) {
		if _, err := s.v.Authorize(make(http.Header), r, nil); !errors.Is(err, middleware.ErrInternal) {
			t.Errorf("got %v, want %v", err, middleware.ErrInternal)
		}
	})
	for name, text := range map[string]string{"an empty scope": "", "two scopes in one": "a b", "a quote": `a"`, "a line break": "a\n"} {
		t.Run("S04/"+name+" panics on construction", func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("scopes.All did not panic")
				}
			}()
			scopes.All("read", text)
		})
	}
	t.Run("S07/a request without a token is refused before scopes are checked", func(t *testing.T) {
		h := make(http.Header)
		_, err := s.v.Authorize(h, request(t), scopes.All("read"))
		if want := `Bearer realm="api", scope="read"`; !errors.Is(err, middleware.ErrNoToken) || h.Get("WWW-Authenticate") != want {
			t.Errorf("got %v and %s, want %v and %s", err, h.Get("WWW-Authenticate"), middleware.ErrNoToken, want)
		}
	})
	t.Run("S07/an invalid token is refused before scopes are checked", func(t *testing.T) {
		bad := request(t, "Bearer "+s.Token(s.Header(), s.Claims("exp", "1")))
		if _, err := s.v.Authorize(make(http.Header), bad, scopes.All("admin")); !errors.Is(err, middleware.ErrExpired) {
			t.Errorf("got %v, want %v", err, middleware.ErrExpired)
		}
	})
	t.Run("S06/a challenge names the scopes of outer routes and never those of the token", func(t *testing.T) {
		outer, err := s.v.Authorize(make(http.Header), r, scopes.All("read"))
		if err != nil {
			t.Fatal(err)
		}
		h := make(http.Header)
		_, err = s.v.Authorize(h, outer, scopes.OneOf(scopes.All("pay", "eu"), scopes.All("admin")), scopes.Any("x", "y"))
		var refusal *middleware.Error
		if !errors.As(err, &refusal) || refusal.Scope.String() != "read pay eu x" {
			t.Errorf("got %v, want the scopes read pay eu x", err)
		}
		if !strings.HasSuffix(h.Get("WWW-Authenticate"), `scope="read pay eu x"`) {
			t.Errorf("got the challenge %s, want the scopes read pay eu x", h.Get("WWW-Authenticate"))
		}
	})
	t.Run("S07/Check refuses a nil token", func(t *testing.T) {
		if err := s.v.Check(middleware.TokenFrom(t.Context()), scopes.All("read")); !errors.Is(err, middleware.ErrNoToken) {
			t.Errorf("got %v, want %v", err, middleware.ErrNoToken)
		}
	})
}
