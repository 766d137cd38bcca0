package scopes_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/bearerguard/bearerguard/scopes"
)

// unmet returns "met", or "needs" and the scopes that the challenge must name.
func unmet(r scopes.Requirement, granted string) string {
	shortfall := r.Unmet(scopes.Evidence{Scopes: scopes.Parse(granted)})
	if shortfall == nil {
		return "met"
	}
	return "needs " + shortfall.Scopes.String()
}

func TestRequirements(t *testing.T) {
	var (
		one    = scopes.All("read")
		both   = scopes.All("read", "write")
		either = scopes.Any("write", "admin")
		nested = scopes.OneOf(scopes.All("pay", "eu"), scopes.All("admin"), scopes.Any("root", "god"))
		deep   = scopes.OneOf(scopes.OneOf(scopes.All("a", "b"), scopes.All("c")), scopes.All("d"))
	)
	for _, test := range []struct {
		name    string
		need    scopes.Requirement
		granted string
		want    string
	}{
		{"All of one is met by it", one, "read", "met"},
		{"All of one is met by it among others", one, "write read admin", "met"},
		{"All of one is not met by nothing", one, "", "needs read"},
		{"All of one is not met by another", one, "write", "needs read"},
		{"All of one is not met by another case", one, "READ", "needs read"},
		{"All of two is met by both", both, "read write", "met"},
		{"All of two is met by both in another order", both, "write read", "met"},
		{"All of two is not met by the first, and names both", both, "read", "needs read write"},
		{"All of two is not met by the second, and names both", both, "write", "needs read write"},
		{"All of two is not met by nothing, and names both", both, "", "needs read write"},
		{"All counts a repeated name once", scopes.All("read", "read"), "", "needs read"},
		{"Any of two is met by the first", either, "write", "met"},
		{"Any of two is met by the second", either, "admin", "met"},
		{"Any of two is met by both", either, "admin write", "met"},
		{"Any of two is not met by another, and names only the first", either, "read", "needs write"},
		{"Any of two is not met by no scope, and names only the first", either, "", "needs write"},
		{"Any of one is All of one", scopes.Any("read"), "write", "needs read"},
		{"Any counts a repeated name once", scopes.Any("read", "read"), "read", "met"},
		{"OneOf is met by its first", nested, "eu pay", "met"},
		{"OneOf is met by its second", nested, "admin", "met"},
		{"OneOf is met by its last", nested, "god", "met"},
		{"OneOf is not met by parts of two of them", nested, "pay read", "needs pay eu"},
		{"OneOf is not met by nothing, and names the first", nested, "", "needs pay eu"},
		{"OneOf within OneOf is met by the innermost", deep, "c", "met"},
		{"OneOf within OneOf is met by the outer", deep, "d", "met"},
		{"OneOf within OneOf names the very first", deep, "a", "needs a b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := unmet(test.need, test.granted); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// The test checks each requirement with every subset of three scopes. A formula
// written by hand says which result is expected.
func TestTruthTable(t *testing.T) {
	for bits := range 8 {
		a, b, c := bits&1 != 0, bits&2 != 0, bits&4 != 0
		var granted []string
		for name, has := range map[string]bool{"a": a, "b": b, "c": c} {
			if has {
				granted = append(granted, name)
			}
		}
		evidence := scopes.Evidence{Scopes: scopes.Of(granted...)}
		for _, row := range []struct {
			name string
			need scopes.Requirement
			want bool
		}{
			{"All(a)", scopes.All("a"), a},
			{"All(a, b)", scopes.All("a", "b"), a && b},
			{"All(a, b, c)", scopes.All("a", "b", "c"), a && b && c},
			{"Any(a)", scopes.Any("a"), a},
			{"Any(a, b)", scopes.Any("a", "b"), a || b},
			{"Any(a, b, c)", scopes.Any("a", "b", "c"), a || b || c},
			{"OneOf(All(a, b), All(c))", scopes.OneOf(scopes.All("a", "b"), scopes.All("c")), a && b || c},
			{"OneOf(Any(a, b), All(a, c))", scopes.OneOf(scopes.Any("a", "b"), scopes.All("a", "c")), a || b},
			{"OneOf(All(a), All(b), All(c))", scopes.OneOf(scopes.All("a"), scopes.All("b"), scopes.All("c")), a || b || c},
		} {
			if got := row.need.Unmet(evidence) == nil; got != row.want {
				t.Errorf("%s with %q: got met %v, want %v", row.name, granted, got, row.want)
			}
		}
	}
}

func TestARequirementMayBeLong(t *testing.T) {
	names := numbered(100)
	need := scopes.All(names[0], names[1:]...)
	if got := unmet(need, strings.Join(names, " ")); got != "met" {
		t.Errorf("got %q, want it met", got)
	}
	if got, want := unmet(need, strings.Join(names[1:], " ")), "needs "+strings.Join(names, " "); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := unmet(scopes.Any(names[0], names[1:]...), names[99]); got != "met" {
		t.Errorf("got %q, want it met", got)
	}
}

// This test covers threat S04. All and Any without a scope do not compile, so
// the test uses strings that are not scopes, and nil requirements.
func TestS04EmptyRequirementsPanic(t *testing.T) {
	var none scopes.Requirement
	for _, test := range []struct {
		name string
		make func()
		want string // part of the text of the panic
	}{
		{"All of an empty text", func() { scopes.All("") }, `""`},
		{"All with an empty text later", func() { scopes.All("read", "") }, `""`},
		{"All of two scopes in one text", func() { scopes.All("read write") }, `"read write"`},
		{"All of a text with a TAB", func() { scopes.All("read\t") }, `"read\t"`},
		{"All of a text with a quote", func() { scopes.All(`re"ad`) }, `"re\"ad"`},
		{"All of a text with a backslash", func() { scopes.All(`re\ad`) }, `"re\\ad"`},
		{"All of a text beyond ASCII", func() { scopes.All("r\u0435ad") }, "is not a scope"},
		{"Any of an empty text", func() { scopes.Any("") }, `""`},
		{"Any with a malformed text last", func() { scopes.Any("read", "write", "a b") }, `"a b"`},
		{"OneOf with a nil first", func() { scopes.OneOf(none, scopes.All("read")) }, "requirement 1 of OneOf is nil"},
		{"OneOf with a nil second", func() { scopes.OneOf(scopes.All("read"), none) }, "requirement 2 of OneOf is nil"},
		{"OneOf with a nil fourth", func() { scopes.OneOf(scopes.All("a"), scopes.All("b"), scopes.All("c"), none) }, "requirement 4 of OneOf is nil"},
	} {
		t.Run("S04/"+test.name+" panics", func(t *testing.T) {
			defer func() {
				got := fmt.Sprint(recover())
				if !strings.HasPrefix(got, "scopes: ") || !strings.Contains(got, test.want) {
					t.Errorf("got panic %q, want one of package scopes that contains %q", got, test.want)
				}
			}()
			test.make()
		})
	}
}

func TestARequirementDoesNotChangeWithTheSliceItWasMadeFrom(t *testing.T) {
	more := []string{"b", "c"}
	all, anyOf := scopes.All("a", more...), scopes.Any("a", more...)
	more[0], more[1] = "a", "a"
	if got := unmet(all, "a"); got != "needs a b c" {
		t.Errorf("All: got %q, want %q", got, "needs a b c")
	}
	if got := unmet(anyOf, "c"); got != "met" {
		t.Errorf("Any: got %q, want it met", got)
	}

	alternatives := make([]scopes.Requirement, 1, 8) // spare capacity, so that append below could reuse the array
	alternatives[0] = scopes.All("c")
	need := scopes.OneOf(scopes.All("a"), scopes.All("b"), alternatives...)
	alternatives[0] = scopes.All("x")
	_ = append(alternatives, scopes.All("y"))
	if got := unmet(need, "c"); got != "met" {
		t.Errorf("OneOf: got %q, want it met", got)
	}
	if got := unmet(need, "x y"); got != "needs a" {
		t.Errorf("OneOf: got %q, want %q", got, "needs a")
	}
}

// tenant is a custom requirement.
type tenant string

func (want tenant) Unmet(e scopes.Evidence) *scopes.Shortfall {
	if e.Claim != nil {
		if got, ok := e.Claim("/tenant"); ok && got == string(want) {
			return nil
		}
	}
	return &scopes.Shortfall{}
}

func TestACustomRequirementWithinOneOf(t *testing.T) {
	evidence := func(granted, of string) scopes.Evidence {
		return scopes.Evidence{Scopes: scopes.Parse(granted), Claim: func(pointer string) (any, bool) {
			return of, pointer == "/tenant" && of != ""
		}}
	}
	customFirst := scopes.OneOf(tenant("acme"), scopes.All("admin"))
	customLast := scopes.OneOf(scopes.All("admin"), tenant("acme"))
	for _, test := range []struct {
		name string
		need scopes.Requirement
		with scopes.Evidence
		want string
	}{
		{"met by the claim, when first", customFirst, evidence("", "acme"), "met"},
		{"met by the claim, when last", customLast, evidence("", "acme"), "met"},
		{"met by the scope, when first", customFirst, evidence("admin", "other"), "met"},
		{"met by the scope, when last", customLast, evidence("admin", ""), "met"},
		{"not met by another value, naming the scope when first", customFirst, evidence("read", "other"), "needs admin"},
		{"not met by another value, naming the scope when last", customLast, evidence("read", "other"), "needs admin"},
		{"not met by empty evidence", customFirst, scopes.Evidence{}, "needs admin"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := "met"
			if shortfall := test.need.Unmet(test.with); shortfall != nil {
				got = "needs " + shortfall.Scopes.String()
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestEmptyEvidenceMeetsNoRequirement(t *testing.T) {
	for name, need := range map[string]scopes.Requirement{
		"All":                scopes.All("a"),
		"Any":                scopes.Any("a", "b"),
		"OneOf":              scopes.OneOf(scopes.All("a"), scopes.Any("b")),
		"OneOf within OneOf": scopes.OneOf(scopes.OneOf(scopes.All("a"), scopes.All("b")), scopes.All("c")),
	} {
		if need.Unmet(scopes.Evidence{}) == nil {
			t.Errorf("%s is met by empty evidence", name)
		}
	}
}

func TestRequirementsServeManyRequestsAtOnce(t *testing.T) {
	need := scopes.OneOf(scopes.All("a", "b"), scopes.Any("c", "d"))
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			for granted, want := range map[string]string{"a": "needs a b", "d": "met", "b a": "met"} {
				if got := unmet(need, granted); got != want {
					t.Errorf("goroutine %d: got %q, want %q", i, got, want)
				}
			}
		})
	}
	wg.Wait()
}

func TestCheckingARequirementDoesNotAllocate(t *testing.T) {
	need := scopes.OneOf(scopes.All("a", "b"), scopes.Any("c", "d"))
	for name, granted := range map[string]string{"when met": "x d", "when not met": "x"} {
		evidence := scopes.Evidence{Scopes: scopes.Parse(granted)}
		if got := testing.AllocsPerRun(100, func() { need.Unmet(evidence) }); got != 0 {
			t.Errorf("%s: got %.1f allocations, want none", name, got)
		}
	}
}

func TestClaim(t *testing.T) {
	claims := map[string]any{
		"/role": "Task Reader", "/roles": []any{"a", "Prüfer", 7.0}, "/projects": map[string]any{"shop": map[string]any{}, "old": nil, "off": false},
		"/https:~1~1api.example~1roles": []any{"a"}, "/n": 7.0, "/a/b": []any{"c"},
	}
	evidence := scopes.Evidence{Claim: func(pointer string) (any, bool) { held, ok := claims[pointer]; return held, ok }, Scopes: scopes.Of("a", "Prüfer")}
	for _, tt := range []struct {
		name string
		need scopes.Requirement
		met  bool
	}{
		{"a string is the value", scopes.Claim("role", "Task Reader"), true},
		{"a string is not a list of values", scopes.Claim("role", "Task"), false},
		{"a string is not two values", scopes.Claim("role", "Task Reader", "b"), false},
		{"an array contains the values", scopes.Claim("/roles", "Prüfer", "a"), true},
		{"an array contains only one of them", scopes.Claim("/roles", "a", "b"), false},
		{"a number is not a value", scopes.Claim("/roles", "7"), false},
		{"an object has the members", scopes.Claim("projects", "shop"), true},
		{"a member that is null does not count", scopes.Claim("projects", "old"), false},
		{"nor does one that is false", scopes.Claim("projects", "off"), false},
		{"a claim whose name is a URL", scopes.Claim("https://api.example/roles", "a"), true},
		{"a claim within another", scopes.Claim("/a/b", "c"), true},
		{"another case", scopes.Claim("/a/b", "C"), false},
		{"a claim that is a number", scopes.Claim("n", "7"), false},
		{"a claim that is not there, where a scope is", scopes.Claim("groups", "a"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			shortfall := tt.need.Unmet(evidence)
			if (shortfall == nil) != tt.met {
				t.Errorf("got %v, want met %t", shortfall, tt.met)
			}
			if shortfall != nil && shortfall.Scopes.Len() > 0 {
				t.Errorf("got the scopes %q, want none", shortfall.Scopes)
			}
			if tt.need.Unmet(scopes.Evidence{}) == nil {
				t.Error("empty evidence meets the requirement")
			}
		})
	}
	for name, panics := range map[string]func(){
		"no name":              func() { scopes.Claim("", "a") },
		"no pointer":           func() { scopes.Claim("/a~", "a") },
		"an empty value":       func() { scopes.Claim("a", "") },
		"a value not in UTF-8": func() { scopes.Claim("a", "\xff") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("Claim did not panic")
				}
			}()
			panics()
		})
	}
}
