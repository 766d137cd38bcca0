package control

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Decode reads one JSON value into v, which must be a pointer. It returns an
// error for unknown members, repeated members, null and values of the wrong
// type. The error contains the path of the member. Member names are
// case-sensitive. Decode does not check the content of a json.RawMessage, which
// may be null.
func Decode(text []byte, v any) error {
	if !utf8.Valid(text) || !json.Valid(text) {
		return fmt.Errorf("the body is not JSON in UTF-8")
	}
	if err := check("", bytes.TrimSpace(text), reflect.TypeOf(v).Elem()); err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}

var (
	rawType         = reflect.TypeFor[json.RawMessage]()
	unmarshalerType = reflect.TypeFor[json.Unmarshaler]()
)

// check returns an error if text, which is valid JSON, does not fit the type t.
func check(path string, text json.RawMessage, t reflect.Type) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	decodesItself := t == rawType || reflect.PointerTo(t).Implements(unmarshalerType)
	switch {
	case t == rawType:
		return nil
	case text[0] == 'n':
		return fmt.Errorf("%s: is null: leave it out", at(path))
	case decodesItself:
	case t.Kind() == reflect.Struct && text[0] == '{':
		return members(text, func(name string, raw json.RawMessage) error {
			field, ok := fieldOf(t, name)
			if !ok {
				return fmt.Errorf("%s: is unknown: give one of %s", below(path, name), strings.Join(names(t), ", "))
			}
			return check(below(path, name), raw, field.Type)
		}, path)
	case t.Kind() == reflect.Map && text[0] == '{':
		return members(text, func(name string, raw json.RawMessage) error {
			return check(below(path, name), raw, t.Elem())
		}, path)
	case t.Kind() == reflect.Slice && text[0] == '[':
		var list []json.RawMessage
		_ = json.Unmarshal(text, &list)
		for i, raw := range list {
			if err := check(path+"["+strconv.Itoa(i)+"]", raw, t.Elem()); err != nil {
				return err
			}
		}
		return nil
	}
	if err := json.Unmarshal(text, reflect.New(t).Interface()); err != nil {
		if decodesItself {
			return fmt.Errorf("%s: %w", at(path), err)
		}
		return fmt.Errorf("%s: want %s", at(path), kinds[t.Kind()])
	}
	return nil
}

var kinds = map[reflect.Kind]string{
	reflect.String: "a string", reflect.Bool: "true or false", reflect.Int: "a whole number", reflect.Int64: "a whole number",
	reflect.Slice: "an array", reflect.Map: "an object", reflect.Struct: "an object",
}

// members calls f with each member of an object. A repeated name is an error.
func members(text json.RawMessage, f func(name string, raw json.RawMessage) error, path string) error {
	d := json.NewDecoder(bytes.NewReader(text))
	_, _ = d.Token() // the text is valid JSON, so the decoder returns no errors here and below
	seen := map[string]bool{}
	for d.More() {
		t, _ := d.Token()
		name, _ := t.(string)
		var raw json.RawMessage
		_ = d.Decode(&raw)
		if seen[name] {
			return fmt.Errorf("%s: is repeated", below(path, name))
		}
		seen[name] = true
		if err := f(name, raw); err != nil {
			return err
		}
	}
	return nil
}

func fieldOf(t reflect.Type, name string) (reflect.StructField, bool) {
	for _, f := range reflect.VisibleFields(t) {
		if !f.Anonymous && nameOf(f) == name {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

func names(t reflect.Type) (list []string) {
	for _, f := range reflect.VisibleFields(t) {
		if !f.Anonymous {
			list = append(list, nameOf(f))
		}
	}
	return list
}

func nameOf(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

func at(path string) string {
	if path == "" {
		return "the body"
	}
	return path
}

func below(path, name string) string {
	if r := []rune(name); len(r) > 60 {
		name = string(r[:60]) + "…"
	}
	if path == "" {
		return name
	}
	return path + "." + name
}
