package strictjson_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/strictjson"
)

func TestString(t *testing.T) {
	for _, tt := range []struct {
		name  string
		value string
		want  string
		ok    bool
	}{
		{"plain text is read", `"text"`, "text", true},
		{"the empty string is read", `""`, "", true},
		{"escapes are read", `"a\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00"`, "a\"\\/\b\f\n\r\tAé😀", true},
		{"an escaped null byte is read", `"a\u0000b"`, "a\x00b", true},
		{"letters beyond ASCII are read", `"é😀"`, "é😀", true},
		{"a number is not a string", `1`, "", false},
		{"null is not a string", `null`, "", false},
		{"true is not a string", `true`, "", false},
		{"an array is not a string", `["text"]`, "", false},
		{"an object is not a string", `{"text":"text"}`, "", false},
		{"an empty text is not a string", ``, "", false},
		{"a lone surrogate is not a string", `"\ud800"`, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := strictjson.String(strictjson.Value(tt.value))
			if ok != tt.ok || ok && got != tt.want {
				t.Errorf("got %q, %v, want %q, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestStrings(t *testing.T) {
	for _, tt := range []struct {
		name  string
		value string
		limit int
		want  []string
		ok    bool
	}{
		{"an empty array has no strings", `[]`, 3, nil, true},
		{"an empty array fits a limit of 0", `[]`, 0, nil, true},
		{"strings are read in order", `["b", "a" ,"b"]`, 3, []string{"b", "a", "b"}, true},
		{"escapes are read", `["\u0061"]`, 3, []string{"a"}, true},
		{"empty strings are strings", `["",""]`, 3, []string{"", ""}, true},
		{"one more than the limit is refused", `["a","b","c","d"]`, 3, nil, false},
		{"a number among strings is refused", `["a",1]`, 3, nil, false},
		{"null among strings is refused", `["a",null]`, 3, nil, false},
		{"an array among strings is refused", `["a",["b"]]`, 3, nil, false},
		{"an object among strings is refused", `["a",{"b":"c"}]`, 3, nil, false},
		{"a string is not an array", `"a"`, 3, nil, false},
		{"null is not an array", `null`, 3, nil, false},
		{"an object is not an array", `{"a":"b"}`, 3, nil, false},
		{"a number is not an array", `1`, 3, nil, false},
		{"an empty text is not an array", ``, 3, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := strictjson.Strings(strictjson.Value(tt.value), tt.limit)
			if ok != tt.ok || ok && !slices.Equal(got, tt.want) {
				t.Errorf("got %q, %v, want %q, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestElements(t *testing.T) {
	const array = `[1, {"a":1,"a":2} ,"\ud800",[2]]`
	collect := func(limit, stopAt int) (list []string, ok bool) {
		ok = strictjson.Elements(strictjson.Value(array), limit, func(v strictjson.Value) bool {
			list = append(list, string(v))
			return len(list) != stopAt
		})
		return list, ok
	}
	if got, ok := collect(4, 0); !ok || !slices.Equal(got, []string{"1", `{"a":1,"a":2}`, `"\ud800"`, "[2]"}) {
		t.Errorf("all elements: got %q and %v, want the 4 elements and true", got, ok)
	}
	if got, ok := collect(3, 0); ok || len(got) != 3 {
		t.Errorf("over the limit: got %d elements, %v, want 3, false", len(got), ok)
	}
	if got, ok := collect(4, 2); ok || len(got) != 2 {
		t.Errorf("stopped at the second: got %d elements, %v, want 2, false", len(got), ok)
	}
	for _, broken := range []string{`[1`, `[1,`, `[`, `[1 2]`, `[x]`} {
		if strictjson.Elements(strictjson.Value(broken), 9, func(strictjson.Value) bool { return true }) {
			t.Errorf("%s: got true, want false", broken)
		}
	}
}

func TestLookup(t *testing.T) {
	// The first members of document, up to m~n, are the example of RFC 6901 §5.
	const document = `{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8,
		"realm_access":{"roles":["admin","user"]},"~1":9,"/":10,"nothing":null,"deep":[[{"x":[0,{"y":"z"}]}]],
		"01":"one","-":"dash","esc\u0061ped":11,"empty":{"":{"":12}}}`
	if err := strictjson.Object([]byte(document), read(map[string]string{})); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		pointer string
		want    string // "" means no value
	}{
		{"the empty pointer is the whole document", "", document},
		{"a member", "/foo", `["bar","baz"]`},
		{"an element", "/foo/0", `"bar"`},
		{"the empty name", "/", "0"},
		{"an escaped slash", "/a~1b", "1"},
		{"a percent sign, which is not an escape", "/c%d", "2"},
		{"a caret", "/e^f", "3"},
		{"a bar", "/g|h", "4"},
		{"a backslash", `/i\j`, "5"},
		{"a quote", `/k"l`, "6"},
		{"a space", "/ ", "7"},
		{"an escaped tilde", "/m~0n", "8"},
		{"an escaped tilde before 1 is not a slash", "/~01", "9"},
		{"a lone escaped slash", "/~1", "10"},
		{"a member of a member", "/realm_access/roles", `["admin","user"]`},
		{"an element of a member of a member", "/realm_access/roles/1", `"user"`},
		{"null is a value", "/nothing", "null"},
		{"arrays in arrays", "/deep/0/0/x/1/y", `"z"`},
		{"a name written with an escape", "/escaped", "11"},
		{"empty names in a row", "/empty//", "12"},
		{"a number is a name in an object", "/01", `"one"`},
		{"a dash is a name in an object", "/-", `"dash"`},
		{"no such member", "/bar", ""},
		{"another case", "/Foo", ""},
		{"no such element", "/foo/2", ""},
		{"the element past the end (RFC 6902)", "/foo/-", ""},
		{"a negative index", "/foo/-1", ""},
		{"a negative zero as index", "/foo/-0", ""},
		{"an index with a leading zero", "/foo/00", ""},
		{"an index with a plus", "/foo/+1", ""},
		{"an index beyond any integer", "/foo/99999999999999999999", ""},
		{"a name in an array", "/foo/bar", ""},
		{"an empty name in an array", "/foo/", ""},
		{"a member of a string", "/foo/0/x", ""},
		{"an element of a string", "/foo/0/0", ""},
		{"a member of null", "/nothing/x", ""},
		{"a member of a number", "/ /x", ""},
		{"a member of an absent member", "/bar/x/y", ""},
		{"an index in an object", "/realm_access/0", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := strictjson.Lookup(strictjson.Value(document), strictjson.Pointer(tt.pointer)); string(got) != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	if got := strictjson.Lookup(strictjson.Value(document), "/bar"); got != "" {
		t.Errorf("an absent member: got %q, want an empty value", got)
	}
	long := strictjson.Value("[" + strings.Repeat("0,", 9999) + "1]")
	if got := strictjson.Lookup(long, "/9999"); string(got) != "1" {
		t.Errorf("the last of many elements: got %q, want 1", got)
	}
}

func TestLookupInALargeObject(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"access":{`)
	for i := range 1000 {
		fmt.Fprintf(&b, `"m%d":%d,`, i, i)
	}
	b.WriteString(`"last":["x"]}}`)
	if got := strictjson.Lookup(b.String(), "/access/last/0"); got != `"x"` {
		t.Errorf("got %q, want the last of 1001 members", got)
	}
}
