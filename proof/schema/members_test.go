package schema_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver/internal/settings"
)

// member is a member of a configuration, such as clients[].id, or an element of
// an array, such as clients[].
type member struct {
	path string
	kind string // JSON type
}

// members returns the members of a configuration file, in the order of the
// fields of settings.Config.
func members() []member { return below("", reflect.TypeFor[settings.Config]()) }

func below(path string, t reflect.Type) (all []member) {
	switch {
	case kindOf(t) == "object" && t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if f.Anonymous {
				all = append(all, below(path, f.Type)...)
				continue
			}
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			at := strings.TrimPrefix(path+"."+name, ".")
			if f.Type.Kind() == reflect.Pointer {
				f.Type = f.Type.Elem()
			}
			all = append(append(all, member{at, kindOf(f.Type)}), below(at, f.Type)...)
		}
	case kindOf(t) == "array":
		all = append(all, member{path + "[]", kindOf(t.Elem())})
		all = append(all, below(path+"[]", t.Elem())...)
	}
	return all
}

func kindOf(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[settings.Duration]():
		return "string"
	case t == reflect.TypeFor[settings.JWK](), t.Kind() == reflect.Struct, t.Kind() == reflect.Map:
		return "object"
	case t.Kind() == reflect.Slice:
		return "array"
	case t.Kind() == reflect.Bool:
		return "boolean"
	case t.Kind() == reflect.Int:
		return "integer"
	case t.Kind() == reflect.String:
		return "string"
	}
	panic("a member has a type that kindOf does not support: " + t.String())
}

type object = map[string]any

// requiredSiblings maps each array to the members that its elements must have.
// A test of another member of an element needs them.
var requiredSiblings = map[string]object{
	"clients[]": {"id": "a", "secret": "s"},
	"users[]":   {"sub": "u"},
	"rules[]":   {"deny": "access_denied"},
	"faults[]":  {"endpoint": "jwks", "status": 503},
}

// file returns a configuration in which the member at path has the given value.
// siblings contains the other members of the same object; nil means the members
// in requiredSiblings.
func file(path, value string, siblings object) string {
	var v any = json.RawMessage(value)
	steps := strings.Split(path, ".")
	for i := len(steps) - 1; i >= 0; i-- {
		name, isElement := strings.CutSuffix(steps[i], "[]")
		if isElement {
			v = []any{v}
		}
		o := object{}
		if i > 0 {
			if siblings == nil {
				siblings = requiredSiblings[strings.Join(steps[:i], ".")]
			}
			maps.Copy(o, siblings)
			siblings = nil
		}
		o[name] = v
		v = o
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func TestFile(t *testing.T) {
	for _, tt := range []struct{ path, value, want string }{
		{"tls", `true`, `{"tls":true}`},
		{"access.ttl", `"5m"`, `{"access":{"ttl":"5m"}}`},
		{"clients[].grants[]", `1`, `{"clients":[{"grants":[1],"id":"a","secret":"s"}]}`},
		{"rules[].when.user", `"u"`, `{"rules":[{"deny":"access_denied","when":{"user":"u"}}]}`},
	} {
		if got := file(tt.path, tt.value, nil); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.path, got, tt.want)
		}
	}
}
