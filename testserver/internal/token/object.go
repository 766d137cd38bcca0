package token

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
)

// Object is a JSON object whose members stay in the order in which they were
// set, so that equal tokens have equal bytes. Unlike a map, an Object can
// represent invalid objects, such as those with a repeated member.
type Object []Member

// Member is a name with its value as JSON. A member with a nil value is not
// written.
type Member struct {
	Name  string
	Value json.RawMessage
}

var errObject = errors.New("not a JSON object with unique member names")

// ParseObject parses an object. A repeated member is an error.
func ParseObject(text []byte) (Object, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errObject
	}
	var o Object
	seen := make(map[string]bool) // map lookups stay fast if an unauthenticated request has thousands of members
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		var raw json.RawMessage
		if err != nil || !ok || d.Decode(&raw) != nil || seen[name] {
			return nil, errObject
		}
		seen[name] = true
		o = append(o, Member{name, raw})
	}
	if _, err := d.Token(); err != nil || len(bytes.TrimSpace(text[d.InputOffset():])) != 0 {
		return nil, errObject
	}
	return o, nil
}

// Set writes v as JSON into the member with the given name. An existing member
// keeps its position.
func (o *Object) Set(name string, v any) error {
	raw, err := encode(v)
	if err != nil {
		return err
	}
	o.Put(name, raw)
	return nil
}

// Put writes raw into the member with the given name. An existing member keeps
// its position.
func (o *Object) Put(name string, raw json.RawMessage) {
	if i := o.Find(name); i >= 0 {
		(*o)[i].Value = raw
		return
	}
	*o = append(*o, Member{name, raw})
}

// Delete deletes the member with the given name. An absent member is not an
// error.
func (o *Object) Delete(name string) {
	*o = slices.DeleteFunc(*o, func(m Member) bool { return m.Name == name })
}

// Find returns the index of the member with the given name, or -1 if it is
// absent.
func (o Object) Find(name string) int {
	return slices.IndexFunc(o, func(m Member) bool { return m.Name == name })
}

// Text returns the value of the member with the given name. ok is false if the
// member is absent or is not a string.
func (o Object) Text(name string) (s string, ok bool) {
	i := o.Find(name)
	if i < 0 || !bytes.HasPrefix(o[i].Value, []byte(`"`)) {
		return "", false
	}
	return s, json.Unmarshal(o[i].Value, &s) == nil
}

// Texts returns the value of the member with the given name. ok is false if the
// member is absent or is not an array of strings.
func (o Object) Texts(name string) (list []string, ok bool) {
	i := o.Find(name)
	if i < 0 || !bytes.HasPrefix(o[i].Value, []byte(`[`)) {
		return nil, false
	}
	if json.Unmarshal(o[i].Value, &list) != nil {
		return nil, false // do not return a part of the list
	}
	return list, true
}

// Unset reports whether the member with the given name is present and its value
// is nil.
func (o Object) Unset(name string) bool {
	i := o.Find(name)
	return i >= 0 && o[i].Value == nil
}

// MarshalJSON writes the members in order.
func (o Object) MarshalJSON() ([]byte, error) {
	b := append(make([]byte, 0, 256), '{')
	for _, m := range o {
		if m.Value == nil {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		name, err := encode(m.Name)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, name...), ':'), m.Value...)
	}
	return append(b, '}'), nil
}

// encode works like json.Marshal, but does not escape <, > and &.
func encode(v any) (json.RawMessage, error) {
	switch v := v.(type) { // most claims have these types, which need no reflection
	case int64:
		return strconv.AppendInt(nil, v, 10), nil
	case string:
		if plain(v) {
			return append(append(append(make([]byte, 0, len(v)+2), '"'), v...), '"'), nil
		}
	}
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// plain reports whether s consists only of printable ASCII characters that need
// no escaping in JSON.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
