package strictjson_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/strictjson"
)

func nested(depth int) string {
	return `{"a":` + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1) + `}`
}

func members(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`"m%d":%d`, i, i)
	}
	return "{" + strings.Join(list, ",") + "}"
}

// documents lists documents with the results of both Object and LooseObject.
// They also seed the fuzz target.
var documents = []struct {
	name  string
	text  string
	want  error // error of Object
	loose error // error of LooseObject
}{
	{"an empty object passes", `{}`, nil, nil},
	{"members of every type pass", `{"a":"x","b":1,"c":true,"d":false,"e":null,"f":[1],"g":{"h":2}}`, nil, nil},
	{"white space around and between passes", " \t\r\n{ \"a\" : [ 1 , 2 ] }\r\n\t ", nil, nil},
	{"an empty name passes", `{"":1}`, nil, nil},
	{"names of different case are different", `{"exp":1,"Exp":2,"EXP":3}`, nil, nil},
	{"names that fold to each other are different", "{\"iss\":1,\"i\u017fs\":2,\"kid\":3,\"\u212aid\":4}", nil, nil},
	{"nested objects may have the same names", `{"a":{"a":{"a":1}}}`, nil, nil},
	{"adjacent objects may have the same names", `{"a":[{"b":1},{"b":2}]}`, nil, nil},
	{"a pair of surrogates is one character", `{"a":"\ud83d\ude00"}`, nil, nil},
	{"an escaped null byte is a character", `{"a":"\u0000"}`, nil, nil},
	{"brackets in strings are not nesting", `{"a":"` + strings.Repeat(`[{\"`, 100) + `"}`, nil, nil},
	{"special names of JavaScript are ordinary", `{"__proto__":{"constructor":1}}`, nil, nil},
	{"32 levels pass", nested(32), nil, nil},
	{"256 members pass", members(256), nil, nil},
	{"a number beyond any float is still a number", `{"a":1e400}`, nil, nil},

	{"an empty text is refused", ``, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"white space is refused", " \n", strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"null is refused", `null`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"an array is refused", `[{"a":1}]`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a string is refused", `"{}"`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a number is refused", `1`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a boolean is refused", `true`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a byte order mark is refused", "\ufeff{}", strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"UTF-16 is refused", "\x00{\x00}", strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"text after the object is refused", `{}x`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a second object is refused", `{}{}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a second object on the next line is refused", "{}\n{}", strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a closing brace too many is refused", `{}}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a comma after the object is refused", `{},`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a null byte after the object is refused", "{}\x00", strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a form feed after the object is refused", "{}\f", strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a no-break space before the object is refused", "\u00a0{}", strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"an open object is refused", `{`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"an open object after a member is refused", `{"a":1`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"an open string is refused", `{"a":"x`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"an open string that ends in a backslash is refused", `{"a":"x\`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"an object closed by a bracket is refused", `{"a":1]`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a name without value is refused", `{"a"}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a name without value after its colon is refused", `{"a":}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a name without quotes is refused", `{a:1}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a name that is a number is refused", `{1:1}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"single quotes are refused", `{'a':1}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"two colons are refused", `{"a"::1}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a missing comma is refused", `{"a":1 "b":2}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a trailing comma is refused", `{"a":1,}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a leading comma is refused", `{,"a":1}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a trailing comma in an array is refused", `{"a":[1,]}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a block comment is refused", `{"a":/*x*/1}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a line comment is refused", "{\"a\":1}//x", strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"NaN is refused", `{"a":NaN}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"Infinity is refused", `{"a":Infinity}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"negative infinity is refused", `{"a":-Infinity}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a leading zero is refused", `{"a":01}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a leading plus is refused", `{"a":+1}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a bare minus is refused", `{"a":-}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a point without digits before is refused", `{"a":.5}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a point without digits after is refused", `{"a":1.}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"an exponent without digits is refused", `{"a":1e}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a hexadecimal number is refused", `{"a":0x1}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"True is refused", `{"a":True}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"undefined is refused", `{"a":undefined}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"an unknown escape is refused", `{"a":"\x41"}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a short escape is refused", `{"a":"\u41"}`, strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a line break in a string is refused", "{\"a\":\"x\ny\"}", strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a tab in a string is refused", "{\"a\":\"x\ty\"}", strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a null byte in a string is refused", "{\"a\":\"x\x00y\"}", strictjson.ErrSyntax, strictjson.ErrSyntax},

	{"a repeated name is refused", `{"aud":1,"aud":1}`, strictjson.ErrDuplicate, strictjson.ErrDuplicate},
	{"a repeated name with others between is refused", `{"aud":1,"b":2,"c":3,"aud":4}`, strictjson.ErrDuplicate, strictjson.ErrDuplicate},
	{"a name in plain and escaped spelling is refused", `{"aud":1,"\u0061ud":2}`, strictjson.ErrDuplicate, strictjson.ErrDuplicate},
	{"a name in two escaped spellings is refused", `{"\u00E9":1,"\u00e9":2}`, strictjson.ErrDuplicate, strictjson.ErrDuplicate},
	{"a repeated empty name is refused", `{"":1,"":2}`, strictjson.ErrDuplicate, strictjson.ErrDuplicate},
	{"a repeated name inside a member is refused", `{"cnf":{"jkt":1,"jkt":2}}`, strictjson.ErrDuplicate, nil},
	{"a repeated name inside an array of a member is refused", `{"keys":[{"kid":1,"kid":1}]}`, strictjson.ErrDuplicate, nil},
	{"a name in two spellings inside a member is refused", `{"cnf":{"jkt":1,"\u006akt":2}}`, strictjson.ErrDuplicate, nil},
	{"a repeated name at the bottom is refused", `{"a":[[[{"b":{"c":1,"c":1}}]]]}`, strictjson.ErrDuplicate, nil},

	{"invalid UTF-8 in a value is refused", "{\"a\":\"\xff\"}", strictjson.ErrSyntax, nil},
	{"an overlong encoding in a value is refused", "{\"a\":\"\xc0\xaf\"}", strictjson.ErrSyntax, nil},
	{"an encoded surrogate in a value is refused", "{\"a\":\"\xed\xa0\x80\"}", strictjson.ErrSyntax, nil},
	{"truncated UTF-8 in a value is refused", "{\"a\":\"\xe2\x82\"}", strictjson.ErrSyntax, nil},
	{"a lone high surrogate in a value is refused", `{"a":"\ud800"}`, strictjson.ErrSyntax, nil},
	{"a lone low surrogate in a value is refused", `{"a":"\udc00"}`, strictjson.ErrSyntax, nil},
	{"surrogates in the wrong order in a value are refused", `{"a":"\ude00\ud83d"}`, strictjson.ErrSyntax, nil},
	{"invalid UTF-8 inside a member is refused", "{\"a\":{\"\xff\":1}}", strictjson.ErrSyntax, nil},
	{"invalid UTF-8 in a name is refused", "{\"a\xff\":1}", strictjson.ErrSyntax, strictjson.ErrSyntax},
	{"a lone surrogate in a name is refused", `{"a\ud800":1}`, strictjson.ErrSyntax, strictjson.ErrSyntax},

	{"33 levels are refused", nested(33), strictjson.ErrDepth, strictjson.ErrDepth},
	{"33 levels of objects are refused", strings.Repeat(`{"a":`, 33) + "1" + strings.Repeat("}", 33), strictjson.ErrDepth, strictjson.ErrDepth},
	{"10001 levels are refused", nested(10_001), strictjson.ErrDepth, strictjson.ErrDepth},
	{"levels that are never closed are refused", `{"a":` + strings.Repeat("[", 5000), strictjson.ErrDepth, strictjson.ErrDepth},
	{"257 members are refused", members(257), strictjson.ErrMembers, strictjson.ErrMembers},
}

func read(members map[string]string) func(string, strictjson.Value) error {
	return func(name string, value strictjson.Value) error {
		members[name] = string(value)
		return nil
	}
}

func TestObject(t *testing.T) {
	for _, tt := range documents {
		t.Run(tt.name, func(t *testing.T) {
			if err := strictjson.Object([]byte(tt.text), read(map[string]string{})); err != tt.want { //nolint:errorlint // the constant itself: no text may be added
				t.Errorf("Object: got %v, want %v", err, tt.want)
			}
			if err := strictjson.LooseObject([]byte(tt.text), read(map[string]string{})); err != tt.loose { //nolint:errorlint // as above
				t.Errorf("LooseObject: got %v, want %v", err, tt.loose)
			}
		})
	}
}

func TestObjectPassesOnMembersInOrder(t *testing.T) {
	const text = ` { "b" : "\u0078" , "a":[1, 2] ,"":{"c" : null}, "\u0065xp":1.50 } `
	want := `b="\u0078" a=[1, 2] ={"c" : null} exp=1.50 `
	for name, reader := range map[string]func([]byte, func(string, strictjson.Value) error) error{
		"Object": strictjson.Object[[]byte], "LooseObject": strictjson.LooseObject[[]byte],
	} {
		var got strings.Builder
		err := reader([]byte(text), func(name string, value strictjson.Value) error {
			fmt.Fprintf(&got, "%s=%s ", name, value)
			return nil
		})
		if err != nil || got.String() != want {
			t.Errorf("%s: got %s, %v, want %s", name, got.String(), err, want)
		}
	}
}

func TestObjectStopsAtAMembersError(t *testing.T) {
	stop := errors.New("stop")
	for name, reader := range map[string]func([]byte, func(string, strictjson.Value) error) error{
		"Object": strictjson.Object[[]byte], "LooseObject": strictjson.LooseObject[[]byte],
	} {
		calls := 0
		err := reader([]byte(`{"a":1,"b":2,"c":`), func(string, strictjson.Value) error {
			if calls++; calls == 2 {
				return stop
			}
			return nil
		})
		if err != stop || calls != 2 { //nolint:errorlint // the error itself is promised
			t.Errorf("%s: got %v after %d calls, want %v after 2", name, err, calls, stop)
		}
	}
}

func TestObjectDoesNotChangeTheDocument(t *testing.T) {
	for _, tt := range documents {
		data := []byte(tt.text)
		_ = strictjson.Object(data, read(map[string]string{}))
		_ = strictjson.LooseObject(data, read(map[string]string{}))
		if string(data) != tt.text {
			t.Errorf("%s: the text was changed", tt.name)
		}
	}
}
