package scopes_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/scopes"
)

// inGrammar reports whether RFC 6749 §3.3 allows a byte in a scope-token. It
// shares no code with the package.
func inGrammar(c byte) bool {
	return c == 0x21 || c >= 0x23 && c <= 0x5b || c >= 0x5d && c <= 0x7e
}

func TestEveryByteIsInTheGrammarOrNot(t *testing.T) {
	for i := range 256 {
		c := byte(i)
		want := inGrammar(c)
		for place, name := range map[string]string{
			"only byte":     string([]byte{c}),
			"at the start":  string([]byte{c, 'a'}),
			"in the middle": string([]byte{'a', c, 'b'}),
			"at the end":    string([]byte{'a', c}),
		} {
			if got := scopes.Of(name).Len() == 1; got != want {
				t.Errorf("Of with byte %#02x %s: got a set of one name: %v, want %v", c, place, got, want)
			}
			if got := scopes.Of(name).Has(name); got != want {
				t.Errorf("Of with byte %#02x %s: got %v, want %v", c, place, got, want)
			}
			if got := scopes.Parse(name).Has(name); got != want {
				t.Errorf("Parse with byte %#02x %s: got %v, want %v", c, place, got, want)
			}
		}
	}
	if scopes.Of("").Len() != 0 {
		t.Error("Of: got a set that contains the empty name, want the name left out")
	}
}

func TestParse(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"an empty text has no scopes", "", nil},
		{"one scope", "read", []string{"read"}},
		{"the order is preserved", "write read admin", []string{"write", "read", "admin"}},
		{"URLs, colons, dots and slashes are scopes", "https://api.example.com/x a:b c.d e/f", []string{"https://api.example.com/x", "a:b", "c.d", "e/f"}},
		{"the whole range of the grammar is one scope", "!#[]~", []string{"!#[]~"}},
		{"a comma does not separate", "read,write", []string{"read,write"}},
		{"S02/a TAB does not separate, and its name is left out", "read\twrite admin", []string{"admin"}},
		{"S02/a newline does not separate, and its name is left out", "read\nwrite admin", []string{"admin"}},
		{"S02/a carriage return is left out", "read\r admin", []string{"admin"}},
		{"S02/a NUL is left out", "read\x00 admin", []string{"admin"}},
		{"S02/two spaces make no empty scope", "read  write", []string{"read", "write"}},
		{"S02/a leading space makes no empty scope", " read", []string{"read"}},
		{"S02/a trailing space makes no empty scope", "read ", []string{"read"}},
		{"S02/only spaces give an empty set", "   ", nil},
		{"S02/a quote is left out", `re"ad write`, []string{"write"}},
		{"S02/a backslash is left out", `re\ad write`, []string{"write"}},
		{"S02/a no-break space does not separate", "read\u00a0write admin", []string{"admin"}},
		{"S02/invalid UTF-8 is left out", "re\xffad admin", []string{"admin"}},
		{"S02/DEL is left out", "re\x7fad admin", []string{"admin"}},
		{"S03/repeated names count once, at their first place", "read write read write read", []string{"read", "write"}},
		{"names that differ in case are two", "read READ Read", []string{"read", "READ", "Read"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			set := scopes.Parse(test.text)
			if got := slices.Collect(set.All()); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if got := set.Len(); got != len(test.want) {
				t.Errorf("got length %d, want %d", got, len(test.want))
			}
			if got, want := set.String(), strings.Join(test.want, " "); got != want {
				t.Errorf("got text %q, want %q", got, want)
			}
			for _, name := range test.want {
				if !set.Has(name) {
					t.Errorf("the set lacks %q", name)
				}
			}
			if set.Has("") {
				t.Error("the set contains the empty name")
			}
		})
	}
}

func TestOf(t *testing.T) {
	for _, test := range []struct {
		name  string
		names []string
		want  []string
	}{
		{"no names make an empty set", nil, nil},
		{"the order is preserved", []string{"b", "a"}, []string{"b", "a"}},
		{"a name with a space is malformed, not two names", []string{"read write", "admin"}, []string{"admin"}},
		{"an empty name is left out", []string{"", "admin", ""}, []string{"admin"}},
		{"a repeated name counts once", []string{"a", "b", "a"}, []string{"a", "b"}},
		{"all names malformed make an empty set", []string{"a b", `"`, "\\"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := slices.Collect(scopes.Of(test.names...).All()); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// With 17 names, a set switches from a linear search to an index. Its contents
// must not change.
func TestSetsOfEverySizeContainTheirNames(t *testing.T) {
	var names []string
	for size := range 40 {
		set := scopes.Of(append(slices.Clone(names), names...)...)
		if set.Len() != size {
			t.Fatalf("got length %d, want %d", set.Len(), size)
		}
		if got := slices.Collect(set.All()); !slices.Equal(got, names) {
			t.Fatalf("got %q, want %q", got, names)
		}
		for _, name := range names {
			if !set.Has(name) {
				t.Errorf("a set of %d lacks %q", size, name)
			}
		}
		for _, foreign := range []string{"", "s", "S0", "s00", "s0 ", "s" + strconv.Itoa(size)} {
			if set.Has(foreign) {
				t.Errorf("a set of %d contains %q", size, foreign)
			}
		}
		names = append(names, "s"+strconv.Itoa(size))
	}
}

// lookalikes are names that Has must not confuse with "read".
var lookalikes = map[string]string{
	"another case":                           "READ",
	"a capital":                              "Read",
	"a longer name with a colon":             "read:all",
	"a longer name":                          "readonly",
	"a name that contains it":                "thread",
	"a prefix":                               "rea",
	"the empty name":                         "",
	"a Cyrillic letter in it":                "r\u0435ad",
	"full-width letters":                     "\uff52\uff45\uff41\uff44",
	"a combining accent":                     "re\u0301ad",
	"a zero-width space":                     "re\u200bad",
	"a soft hyphen":                          "re\u00adad",
	"a trailing NUL":                         "read\x00",
	"a trailing TAB":                         "read\t",
	"a leading byte order mark":              "\ufeffread",
	"an escape that JSON has not yet undone": `rea\u0064`,
	"a wildcard":                             "*",
	"a pattern":                              "re.d",
}

func TestS01OnlyTheExactNameIsTheScope(t *testing.T) {
	for name, lookalike := range lookalikes {
		t.Run("S01/"+name+" is not confused with it", func(t *testing.T) {
			for text, set := range map[string]scopes.Set{
				"Parse":                scopes.Parse(lookalike + " other"),
				"Of":                   scopes.Of(lookalike, "other"),
				"Of, with many others": scopes.Of(append(numbered(30), lookalike)...),
			} {
				if set.Has("read") {
					t.Errorf("%s: the set %q has \"read\"", text, set)
				}
				if scopes.All("read").Unmet(scopes.Evidence{Scopes: set}) == nil {
					t.Errorf("%s: All is met by %q", text, set)
				}
			}
		})
	}
}

func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("scope-%d", i)
	}
	return names
}

func TestS02HundredThousandNamesAreReadInLinearWork(t *testing.T) {
	const n = 100_000
	text := strings.Join(numbered(n), " ")
	set := scopes.Parse(text)
	if set.Len() != n || set.String() != text {
		t.Fatalf("got %d names, want %d in their order", set.Len(), n)
	}
	for _, name := range []string{"scope-0", "scope-50000", "scope-99999"} {
		if !set.Has(name) {
			t.Errorf("the set lacks %q", name)
		}
	}
	if set.Has("scope-100000") {
		t.Error("the set contains a name that the text does not contain")
	}
	// The set must allocate memory far less often than once per name.
	if got := testing.AllocsPerRun(1, func() { scopes.Parse(text) }); got > n/20 {
		t.Errorf("got %.0f allocations for %d names, want at most one for twenty names", got, n)
	}
	if got := testing.AllocsPerRun(100, func() { set.Has("scope-99999"); set.Has("none") }); got != 0 {
		t.Errorf("got %.1f allocations for a lookup, want none", got)
	}

	repeated := scopes.Parse(strings.Repeat("read ", n))
	if got := repeated.String(); got != "read" {
		t.Errorf("got %d bytes of names, want only \"read\"", len(got))
	}
	if got := scopes.Parse(strings.Repeat("\" ", n)).Len(); got != 0 {
		t.Errorf("got %d names from quotes, want none", got)
	}
}

// Extra spaces and repeated scopes must not make a set larger, because a set is
// kept in memory as long as its token.
func TestSetCapacityFollowsItsNames(t *testing.T) {
	var before, after runtime.MemStats
	for name, text := range map[string]string{"spaces": strings.Repeat(" ", 6000), "repetitions": strings.Repeat("a ", 3000), "quotes": strings.Repeat("\" ", 3000)} {
		sets := make([]scopes.Set, 100)
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range sets {
			sets[i] = scopes.Parse(text)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if got := int(after.HeapAlloc) - int(before.HeapAlloc); got > 1<<20 {
			t.Errorf("%s: got %d bytes in use by 100 sets of at most one name, want under 1 MiB", name, got)
		}
		runtime.KeepAlive(sets)
	}
}

func TestTheZeroSetIsEmpty(t *testing.T) {
	var set scopes.Set
	if set.Len() != 0 || set.Has("") || set.Has("read") || set.String() != "" || len(slices.Collect(set.All())) != 0 {
		t.Errorf("got %q with %d names, want an empty set", set, set.Len())
	}
}

func TestASetDoesNotChangeWithTheSliceItWasMadeFrom(t *testing.T) {
	for _, size := range []int{2, 30} {
		names := numbered(size)
		set := scopes.Of(names...)
		want := set.String()
		for i := range names {
			names[i] = "admin"
		}
		if got := set.String(); got != want || set.Has("admin") || !set.Has("scope-0") {
			t.Errorf("%d names: got %q, want %q", size, got, want)
		}
		for range set.All() {
			break // an iteration that ends early must not affect the next iteration
		}
		collected := slices.Collect(set.All())
		collected[0] = "admin"
		if set.String() != want {
			t.Errorf("%d names: a change of the collected slice changed the set to %q", size, set)
		}
	}
}

func TestInJSONASetIsTheStringOfOAuth(t *testing.T) {
	type holder struct{ Scope scopes.Set }
	for text, want := range map[string][]string{"": nil, "read": {"read"}, "write read": {"write", "read"}, "!#[]~": {"!#[]~"}} {
		encoded, err := json.Marshal(holder{Scope: scopes.Parse(text)})
		if err != nil || string(encoded) != `{"Scope":"`+text+`"}` {
			t.Errorf("got %s, %v, want the string %q", encoded, err, text)
		}
		back := holder{Scope: scopes.Of("before")}
		if err := json.Unmarshal(encoded, &back); err != nil || !slices.Equal(slices.Collect(back.Scope.All()), want) {
			t.Errorf("got %q, %v, want %q", back.Scope, err, want)
		}
	}
	var many []string
	for i := range 40 {
		many = append(many, fmt.Sprint("s", i))
	}
	encoded, err := json.Marshal(scopes.Of(many...))
	var back scopes.Set
	if failed := json.Unmarshal(encoded, &back); err != nil || failed != nil || back.Len() != 40 || !back.Has("s39") || back.Has("s40") {
		t.Errorf("got %q, %v, %v, want forty names", back, err, failed)
	}
	for text, want := range map[string]string{`" x  y \t z\" "`: "x y", `"x y x"`: "x y"} { // UnmarshalText must follow the rules of Parse
		if err := json.Unmarshal([]byte(text), &back); err != nil || back.String() != want {
			t.Errorf("%s: got %q, %v, want %q", text, back, err, want)
		}
	}
	for _, text := range []string{`["read"]`, `{}`, `1`, `true`} {
		if err := json.Unmarshal([]byte(text), &back); err == nil {
			t.Errorf("%s: got %q, want an error", text, back)
		}
	}
}
